"""The command `naru` at a terminal: what a person sees of it while typing."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 30.0  # seconds; a bound for a machine that does other things too, never waited for
_AGAIN = 3.0  # seconds
_CTRL_C = "\x03"
_REPOSITORY = Path(__file__).parents[3]
# The terminal becomes the one that controls the process, which `getpass` asks for by name.
_PROGRAM = """\
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from operations.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


class Terminal:
    """A terminal with one command in it; `seen` is everything that was on the screen."""

    def __init__(self, folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> None:
        self._screen, inside = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY), **(environment or {})},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)
        self.seen = ""

    def until(self, text: str) -> None:
        """Read until a text is on the screen."""
        while text not in self.seen:
            content = self._read()
            assert content, self.seen
            self.seen += content

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._screen, text.encode())

    def ended(self) -> int:
        """Read on to the end of the command and return its exit code."""
        while content := self._read():
            self.seen += content
        os.close(self._screen)
        return self._process.wait(PATIENCE)

    def interrupted(self) -> int:
        """Press Ctrl-C, read on to the end of the command and return its exit code.

        Pressed in the very moment before the command begins to read, it is noticed once that read is over: a person
        presses again.
        """
        end = time.monotonic() + PATIENCE
        self.type(_CTRL_C)
        while not select.select([self._screen], [], [], _AGAIN)[0] and time.monotonic() < end:
            self.type(_CTRL_C)
        return self.ended()

    def _read(self) -> str:
        ready, _, _ = select.select([self._screen], [], [], PATIENCE)
        if not ready:
            self._process.kill()
            self._process.wait()
        assert ready, f"waits for an answer: {self.seen}"
        try:
            return os.read(self._screen, 4096).decode()
        except OSError:  # what Linux says once nobody has the terminal open any more
            return ""
