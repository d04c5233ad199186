"""The commands that change clusters: up, preview and destroy."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer
from pulumi.automation import EngineEvent

from operations import output, progress
from operations.api_server import UnreachableError
from operations.automation import EngineError, Request
from operations.collect import collect
from operations.engine_command import InterruptedUpdateError
from operations.exits import Exit, Stop
from operations.migrate.failure import failure_lines, resource, with_logs
from operations.output import say
from operations.report import SystemState
from operations.schema_gate import older_code
from operations.sealing.generated import prepared
from operations.session import Session, open_session
from operations.tally import Failure, Tally
from settings.environment import Tier
from settings.loading import Loaded, load

_NOBODY_TO_ASK = "nobody is there to confirm this: give --yes"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of a command say."""

    yes: bool = False
    refresh: bool = False
    skip_preview: bool = False
    as_json: bool = False
    accept_older_code: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation of the engine ended."""

    result: str
    """`succeeded`, `failed` or `interrupted`."""
    tally: Tally
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def code(self) -> Exit:
        """The exit code it asks for."""
        return {"succeeded": Exit.OK, "interrupted": Exit.INTERRUPTED}.get(self.result, Exit.FAILED)

    def as_json(self, stack: str) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "stack": stack,
            "result": self.result,
            "seconds": round(self.seconds, 1),
            "changes": self.tally.changed,
            "failures": [{"resource": failure.resource, "reason": failure.reason} for failure in self.failures],
        }


def preview(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Show what an update would change; change nothing."""
    loaded = prepared(root, name)
    session = open_session(root, loaded.stack, named, "preview")
    request = _prepared(session, choices)
    for line in _older_code(session, loaded):
        say(f"warning: {line}")
    return _preview(session, request, choices)


def up(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Update a stack, then show how its systems are."""
    loaded = prepared(root, name)
    session = open_session(root, loaded.stack, named, "up")
    request = _prepared(session, choices)
    older = _older_code(session, loaded)
    if older and not choices.accept_older_code:
        raise Stop(Exit.REFUSED, *(f"refused: {line}" for line in older))
    for line in older:
        say(f"warning: {line}")
    if dry_run():
        say("DRY_RUN is set: this is a preview, and nothing is changed")
        return _preview(session, request, choices)
    if not _agreed(session, request, choices):
        return _declined()
    session.hand_over()
    outcome = _operate(session, "up", lambda take: session.engine.up(request, take), session.expected)
    collected = _collect(session) if outcome.result == "succeeded" else 0
    states = _states(session) if outcome.result != "interrupted" else []
    for line in _failures(session, outcome, states):
        say(line)
    _tell(session, outcome, states, collected, choices)
    unready = outcome.code is Exit.OK and not all(state.ready for state in states)
    return Exit.FAILED if unready else outcome.code


def destroy(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Delete what a stack made; a production tier is refused."""
    stack = load(root, name).stack
    if stack.environment.tier is Tier.PRODUCTION:
        raise Stop(
            Exit.REFUSED,
            f"{name} is of the tier production, which naru does not delete",
            "take a system out by `enabled: false` in its catalog file and `naru up`, or delete by hand",
        )
    session = open_session(root, stack, named, "destroy")
    session.connect()
    session.deployed = session.engine.deployed()
    request = session.check_identity(session.destroy_request(named, refresh=choices.refresh))
    protected = session.deployed.protected_of(session.systems if named else session.deployed.systems)
    if protected:
        raise Stop(
            Exit.REFUSED,
            f"{len(protected)} resources are protected, such as {protected[0]}: nothing was deleted",
            "set policies.protectData to false and `naru up` first",
        )
    what = ", ".join(session.systems) if named else "everything"
    if not choices.yes and not _confirmed(f"Delete {what} of the stack {name}?"):
        return _declined()
    count = session.expected if named else session.deployed.objects
    outcome = _operate(session, "destroy", lambda take: session.engine.destroy(request, take), count)
    for line in output.failure_lines(outcome.failures):
        say(line)
    if choices.as_json:
        output.write_json(outcome.as_json(name))
    elif outcome.result == "succeeded":
        changed = outcome.tally.changed
        output.write_lines([output.counted(changed, 0, outcome.seconds) if changed else "there was nothing to delete"])
    return outcome.code


def dry_run() -> bool:
    """Tell whether the environment asks for a preview in place of an update."""
    return os.environ.get("DRY_RUN", "").lower() in {"1", "true", "yes"}


def _prepared(session: Session, choices: Choices) -> Request:
    session.connect()
    session.deployed = session.engine.deployed()
    return session.check(session.update_request(refresh=choices.refresh))


def _agreed(session: Session, request: Request, choices: Choices) -> bool:
    """Show what will change and have it confirmed, as far as the tier asks for it."""
    environment, name = session.stack.environment, session.stack.name
    production = environment.tier is Tier.PRODUCTION
    if production:
        clusters = ", ".join(f"{key} ({cluster.context})" for key, cluster in environment.clusters.items())
        say(f"warning: {name} is of the tier production, on {clusters}")
    if environment.tier is Tier.LOCAL or (choices.yes and not production):
        return True
    if not choices.yes and not sys.stdin.isatty():
        raise Stop(Exit.USAGE, _NOBODY_TO_ASK)
    if not choices.skip_preview:
        code = _preview(session, request, choices, to_stderr=True)
        if code is not Exit.OK:
            raise Stop(code, "nothing was changed")
    if choices.yes:
        return True
    if production:
        return bool(typer.prompt(f"Type {name} to deploy to it", err=True) == name)
    return _confirmed(f"Update the stack {name}?")


def _older_code(session: Session, loaded: Loaded) -> list[str]:
    """Return a line for each service of the chosen systems whose image is older than its database's schema."""
    reached = {place: version for place, version in session.deployed.schemas().items() if place[0] in session.systems}
    return [str(fault) for fault in older_code(loaded, reached)]


def _failures(session: Session, outcome: Outcome, states: Sequence[SystemState]) -> list[str]:
    """Return the lines about what failed; of a migration its Job and log say more than the engine does."""
    lines: list[str] = []
    told: set[str] = set()
    for state in states:
        told |= {resource(state.cluster, state.system, one) for one in state.migrations if one.failed}
        lines += failure_lines(session.stack.name, state.system, state.migrations)
    return [*output.failure_lines([one for one in outcome.failures if one.resource not in told]), *lines]


def _declined() -> Exit:
    say("nothing was changed")
    return Exit.OK


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, _NOBODY_TO_ASK)
    return bool(typer.confirm(question, err=True))


