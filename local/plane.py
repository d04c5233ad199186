"""The embedded control plane: a real Kubernetes API as processes of the user, with simulated pods."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import cluster, crds, environment, prometheus, sealing, stages
from local.argocd import files as argocd_files
from local.argocd import names as argocd
from local.argocd import programs
from local.argocd.files import Files
from local.argocd.objects import cluster_secret
from local.commands import EVERY, EXTRAS, ORDER
from local.errors import PlaneError
from local.files import locked, private_directory, write_private
from local.places import Places
from local.preparation import prepare
from local.processes import Processes
from local.progress import Progress, Step, silent
from local.startup import Startup
from local.toolchain import TOOLS, cache, ensure, installed
from local.toolchain.program import Program

__all__ = ["ArgoCD", "ControlPlane", "PlaneError", "ProcessStatus"]


@dataclass(frozen=True)
class ProcessStatus:
    """A process of the control plane as it is now; `port` and `version` are those it was started with."""

    name: str
    running: bool
    pid: int | None = None
    port: int | None = None
    version: str = ""


@dataclass(frozen=True)
class ArgoCD:
    """What there is to know of an Argo CD that runs: the repository at `url`, to which is pushed by its path."""

    url: str
    repository: Path


class ControlPlane:
    """The control plane of a checkout, with everything it keeps under `<root>/.naru/`."""

    def __init__(self, root: Path, *, pod_seconds: tuple[float, float] = (0.5, 1.5)) -> None:
        """Have pods take between the two times of `pod_seconds` to start, to complete and to end."""
        self._home = root.resolve() / ".naru"
        self._places = Places(self._home / "plane")
        self._pod_seconds = pod_seconds
        self._processes = Processes(self._places.records, self._places.logs)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, context `naru-local`; there once the control plane has been up."""
        return self._places.kubeconfig("admin")

    @property
    def sealing_url(self) -> str:
        """Where the Sealed Secrets controller serves its certificate (`/v1/cert.pem`). Raises PlaneError if nowhere."""
        return sealing.url(self._port(sealing.NAME))

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus answers queries. Raises PlaneError if nowhere."""
        return prometheus.url(self._port(prometheus.NAME))

    @property
    def prometheus_targets(self) -> Path:
        """The folder whose `*.json` files name what Prometheus scrapes, each a list of `{"targets": ["host:port"]}`."""
        return self._places.targets

    @property
    def argocd(self) -> ArgoCD:
        """The Argo CD of the control plane. Raises PlaneError where none runs."""
        self._port(argocd.CONTROLLER, "naru local up --with argocd")
        files = Files.of(self._places)
        return ArgoCD(files.url(self._port(argocd.GIT, "naru local up --with argocd")), files.repository)

    def argocd_cluster(self, name: str) -> dict[str, Any]:
        """Return the Secret that has an Argo CD, this one's or another's, deploy here to a destination of that name.

        It is a credential. The Argo CD of this control plane knows it as `naru-local`; there once it has been up.
        """
        return cluster_secret(name, self._places.kubeconfig(argocd.CLUSTER_KUBECONFIG))

    def up(
        self,
        *,
        progress: Progress = silent,
        storage_classes: Iterable[str] = (),
        ingress_classes: Iterable[str] = ("nginx",),
        extras: Iterable[str] = (),
    ) -> Path:
        """Bring up the control plane, or what of it is missing, and return its kubeconfig once pods can run.

        `extras` run beside it from then on, until it goes down: of those in EXTRAS. Raises ToolchainError where it
        cannot be built, PlaneError where it does not come up; what this call started has been ended then.
        """
        kept = {name for name, processes in EXTRAS.items() if any(map(self._processes.recorded, processes))}
        binaries = _binaries(kept | set(extras), progress)
        crds.documents(progress)  # whatever has to be downloaded is, before anything is started
        objects = [
            *cluster.rights(),
            *cluster.nodes(),
            *cluster.storage_classes(storage_classes),
            *cluster.ingress_classes(ingress_classes),
        ]
        with self._locked(), _alone(progress):
            ports = prepare(
                self._places, stages.text(self._pod_seconds), [name for name in EVERY if self._processes.find(name)]
            )
            if argocd.CONTROLLER in binaries:
                argocd_files.prepare(Files.of(self._places), ports)
            startup = Startup(self._places, self._processes, progress)
            try:
                startup.run(binaries, ports, objects, [cluster.gateway_class()])
            except BaseException:
                self._processes.stop(startup.started[::-1])
                raise
        return self.kubeconfig

    def down(self, *, delete: bool = False) -> None:
        """End every process, whatever became of it; `delete` removes the cluster's data as well."""
        if not self._places.data.exists():
            return
        with self._locked():
            self._processes.stop(EVERY[::-1])
            if delete:
                shutil.rmtree(self._places.data)

    def status(self) -> list[ProcessStatus]:
        """Return how each process is, in the order in which they depend on each other; nothing is changed.

        Of the extras there are those that were started, and not ended since.
        """
        there = (name for name in EVERY if name in ORDER or self._processes.recorded(name))
        found = ((name, self._processes.find(name)) for name in there)
        return [
            ProcessStatus(name, running=True, pid=record.pid, port=record.port, version=record.version)
            if record
            else ProcessStatus(name, running=False)
            for name, record in found
        ]

    def pulumi_environment(self, progress: Progress = silent) -> dict[str, str]:
        """Return the variables with which Pulumi works on this control plane, and touches nothing else of the user's.

        Builds what of Pulumi is neither installed nor built. Raises ToolchainError.
        """
        passphrase = private_directory(self._home) / "passphrase"
        with self._locked():
            if not passphrase.exists():
                write_private(passphrase, secrets.token_urlsafe(32))
        return environment.pulumi(self._home, passphrase, progress)

    def _port(self, name: str, remedy: str = "naru local up") -> int:
        record = self._processes.find(name)
        if record is None or record.port is None:
            message = f"{name} does not run: `{remedy}` starts it"
            raise PlaneError(message)
        return record.port

    def _locked(self) -> AbstractContextManager[None]:
        return locked(private_directory(self._home) / "plane.lock")


def _binaries(extras: Collection[str], progress: Progress) -> dict[str, Program]:
    """Return the command of each process. Raises ToolchainError."""
    if unknown := sorted(set(extras) - EXTRAS.keys()):
        message = f"nothing called {', '.join(unknown)} runs beside the control plane; there is: {', '.join(EXTRAS)}"
        raise PlaneError(message)
    # What can only be installed comes first: its absence is told before anything is built.
    beside = programs.find(progress) if argocd.NAME in extras else {}
    paths = ensure([name for name in ORDER if name in TOOLS], progress)
    own = {name: Program(path, installed.version(TOOLS[name], path)) for name, path in paths.items()}
    return {**own, **beside}


def _alone(progress: Progress) -> AbstractContextManager[None]:
    """Have no other control plane of the user come up meanwhile: a port is taken only once its process listens."""
    waiting = Step("wait for another control plane to come up", 1, 1, 30)
    return locked(cache.directory() / "ports.lock", wait=lambda: progress(waiting))
