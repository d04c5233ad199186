"""Commands side by side: each run several times, in turn, so that what else the machine does falls on all alike."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_WATCH = Path(__file__).with_name("watch.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: seconds on the wall and on the processor, and its peak of memory in MiB."""

    seconds: float
    cpu: float
    mib: float


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of one command."""

    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """The median time on the wall."""
        return median(run.seconds for run in self.runs)

    @property
    def mib(self) -> float:
        """The highest peak of memory."""
        return max(run.mib for run in self.runs)


class CommandFailedError(Exception):
    """A command that was to be measured ended with an error."""


def run(command: Sequence[str | Path], output: Path, *, environment: Mapping[str, str], folder: Path) -> Run:
    """Run a command once, what it prints in a file."""
    words = [str(word) for word in command]
    watched = [sys.executable, "-I", "-S", str(_WATCH), str(output), *words]
    done = subprocess.run(watched, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}"
        raise CommandFailedError(message)
    return Run(**json.loads(done.stdout))


def side_by_side(contestants: Mapping[str, Callable[[], Run]], times: int) -> dict[str, Runs]:
    """Run each in turn, `times` rounds."""
    rounds: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(times):
        for name, contestant in contestants.items():
            rounds[name].append(contestant())
    return {name: Runs(tuple(runs)) for name, runs in rounds.items()}
