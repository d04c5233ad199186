"""A branch of a bare repository, as somebody who publishes sees it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.argocd.files import GIT_ENVIRONMENT


class Branch:
    """A working tree of one branch; what is committed is pushed."""

    def __init__(self, folder: Path, repository: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        folder.mkdir()
        self._git("init", "--quiet", f"--initial-branch={name}", ".")
        self._git("remote", "add", "origin", str(repository))

    def commit(self, files: Mapping[str, Any], *removed: str) -> str:
        """Write files, text as it is and objects as YAML, and return the name of the commit."""
        for path, content in files.items():
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
        for path in removed:
            (self._folder / path).unlink()
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message=a release")
        return self._push()

    def revert(self) -> str:
        """Take back the last commit, and return the name of the one that does."""
        self._git("revert", "--no-edit", "HEAD")
        return self._push()

    def _push(self) -> str:
        self._git("push", "--quiet", "origin", self._name)
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str) -> str:
        identity = {f"GIT_{who}_{what}": f"test@{who.lower()}.example.com" for who in _WHO for what in _WHAT}
        return subprocess.run(
            ["git", *words],
            cwd=self._folder,
            env={**os.environ, **GIT_ENVIRONMENT, **identity},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()


_WHO = ("AUTHOR", "COMMITTER")
_WHAT = ("NAME", "EMAIL")
