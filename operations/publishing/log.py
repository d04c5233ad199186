"""The deployment log, read back from the branch: what was published when and by whom, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from operations.publishing.deciding import told
from operations.publishing.history import Commit, taken_back
from operations.publishing.reading import branch_for_reading, history_of, records_of
from operations.publishing.record import VersionChange, changed_versions, versions_in


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit of the branch."""

    commit: Commit
    kind: Literal["published", "rollback", "revert", "other"]
    versions: tuple[VersionChange, ...]
    """What became of versions with it."""
    taken_back: str = ""
    """The commit that took it back, where one did."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        versions = [change.as_json() for change in self.versions]
        more = {"source": self.commit.source or None, "takenBackBy": self.taken_back or None}
        return {**told(self.commit), "kind": self.kind, **more, "versions": versions}


def entries(root: Path, stack: str, *, remote: str | None = None, count: int | None = None) -> tuple[Entry, ...]:
    """Return the newest commits of a stack's branch, all of them by default. Raises SettingsError and Stop."""
    with branch_for_reading(root, stack, remote) as repository:
        history = history_of(repository, whole=count is None)
        told_apart = all(commit.is_published(stack) for commit in history)
        if count is not None and (len(history) <= count or not told_apart) and not repository.whole():
            history = history_of(repository, whole=True)
        # Of the last one too it is said what it changed.
        shown = history if count is None else history[: count + 1]
        records = records_of(repository, shown)
    taken, reverts = taken_back(history, stack)
    found = []
    for place, commit in enumerate(history[: len(shown) if count is None else count]):
        before = versions_in(records[place + 1]) if place + 1 < len(records) else {}
        kind: Literal["published", "rollback", "revert", "other"] = "published"
        if commit.is_rollback(stack):
            kind = "rollback"
        elif not commit.is_published(stack):
            kind = "revert" if commit.name in reverts else "other"
        versions = changed_versions(before, versions_in(records[place]))
        found.append(Entry(commit, kind, versions, taken.get(commit.name, "")))
    return tuple(found)


def lines(found: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each commit, and what there is to say of it."""
    for entry in found:
        commit = entry.commit
        name = commit.author.partition(" <")[0]
        notes = {
            "published": "",
            "rollback": " (a rollback)",
            "revert": " (a revert)",
            "other": " (not by naru publish)",
        }[entry.kind]
        notes += f" (taken back by {entry.taken_back[:12]})" if entry.taken_back else ""
        yield f"{commit.short}  {commit.when[:16].replace('T', ' ')}  {name}  {commit.subject}{notes}"
        if entry.kind in {"revert", "other"}:
            yield from (f"              {change}" for change in entry.versions)
