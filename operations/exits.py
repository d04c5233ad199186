"""How a command ends: its exit codes, and the one exception that carries one."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """What a script learns from a run. Not how bad it was: the message says that."""

    OK = 0
    FAULTS = 1
    USAGE = 2
    FAILED = 3
    REFUSED = 4
    INTERRUPTED = 130


MEANINGS: Final = {
    Exit.OK: "done, and everything is ready",
    Exit.FAULTS: "files or arguments that cannot be used, each fault on a line",
    Exit.USAGE: "an unknown command or option, or a confirmation that nobody is there to give; of `drift`: drift",
    Exit.FAILED: "the deployment failed, or something is not ready",
    Exit.REFUSED: "refused before any change: a check, a missing tool, a production tier, a risk that --fail-on names",
    Exit.INTERRUPTED: "interrupted by Ctrl-C; the next run continues",
}


class Stop(Exception):  # noqa: N818 - some ends are no error
    """Ends the command: a code, and lines that say what to do. Expected, so never shown with a traceback."""

    def __init__(self, code: Exit, *lines: str) -> None:
        self.code = code
        self.lines = lines
        super().__init__("\n".join(lines))
