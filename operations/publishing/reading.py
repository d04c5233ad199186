"""What is published, read back from the branch: for whoever compares, goes back or tells."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from manifests.placed import Manifest
from operations import git
from operations.exits import Exit, Stop
from operations.publishing.checkout import checkout
from operations.publishing.files import branch_of
from operations.publishing.history import Commit, taken_back
from operations.publishing.outcome import Refusal
from operations.publishing.publish import deliverable, tip_of
from operations.publishing.record import RECORD, Record, record_in
from operations.publishing.repository import Repository, opened
from settings.container import Version
from settings.shape import RELEASE_OF_IMAGE
from settings.stack import Stack

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a service that the branch had from a commit on."""

    commit: str
    when: str
    """In ISO 8601."""
    version: Version
    taken_back: str = ""
    """The commit that took it back, where one did."""


class Published:
    """What the commits of a stack's branch have, each read once."""

    def __init__(self, repository: Repository, tip: str) -> None:
        self._repository = repository
        self._commits = {one.name for one in repository.history()}
        self._parsed: dict[str, Manifest] = {}
        self._files: dict[str, dict[str, Manifest]] = {}
        self.tip = tip

    def has(self, commit: str) -> bool:
        """Tell whether a commit is one of the branch. Raises Refusal for a remote that is silent."""
        if _COMMIT.fullmatch(commit) and commit not in self._commits and not self._repository.whole():
            tip_of(self._repository, whole=True)
            self._commits = {one.name for one in self._repository.history()}
        return commit in self._commits

    def files(self, commit: str) -> dict[str, Manifest]:
        """Return every object that a commit of the branch has, by the path of its file. Raises Stop."""
        if commit in self._files:
            return self._files[commit]
        blobs = self._repository.blobs(commit)
        wanted = {path: blob for path, blob in blobs.items() if path.endswith(".yaml") and path != RECORD}
        new = [path for path, blob in wanted.items() if blob not in self._parsed]
        for path, content in zip(new, self._repository.contents([commit], *new), strict=True):
            self._parsed[wanted[path]] = _object(commit, path, content)
        self._files[commit] = {path: self._parsed[blob] for path, blob in wanted.items()}
        return self._files[commit]


@contextmanager
def published_branch(root: Path, stack: Stack, *, remote: str | None = None) -> Iterator[Published]:
    """Fetch a stack's branch, once for all that is asked of it. Raises SettingsError and Stop."""
    with branch_for_reading(root, stack.name, remote) as repository:
        tip = tip_of(repository)
        if tip is None:
            where = f"{repository.branch} at {repository.remote.shown}"
            raise Stop(Exit.REFUSED, f"refused: nothing is published: {where} does not exist")
        yield Published(repository, tip)


def deployed_record(root: Path, stack: str, *, remote: str | None = None) -> Record:
    """Return which versions are published now: none where nothing is. Raises SettingsError and Stop."""
    with branch_for_reading(root, stack, remote) as repository:
        tip = tip_of(repository)
        return {} if tip is None else record_in(repository.contents([tip], RECORD)[0])


def releases_of(root: Path, stack: str, service: str, *, remote: str | None = None) -> tuple[Release, ...]:
    """Return the versions that the branch had of a service (`plate/plate-api`) or sidecar, the newest first.

    Each comes with the commit that brought it; one that came back by a revert is there again. Raises SettingsError
    and Stop.
    """
    with branch_for_reading(root, stack, remote) as repository:
        history = history_of(repository, whole=True)
        records = records_of(repository, history)
    taken, _ = taken_back(history, stack)
    system, _, target = service.partition("/")
    said = [_version(record, system, target) for record in records]
    found: list[Release] = []
    left = ""  # the rollback that leaves the next release there is
    for commit, version, before in zip(history, said, (*said[1:], None), strict=True):
        if version is not None and version != before:
            found.append(Release(commit.name, commit.when, version, taken.get(commit.name, left)))
            left = commit.name if commit.is_rollback(stack) else ""
    return tuple(found)


@contextmanager
def branch_for_reading(root: Path, stack: str, remote: str | None) -> Iterator[Repository]:
    """Open a stack's branch; nothing is written to it. Raises SettingsError and Stop."""
    loaded = deliverable(root, stack)
    try:
        source = checkout(root)
        with opened(source, source.remote(remote), branch_of(loaded.stack)) as repository:
            yield repository
    except git.GitError as error:
        raise Refusal("git", f"refused: {error}") from None


def history_of(repository: Repository, *, whole: bool) -> tuple[Commit, ...]:
    """Return the commits of a branch, the newest first; none where it does not exist."""
    return () if tip_of(repository, whole=whole) is None else repository.history()


def records_of(repository: Repository, commits: Sequence[Commit]) -> list[Record]:
    """Return the release record of each of some commits."""
    return [record_in(content) for content in repository.contents([one.name for one in commits], RECORD)]


def _object(commit: str, path: str, content: bytes | None) -> Manifest:
    try:
        found = yaml.load(content or b"", _LOADER)  # noqa: S506 - a safe one, by either name
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict) or not {"apiVersion", "kind", "metadata"} <= found.keys():
        raise Stop(Exit.REFUSED, f"refused: {commit[:12]}:{path} is no object: somebody changed it by hand")
    return found


def _version(record: Record, system: str, target: str) -> Version | None:
    said = record.get(system, {}).get(target)
    return None if said is None else Version.model_validate({key: said[key] for key in RELEASE_OF_IMAGE if key in said})
