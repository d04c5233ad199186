"""How far an operation is, while it runs: a bar on a terminal, else a line every few seconds."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pulumi.automation import EngineEvent
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from operations.tally import Tally

LINE_EVERY: Final = 5.0
"""Seconds between two lines where there is no terminal."""
SAME_LINE_EVERY: Final = 30.0
"""Seconds between two lines that say the same."""


def line(title: str, tally: Tally, seconds: float) -> str:
    """Return the state of an operation as one line."""
    awaited = tally.waiting_for
    text = f"{title}: {len(tally.done)} of {tally.total} objects, {seconds:.0f} s"
    if awaited is None:
        return text
    name, status = awaited
    more = f" and {tally.waiting - 1} more" if tally.waiting > 1 else ""
    return f"{text}; waiting for {name}{more}" + (f": {status}" if status else "")


def is_due(now: str, last: str, seconds: float) -> bool:
    """Tell whether to write a state, `seconds` after the last one: at once if it is another, else once in a while."""
    return now != last or seconds >= SAME_LINE_EVERY


@contextmanager
def shown(
    title: str,
    tally: Tally,
    console: Console,
    *,
    clock: Callable[[], float] = time.monotonic,
    every: float = LINE_EVERY,
) -> Iterator[Callable[[EngineEvent], None]]:
    """Yield what takes the engine's events, and show on `console` what they come to until the end."""
    display = _bar(title, tally, console) if console.is_terminal else _lines(title, tally, console, clock, every)
    with display:
        yield tally.take


@contextmanager
def _bar(title: str, tally: Tally, console: Console) -> Iterator[None]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[awaited]}", style="dim", table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=tally.total, awaited="")

        def refresh() -> None:
            awaited = tally.waiting_for
            # Text, since a status may hold square brackets, which are rich's markup.
            said = "" if awaited is None else f"{awaited[0]} {awaited[1]}".strip()
            progress.update(task, completed=len(tally.done), total=tally.total, awaited=Text(said).markup)

        with _repeated(refresh, 0.2):
            yield


@contextmanager
def _lines(title: str, tally: Tally, console: Console, clock: Callable[[], float], every: float) -> Iterator[None]:
    begun = clock()
    last = ("", begun)

    def write(*, always: bool = False) -> None:
        nonlocal last
        state, now = line(title, tally, 0), clock()
        if always or is_due(state, last[0], now - last[1]):
            console.out(line(title, tally, now - begun), highlight=False)
            last = (state, now)

    try:
        with _repeated(write, every):
            yield
    finally:
        write(always=True)


@contextmanager
def _repeated(action: Callable[[], None], every: float) -> Iterator[None]:
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every):
            action()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
