"""Commands that are on PATH already, in a version that does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from local.toolchain import cache
from local.toolchain.tools import TOOLS, Tool, Version, parse_version


def find(tool: Tool) -> Path | None:
    """Return where a fitting version of a tool is installed."""
    if tool.part_of:
        whole = find(TOOLS[tool.part_of])
        part = None if whole is None else whole.resolve().with_name(tool.name)
        return part if part is not None and os.access(part, os.X_OK) else None
    found = shutil.which(tool.name)
    if found is None or tool.changes:
        return None
    version = ask(tool, Path(found))
    return Path(found) if version is not None and tool.fits(version) else None


def ask(tool: Tool, command: Path) -> Version | None:
    """Return the version a command gives itself, None where it gives none."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [command, *tool.version_arguments], env=environment, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return parse_version(answer.stdout)


def version(tool: Tool, command: Path) -> str:
    """Return the version of a tool that is in use; empty where it tells none."""
    if command == cache.binary(tool):
        return tool.version
    answer = ask(tool, command)
    return ".".join(map(str, answer)) if answer else ""
