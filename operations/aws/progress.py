"""How far a long row of questions is: on a terminal in one line that changes, else a line every few seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from operations.progress import LINE_EVERY


@contextmanager
def counting(
    title: str,
    total: int,
    console: Console,
    *,
    clock: Callable[[], float] = time.monotonic,
    every: float = LINE_EVERY,
) -> Iterator[Callable[[], None]]:
    """Yield what is called after each answer."""
    count, last = 0, clock()
    status = console.status(title) if console.is_terminal else None

    def done() -> None:
        nonlocal count, last
        count += 1
        if status is not None:
            status.update(f"{title}: {count} of {total}")
        elif count < total and clock() - last >= every:
            console.out(f"{title}: {count} of {total}", highlight=False)
            last = clock()

    if status is None:
        yield done
        return
    with status:
        yield done
