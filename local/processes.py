"""The processes of the control plane: started apart from ours, remembered in files, recognised when found again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from local.files import write_private

_KILLED_WITHIN = 30.0
_PAUSE: Final = 0.02  # seconds between two looks at a process that is to end


@dataclass(frozen=True)
class Command:
    """What a process is started with; `state` is whatever else it read at its start, such as the hash of a file."""

    name: str
    argv: tuple[str, ...]
    version: str
    port: int | None = None
    environment: Mapping[str, str] | None = None
    state: str = ""

    @property
    def digest(self) -> str:
        """A hash that changes when the process would have to be started anew."""
        what = [self.argv, sorted((self.environment or {}).items()), self.state]
        return sha256(json.dumps(what).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """A process that was started: `birth` tells it from a later one that got the same number."""

    pid: int
    birth: str
    digest: str
    version: str
    port: int | None


class Processes:
    """The processes recorded in a folder, with a log file for each in another."""

    def __init__(self, records: Path, logs: Path) -> None:
        self._records = records
        self._logs = logs

    def find(self, name: str) -> Record | None:
        """Return the record of a process that runs."""
        try:
            record = Record(**json.loads(self._file(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return record if _birth(record.pid) == record.birth else None

    def recorded(self, name: str) -> bool:
        """Tell whether a process was started and not stopped since, running or not."""
        return self._file(name).exists()

    def start(self, command: Command) -> Record:
        """Start a process that outlives this one, its log begun anew. Raises OSError where it cannot be started."""
        log = os.open(self.log(command.name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            pid = os.posix_spawn(
                command.argv[0],
                command.argv,
                {**os.environ, **(command.environment or {})},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,  # Ctrl-C in the terminal is not for it
                setsigmask=[],
            )
        finally:
            os.close(log)
        record = Record(pid, _birth(pid), command.digest, command.version, command.port)
        write_private(self._file(command.name), json.dumps(asdict(record)))
        return record

    def stop(self, names: Sequence[str], seconds: float = 5) -> None:
        """End processes, one after the other, and forget them; one that does not go within `seconds` is killed."""
        for name in names:
            record = self.find(name)
            if record is not None:
                _end(record, seconds)
            self._file(name).unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self._logs / f"{name}.log"

    def last_words(self, name: str, lines: int = 6) -> str:
        """Return the end of a process's log."""
        try:
            text = self.log(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(line[:400] for line in text.splitlines()[-lines:])

    def _file(self, name: str) -> Path:
        return self._records / f"{name}.json"


def _end(record: Record, seconds: float) -> None:
    # Nobody ignores being killed, but on a busy machine it takes its time.
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, max(seconds, _KILLED_WITHIN))):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, number)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if _birth(record.pid) != record.birth:
                return
            time.sleep(_PAUSE)


def _birth(pid: int) -> str:
    """Return when a process began, in whatever form the system gives it; empty where there is none, or a dead one."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # one of our own that has ended would stay as a zombie
    stat = Path("/proc", str(pid), "stat")
    if Path("/proc/self/stat").exists():
        try:
            # After the name, which may hold anything, in parentheses: field 3 is the state, 20 the number of threads,
            # 22 the start.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return ""
        # A zombie with threads is still closing its files, ports among them.
        ended = fields[0] in {"Z", "X"} and int(fields[17]) <= 1
        return "" if ended else f"{boot}/{fields[19]}"
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    return answer.stdout.strip()
