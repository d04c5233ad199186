"""What a commit renders to, kept for the next comparison with it: the same files and code give the same objects."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from operations.diff.reading import Folders

_FORMAT: Final = 2
_AT_MOST: Final = 20
"""How many trees are kept; the others go, the longest unused first."""


class Kept:
    """`.naru/diff/<tree>/<stack>.json`: only what was rendered, never what failed."""

    def __init__(self, root: Path, tree: str) -> None:
        self._folder = root / ".naru" / "diff"
        self._tree = self._folder / tree

    def read(self, stack: str, given: str) -> Folders | None:
        """Return what a stack was rendered to; None where that is not known, or something else was `given` then."""
        try:
            found = json.loads((self._tree / f"{stack}.json").read_bytes())
            os.utime(self._tree)
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or (found.get("format"), found.get("given")) != (_FORMAT, given):
            return None
        folders: Folders = found["folders"]
        return folders

    def write(self, stack: str, given: str, folders: Folders) -> None:
        """Keep what a stack was rendered to; where that cannot be written, the next run renders it again."""
        try:
            for folder in (self._folder.parent, self._folder, self._tree):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._place(stack, json.dumps({"format": _FORMAT, "given": given, "folders": folders}).encode())
            os.utime(self._tree)
            self._forget()
        except OSError:
            return

    def _place(self, stack: str, content: bytes) -> None:
        descriptor, unfinished = tempfile.mkstemp(dir=self._tree, prefix=f".{stack}.")  # 0600 from its beginning
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(unfinished).replace(self._tree / f"{stack}.json")

    def _forget(self) -> None:
        used = sorted(self._folder.iterdir(), key=lambda tree: tree.stat().st_mtime, reverse=True)
        for tree in used[_AT_MOST:]:
            shutil.rmtree(tree, ignore_errors=True)


def fingerprint(folder: Path) -> str:
    """Return a hash of the files of a folder; empty where there is none."""
    files = [path for path in sorted(folder.glob("*")) if path.is_file()]
    if not files:
        return ""
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
