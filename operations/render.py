"""A stack as files: what is applied, written down for review and for Git, with no engine, plugin or network.

Below the given directory are the folders of `manifests.tree`, and a marker that says whose they are. Files of objects
that are gone are removed; how files are written is in `components.rendered_files`.
"""

from dataclasses import dataclass
from pathlib import Path

from components.rendered_files import MARKER, Files, files_of, mark_of, remove_others, replace_file, write
from manifests.tree import tree
from settings.stack import Stack

__all__ = ["MARKER", "Files", "NotOursError", "RenderReport", "render", "rendered"]


class NotOursError(Exception):
    """The directory holds what `render` did not write, so that it would be wrong to write or remove files there."""


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What one rendering came to, in files; there is one for each object."""

    objects: int
    written: int
    unchanged: int
    removed: int


def rendered(stack: Stack) -> Files:
    """Return every file of a stack; pure. Raises ValueError for a Secret that carries values."""
    return files_of(tree(stack).folders)


def render(stack: Stack, out: Path) -> RenderReport:
    """Make the directory hold exactly the files of a stack. Raises NotOursError, and OSError where it cannot write."""
    files = rendered(stack)
    _claim(out, stack.name)
    written = write(out, files)
    objects = sum(map(len, files.values()))
    return RenderReport(objects, written, objects - written, remove_others(out, files))


def _claim(out: Path, stack: str) -> None:
    """See that the directory is empty or ours, and mark it."""
    marker = out / MARKER
    mark = mark_of(stack)
    try:
        found = marker.read_text(encoding="utf-8")
    except FileNotFoundError:
        if out.is_dir() and any(out.iterdir()):
            message = f"{out} is not empty and not of `naru render`: give a new or an empty directory"
            raise NotOursError(message) from None
        out.mkdir(parents=True, exist_ok=True)
        replace_file(marker, mark.encode())
        return
    except NotADirectoryError:
        message = f"{out} is not a directory: give a new or an empty one"
        raise NotOursError(message) from None
    if found != mark:
        message = f"{out} belongs to another stack (see {marker}): give each stack a directory of its own"
        raise NotOursError(message)
