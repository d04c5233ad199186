"""The embedded control plane: a real Kubernetes API as processes of the user, with simulated pods."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from local import cluster, crds, environment, prometheus, sealing, stages
from local.commands import ORDER, Places
from local.errors import PlaneError
from local.files import locked, private_directory, write_private
from local.preparation import prepare
from local.processes import Processes
from local.progress import Progress, Step, silent
from local.startup import Binary, Startup
from local.toolchain import TOOLS, cache, ensure, installed

__all__ = ["ControlPlane", "PlaneError", "ProcessStatus"]


@dataclass(frozen=True)
class ProcessStatus:
    """A process of the control plane as it is now; `port` and `version` are those it was started with."""

    name: str
    running: bool
    pid: int | None = None
    port: int | None = None
    version: str = ""


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

    def up(
        self,
        *,
        progress: Progress = silent,
        storage_classes: Iterable[str] = (),
        ingress_classes: Iterable[str] = ("nginx",),
    ) -> Path:
        """Bring up the control plane, or what of it is missing, and return its kubeconfig once pods can run.

        Raises ToolchainError where it cannot be built, PlaneError where it does not come up; what this call started has
        been ended then.
        """
        paths = ensure([name for name in ORDER if name in TOOLS], progress)
        crds.documents(progress)  # whatever has to be downloaded is, before anything is started
        binaries = {name: Binary(path, installed.version(TOOLS[name], path)) for name, path in paths.items()}
        objects = [
            *cluster.rights(),
            *cluster.nodes(),
            *cluster.storage_classes(storage_classes),
            *cluster.ingress_classes(ingress_classes),
        ]
        with self._locked(), _alone(progress):
            ports = prepare(
                self._places, stages.text(self._pod_seconds), [name for name in ORDER if self._processes.find(name)]
            )
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
            self._processes.stop(ORDER[::-1])
            if delete:
                shutil.rmtree(self._places.data)

    def status(self) -> list[ProcessStatus]:
        """Return how each process is, in the order in which they depend on each other; nothing is changed."""
        found = ((name, self._processes.find(name)) for name in ORDER)
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

    def _port(self, name: str) -> int:
        record = self._processes.find(name)
        if record is None or record.port is None:
            message = f"{name} does not run: `naru local up` starts it"
            raise PlaneError(message)
        return record.port

    def _locked(self) -> AbstractContextManager[None]:
        return locked(private_directory(self._home) / "plane.lock")


def _alone(progress: Progress) -> AbstractContextManager[None]:
    """Have no other control plane of the user come up meanwhile: a port is taken only once its process listens."""
    waiting = Step("wait for another control plane to come up", 1, 1, 30)
    return locked(cache.directory() / "ports.lock", wait=lambda: progress(waiting))
