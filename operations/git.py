"""Git, called as a program: words in, bytes out, and nothing that asks, pages, hooks or waits for ever.

Each command stands by itself: variables by which a Git hook (or whoever called us) points elsewhere are left out, and
messages are in English, as some are told apart by their words.
"""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REMOTE_SECONDS: Final = 120.0
"""How long a command may take that asks a remote."""

# Source: `git rev-parse --local-env-vars`, but for the configuration, which stays.
_ELSEWHERE: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
_CONFIG: Final = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.diverging", "false"),
    ("i18n.logOutputEncoding", "UTF-8"),
)
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")
_CONTROL: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_REASON_LENGTH: Final = 300


class GitError(Exception):
    """Git could not do it: the reason is one line without credentials."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        """The output as text, without the line break at its end."""
        return self.output.decode("utf-8", "replace").removesuffix("\n")

    @property
    def reason(self) -> str:
        """What Git says went wrong, in one line."""
        lines = [line.strip() for line in self.errors.splitlines()]
        told = [line for line in lines if line and not line.casefold().startswith(("warning:", "hint:"))]
        return shown(told[0]) if told else f"git ended with the code {self.code}"


def run(
    folder: Path,
    *words: str,
    feed: bytes = b"",
    config: Sequence[tuple[str, str]] = (),
    variables: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Ended:
    """Run a command in a folder, whatever its exit code. Raises GitError without Git, and after `seconds`."""
    environment = _environment(config, variables or {})
    # A helper that Git leaves running (ssh's ControlPersist) keeps stderr open: nobody waits for the end of a file.
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                ["git", *words],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except FileNotFoundError:
            found = "git is not installed" if folder.is_dir() else f"{folder} is no folder"
            raise GitError(found) from None
        with process:
            try:
                output, _ = process.communicate(feed or None, seconds)
            except BaseException as error:
                _end(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    message = f"no answer within {error.timeout:.0f} s"
                    raise GitError(message) from None
                raise
        errors.seek(0)
        return Ended(process.returncode, output, errors.read().decode("utf-8", "replace"))


def read(
    folder: Path,
    *words: str,
    feed: bytes = b"",
    config: Sequence[tuple[str, str]] = (),
    variables: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Ended:
    """Run a command that is to succeed. Raises GitError."""
    ended = run(folder, *words, feed=feed, config=config, variables=variables, seconds=seconds)
    if ended.code:
        raise GitError(ended.reason)
    return ended


def shown(text: str) -> str:
    """Return text of Git's or a server's as one line that carries no credentials and moves no cursor."""
    line = " ".join(_CONTROL.sub("", _CREDENTIALS.sub("", text)).split())
    return line if len(line) <= _REASON_LENGTH else line[: _REASON_LENGTH - 1] + "…"


def _environment(config: Sequence[tuple[str, str]], variables: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    found |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
    # What the environment itself configures comes after what a repository does, as Git has it.
    entries = [*config, *_given(found), *_CONFIG]
    for index, (key, value) in enumerate(entries):
        found |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return found | {"GIT_CONFIG_COUNT": str(len(entries))} | dict(variables)


def _given(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the configuration that the environment has, by which CI gives credentials."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    return [
        (environment[f"GIT_CONFIG_KEY_{index}"], environment.get(f"GIT_CONFIG_VALUE_{index}", ""))
        for index in range(int(count) if count.isascii() and count.isdigit() else 0)
        if f"GIT_CONFIG_KEY_{index}" in environment
    ]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command with all that it started: what talks to a remote is another process."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
