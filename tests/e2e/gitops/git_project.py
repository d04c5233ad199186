"""A project in a Git repository of its own, whose stacks Argo CD delivers to the control plane of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from local.plane import ControlPlane
from local.provider.objects import Type
from settings.aws.references import references
from settings.loading import load
from settings.secret_source import source_of
from tests.integration.on_plane import REPOSITORY, Cluster, Ended, OnPlane

APPLICATION: Final = Type("argoproj.io", "v1alpha1", "Application")
JOB: Final = Type("batch", "v1", "Job")
SECRET_VALUE: Final = "a-value-that-must-not-show"

PATIENCE: Final = 600.0
"""Seconds; a bound for a machine that does other things too, never waited for."""

_IDENTITY: Final = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
_IGNORED: Final = "/.naru/\n/.temporary/\n/rendered/\n/kubeconfig\n/state/\n__pycache__/\n"
_CODE: Final = ("__main__.py", "components", "local", "manifests", "operations", "settings")


class GitProject(OnPlane):
    """The project; `contexts` are names under which its kubeconfig, and Argo CD, know the control plane.

    `beside` has other control planes by the names of their contexts.
    """

    def __init__(
        self,
        root: Path,
        plane: ControlPlane,
        cluster: Cluster,
        files: Mapping[str, str],
        contexts: tuple[str, ...],
        beside: Mapping[str, ControlPlane] | None = None,
    ) -> None:
        self.root = root
        self.temporary = root / ".temporary"
        self.temporary.mkdir(parents=True)
        self.private = root / ".naru"
        self.told: list[Ended] = []
        self.cluster = cluster
        for file, text in {**files, ".gitignore": _IGNORED}.items():
            self.write(file, text)
        for part in _CODE:
            (root / part).symlink_to(REPOSITORY / part)
        planes = {**dict.fromkeys(contexts, plane), **(beside or {})}
        self.write("kubeconfig", _with_contexts({name: one.kubeconfig for name, one in planes.items()}))
        for name, one in planes.items():
            _apply(cluster, one.argocd_cluster(name))
        (root / "state").mkdir()
        self._environment = {
            **plane.pulumi_environment(),
            "PULUMI_BACKEND_URL": f"file://{root / 'state'}",
            "KUBECONFIG": str(root / "kubeconfig"),
            "TMPDIR": str(self.temporary),
        }
        self.bare = plane.argocd.repository
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(self.bare))
        self.commit("a project")

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start the command in the project's folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "operations", *words],
            cwd=self.root,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def git(self, *words: str) -> str:
        """Run Git in the project's folder and return what it says."""
        ended = subprocess.run(["git", *_IDENTITY, *words], cwd=self.root, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"git {words}: {ended.stderr}"
        return ended.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit all that was changed and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def publish(self, stack: str, message: str = "") -> str:
        """Commit what was changed, if anything was, publish it, and return the commit on the branch."""
        if message:
            self.commit(message)
        told = self.naru("publish", "--stack", stack, "--yes", "--json").succeeded().data
        assert told["result"] == "published", told
        return str(told["commit"])

    def revert(self, stack: str, commit: str) -> str:
        """Take a published commit back as a person does: in a clone of the branch, pushed; return the new tip."""
        clone = self.temporary / f"clone-{commit[:12]}"
        self.git("clone", "--quiet", "--branch", f"env/{stack}", str(self.bare), str(clone))
        self.git("-C", str(clone), "revert", "--no-edit", commit)
        self.git("-C", str(clone), "push", "--quiet", "origin", f"env/{stack}")
        return self.git("-C", str(clone), "rev-parse", "HEAD")

    def applications(self, stack: str) -> dict[str, dict[str, Any]]:
        """Return the Applications of a stack by their names without the stack's."""
        found = self.cluster.api.list(APPLICATION, "argocd")
        return {
            name.removeprefix(f"{stack}-"): one
            for one in found
            if (name := one["metadata"]["name"]).startswith(f"{stack}-")
        }

    def behind(self, stack: str, commit: str, *systems: str) -> dict[str, str]:
        """Return what of some systems, or of all, is not Synced and Healthy at a commit, and how it is."""
        found = {}
        for name, one in self.applications(stack).items():
            if systems and not any(system in name for system in systems):
                continue
            status = one.get("status") or {}
            sync, health = status.get("sync") or {}, status.get("health") or {}
            states = sync.get("status"), health.get("status")
            at = sync.get("revision")
            if states != ("Synced", "Healthy") or at != commit:
                phase = (status.get("operationState") or {}).get("phase")
                found[name] = f"{states[0]}, {states[1]}, at {str(at)[:7]}, {phase}"
        return found

    def arrived(self, stack: str, commit: str, *systems: str) -> None:
        """Wait until some systems, or all, are Synced and Healthy at a commit."""
        end = time.monotonic() + PATIENCE
        while behind := self.behind(stack, commit, *systems):
            assert time.monotonic() < end, f"not at {commit[:7]}: {behind}"
            time.sleep(1)


def sealed_for(plane: ControlPlane, project: GitProject, stack: str) -> None:
    """Seal a value for every key of a stack that is sealed, for the control plane's own controller."""
    with urllib.request.urlopen(f"{plane.sealing_url}/v1/cert.pem") as answer:
        project.write(f"secrets/{stack}/certificate.pem", answer.read())
    loaded = load(project.root, stack).stack
    for system in loaded.systems.values():
        for name, secret in system.secrets.items():
            if system.enabled and source_of(loaded.environment, secret) == "sealed":
                values = project.temporary / "values.env"
                values.write_text("".join(f"{key}={SECRET_VALUE}\n" for key in secret.keys), encoding="utf-8")
                words = ("seal", f"{system.name}/{name}", "--stack", stack, "--from-env-file", str(values))
                project.naru(*words).succeeded()
                values.unlink()


def real_files() -> dict[str, str]:
    """Return the files of the repository that say what its stacks are, without ciphertext and names of AWS."""
    found = [*REPOSITORY.glob("catalog/*.yaml"), *REPOSITORY.glob("releases/*.yaml"), *REPOSITORY.glob("Pulumi*.yaml")]
    return {str(path.relative_to(REPOSITORY)): _without_references(path.read_text(encoding="utf-8")) for path in found}


def _without_references(text: str) -> str:
    """Return a file without the variables that are told what AWS calls something."""
    return "".join(line for line in text.splitlines(keepends=True) if not any(references(line)))


def stack_file(text: str, url: str, clusters: Mapping[str, Any]) -> str:
    """Return a stack's file with the repository that Argo CD reads, and with these clusters, which are not AWS'."""
    found = yaml.safe_load(text)
    environment = found["config"]["naru:environment"]
    environment["clusters"] = dict(clusters)
    environment.pop("aws", None)
    environment["argocd"] = {**environment.get("argocd", {}), "repository": url}
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True)


def _with_contexts(kubeconfigs: Mapping[str, Path]) -> str:
    """Return one kubeconfig of several that have a context each, by the names they are to have."""
    parts: dict[str, list[dict[str, Any]]] = {"clusters": [], "users": [], "contexts": []}
    for name, path in kubeconfigs.items():
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        (cluster,), (user,) = found["clusters"], found["users"]
        parts["clusters"].append({**cluster, "name": name})
        parts["users"].append({**user, "name": name})
        parts["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": next(iter(kubeconfigs)), **parts})


def _apply(cluster: Cluster, manifest: Mapping[str, Any]) -> None:
    cluster.api.apply(manifest, field_manager="test", force=True, dry_run=False, warn=lambda _: None)