def _preview(session: Session, request: Request, choices: Choices, *, to_stderr: bool = False) -> Exit:
    outcome = _operate(session, "preview", lambda take: session.engine.preview(request, take), session.expected)
    lines = output.change_lines(outcome.tally.changes.values())
    for line in output.failure_lines(outcome.failures):
        say(line)
    if choices.as_json and not to_stderr:
        details = [
            {"operation": change.operation, "resource": change.resource, "properties": list(change.properties)}
            for change in outcome.tally.changes.values()
        ]
        output.write_json({**outcome.as_json(session.stack.name), "resources": details})
    elif outcome.result == "succeeded":
        counts = ", ".join(f"{count} to {operation}" for operation, count in outcome.tally.changed.items())
        shown = [*lines, counts or f"no change: {session.expected} objects are as they should be"]
        for line in shown if to_stderr else ():
            say(line)
        output.write_lines(() if to_stderr else shown)
    return outcome.code


def _operate(
    session: Session, title: str, operation: Callable[[Callable[[EngineEvent], None]], None], expected: int
) -> Outcome:
    tally = Tally(expected)
    begun = time.monotonic()
    result, reason = "succeeded", ""
    with progress.shown(f"{title} {session.stack.name}", tally, output.errors()) as take:
        try:
            operation(take)
        except EngineError as error:
            result, reason = "failed", str(error)
        except InterruptedUpdateError:
            result = "interrupted"
    failures = tuple(tally.failures()) if result != "succeeded" else ()
    if result == "failed":
        failures = failures or (Failure("stack", reason),)
        say(f"the engine's own words are in {session.engine.log}")
    if result == "interrupted":
        say(f"interrupted: `naru {title}` continues from here")
        failures = ()
    return Outcome(result, tally, failures, time.monotonic() - begun)


def _collect(session: Session) -> int:
    collected = 0
    for cluster, server in session.servers.items():
        objects = [placed for systems in session.objects[cluster].values() for placed in systems]
        try:
            collected += collect(server, objects, session.systems)
        except UnreachableError as error:
            say(f"warning: {cluster}: {error}; old ConfigMaps stay for the next run")
    return collected


def _states(session: Session) -> list[SystemState]:
    try:
        return [_with_logs(session, state) for state in session.states()]
    except UnreachableError as error:
        say(f"warning: {error}; how the systems are is not known")
        return []


def _with_logs(session: Session, state: SystemState) -> SystemState:
    if not any(migration.failed for migration in state.migrations):
        return state
    return replace(state, migrations=tuple(with_logs(session.servers[state.cluster], state.migrations)))


def _tell(session: Session, outcome: Outcome, states: Sequence[SystemState], collected: int, choices: Choices) -> None:
    if choices.as_json:
        systems = [state.as_json() for state in states]
        output.write_json({**outcome.as_json(session.stack.name), "collected": collected, "systems": systems})
        return
    if states:
        output.write_report(states, live=session.direct)
    if not session.direct and outcome.result == "succeeded":
        say(f"rendered/{session.stack.name} holds the manifests: Argo CD applies them once they are committed")
    if outcome.result == "succeeded":
        say(output.counted(outcome.tally.changed, session.expected, outcome.seconds))
    if collected:
        say(f"{collected} old ConfigMaps that nothing names any more were deleted")
    for line in (f"not ready: {state.cluster}/{state.system}" for state in states if not state.ready):
        say(line)
