"""Following a service until nothing moves any more: alive on a terminal, else a line for each change."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from operations.api_server import UnreachableError
from operations.output import say
from operations.progress import SAME_LINE_EVERY
from operations.rollout.lines import advice, headline, lines, waits
from operations.rollout.state import ServiceState
from operations.rollout.subject import Subject

Look = Callable[[], list[ServiceState]]
_EVERY: Final = 1.0
_SILENT: Final = 30
"""How often in a row a cluster may not answer: its API server may be restarting."""
_FEWEST: Final = 2
"""How often in a row nothing must move: between two changes of a Rollout there is an instant in which it looks done."""


def watch(
    subject: Subject,
    look: Look,
    *,
    as_json: bool,
    clock: Callable[[], float] = time.monotonic,
) -> list[ServiceState]:
    """Look until every cluster is healthy, degraded, or waits for somebody, and return the last states.

    With `as_json` each change is a line of JSON.
    """
    console = Console(highlight=False)
    alive = console.is_terminal and not as_json
    still, silent, last, told = 0, 0, "", clock()
    states: list[ServiceState] = []
    with Live(console=console, auto_refresh=False) if alive else nullcontext() as display:
        while True:
            states, silent = _looked(look, states, silent)
            still = still + 1 if not silent and all(state.settled for state in states) else 0
            if display is not None:
                display.update(Text("\n".join(_everything(subject, states))), refresh=True)
            else:
                text = _told(subject, states, as_json=as_json)
                if text != last or (clock() - told >= SAME_LINE_EVERY and not as_json):
                    sys.stdout.write(f"{text}\n")
                    sys.stdout.flush()
                    last, told = text, clock()
            if still >= _FEWEST:
                break
            pause(_EVERY)
    if not (alive or as_json):
        _tell_what_next(subject, states)
    return states


def pause(seconds: float) -> None:
    """Wait between two looks."""
    time.sleep(seconds)


def _looked(look: Look, before: list[ServiceState], silent: int) -> tuple[list[ServiceState], int]:
    """Return the states now, or the last ones while a cluster is silent for a moment. Raises UnreachableError."""
    try:
        return look(), 0
    except UnreachableError as error:
        if not before or silent >= _SILENT:
            raise
        if not silent:
            say(f"warning: {error}; asking again")
        return before, silent + 1


def _everything(subject: Subject, states: Sequence[ServiceState]) -> list[str]:
    now = datetime.now(UTC)
    return [line for state in states for line in lines(state, subject, now)]


def _told(subject: Subject, states: Sequence[ServiceState], *, as_json: bool) -> str:
    if as_json:
        return json.dumps([state.as_json() for state in states], ensure_ascii=False)
    return "\n".join(headline(state, subject) for state in states)


def _tell_what_next(subject: Subject, states: Sequence[ServiceState]) -> None:
    now = datetime.now(UTC)
    for state in states:
        for line in (*waits(state, subject, now), *advice(state, subject)):
            say(f"{state.cluster}: {line}")
