"""Which lines of a file a change touches, and which of them belong to a setting. Pure."""

from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Final, TypeAlias

Files: TypeAlias = Callable[[str], str | None]
"""What a file of the project, by its path, says; None where there is none."""

_COMMENT: Final = "#"


class Touched:
    """The files of both sides, each read and compared once something has to be found in it."""

    def __init__(self, before: Files, after: Files) -> None:
        self._before, self._after = before, after
        self._known: dict[str, tuple[list[str], list[int]]] = {}

    def within(self, file: str, line: int) -> int:
        """Return the first touched line of what begins on a line: that line and all that are further in; 0 for none."""
        lines, touched = self._of(file)
        end = _end(lines, line)
        return next((number for number in touched if line <= number <= end), 0)

    def only(self, file: str) -> int:
        """Return the first touched line of a file that is touched in one place alone; 0 for none, or several."""
        _, touched = self._of(file)
        alone = bool(touched) and touched[-1] - touched[0] < len(touched)
        return touched[0] if alone else 0

    def _of(self, file: str) -> tuple[list[str], list[int]]:
        if file not in self._known:
            old, new = ((side(file) or "").splitlines() for side in (self._before, self._after))
            self._known[file] = (new, _touched(old, new))
        return self._known[file]


def _touched(old: list[str], new: list[str]) -> list[int]:
    """Return the lines of the new side that are others; of what is taken away, the line before."""
    found: list[int] = []
    for tag, _, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            found += range(first + 1, last + 1) if last > first else [max(first, 1)]
    return found


def _end(lines: list[str], line: int) -> int:
    """Return the last line of a block of YAML that begins on a line."""
    if not 0 < line <= len(lines):
        return line
    depth = _depth(lines[line - 1])
    for number in range(line + 1, len(lines) + 1):
        text = lines[number - 1].strip()
        if text and not text.startswith(_COMMENT) and _depth(lines[number - 1]) <= depth:
            return number - 1
    return len(lines)


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
