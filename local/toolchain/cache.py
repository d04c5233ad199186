"""Where built commands are kept: in the user's cache, so that a fresh clone finds them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from local.files import digest
from local.toolchain.tools import Tool


def directory() -> Path:
    """Return Naru's folder in the user's cache (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "naru"


def binary(tool: Tool) -> Path:
    """Return where a tool is once it is built: a folder for each version of its module and of its dependencies.

    What is built of changed sources has a folder for each of its changes.
    """
    pins = digest(tool.directory / "go.mod", tool.directory / "go.sum")
    changed = f"-{hashlib.sha256(repr(tool.changes).encode()).hexdigest()[:6]}" if tool.changes else ""
    return directory() / "bin" / f"{tool.folder}-{tool.version}-{pins}{changed}" / tool.name
