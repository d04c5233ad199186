"""What an operator reads of a migration that failed: what it was, why, its last words, and how it is run again."""

from collections.abc import Iterable, Iterator, Sequence

from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.migrate.state import LINES, MigrationState


def retry_command(stack: str, system: str, service: str) -> str:
    """Return what runs the failed Jobs of a service again."""
    return f"naru migrate retry --stack {stack} {system}/{service}"


def failure_lines(stack: str, system: str, found: Iterable[MigrationState]) -> list[str]:
    """Return the lines about those that failed, and how they are run again, once for each service."""
    failed = [state for state in found if state.failed]
    commands = dict.fromkeys(retry_command(stack, system, state.service) for state in failed)
    return [
        *(line for state in failed for line in _lines(system, state)),
        *(f"  run it again: `{command}`; `naru up --stack {stack}` does so too" for command in commands),
    ]


def resource(cluster: str, system: str, state: MigrationState) -> str:
    """Return the logical name that the engine knows a Job by, one that Pulumi itself applies."""
    return f"{cluster}/{system}/{state.service}-migrate:job:{state.job.rpartition('-')[0]}"


def _lines(system: str, state: MigrationState) -> Iterator[str]:
    place = f"{system}/{state.service}: {state.title}"
    yield f"failed: {place}: Job {state.namespace}/{state.job}: {state.reason or 'no reason was given'}"
    yield from (f"  | {line}" for line in state.log)


def with_logs(server: ApiServer, found: Sequence[MigrationState]) -> list[MigrationState]:
    """Return them, those that failed with the end of their pod's log, which says more than its last message.

    A pod that has gone, or whose log may not be read, keeps what it left behind; so does a simulated one.
    """
    return [state.telling(log) if (log := _log(server, state)) else state for state in found]


def _log(server: ApiServer, state: MigrationState) -> str:
    if not (state.failed and state.pod):
        return ""
    path = f"/api/v1/namespaces/{state.namespace}/pods/{state.pod}/log"
    try:
        return server.text(path, tailLines=str(LINES))
    except (ApiError, UnreachableError):  # several containers, none of them named, is an error too
        return ""
