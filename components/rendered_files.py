"""A stack's objects as files below a directory: `<folder>/{0-crd,1-manifest}/*.yaml`, and a marker that says whose.

A file that is right already is not touched, and none is ever seen half written: a new folder is filled under another
name first, and a changed file takes its place in one step. Nothing of Pulumi is imported here.
"""

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from manifests.argocd.names import APPLICATIONS, APPLIED, applications_folder, applied_folder
from manifests.assembly import COMMON
from manifests.delivered import owner
from manifests.placed import Manifest, Part, Placed
from manifests.text import file_name, to_yaml
from manifests.tree import Tree
from settings.stack import Stack

MARKER: Final = ".naru-render"
_FOLDERS: Final = ("0-crd", "1-manifest")
_UNFINISHED: Final = ".unfinished"
# Where folders of objects may be, below the directory.
_PLACES: Final = (*(f"*/*/{part.value}" for part in Part), f"*/{APPLICATIONS}/*", f"*/{APPLIED}")

Files: TypeAlias = dict[str, dict[str, bytes]]
"""What is in each folder: file name to content, by the folder's path below the directory."""


def files_of(folders: Mapping[str, Iterable[Placed]]) -> Files:
    """Return the files of folders of objects; pure. Raises ValueError for a Secret that carries values."""
    files: Files = {}
    for path, objects in folders.items():
        for placed in objects:
            folder, name = file_name(placed.manifest).split("/", 1)
            files.setdefault(f"{path}/{folder}", {})[name] = to_yaml(_without_values(placed.manifest)).encode()
    return files


def mark_of(stack: str) -> str:
    """Return what the marker says."""
    return f"Written by `naru render --stack {stack}`, which removes the files it does not know.\n"


def complete(stack: Stack, found: Tree, out: Path, only: Collection[str] = ()) -> None:
    """Make the directory of a stack's update hold all its files: with `only`, those of these systems and of `common`.

    Providers write what changed since the state, so that a fresh checkout would lack the rest; and what one has deleted
    may have been written again under another logical name. Raises OSError and ValueError.
    """
    folders = _of_systems(stack, found, {*only, COMMON}) if only else found.folders
    files = files_of(folders)
    out.mkdir(parents=True, exist_ok=True)
    write(out, files)
    if not only:
        remove_others(out, files)
    mark = mark_of(stack.name).encode()
    if _read(f"{out / MARKER}") != mark:
        replace_file(out / MARKER, mark)


def clear(stack: Stack, found: Tree, out: Path, systems: Collection[str] = ()) -> None:
    """Remove what is left of the directory once providers have removed their files: all of it, or that of some systems.

    What somebody else put there stays. Raises OSError.
    """
    if systems:
        for placed in (placed for placed in found.applied if owner(stack, placed) in systems):
            (out / applied_folder(stack) / file_name(placed.manifest)).unlink(missing_ok=True)
        return
    if not out.is_dir():
        return
    remove_others(out, {})
    if all(path.name == MARKER for path in out.iterdir()):
        shutil.rmtree(out)


def write(out: Path, files: Files) -> int:
    """Write the files that are not there or are others; return how many."""
    written = 0
    for folder, contents in files.items():
        path = out / folder
        written += _refresh(path, contents) if path.is_dir() else _create(path, contents)
    return written


def remove_others(out: Path, files: Files) -> int:
    """Remove files of objects that are gone, what an interrupted run left, and the folders that are empty then."""
    removed = 0
    places = {path for pattern in _PLACES for path in out.glob(pattern) if path.is_dir()}
    for place in sorted(places, reverse=True):
        for folder in _FOLDERS:
            path = place / folder
            if path.with_name(folder + _UNFINISHED).is_dir():
                shutil.rmtree(path.with_name(folder + _UNFINISHED))
            removed += _remove_unknown(path, files.get(path.relative_to(out).as_posix(), {}))
        for path in (place, *place.parents):
            if path == out or not path.is_dir() or any(path.iterdir()):
                break
            path.rmdir()
    return removed


def replace_file(path: Path, content: bytes) -> None:
    """Give a file its content in one step."""
    unfinished = f"{path}{_UNFINISHED}"
    _write(unfinished, content)
    Path(unfinished).replace(path)


def _of_systems(stack: Stack, found: Tree, systems: Collection[str]) -> dict[str, tuple[Placed, ...]]:
    """Return the folders of some systems, and their part of what Pulumi applies."""
    applications = {applications_folder(stack, system) for system in systems}
    folders = {
        path: objects
        for path, objects in found.folders.items()
        if path in applications or (path.count("/") == 2 and path.split("/")[1] in systems)
    }
    folders[applied_folder(stack)] = tuple(placed for placed in found.applied if owner(stack, placed) in systems)
    return folders


def _without_values(manifest: Manifest) -> Manifest:
    if (
        manifest["kind"] == "Secret"
        and manifest["apiVersion"] == "v1"
        and ("data" in manifest or "stringData" in manifest)
    ):
        message = f"the Secret {manifest['metadata']['name']} carries values, which are never written to files"
        raise ValueError(message)
    return manifest


def _create(path: Path, contents: Mapping[str, bytes]) -> int:
    unfinished = path.with_name(path.name + _UNFINISHED)
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    for name, content in contents.items():
        _write(f"{unfinished}/{name}", content)
    unfinished.rename(path)
    return len(contents)


def _refresh(path: Path, contents: Mapping[str, bytes]) -> int:
    written = 0
    for name, content in contents.items():
        if _read(f"{path}/{name}") != content:
            replace_file(path / name, content)
            written += 1
    return written


def _remove_unknown(path: Path, known: Mapping[str, bytes]) -> int:
    if not path.is_dir():
        return 0
    removed = 0
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name not in known and entry.name.endswith((".yaml", _UNFINISHED)):
                Path(entry.path).unlink()
                removed += entry.name.endswith(".yaml")
    if not any(path.iterdir()):
        path.rmdir()
    return removed


# Thousands of small files: descriptors without Python's buffers and text layers halve the time of reading and writing.
def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def _read(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, size + 1)
    finally:
        os.close(descriptor)
