"""A small project on the control plane of the tests, and the command `naru` as its user runs it."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.plane import ControlPlane
from local.provider.api import Api
from local.provider.objects import Type
from local.session import Session
from tests.projects import COMMON, RELEASE, Project

PATIENCE = 180.0  # seconds; a bound for a machine that does other things too, never waited for
REPOSITORY = Path(__file__).parents[2]

CLAIM = Type("", "v1", "PersistentVolumeClaim")
CONFIG_MAP = Type("", "v1", "ConfigMap")
DEPLOYMENT = Type("apps", "v1", "Deployment")
EVENT = Type("", "v1", "Event")
NAMESPACE = Type("", "v1", "Namespace")
POD = Type("", "v1", "Pod")
SECRET = Type("", "v1", "Secret")
VOLUME = Type("", "v1", "PersistentVolume")

STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: local
    clusters:
      main: { context: naru-local, region: local, kubeconfig: .naru/plane/kubeconfig }
    domains: { shop: shop.localhost, mail: mail.localhost }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    storageClass: openebs-hostpath
    policies: { secrets: generated, protectData: false }
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        """What it wrote to stdout for a script."""
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        """Everything it wrote."""
        return f"{self.stdout}\n{self.stderr}"

    def succeeded(self) -> Ended:
        """Return itself; the test fails with its words where it did not end well."""
        assert self.code == 0, f"exit code {self.code}\n{self.text}"
        return self


class OnPlane(Project):
    """A project whose stack `local` is deployed to a control plane that is up already."""

    def __init__(self, root: Path, plane: ControlPlane, systems: Mapping[str, str], release: str = RELEASE) -> None:
        self.root = root
        self.temporary = root / ".temporary"
        self.temporary.mkdir(parents=True)
        self.told: list[Ended] = []
        self.write("Pulumi.yaml", "name: example\nruntime: python\n")
        self.write("Pulumi.local.yaml", STACK)
        self.write("releases/local.yaml", release)
        for name, text in {"common": COMMON, **systems}.items():
            here, _, _ = text.partition("environments:")  # of stacks that this project does not have
            self.write(f"catalog/{name}.yaml", here)
        for part in ("__main__.py", "components", "local", "manifests", "operations", "settings"):
            (root / part).symlink_to(REPOSITORY / part)
        self.private = root / ".naru"
        self.private.mkdir(mode=0o700)
        (self.private / "plane").symlink_to(plane.kubeconfig.parent)

    def naru(self, *words: str) -> Ended:
        """Run the command in the project's folder to its end."""
        with self.begin(*words) as process:
            stdout, stderr = process.communicate()
        self.told.append(Ended(process.returncode, stdout, stderr))
        return self.told[-1]

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start the command in the project's folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "operations", *words],
            cwd=self.root,
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def checkpoint(self) -> dict[str, Any]:
        """Return the stack's state as it lies in the backend, empty before there is one."""
        for file in (self.private / "state" / ".pulumi" / "stacks").rglob("local.json"):
            try:
                found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"] or {}
            except (ValueError, KeyError):  # caught in the middle of being written
                continue
            return found
        return {}

    def holding(self, value: str) -> list[str]:
        """Return which files of the project, its state, its logs and its TMPDIR hold a value in the clear.

        What a symbolic link leads to is not the project's own: the program, and the control plane with its etcd.
        """
        encoded = base64.b64encode(value.encode())
        files = _own_files(self.root)
        found = [file for file in files if value.encode() in (content := _content(file)) or encoded in content]
        return [file.name for file in found]


def _own_files(top: Path) -> list[Path]:
    return [
        Path(folder, file) for folder, _, files in os.walk(top) for file in files if not Path(folder, file).is_symlink()
    ]


def _content(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


class Cluster:
    """What the tests look at on the control plane, and change by hand."""

    def __init__(self, session: Session) -> None:
        self.api = Api(session)

    def apply(self, api_version: str, kind: str, namespace: str, name: str, **fields: Any) -> None:
        """Apply some fields of an object by hand."""
        metadata = {"name": name, "namespace": namespace}
        self.add({"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields})

    def add(self, obj: Mapping[str, Any]) -> None:
        """Apply an object by hand."""
        self.api.apply(
            obj,
            field_manager="test",
            force=True,
            dry_run=False,
            warn=lambda warning: None,
        )

    def apply_metadata(self, api_version: str, kind: str, namespace: str, name: str, **fields: Any) -> None:
        """Apply some fields of an object's metadata by hand."""
        metadata = {"name": name, "namespace": namespace, **fields}
        self.api.apply(
            {"apiVersion": api_version, "kind": kind, "metadata": metadata},
            field_manager="test",
            force=True,
            dry_run=False,
            warn=lambda warning: None,
        )

    def read(self, type_: Type, namespace: str, name: str) -> dict[str, Any]:
        """Return an object that is there."""
        found = self.api.read(type_, namespace, name)
        assert found is not None, f"there is no {type_.kind} {name} in {namespace}"
        return found

    def names(self, type_: Type, namespace: str = "") -> set[str]:
        """Return the names of all objects of a kind in a namespace."""
        return {item["metadata"]["name"] for item in self.api.list(type_, namespace)}

    def says_why(self, namespace: str, name: str) -> bool:
        """Tell whether all pods of a service have got as far as they will, and an event says of each why no further."""
        pods = self.api.list(POD, namespace, labelSelector=f"app.kubernetes.io/name={name}")
        events = self.api.list(EVENT, namespace, fieldSelector="type=Warning")
        warned = {event["involvedObject"]["name"] for event in events}
        return bool(pods) and all(
            pod["metadata"]["name"] in warned and pod.get("status", {}).get("containerStatuses") for pod in pods
        )

    def versions(self, *namespaces: str) -> dict[str, int]:
        """Return the generation of every Deployment's specification: it rises with each change of it."""
        return {
            item["metadata"]["name"]: item["metadata"]["generation"]
            for namespace in namespaces
            for item in self.api.list(DEPLOYMENT, namespace)
        }


def until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """Wait for a condition and return what it found."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.1)
    return found
