"""A stack as files: what is applied, written down for review and for Git, with no engine, plugin or network.

Below the given directory are `<cluster>/<system>/<part>/{0-crd,1-manifest}/*.yaml`, and a marker that says whose they
are. A file that is right already is not touched, one whose object is gone is removed, and none is ever seen half
written: a new folder is filled under another name first, and a changed file takes its place in one step.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from manifests.assembly import assemble
from manifests.placed import Manifest, Part
from manifests.text import file_name, to_yaml
from settings.stack import Stack

MARKER = ".naru-render"
_FOLDERS = ("0-crd", "1-manifest")
_UNFINISHED = ".unfinished"

Files: TypeAlias = dict[str, dict[str, bytes]]
"""What is in each folder: file name to content, by the folder's path below the directory."""


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
    files: Files = {}
    for cluster in stack.environment.clusters:
        for system, objects in assemble(stack, cluster).items():
            for placed in objects:
                folder, name = file_name(placed.manifest).split("/", 1)
                content = to_yaml(_without_values(placed.manifest)).encode()
                files.setdefault(f"{cluster}/{system}/{placed.part}/{folder}", {})[name] = content
    return files


def render(stack: Stack, out: Path) -> RenderReport:
    """Make the directory hold exactly the files of a stack. Raises NotOursError, and OSError where it cannot write."""
    files = rendered(stack)
    _claim(out, stack.name)
    written = 0
    for folder, contents in files.items():
        path = out / folder
        written += _refresh(path, contents) if path.is_dir() else _create(path, contents)
    objects = sum(map(len, files.values()))
    return RenderReport(objects, written, objects - written, _remove_others(out, files))


def _without_values(manifest: Manifest) -> Manifest:
    if (
        manifest["kind"] == "Secret"
        and manifest["apiVersion"] == "v1"
        and ("data" in manifest or "stringData" in manifest)
    ):
        message = f"the Secret {manifest['metadata']['name']} carries values, which are never written to files"
        raise ValueError(message)
    return manifest


def _claim(out: Path, stack: str) -> None:
    """See that the directory is empty or ours, and mark it."""
    marker = out / MARKER
    mark = f"Written by `naru render --stack {stack}`, which removes the files it does not know.\n"
    try:
        found = marker.read_text(encoding="utf-8")
    except FileNotFoundError:
        if out.is_dir() and any(out.iterdir()):
            message = f"{out} is not empty and not of `naru render`: give a new or an empty directory"
            raise NotOursError(message) from None
        out.mkdir(parents=True, exist_ok=True)
        _replace(marker, mark.encode())
        return
    except NotADirectoryError:
        message = f"{out} is not a directory: give a new or an empty one"
        raise NotOursError(message) from None
    if found != mark:
        message = f"{out} belongs to another stack (see {marker}): give each stack a directory of its own"
        raise NotOursError(message)


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
            _replace(path / name, content)
            written += 1
    return written


def _remove_others(out: Path, files: Files) -> int:
    """Remove files of objects that are gone, what an interrupted run left, and the folders that are empty then."""
    removed = 0
    for part in (path for name in Part for path in out.glob(f"*/*/{name}")):
        for folder in _FOLDERS:
            known = files.get((part / folder).relative_to(out).as_posix(), {})
            if (part / (folder + _UNFINISHED)).is_dir():
                shutil.rmtree(part / (folder + _UNFINISHED))
            removed += _remove_unknown(part / folder, known)
        for path in (part, part.parent, part.parent.parent):
            if not any(path.iterdir()):
                path.rmdir()
    return removed


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


def _replace(path: Path, content: bytes) -> None:
    unfinished = f"{path}{_UNFINISHED}"
    _write(unfinished, content)
    Path(unfinished).replace(path)


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
