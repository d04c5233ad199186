"""The CustomResourceDefinitions of the operators Naru's objects are for, read from their pinned Go modules.

Nothing of them is copied into the repository: `toolchain/crds/go.mod` pins the modules, go.sum their content.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from local.files import digest
from local.progress import Progress, Step, silent
from local.toolchain import cache, go

# Where each module keeps them; a file of which only itself is wanted, or a folder.
SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "github.com/argoproj/argo-cd/v3": "manifests/crds",
        "github.com/argoproj/argo-rollouts": "manifests/crds",
        "github.com/bitnami-labs/sealed-secrets": "helm/sealed-secrets/crds",
        "github.com/cert-manager/cert-manager": "deploy/crds",
        "github.com/cilium/cilium": "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml",
        "github.com/external-secrets/external-secrets": "config/crds/bases",
        # The path of its repository: under its own, modules of this version are not served.
        "github.com/kubernetes-sigs/aws-load-balancer-controller": (
            "config/crd/bases/elbv2.k8s.aws_targetgroupbindings.yaml"
        ),
        "github.com/prometheus-operator/prometheus-operator": "example/prometheus-operator-crd",
        "istio.io/api": "kubernetes/customresourcedefinitions.gen.yaml",
        "sigs.k8s.io/gateway-api": "config/crd/standard",
    }
)

_PINS: Final = Path(__file__).parent / "toolchain" / "crds"


def documents(progress: Progress = silent) -> list[dict[str, Any]]:
    """Return every definition, sorted by name. Raises ToolchainError where the modules cannot be had.

    What was read is kept in the user's cache. The list is the same one at each call: not to be changed.
    """
    kept = _kept()
    if not kept.exists():
        progress(Step("read the CustomResourceDefinitions", 1, 1, 60))
        _keep(kept, _read())
    return _load(kept)


def pins() -> str:
    """Return a hash of what `documents` returns, without reading it."""
    sources = hashlib.sha256(json.dumps(dict(SOURCES)).encode()).hexdigest()[:6]
    return f"{digest(_PINS / 'go.mod', _PINS / 'go.sum')}-{sources}"


def _kept() -> Path:
    return cache.directory() / f"crds-{pins()}.json"


@functools.cache
def _load(kept: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kept.read_bytes())
    return found


def _keep(kept: Path, definitions: list[dict[str, Any]]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_name(f".{kept.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(definitions, separators=(",", ":")), encoding="utf-8")
    unfinished.replace(kept)


def _read() -> list[dict[str, Any]]:
    required = re.findall(r"^\t(\S+) (v\S+)$", (_PINS / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    versions = {module: f"{module}@{version}" for module, version in required}
    places = go.download(_PINS, [versions[module] for module in SOURCES])
    files = [file for module, place in SOURCES.items() for file in _files(places[versions[module]] / place)]
    found = [document for file in files for document in parse(file.read_text(encoding="utf-8"))]
    return sorted(found, key=lambda document: str(document["metadata"]["name"]))


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.yaml")) if place.is_dir() else [place]


class _Loader(yaml.CSafeLoader):
    """Reads scalars as Kubernetes does: `=`, a value of its own in YAML 1.1, and dates are strings."""


for _tag in ("value", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", lambda _, node: node.value)


def parse(text: str) -> list[dict[str, Any]]:
    """Return the CustomResourceDefinitions of a YAML file, whatever else it holds left out."""
    found = yaml.load_all(text, Loader=_Loader)
    return [document for document in found if document and document.get("kind") == "CustomResourceDefinition"]
