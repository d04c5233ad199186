"""After a failed update: `rolling` services whose new version did not become ready go back to the one before."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.rollback.template import MANAGER, given_back, undone
from operations.rollback.version import shown
from operations.rollback.waiting import wait
from operations.rollout.live import LiveWorkload, live
from operations.rollout.revision import Revision
from operations.selection import Objects, named
from operations.session import Session
from operations.tally import Failure
from settings.service import Service
from settings.stack import Stack
from settings.strategy import Rolling

Wait = Callable[[str, Callable[[], str]], str]
"""Takes a title and what says what is still missing; returns that, or nothing once nothing is."""

_CONFLICT = 409
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether a Deployment can go back: to which revision, or else why not (empty: it has no need to)."""

    target: Revision | None = None
    reason: str = ""


def failed_deployments(stack: Stack, objects: Objects, failures: Iterable[Failure]) -> list[tuple[Place, Service]]:
    """Return the `rolling` services whose Deployment is among the failures of an update."""
    failed = {failure.resource for failure in failures}
    return [
        (Place(stack, system, cluster), service)
        for cluster, systems in objects.items()
        for name, placed in systems.items()
        if (system := stack.systems.get(name)) is not None
        for one in placed
        if one.manifest["kind"] == "Deployment" and named(cluster, name, one) in failed
        if (service := system.services.get(one.component)) is not None and isinstance(service.strategy, Rolling)
    ]


def way_back(workload: LiveWorkload) -> WayBack:
    """Decide whether a Deployment that failed can go back, by what the cluster has of it."""
    current = workload.current
    if current is None or workload.phase == "healthy":
        return WayBack()
    if current.healthy:
        return WayBack(reason="it has the version that was healthy before")
    earlier = workload.revisions[1:]
    if not earlier:
        return WayBack(reason="it has no earlier version: this was its first deployment")
    target = next((one for one in earlier if one.healthy), None)
    if target is None:
        return WayBack(reason=f"of its {len(earlier)} earlier versions none was seen healthy")
    return WayBack(target)


def roll_back(session: Session, failures: Iterable[Failure], *, wait: Wait = wait) -> list[str]:
    """Send them back and wait for their pods; return the lines that say what was done, and what is left to do.

    Where the update changed no Deployment, as after a failed migration, there is nothing to do and nothing is said.
    """
    lines: list[str] = []
    leaving: list[_Leaving] = []
    for place, service in failed_deployments(session.stack, session.objects, failures):
        server = session.servers.get(place.cluster_name)
        if server is not None:
            sent = _sent(server, place, service)
            lines += [sent] if isinstance(sent, str) else []
            leaving += [sent] if isinstance(sent, _Leaving) else []
    return [*lines, *(line for one in leaving for line in _told(one, wait))]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A Deployment on its way back."""

    server: ApiServer
    place: Place
    service: Service
    workload: LiveWorkload
    target: Revision

    @property
    def at(self) -> str:
        return _at(self.place, self.service)

    def waits_for(self) -> str:
        """Return what its pods lack; raises ApiError and UnreachableError."""
        now = live(self.server, self.place.cluster_name, self.place, self.service)[0]
        if now.current is None or now.current.name != self.target.name:
            return "the cluster has not seen the change yet"
        return "" if now.phase == "healthy" else now.reason


def _at(place: Place, service: Service) -> str:
    return f"{place.system.name}/{service.name} on {place.cluster_name}"


def _sent(server: ApiServer, place: Place, service: Service) -> _Leaving | str | None:
    at = _at(place, service)
    try:
        workload = live(server, place.cluster_name, place, service)[0]
        found = way_back(workload)
        if found.target is None:
            return f"not rolled back: {at}: {found.reason}" if found.reason else None
        send_back(server, workload, found.target)
    except (ApiError, UnreachableError) as error:
        return f"warning: not rolled back: {at}: {error}"
    return _Leaving(server, place, service, workload, found.target)


def _told(one: _Leaving, wait: Wait) -> Iterator[str]:
    target, left = one.target, one.workload.current
    try:
        unready = wait(f"rolling {one.at} back", one.waits_for)
    except (ApiError, UnreachableError) as error:
        unready = str(error)
    except KeyboardInterrupt:
        unready = "its end was not waited for"
    said = f"revision {target.number}, {shown(target.image)}, healthy since {target.healthy}, with its configuration"
    yield f"rolled back: {one.at}: to {said}; " + (f"not ready yet: {unready}" if unready else "all its pods are ready")
    stack, system = one.place.stack.name, one.place.system.name
    if left is not None and left.images == target.images:
        yield f"  the image is the same: what failed is its configuration, which catalog/{system}.yaml still asks for"
        yield f"  change it there; the next `naru up --stack {stack}` tries it again"
        return
    yield f"  releases/{stack}.yaml still says {shown(left.image) if left else ''}: the next `naru up` tries that again"
    yield f"  `naru rollback {system}/{one.service.name} --stack {stack}` writes {shown(target.image)} there"


def send_back(server: ApiServer, workload: LiveWorkload, target: Revision) -> None:
    """Give a Deployment the pod template of one of its revisions again. Raises ApiError and UnreachableError."""
    server.merge(workload.path, undone(workload, target), MANAGER)
    for attempt in range(_ATTEMPTS):
        metadata = server.get(workload.path)["metadata"]
        managed = given_back(metadata.get("managedFields") or ())
        if managed is None:
            return
        try:
            # With the version that was read: its status may have changed in between, and others' fields with it.
            body = {"metadata": {"managedFields": managed, "resourceVersion": metadata["resourceVersion"]}}
            server.merge(workload.path, body, MANAGER)
        except ApiError as error:
            if error.status != _CONFLICT or attempt == _ATTEMPTS - 1:
                raise
        else:
            return
