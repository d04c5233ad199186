"""Git, asked by its own command: in the repository of a folder, whatever the shell says of another one."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from settings.faults import Fault, SettingsError

_ELSEWHERE: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""What a hook's environment has: a checkout made with it would be written to the index of the commit under way."""


def git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Git in a folder and return how it ended. Raises SettingsError where there is no Git."""
    try:
        return subprocess.run(
            ["git", *words], cwd=root, env=_environment(), capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise unfit("git is not installed", "it is needed to read the base") from None


def unfit(found: str, expected: str) -> SettingsError:
    """Return the error of a base that cannot be had."""
    return SettingsError([Fault("--base", 0, "", found, expected)])


def last_line(text: str) -> str:
    """Return what an error came to: the last line that says anything."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
