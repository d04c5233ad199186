"""The commands that Argo CD consists of, and where each comes from."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.argocd import names
from local.progress import Progress, silent
from local.toolchain import TOOLS, ToolchainError, debian, ensure
from local.toolchain.program import Program
from local.toolchain.tools import parse_version

TOOL = "argocd"


def find(progress: Progress = silent) -> Mapping[str, Program]:
    """Return the command of each process. Raises ToolchainError, before anything is built if it cannot be all."""
    installed = {names.GIT: _git_daemon(), names.REDIS: debian.redis_server(progress)}
    argocd = Program(ensure([TOOL], progress)[TOOL], TOOLS[TOOL].version)
    return {**installed, names.REPO_SERVER: argocd, names.CONTROLLER: argocd}


def defaults() -> str:
    """Return the name of the file beside the binary with the ConfigMap that Argo CD is released with."""
    return Path(TOOLS[TOOL].beside).name


def _git_daemon() -> Program:
    git = shutil.which("git")
    if git is None:
        raise ToolchainError("Argo CD reads a Git repository, and there is no git on PATH: install Git")
    folder, version = (_say(git, word) for word in ("--exec-path", "--version"))
    daemon = Path(folder, "git-daemon")
    if not os.access(daemon, os.X_OK):
        message = f"Git serves no repositories here, {daemon} is missing: install git-daemon"
        raise ToolchainError(message)
    return Program(daemon, ".".join(map(str, parse_version(version) or ())))


def _say(git: str, word: str) -> str:
    return subprocess.run([git, word], capture_output=True, text=True, check=False).stdout.strip()
