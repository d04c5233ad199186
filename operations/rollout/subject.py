"""Which service a command is about, and on which clusters."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from manifests.placed import Place
from operations.api_server import ApiServer, connect_each
from operations.exits import Exit, Stop
from operations.left_out import refusal, warning
from operations.output import say
from settings.faults import Fault, SettingsError, did_you_mean, quoted
from settings.service import Service
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Subject:
    """A service of a stack, and the clusters it runs on that a command is about."""

    stack: Stack
    service: Service
    places: tuple[Place, ...]
    left_out: tuple[str, ...] = ()
    """Other clusters of the service, which do not answer."""

    @property
    def system(self) -> str:
        """The name of its system."""
        return self.places[0].system.name

    @property
    def name(self) -> str:
        """What commands call it by: `SYSTEM/SERVICE`."""
        return f"{self.system}/{self.service.name}"

    def on(self, clusters: Collection[str]) -> "Subject":
        """Return the same on some of its clusters, the others left out."""
        places = tuple(place for place in self.places if place.cluster_name in clusters)
        others = tuple(place.cluster_name for place in self.places if place.cluster_name not in clusters)
        return replace(self, places=places, left_out=others)

    def command(self, words: str) -> str:
        """Return a command about this service, such as `naru rollout promote SYSTEM/SERVICE --stack STACK`."""
        return f"naru {words} {self.name} --stack {self.stack.name}"


def subject_of(stack: Stack, named: str, cluster: str | None = None) -> Subject:
    """Return the service `SYSTEM/SERVICE`. Raises SettingsError for what does not exist or is not enabled."""
    name, _, key = named.partition("/")
    enabled = {system.name: system for system in stack.systems.values() if system.enabled}
    if name not in enabled:
        raise _unfit(named, f"no such system on {stack.name}, or not enabled", did_you_mean(name, enabled))
    system = enabled[name]
    services = {service.name: service for service in system.services.values() if service.enabled}
    known = [f"{name}/{service}" for service in services]
    if key not in services:
        found = f"{name} has no such service on {stack.name}, or it is not enabled" if key else "no service is named"
        raise _unfit(named, found, did_you_mean(named, known))
    all_places = (Place(stack, system, one) for one in stack.environment.clusters)
    places = {place.cluster_name: place for place in all_places if system.clusters == "all" or place.is_primary}
    if cluster is not None and cluster not in places:
        raise _unfit(named, f"it does not run on {quoted(cluster)}", did_you_mean(cluster, places))
    return Subject(stack, services[key], tuple(places.values()) if cluster is None else (places[cluster],))


def connected(places: Iterable[Place], root: Path) -> dict[str, ApiServer]:
    """Return the API server of each cluster, but of drained ones that do not answer: those are left out, as is said.

    Raises Stop where another cannot be asked, or all are left out: before anything is changed.
    """
    every = {place.cluster_name: place for place in places}
    servers, problems = connect_each({name: place.cluster for name, place in every.items()}, root)
    if not problems:
        return servers
    stack = next(iter(every.values())).stack
    refused = refusal(stack, problems, every=not servers)
    if refused:
        raise Stop(Exit.REFUSED, *refused)
    for name, problem in problems.items():
        say(warning(stack, name, problem))
    return servers


def answering(places: Iterable[Place], root: Path) -> tuple[dict[str, ApiServer], list[str]]:
    """Return the clusters that answer, and what the others say. Raises Stop where none does."""
    servers, problems = connect_each({place.cluster_name: place.cluster for place in places}, root)
    silent = [f"{name}: {problem}" for name, problem in problems.items()]
    if not servers:
        raise Stop(Exit.REFUSED, *(f"refused: {problem}" for problem in silent))
    return servers, silent


def _unfit(subject: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(subject, 0, "", found, expected)])
