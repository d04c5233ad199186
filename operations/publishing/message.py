"""What the commit of a release says: the history of its branch is the deployment log. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from operations.publishing.files import FileChange
from operations.publishing.history import ROLLBACK, SOURCE, STACK, TREE, VERSION
from operations.publishing.record import VersionChange

_SUBJECT_LENGTH: Final = 72


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a commit is known as ours, and where it comes from."""

    source: str
    """The commit of the project that was rendered."""
    stack: str
    version: str
    """Of Naru."""
    tree: str
    back: bool = False
    """Whether it takes a service to an earlier version than its source says."""

    def __str__(self) -> str:
        said = {SOURCE: self.source, STACK: self.stack, VERSION: self.version, TREE: self.tree}
        said |= {ROLLBACK: "yes"} if self.back else {}
        return "\n".join(f"{key}: {value}" for key, value in said.items())


def message(
    marks: Marks,
    changes: Sequence[VersionChange],
    files: Mapping[str, FileChange],
    *,
    why: str = "",
    first: bool = False,
) -> str:
    """Return the message of a commit."""
    parts = [subject(marks.stack, changes, first=first)]
    if why.strip():
        parts.append(" ".join(why.split()))
    if changes:
        parts.append("\n".join(("Versions:", *(f"- {change}" for change in changes))))
    if files:
        parts.append("\n".join(("Files:", *(f"- {system}: {change}" for system, change in files.items()))))
    return "\n\n".join((*parts, f"{marks}\n"))


def subject(stack: str, changes: Sequence[VersionChange], *, first: bool = False) -> str:
    """Return its first line: as many changed versions as have room in it."""
    if first:
        return f"{stack}: first publication, {counted(len(changes), 'version')}"
    if not changes:
        return f"{stack}: configuration"
    line = f"{stack}: {changes[0]}"
    for shown, change in enumerate(changes[1:], 1):
        left = len(changes) - shown
        room = _SUBJECT_LENGTH - (len(f" and {left - 1} more") if left > 1 else 0)
        if len(line) + len(f", {change}") > room:
            return f"{line} and {left} more"
        line = f"{line}, {change}"
    return line


def counted(count: int, what: str) -> str:
    """Return a number of things: `1 file`, `2 files`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
