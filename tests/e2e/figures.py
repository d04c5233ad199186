"""What tests have measured, as a table for docs/performance.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterator


class Figures:
    """Seconds by what took them."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def take(self, what: str, seconds: float) -> None:
        """Note one time."""
        self.taken.setdefault(what, []).append(seconds)

    def lines(self) -> Iterator[str]:
        """Yield the table, nothing where nothing was measured."""
        if not self.taken:
            return
        yield "| strategy | rollbacks | median | slowest |"
        yield "|---|---|---|---|"
        for what, seconds in self.taken.items():
            middle, most = statistics.median(seconds), max(seconds)
            yield f"| `{what}` | {len(seconds)} | {middle:.0f} s | {most:.0f} s |"
