"""Waiting for a workload: what it still waits for, on a line every few seconds."""

import time
from collections.abc import Callable
from typing import Final

from operations.output import say
from operations.progress import LINE_EVERY, is_due

PATIENCE: Final = 300.0
"""Seconds that pods have to become ready, as the guide of korea-public-data has it."""
_LOOK_EVERY: Final = 0.5


def wait(
    title: str,
    look: Callable[[], str],
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Look until nothing is left to wait for, and return what is: empty unless the patience was too short."""
    begun = clock()
    last, told = "", begun
    while reason := look():
        now = clock()
        if now - begun >= patience:
            return reason
        if now - told >= LINE_EVERY and is_due(reason, last, now - told):
            say(f"{title}: {now - begun:.0f} s; waiting: {reason}")
            last, told = reason, now
        sleep(_LOOK_EVERY)
    return ""
