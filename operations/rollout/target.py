"""What a decision is about: a service, and its workloads on each of its clusters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.exits import Exit, Stop
from operations.rollout.live import LiveWorkload, live
from operations.rollout.subject import Subject, answering, connected, subject_of
from settings.loading import load
from settings.service import Service


@dataclass(frozen=True, slots=True)
class Target:
    """A service as its clusters have it."""

    root: Path
    subject: Subject
    servers: Mapping[str, ApiServer]
    workloads: Mapping[str, tuple[LiveWorkload, ...]]
    """By cluster, the one that serves most first."""
    silent: tuple[str, ...] = ()
    """What clusters say that cannot be asked."""

    @property
    def service(self) -> Service:
        """The service as the files have it."""
        return self.subject.service

    @property
    def mains(self) -> list[LiveWorkload]:
        """The first workload of each cluster."""
        return [found[0] for found in self.workloads.values()]

    @property
    def all(self) -> list[LiveWorkload]:
        """Every workload of every cluster."""
        return [one for found in self.workloads.values() for one in found]


def target_of(root: Path, stack: str, named: str, cluster: str | None, *, partly: bool = False) -> Target:
    """Return a service as its clusters have it, with `partly` as those that answer. Raises SettingsError and Stop."""
    subject = subject_of(load(root, stack).stack, named, cluster)
    silent: list[str] = []
    if partly:
        servers, silent = answering(subject.places, root)
    else:
        servers = connected(subject.places, root)
        subject = subject.on(servers)
    places = {place.cluster_name: place for place in subject.places}
    workloads: dict[str, tuple[LiveWorkload, ...]] = {}
    for name, server in servers.items():
        try:
            workloads[name] = live(server, name, places[name], subject.service)
        except (ApiError, UnreachableError) as error:
            silent.append(f"{name}: {error}")
    if silent and not (partly and workloads):
        raise Stop(Exit.REFUSED, *(f"refused: {problem}" for problem in silent))
    return Target(root, subject, servers, workloads, tuple(silent))
