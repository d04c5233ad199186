"""Stacks rendered by the code of another checkout: in processes of their own, without credentials."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeAlias

import yaml

from operations.diff.reading import Folders, parse, read
from operations.planned import folders
from settings.faults import escaped

CODE: Final = "operations/__main__.py"
"""What a project has that brings its code along."""
_AWS: Final = "operations/planned.py"
"""What its code has that can tell what a stack has in AWS."""
_PASSED_ON: Final = ("LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV")
_PATIENCE: Final = 300
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Failed:
    """A stack that a checkout's code could not render."""

    reason: str
    """The end of its error, on one line."""


Outcome: TypeAlias = Folders | Failed


def render(checkout: Path, stacks: Sequence[str]) -> dict[str, Outcome]:
    """Return the folders of each stack, all stacks at the same time, as many as there are cores."""
    with tempfile.TemporaryDirectory(prefix="naru-render-") as folder:
        place = Path(folder)
        outcomes: dict[str, Outcome] = {}
        with _ended() as running:
            for stack in stacks:
                if len(running) >= (os.cpu_count() or 1):
                    oldest = next(iter(running))
                    outcomes[oldest] = _outcome(checkout, place, oldest, running.pop(oldest))
                running[stack] = _started(checkout, place, stack)
            while running:
                oldest = next(iter(running))
                outcomes[oldest] = _outcome(checkout, place, oldest, running.pop(oldest))
        return outcomes


_Running: TypeAlias = tuple["subprocess.Popen[bytes]", IO[bytes]]


@contextmanager
def _ended() -> Iterator[dict[str, _Running]]:
    """Give the processes that run, and end those that still do when something interrupts the waiting."""
    running: dict[str, _Running] = {}
    try:
        yield running
    finally:
        for process, _ in running.values():
            process.kill()
            process.wait()


def _started(checkout: Path, place: Path, stack: str) -> _Running:
    said = (place / f"{stack}.log").open("w+b")
    command = [sys.executable, "-m", "operations", "render", "--stack", stack, "--out", str(place / stack)]
    if (checkout / _AWS).is_file():
        command += ["--aws", str(_listing(place, stack))]
    process = subprocess.Popen(
        command, cwd=checkout, env=_environment(checkout, place), stdin=subprocess.DEVNULL, stdout=said, stderr=said
    )
    return process, said


def _environment(checkout: Path, home: Path) -> Mapping[str, str]:
    """Return what the code of another commit may know of this machine: where programs are, and no credentials."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed,
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(checkout),
        # What it compiles goes with the rest of it: the checkout may be somebody's, and stays as it was.
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
        "PYTHONUTF8": "1",
    }


def _outcome(checkout: Path, place: Path, stack: str, running: _Running) -> Outcome:
    process, said = running
    with said:
        try:
            code = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return Failed(f"it did not end within {_PATIENCE} s")
        finally:
            if process.poll() is None:  # interrupted
                process.kill()
                process.wait()
        said.seek(0)
        told = said.read().decode(errors="replace")
    if code:
        end = _last_line(told).replace(f"{checkout}/", "").replace(f"{place}/", "")
        return Failed(escaped(end)[:_LONGEST] or f"exit code {code}")
    try:
        listing = _listing(place, stack)
        aws = parse(listing.read_bytes()) if listing.is_file() else {}
        return {**read(place / stack), **folders(aws)}
    except (OSError, yaml.YAMLError) as error:
        return Failed(f"its files cannot be read: {escaped(_last_line(str(error)))[:_LONGEST]}")


def _listing(place: Path, stack: str) -> Path:
    return place / f"{stack}.aws.yaml"


def _last_line(text: str) -> str:
    """Return what an error came to: the last line that says anything."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
