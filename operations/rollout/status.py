"""How a service's versions take over from each other, once or until nothing moves any more."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.exits import Exit, Stop
from operations.output import say, write_json, write_lines
from operations.rollout import watching
from operations.rollout.lines import lines
from operations.rollout.observed import observed
from operations.rollout.state import ServiceState
from operations.rollout.subject import Subject, answering, subject_of
from settings.loading import load


def status(root: Path, stack: str, named: str, *, cluster: str | None, watch: bool, as_json: bool) -> int:
    """Show a service on each of its clusters; with `watch` until nothing moves. Raises SettingsError and Stop."""
    subject = subject_of(load(root, stack).stack, named, cluster)
    servers, silent = answering(subject.places, root)
    for problem in silent:
        say(f"warning: {problem}")
    try:
        if watch:
            states = watching.watch(subject, lambda: states_of(subject, servers), as_json=as_json)
        else:
            states = states_of(subject, servers)
    except (UnreachableError, ApiError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    if as_json and not watch:
        write_json(as_plain(subject, states))
    elif not watch:
        write_lines(told(subject, states))
    return Exit.FAILED if silent or any(one.phase in {"degraded", "absent"} for one in states) else Exit.OK


def states_of(subject: Subject, servers: Mapping[str, ApiServer]) -> list[ServiceState]:
    """Return how the service is on each cluster. Raises ApiError and UnreachableError."""

    def look(cluster: str) -> ServiceState:
        place = next(place for place in subject.places if place.cluster_name == cluster)
        return observed(servers[cluster], place, subject.service)

    with ThreadPoolExecutor(max_workers=len(servers)) as threads:
        return list(threads.map(look, servers))


def told(subject: Subject, states: Sequence[ServiceState]) -> Iterator[str]:
    """Yield the lines about every cluster."""
    now = datetime.now(UTC)
    return (line for state in states for line in lines(state, subject, now))


def as_plain(subject: Subject, states: Sequence[ServiceState]) -> dict[str, Any]:
    """Return the states as plain data."""
    return {"stack": subject.stack.name, "service": subject.name, "clusters": [state.as_json() for state in states]}
