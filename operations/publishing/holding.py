"""Whether what was taken back on the branch would come again: the release is held until its file agrees. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from operations.publishing.history import Commit
from operations.publishing.record import RECORD, Place, Said, Versions
from settings.faults import SettingsError
from settings.loaded import Loaded

_BY_CONTENT: Final = re.compile(r"/v1-configmap-[^/]+-[0-9a-f]{8}\.yaml$")


@dataclass(frozen=True, slots=True)
class Taken:
    """A published commit that was taken back, and what it had brought."""

    commit: Commit
    before: Versions
    after: Versions
    files: Mapping[str, str | None]
    """The content of each file that it changed, by name; None of one that it removed."""
    source_before: str = ""
    """The commit of the project that was published before it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A version that was taken back, and that the release still says."""

    place: Place
    says: Said
    runs: Said | None
    """What the branch has since then; None where it has the service no more."""
    file: str
    line: int
    path: str
    by: str
    """The commit that brought it."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: {self.path}" if self.line else f"{self.file}: {self.path}"
        wanted = "take it out" if self.runs is None else f"expected {self.runs}, which the branch has now"
        if self.place.role == "live":
            return f"{where}: still {self.says}, which was taken back; {wanted}"
        return f"{where}: still {self.says}, which was taken back; {wanted}, or a newer version"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "service": f"{self.place.system}/{self.place.target}",
            "role": self.place.role or None,
            "says": self.says.in_full,
            "expected": None if self.runs is None else self.runs.in_full,
            "file": self.file,
            "line": self.line,
            "path": self.path,
            "published": self.by,
        }


def taken_versions(taken: Sequence[Taken], tip: Versions) -> dict[Place, list[tuple[Said, Commit]]]:
    """Return the versions that were taken back, and which commit had brought each; not one that runs again."""
    found: dict[Place, list[tuple[Said, Commit]]] = {}
    for one in taken:
        for place, said in one.after.items():
            if one.before.get(place) != said and not said.same(tip.get(place)):
                found.setdefault(place, []).append((said, one.commit))
    return found


def held_versions(taken: Sequence[Taken], tip: Versions, new: Versions, loaded: Loaded) -> list[Held]:
    """Return what a release still says of what was taken back, each with its line."""
    held = []
    for place, versions in taken_versions(taken, tip).items():
        says = new.get(place)
        by = next((commit for said, commit in versions if said.same(says)), None)
        if says is not None and by is not None:
            file, line, path = _where(loaded, place, says)
            held.append(Held(place, says, tip.get(place), file, line, path, by.name))
    return held


def held_files(taken: Sequence[Taken], tip: Mapping[str, str], new: Mapping[str, str]) -> dict[str, Taken]:
    """Return the files that would be again exactly what was taken back, and what had brought each."""
    found: dict[str, Taken] = {}
    for one in taken:
        for path, content in one.files.items():
            if path != RECORD and content != tip.get(path) and content == new.get(path) and not _follows(path, content):
                found.setdefault(path, one)
    return dict(sorted(found.items()))


def _follows(path: str, content: str | None) -> bool:
    """Tell whether a file only gave way to another one: a ConfigMap is named by its content."""
    return content is None and _BY_CONTENT.search(path) is not None


def _where(loaded: Loaded, place: Place, said: Said) -> tuple[str, int, str]:
    at = place.setting("tag" if said.tag else "digest")
    try:
        position, path = loaded.merged[place.system].locate(at)
    except (KeyError, SettingsError):
        return f"releases/{loaded.stack.name}.yaml", 0, str(place)
    return position.file, position.line, path
