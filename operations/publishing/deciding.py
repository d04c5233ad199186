"""Whether a stack may be published onto what stands on its branch, and what has to be put right first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.publishing.history import Commit, Standing
from operations.publishing.holding import Taken, held_files, held_versions, taken_versions
from operations.publishing.message import counted
from operations.publishing.outcome import Refusal
from operations.publishing.record import RECORD, Record, Versions
from operations.publishing.repository import Repository
from operations.schema_gate import Reached, older_code, recorded
from settings.faults import quoted
from settings.loaded import Loaded
from settings.types import schema_order

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be published."""

    loaded: Loaded
    tree: str
    blobs: Mapping[str, str]
    versions: Versions


@dataclass(frozen=True, slots=True)
class Present:
    """What the branch has."""

    tip: Commit
    standing: Standing
    blobs: Mapping[str, str]
    versions: Versions
    taken: tuple[Taken, ...] = ()
    records: tuple[Record, ...] = ()
    """Of the tip, and of the last that was published: what databases have reached."""


def refuse_foreign(repository: Repository, standing: Standing, stack: str) -> None:
    """Refuse a branch on which somebody made a commit of their own. Raises Refusal."""
    if not standing.foreign:
        return
    where = f"{repository.branch} at {repository.remote.shown}"
    commits = [_foreign(repository, commit) for commit in standing.foreign]
    lines = []
    for commit, found in zip(standing.foreign[:_SHOWN], commits, strict=False):
        lines.append(
            f"refused: {where} has a commit that `naru publish --stack {stack}` did not make: {commit.short} by "
            f"{commit.author}, {commit.when}: {quoted(commit.subject)}"
        )
        lines.append(f"  it changes {some(found['files'])}" if found["files"] else "  it changes no file")
    if len(commits) > _SHOWN:
        lines.append(f"  and {len(commits) - _SHOWN} commits more")
    if standing.last is None:
        lines.append("  nothing was ever published there: delete the branch, or give another one by environment.argocd")
    else:
        taking = " ".join(commit.short for commit in standing.foreign[:_SHOWN])
        lines.append(f"  put what is to stay into the catalog, take the commit back there by `git revert {taking}`,")
        lines.append("  then publish: rendered files are changed by what they are rendered from")
    raise Refusal("foreign", *lines, **_where(repository, stack), commits=commits)


def refuse_held(repository: Repository, wanted: Wanted, present: Present) -> tuple[str, ...]:
    """Refuse what would bring again what was taken back; return what there is to warn about. Raises Refusal."""
    stack = wanted.loaded.stack.name
    held = held_versions(present.taken, present.versions, wanted.versions, wanted.loaded)
    files = held_files(present.taken, present.blobs, wanted.blobs)
    by_version = bool(taken_versions(present.taken, present.versions))
    if not held and (by_version or not files):
        again = f"warning: {some(list(files))} would be again as in what was taken back from {repository.branch}"
        return (again,) if files else ()
    reverts = present.standing.reverts
    first = reverts[0]
    lines = [
        f"refused: {repository.branch} at {repository.remote.shown} was taken back by {first.short} "
        f"({first.author}, {first.when}): {quoted(first.subject)}"
    ]
    if held:
        lines += (f"  {one}" for one in held)
    else:
        brought = next(iter(files.values()))
        lines.append(f"  publishing would bring back what was in {brought.commit.short}: {some(list(files))}")
        since = f"git diff {brought.source_before[:12]} {brought.commit.source[:12]}"
        lines.append(f"  change the catalog, where it came from{f': `{since}`' if brought.source_before else ''}")
    lines.append(f"  or, if it is to run after all, take that back on the branch: `git revert {first.short}`")
    details: dict[str, Any] = {
        "held": [one.as_json() for one in held],
        "files": [] if held else list(files),
        "reverts": [told(commit) for commit in reverts],
        "takenBack": [told(one.commit) for one in present.taken],
    }
    raise Refusal("held", *lines, **_where(repository, stack), **details)


def refuse_older_code(loaded: Loaded, records: Sequence[Record], *, accepted: bool) -> tuple[str, ...]:
    """Refuse images that are older than the schema that was published; if they are accepted, return what to warn about.

    A schema does not go back with a revert, so `records` has what was published last beside the tip. Raises Refusal.
    """
    reached: Reached = {}
    for record in records:
        for place, version in recorded(record, RECORD).items():
            reached[place] = max(reached.get(place, version), version, key=schema_order)
    older = [str(fault) for fault in older_code(loaded, reached)]
    if older and not accepted:
        raise Refusal("older code", *(f"refused: {line}" for line in older), stack=loaded.stack.name)
    return tuple(f"warning: {line}" for line in older)


def told(commit: Commit) -> dict[str, Any]:
    """Return a commit as plain data."""
    return {"commit": commit.name, "author": commit.author, "date": commit.when, "subject": commit.subject}


def some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many there are beside them."""
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {counted(len(names) - _SHOWN, 'file')} more" if len(names) > _SHOWN else shown


def _foreign(repository: Repository, commit: Commit) -> dict[str, Any]:
    before = repository.blobs(commit.parents[0]) if commit.parents else {}
    after = repository.blobs(commit.name)
    files = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return {**told(commit), "files": files}


def _where(repository: Repository, stack: str) -> dict[str, Any]:
    return {"stack": stack, "branch": repository.branch, "remote": repository.remote.shown}
