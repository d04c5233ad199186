"""From names of commands to their paths: installed, in the cache, or built now."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from local.files import locked
from local.progress import Progress, Step, silent
from local.toolchain import cache, go, installed
from local.toolchain.go import ToolchainError
from local.toolchain.tools import TOOLS, Tool

__all__ = ["ToolchainError", "ensure"]


def ensure(names: Iterable[str], progress: Progress = silent) -> dict[str, Path]:
    """Return the path of each command, building those that are neither installed in a fitting version nor built yet.

    Builds one at a time, on this machine and for this user. Raises ToolchainError.
    """
    wanted = {name: TOOLS[name] for name in names}
    paths = {name: path for name, tool in wanted.items() if (path := installed.find(tool)) is not None}
    for name, tool in wanted.items():
        if name not in paths and (built := cache.binary(tool)).exists():
            paths[name] = built
    missing = [tool for name, tool in wanted.items() if name not in paths]
    if missing:
        go.check(f"build {', '.join(tool.name for tool in missing)}")
        for index, tool in enumerate(missing, 1):
            paths[tool.name] = _build(tool, index, len(missing), progress)
    return {name: paths[name] for name in wanted}


def _build(tool: Tool, index: int, total: int, progress: Progress) -> Path:
    built = cache.binary(tool)
    waiting = Step(f"wait for another build, then {tool.name}", index, total, tool.seconds)
    with locked(cache.directory() / "bin" / ".lock", wait=lambda: progress(waiting)):
        if built.exists():
            return built
        progress(Step(f"build {tool.name} {tool.version}", index, total, tool.seconds))
        built.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that moving it there is one step: nobody ever finds half a binary.
        with tempfile.TemporaryDirectory(dir=built.parent, prefix=".build-") as temporary:
            go.build(tool, Path(temporary, tool.name))
            # What lies beside a binary comes before it: the binary is what tells that all is there.
            for file in sorted(Path(temporary).iterdir(), key=lambda file: file.name == tool.name):
                file.replace(built.with_name(file.name))
    return built
