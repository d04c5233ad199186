"""From an exception to what the user reads: a line or more on stderr, an exit code, and details in a log file.

Imported on the way to every command, so it imports nothing that takes time.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from operations.exits import Exit, Stop
from settings.faults import SettingsError, escaped


def run_guarded(action: Callable[[], int], *, debug: bool = False) -> int:
    """Run a command and return its exit code; only with `debug` an unexpected exception gets through."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)  # ended from outside, the engine is to be told as on Ctrl-C
    try:
        return action()
    except (Exception, KeyboardInterrupt) as error:
        code, lines = _ending(error)
        if not lines:
            if debug:
                raise
            lines = [_unexpected(error)]
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return code


def log_file(root: Path, name: str) -> Path:
    """Return a new, empty log file of the project that its user alone can read."""
    folder = root / ".naru" / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ending(error: BaseException) -> tuple[Exit, list[str]]:
    """Return the exit code of an exception, and what to say of it: nothing if nobody expected it."""
    match error:
        case SettingsError():
            return Exit.FAULTS, [str(fault) for fault in error.faults]
        case Stop():
            return error.code, list(error.lines)
        case KeyboardInterrupt():
            return Exit.INTERRUPTED, ["interrupted"]
        case BrokenPipeError():
            # Whoever read our output has gone; what Python would flush at the end has nowhere to go either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return Exit.FAULTS, ["nobody reads the output any more"]
        case OSError() if error.strerror and error.filename:
            return Exit.FAULTS, [escaped(f"{error.filename}: {error.strerror}")]
        case _:
            return Exit.FAILED, []


def _unexpected(error: BaseException) -> str:
    root = next((folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "Pulumi.yaml").is_file()), None)
    said = escaped(f"{type(error).__name__}: {error}".splitlines()[0][:300])
    if root is None:
        return f"unexpected: {said}; --debug shows where"
    path = log_file(root, f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    with path.open("a", encoding="utf-8") as log:
        traceback.print_exception(error, file=log)
    return f"unexpected: {said}; details in {path}"
