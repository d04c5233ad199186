"""What a long command says while it works: the step it is at, and how long that takes as a rule."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Protocol, TextIO


@dataclass(frozen=True)
class Step:
    """One step of several: `index` counts from 1 to `total`, `seconds` is what it takes on two cores."""

    name: str
    index: int
    total: int
    seconds: float


class Progress(Protocol):
    """Is told of each step when it begins; the step before has ended then."""

    def __call__(self, step: Step, /) -> None:
        """Say that a step begins."""


def silent(step: Step) -> None:
    """Say nothing."""


def lines(stream: TextIO | None = None) -> Progress:
    """Return a progress that writes a line for each step, for pipes and logs."""

    def write(step: Step) -> None:
        expected = f", some {step.seconds:.0f} s" if step.seconds >= 2 else ""
        print(f"[{step.index}/{step.total}] {step.name}{expected}", file=stream or sys.stderr, flush=True)

    return write
