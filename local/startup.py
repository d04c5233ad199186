"""From no process, or some, to a cluster that runs pods."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from local import commands, crds, in_cluster, prometheus, rollouts, sealing
from local.cluster import Cluster
from local.commands import OF_CUSTOM_RESOURCES, ORDER, Places
from local.errors import PlaneError
from local.files import digest
from local.processes import Command, Processes
from local.progress import Progress, Step
from local.provider.transport import ApiError, Unreachable
from local.session import Session

Object = Mapping[str, Any]

_PATIENCE: Final = 240.0  # seconds a step may take; two cores with nothing else to do need some 10 for all of them
_PROBATION: Final = 0.5  # seconds in which a process that cannot run as it is has ended


@dataclass(frozen=True)
class Binary:
    """A command and the version it has."""

    path: Path
    version: str


class Startup:
    """One attempt to bring the control plane up. What is right already is left as it is."""

    def __init__(self, places: Places, processes: Processes, progress: Progress) -> None:
        self._places = places
        self._processes = processes
        self._progress = progress
        self.started: list[str] = []

    def run(
        self,
        binaries: Mapping[str, Binary],
        ports: Mapping[str, int],
        objects: Sequence[Object],
        custom: Sequence[Object],
    ) -> None:
        """Start what does not run as it should, and return once the cluster runs pods. Raises PlaneError.

        It holds `objects` then, and the `custom` resources that need the CustomResourceDefinitions first.
        """
        wanted = self._commands(binaries, ports, in_cluster.launcher(self._places.sealing_account))
        # Without etcd the API server would not end by itself: all that has to go goes first, the last one first.
        self._processes.stop([name for name in reversed(ORDER) if not self._runs(wanted[name])])
        with Session(self._places.kubeconfig("admin")) as session:
            cluster = Cluster(session)
            own = [*objects, *sealing.objects(ports["sealing"]), *rollouts.objects()]
            self._bring_up(cluster, wanted, own, custom)
            self._begin(4, "start the controllers of custom resources", 2)
            self._start(*(wanted[name] for name in OF_CUSTOM_RESOURCES))
            self._await(
                lambda: sealing.silence(ports["sealing"], cluster.sealing_certificates()),
                "the Sealed Secrets controller gives no certificate",
            )
            self._await(lambda: prometheus.silence(ports["prometheus"]), "Prometheus answers no queries")
        if self.started:
            time.sleep(_PROBATION)
            self._check_alive()

    def _bring_up(
        self, cluster: Cluster, wanted: Mapping[str, Command], objects: Sequence[Object], custom: Sequence[Object]
    ) -> None:
        self._begin(1, "start etcd and kube-apiserver", 6)
        self._start(wanted["etcd"], wanted["kube-apiserver"])
        self._await(cluster.trouble, "kube-apiserver is not ready")

        self._begin(2, "start the controllers and the nodes", 2)
        self._await(lambda: cluster.apply(objects), "the first objects of the cluster are refused")
        self._start(*(wanted[name] for name in ORDER if name not in OF_CUSTOM_RESOURCES))

        self._begin(3, "install CustomResourceDefinitions", 8)
        self._define(cluster)
        self._await(lambda: cluster.apply(custom), "the first custom resources of the cluster are refused")
        self._await(cluster.unready, "the cluster is not ready for pods")

    def _commands(
        self, binaries: Mapping[str, Binary], ports: Mapping[str, int], launcher: tuple[str, ...]
    ) -> dict[str, Command]:
        """Return each process's command, with a hash of the files it reads when it starts."""
        places = self._places
        authorities = [places.cluster_authority.pair.certificate, places.etcd_authority.pair.certificate]
        account = [places.sealing_account / name for name in ("token", "ca.crt", "namespace")]

        def parts(name: str) -> tuple[Path, str]:
            return binaries[name].path, binaries[name].version

        read = [
            (commands.etcd(places, ports, *parts("etcd")), authorities),
            (commands.api_server(places, ports, *parts("kube-apiserver")), [*authorities, places.tokens]),
            (commands.controllers(places, *parts("kube-controller-manager")), [places.kubeconfig("controllers")]),
            (commands.scheduler(places, *parts("kube-scheduler")), [places.kubeconfig("scheduler")]),
            (commands.kwok(places, *parts("kwok")), [places.kubeconfig("kwok"), places.stages]),
            (commands.kubelet(places, _code()), [places.kubeconfig("kubelet")]),
            (commands.scraper(places, ports, *parts(prometheus.NAME)), [places.scraped]),
            (commands.sealed_secrets(ports, launcher, *parts(sealing.NAME)), account),
            (commands.argo_rollouts(places, ports, *parts(rollouts.NAME)), [places.kubeconfig("rollouts")]),
        ]
        return {command.name: replace(command, state=digest(*files) + command.state) for command, files in read}

    def _begin(self, index: int, name: str, seconds: float) -> None:
        self._progress(Step(name, index, 4, seconds))

    def _runs(self, command: Command) -> bool:
        record = self._processes.find(command.name)
        return record is not None and record.digest == command.digest

    def _start(self, *wanted: Command) -> None:
        for command in wanted:
            if not self._runs(command):
                self.started.append(command.name)
                self._processes.start(command)

    def _define(self, cluster: Cluster) -> None:
        pins = crds.pins()
        if cluster.mark() == pins:
            return
        definitions = crds.documents()
        trouble = "CustomResourceDefinitions are not served"
        self._await(lambda: cluster.apply(definitions), trouble)
        self._await(lambda: cluster.unserved(definitions), trouble)
        self._await(lambda: cluster.set_mark(pins), trouble)

    def _await(self, attempt: Callable[[], str], trouble: str) -> None:
        """Attempt something until it reports nothing missing; a process that ends puts an end to that."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                missing = attempt()
            except (ApiError, Unreachable) as error:
                missing = str(error)
            if not missing:
                return
            self._check_alive()
            if time.monotonic() > until:
                words = "\n".join(f"{name}: {self._processes.last_words(name, 2)}" for name in ORDER)
                message = f"{trouble} after {_PATIENCE:.0f} s: {missing}\n{words}"
                raise PlaneError(message)
            time.sleep(0.05)

    def _check_alive(self) -> None:
        for name in ORDER:
            if self._processes.recorded(name) and self._processes.find(name) is None:
                message = f"{name} has ended; the last lines of {self._processes.log(name)}:\n" + (
                    self._processes.last_words(name)
                )
                raise PlaneError(message)


def _code() -> str:
    """Return a hash of the code of our kubelet, so that a changed one is started anew."""
    here = Path(__file__).parent
    return digest(*sorted([*here.glob("simulation/*.py"), *here.glob("provider/*.py"), here / "certificates.py"]))
