"""What a command that changes clusters was asked, and how its operation of the engine ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent

from operations import progress
from operations.automation import EngineError
from operations.engine_command import InterruptedUpdateError
from operations.exits import Exit
from operations.output import errors, say
from operations.region_order import Regions
from operations.report import SystemState
from operations.session import Session
from operations.tally import Failure, Tally


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of a command say."""

    yes: bool = False
    refresh: bool = False
    skip_preview: bool = False
    as_json: bool = False
    accept_older_code: bool = False
    accept_aws: bool = False
    """Whether what AWS has against a release is only warned about."""
    rollback: bool = True
    """Whether a service whose new version did not become ready goes back to the one before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation of the engine ended."""

    result: str
    """`succeeded`, `failed` or `interrupted`."""
    tally: Tally
    failures: tuple[Failure, ...]
    seconds: float
    states: tuple[SystemState, ...] = ()
    """How the systems were afterwards, where somebody looked."""
    rolled_back: tuple[str, ...] = ()
    """What was said of services that went back by themselves, or could not."""
    regions: Regions | None = None
    """How far it came, where it goes from cluster to cluster."""

    @property
    def code(self) -> Exit:
        """The exit code it asks for."""
        if self.result == "succeeded":
            return Exit.OK if all(state.ready for state in self.states) else Exit.FAILED
        return Exit.INTERRUPTED if self.result == "interrupted" else Exit.FAILED

    def as_json(self, stack: str) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "stack": stack,
            "result": self.result,
            "seconds": round(self.seconds, 1),
            "changes": self.tally.changed,
            "failures": [{"resource": failure.resource, "reason": failure.reason} for failure in self.failures],
            "rolledBack": list(self.rolled_back),
            **({"regions": self.regions.as_json()} if self.regions else {}),
        }


def operate(
    session: Session,
    title: str,
    operation: Callable[[Callable[[EngineEvent], None]], None],
    expected: int,
    *,
    tally: Tally | None = None,
    again: str = "",
) -> Outcome:
    """Run an operation of the engine to its end and show how far it is; a `tally` goes on from what it has counted.

    `again` is the command that goes on after Ctrl-C, where its title does not name it.
    """
    tally = Tally(expected) if tally is None else tally
    begun = time.monotonic()
    result, reason = "succeeded", ""
    shown = f"{title} {session.stack.name}" + (f" on {session.where}" if session.where else "")
    with progress.shown(shown, tally, errors()) as take:
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
        say(f"interrupted: `naru {again or title}` continues from here")
        failures = ()
    return Outcome(result, tally, failures, time.monotonic() - begun)
