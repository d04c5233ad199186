"""`python -m benchmarks`: measure, print, and write the results into `docs/performance.md`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import diff, engine, rendering, report
from benchmarks.measure import CommandFailedError
from benchmarks.rendering import DifferenceError
from local.plane import PlaneError
from local.toolchain import ToolchainError

ROOT = Path(__file__).parent.parent
_PARTS = ("render", "diff", "preview", "up")


def main(argv: Sequence[str]) -> int:
    """Measure what is asked for; the page is written only when everything was."""
    arguments = _arguments(argv)
    parts = arguments.only or list(_PARTS)
    sections = [report.machine(arguments.date)]
    try:
        if "render" in parts:
            with tempfile.TemporaryDirectory(prefix="naru-bench-", dir=memory()) as folder:
                found = rendering.measure(Path(folder), arguments.sizes, arguments.times, _say)
            sections.append(report.rendering(found, arguments.times))
        if "diff" in parts:
            _say("diff of all stacks")
            with tempfile.TemporaryDirectory(prefix="naru-bench-", dir=memory()) as folder:
                sections.append(report.diff(diff.measure(ROOT, Path(folder), arguments.times), arguments.times))
        if {"preview", "up"} & set(parts):
            previews = arguments.times if "preview" in parts else 0
            updates = arguments.updates if "up" in parts else 0
            with tempfile.TemporaryDirectory(prefix="naru-bench-") as folder:
                costs = engine.measure(ROOT, Path(folder), previews=previews, updates=updates, say=_say)
            sections.append(report.engine(costs))
    except (CommandFailedError, DifferenceError, PlaneError, ToolchainError) as error:
        _say(str(error))
        return 1
    text = "\n\n".join(sections)
    sys.stdout.write(f"{text}\n")
    if parts == list(_PARTS):
        report.write(ROOT / "docs" / "performance.md", text)
    return 0


def memory() -> str | None:
    """Return a folder in memory, where the system has one: the disk is not what is measured."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of our own is made in it


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=_PARTS, help="one part; may be given several times")
    parser.add_argument(
        "--sizes", type=_sizes, default=[5, 50, 200, 1000], metavar="N,N", help="numbers of services, 5,50,200,1000"
    )
    parser.add_argument("--times", type=int, default=5, help="runs of each command")
    parser.add_argument("--updates", type=int, default=2, help="updates from nothing, the slowest part")
    parser.add_argument("--date", default=f"{datetime.now(UTC):%Y-%m-%d}", help="the date to print")
    return parser.parse_args(argv)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
