"""How the Jobs of a service's migration are, and how failed ones are run again."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from operations import deploy
from operations.api_server import ApiError, ContextError, UnreachableError, connect
from operations.exits import Exit, Stop
from operations.migrate.failure import retry_command
from operations.migrate.observed import observed
from operations.migrate.state import MigrationState
from operations.migrate.step import migrated, steps
from operations.output import say, write_json, write_lines
from settings.loading import load


def status(root: Path, stack: str, subject: str, *, as_json: bool) -> int:
    """Show each Job on the cluster; fail where one has failed. Raises SettingsError and Stop."""
    place, service = migrated(load(root, stack).stack, subject)
    try:
        found = observed(connect(place.cluster, root), steps(place, service))
    except (ContextError, UnreachableError, ApiError) as error:
        raise Stop(Exit.REFUSED, f"refused: {place.cluster_name}: {error}") from None
    failed = any(state.failed for state in found)
    if as_json:
        write_json({"stack": stack, "service": subject, "jobs": [state_as_json(state) for state in found]})
    else:
        write_lines(line for state in found for line in _lines(state))
    if failed:
        say(f"run it again: `{retry_command(stack, place.system.name, service.name)}`")
    return Exit.FAILED if failed else Exit.OK


def retry(root: Path, stack: str, subject: str, choices: deploy.Choices) -> int:
    """Update the service's system, as `naru up --stack STACK SYSTEM` does. Raises SettingsError and Stop.

    The system rather than the Jobs alone: a Job that failed for its secret, account or image runs on what the files
    say now, and the workload that it kept back starts when it has completed. What is as it should be stays untouched.
    """
    place, service = migrated(load(root, stack).stack, subject)
    if not place.direct:
        raise Stop(
            Exit.REFUSED,
            f"refused: Argo CD runs the migrations of {stack}, and starts them anew with each sync",
            f"sync the Application that has {place.cluster_name}/{place.system.name}/workloads: `argocd app sync NAME`",
        )
    say(f"updating {place.system.name}: failed Jobs of {service.name} run again, and what waits for them follows")
    return deploy.up(root, stack, [place.system.name], choices)


def state_as_json(state: MigrationState) -> dict[str, Any]:
    """Return it as plain data."""
    return {**asdict(state), "log": list(state.log)}


def _lines(state: MigrationState) -> Iterator[str]:
    parts = [state.status]
    if state.since:
        parts.append(f"since {state.since}")
    if state.attempts:
        parts.append(f"{state.attempts} attempt{'s' if state.attempts > 1 else ''}")
    yield f"{state.title}: {', '.join(parts)}  (Job {state.namespace}/{state.job})"
    if state.reason:
        yield f"   {state.reason}"
    yield from (f"   | {line}" for line in state.log)
