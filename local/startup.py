"""From no process, or some, to a cluster that runs pods."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from local import commands, crds, in_cluster, operator_commands, prometheus, rollouts, sealing
from local.argocd import commands as argocd_commands
from local.argocd import names as argocd
from local.argocd import objects as argocd_objects
from local.argocd import programs, readiness
from local.argocd.files import Files
from local.cluster import Cluster
from local.commands import EVERY, OF_CUSTOM_RESOURCES, ORDER
from local.errors import PlaneError
from local.files import digest
from local.kubeconfig import CONTEXT
from local.places import Places
from local.processes import Command, Processes
from local.progress import Progress, Step
from local.provider.transport import ApiError, Unreachable
from local.session import Session
from local.toolchain.program import Program

Object = Mapping[str, Any]

_PATIENCE: Final = 240.0  # seconds a step may take; two cores with nothing else to do need some 10 for all of them
_PROBATION: Final = 0.5  # seconds in which a process that cannot run as it is has ended


class Startup:
    """One attempt to bring the control plane up. What is right already is left as it is."""

    def __init__(self, places: Places, processes: Processes, progress: Progress) -> None:
        self._places = places
        self._processes = processes
        self._progress = progress
        self._steps = 4
        self.started: list[str] = []

    def run(
        self,
        binaries: Mapping[str, Program],
        ports: Mapping[str, int],
        objects: Sequence[Object],
        custom: Sequence[Object],
    ) -> None:
        """Start what does not run as it should, and return once the cluster runs pods. Raises PlaneError.

        It holds `objects` then, and the `custom` resources that need the CustomResourceDefinitions first. Argo CD is
        started where `binaries` has it.
        """
        wanted = self._commands(binaries, ports, in_cluster.launcher(self._places.sealing_account))
        # Without etcd the API server would not end by itself: all that has to go goes first, the last one first.
        self._processes.stop([name for name in reversed(EVERY) if name in wanted and not self._runs(wanted[name])])
        with Session(self._places.kubeconfig("admin")) as session:
            cluster = Cluster(session)
            rights = [*rollouts.objects(), *argocd_objects.manager_rights()]
            own = [*objects, *sealing.objects(ports["sealing"]), *rights]
            self._bring_up(cluster, wanted, own, custom)
            self._begin(4, "start the controllers of custom resources", 2)
            self._start(*(wanted[name] for name in OF_CUSTOM_RESOURCES))
            self._await(
                lambda: sealing.silence(ports["sealing"], cluster.sealing_certificates()),
                "the Sealed Secrets controller gives no certificate",
            )
            self._await(lambda: prometheus.silence(ports["prometheus"]), "Prometheus answers no queries")
            if argocd.CONTROLLER in wanted:
                self._bring_up_argocd(cluster, wanted, ports, binaries[argocd.CONTROLLER])
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

    def _bring_up_argocd(
        self, cluster: Cluster, wanted: Mapping[str, Command], ports: Mapping[str, int], program: Program
    ) -> None:
        self._begin(5, "start Argo CD", 5)
        files = Files.of(self._places)
        released = program.path.with_name(programs.defaults())
        objects = [
            *argocd_objects.settings(released, files.session_key.read_text(encoding="ascii")),
            *argocd_objects.rights(),
            argocd_objects.cluster_secret(CONTEXT, self._places.kubeconfig(argocd.CLUSTER_KUBECONFIG)),
        ]
        refused = "the settings of Argo CD are refused"
        self._await(lambda: cluster.apply([argocd_objects.namespace()]), refused)
        self._await(lambda: cluster.apply(objects), refused)
        *others, controller = argocd.PROCESSES
        self._start(*(wanted[name] for name in others))
        self._await(lambda: readiness.served(files, ports), "what Argo CD works with is not ready")
        self._start(wanted[controller])
        self._await(lambda: readiness.silence(ports["argocd-controller"]), "Argo CD does not work")

    def _commands(
        self, binaries: Mapping[str, Program], ports: Mapping[str, int], launcher: tuple[str, ...]
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
            (operator_commands.scraper(places, ports, *parts(prometheus.NAME)), [places.scraped]),
            (operator_commands.sealed_secrets(ports, launcher, *parts(sealing.NAME)), account),
            (operator_commands.argo_rollouts(places, ports, *parts(rollouts.NAME)), [places.kubeconfig("rollouts")]),
        ]
        if argocd.CONTROLLER in binaries:
            read += argocd_commands.every(places, ports, binaries)
        self._steps = 5 if argocd.CONTROLLER in binaries else 4
        return {command.name: replace(command, state=digest(*files) + command.state) for command, files in read}

    def _begin(self, index: int, name: str, seconds: float) -> None:
        self._progress(Step(name, index, self._steps, seconds))

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
                started = [name for name in EVERY if self._processes.recorded(name)]
                words = "\n".join(f"{name}: {self._processes.last_words(name, 2)}" for name in started)
                message = f"{trouble} after {_PATIENCE:.0f} s: {missing}\n{words}"
                raise PlaneError(message)
            time.sleep(0.05)

    def _check_alive(self) -> None:
        for name in EVERY:
            if self._processes.recorded(name) and self._processes.find(name) is None:
                message = f"{name} has ended; the last lines of {self._processes.log(name)}:\n" + (
                    self._processes.last_words(name)
                )
                raise PlaneError(message)


def _code() -> str:
    """Return a hash of the code of our kubelet, so that a changed one is started anew."""
    here = Path(__file__).parent
    return digest(*sorted([*here.glob("simulation/*.py"), *here.glob("provider/*.py"), here / "certificates.py"]))
