"""Whether a region can take traffic: its workloads are ready, and run what is released."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from manifests.assembly import assemble
from manifests.placed import Manifest, Place, Placed
from operations import cluster_state
from operations.api_server import ApiError, ContextError, UnreachableError, connect
from operations.collect import config_map_names
from operations.readiness import Lists, Object
from operations.report import WORKLOADS, states
from settings.stack import Stack


def look(root: Path, stack: Stack, cluster: str, systems: Collection[str]) -> list[str]:
    """Ask a cluster about some systems, and return a line for each thing that is not as it should be."""
    assembled = assemble(stack, cluster)
    placed = {name: assembled[name] for name in systems if name in assembled}
    try:
        server = connect(stack.environment.clusters[cluster], root)
        lists = cluster_state.lists(server, (one for each in placed.values() for one in each))
    except (ApiError, ContextError, UnreachableError) as error:
        return [str(error)]
    return [
        line
        for name, objects in placed.items()
        for line in problems(Place(stack, stack.systems[name], cluster), objects, lists)
    ]


def problems(place: Place, objects: Sequence[Placed], lists: Lists) -> Iterator[str]:
    """Yield a line for each workload that is not ready, rolls out or runs another version, and each unready object.

    Migrations are left out: who deploys by Git deletes their Jobs once they are done.
    """
    state = states(place, objects, lists)
    for workload in state.workloads:
        if workload.reason or workload.under_way:
            yield f"{state.system}/{workload.name}: {workload.reason or workload.under_way}"
    for name, reason in state.unready.items():
        yield f"{state.system}: {name}: {reason}"
    for placed in objects:
        yield from _other_versions(state.system, placed.manifest, lists)


def _other_versions(system: str, wanted: Manifest, lists: Lists) -> Iterator[str]:
    kind, metadata = wanted["kind"], wanted["metadata"]
    if kind not in WORKLOADS:
        return
    key = (metadata["namespace"], metadata["name"])
    for live in lists.get(kind, ()):
        if (live["metadata"]["namespace"], live["metadata"]["name"]) == key:
            running = _images(live)
            for name, image in _images(wanted).items():
                # A mesh adds containers of its own; none of ours may be missing.
                if running.get(name) != image:
                    yield f"{system}/{metadata['name']}: {name} is {running.get(name, 'missing')}, released is {image}"
            for name in sorted(config_map_names(wanted) - config_map_names({"kind": kind, **live})):
                yield f"{system}/{metadata['name']}: its configuration is another one than the files say ({name})"


def _images(workload: Object) -> dict[str, str]:
    containers = (workload["spec"].get("template") or {}).get("spec", {}).get("containers") or ()
    return {container["name"]: container["image"] for container in containers}
