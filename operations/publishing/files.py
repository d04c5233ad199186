"""The files of a branch: what a stack renders to, how its Applications are pinned, and the release record. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import relpath
from typing import Any, Final

import yaml

from manifests.argocd.names import applications_folder, branch
from manifests.argocd.pin import PIN_FILE, pin
from manifests.assembly import COMMON
from operations.publishing.record import RECORD, text_of
from operations.render import rendered
from settings.stack import Stack

_NAMED_BY_CONTENT: Final = re.compile(r"v1-configmap-.+-[0-9a-f]{8}\.yaml")
"""Files of ConfigMaps that have another name with another content, which what reads them says then."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """How many files of a system are others."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __str__(self) -> str:
        counts = ((self.added, "added"), (self.changed, "changed"), (self.removed, "removed"))
        return ", ".join(f"{count} {what}" for count, what in counts if count)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"added": self.added, "changed": self.changed, "removed": self.removed}


def branch_of(stack: Stack) -> str:
    """Return the branch that a stack is published to."""
    argocd = stack.environment.argocd
    return f"env/{stack.name}" if argocd is None else branch(stack, argocd)


def files_of(stack: Stack) -> dict[str, bytes]:
    """Return every file by its path, sorted. Raises ValueError for a Secret that carries values."""
    files = {
        f"{folder}/{name}": content for folder, inside in rendered(stack).items() for name, content in inside.items()
    }
    for system in (*stack.systems, COMMON):
        below = f"{applications_folder(stack, system)}/"
        applications = {
            path.removeprefix(below): yaml.load(content, yaml.CSafeLoader)["spec"]
            for path, content in files.items()
            if path.startswith(below)
        }
        if applications:
            contents = {file: _applied(files, spec["source"]["path"], below) for file, spec in applications.items()}
            pruning = [file for file, spec in applications.items() if spec["syncPolicy"]["automated"].get("prune")]
            files[f"{below}{PIN_FILE}"] = pin(contents, pruning).encode()
    files[RECORD] = text_of(stack).encode()
    return dict(sorted(files.items()))


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, FileChange]:
    """Return by system how many files are others, `before` and `after` having each file's content by name.

    Argo CD's own objects count under `argocd`; the release record is told by its versions.
    """
    found: dict[str, list[int]] = {}
    for path in {*before, *after} - {RECORD}:
        if before.get(path) != after.get(path):
            which = 0 if path not in before else 2 if path not in after else 1
            found.setdefault(_system(path), [0, 0, 0])[which] += 1
    return {system: FileChange(*counts) for system, counts in sorted(found.items())}


def _applied(files: Mapping[str, bytes], folder: str, below: str) -> list[str]:
    """Return the files of a folder as seen from another, without those that need not be looked at.

    The list is to change with what there is alone, so that a change of something can be reverted beside another's.
    """
    inside = (path for path in files if path.startswith(f"{folder}/"))
    return [relpath(path, below) for path in inside if not _NAMED_BY_CONTENT.fullmatch(path.rpartition("/")[2])]


def _system(path: str) -> str:
    """Return which system a file is of: `<cluster>/<system>/…`, `<primary>/applications/<system>/…`.

    What pins a system's Applications is the system's own, as it changes with what they apply.
    """
    parts = path.split("/")
    if len(parts) < 3:
        return parts[0]
    if parts[-1] == PIN_FILE:
        return parts[2]
    return "argocd" if parts[1] in {"applications", "argocd"} else parts[1]
