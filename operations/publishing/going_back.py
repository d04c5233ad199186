"""One service back to an earlier version on the branch, and nothing else: whatever waits on `main` goes on waiting.

What is published is rendered once more from the commit that it came from, with another release; so that first has to
give the very files that are there. A rollback has a release of its own beside that commit: the branch's record says it.
"""

import importlib.metadata
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations import git
from operations.publishing.checkout import Checkout, checkout
from operations.publishing.deciding import refuse_foreign, refuse_older_code
from operations.publishing.files import branch_of, changed_files, files_of
from operations.publishing.history import Commit, standing
from operations.publishing.message import Marks, message
from operations.publishing.outcome import Published, Refusal
from operations.publishing.publish import added, concluded, deliverable, tip_of, without_trouble_of_git
from operations.publishing.record import (
    RECORD,
    Record,
    VersionChange,
    changed_versions,
    record_in,
    record_of,
    versions_in,
)
from operations.publishing.recorded_release import as_recorded
from operations.publishing.repository import Rejected, Repository, opened
from operations.release_file import ReleaseFile, read_release
from settings.loaded import Loaded
from settings.loading import load
from settings.stack import Stack

Change = Callable[[Loaded, ReleaseFile], ReleaseFile]
"""Gives the release that a stack is to have, by what it was published as."""

_FOLDERS: Final = frozenset({"catalog", "releases", "secrets"})


@dataclass(frozen=True, slots=True)
class WentBack:
    """What was published, and the stack that it was rendered from: a checkout may be further on."""

    published: Published
    stack: Stack


def go_back(
    root: Path,
    stack: str,
    change: Change,
    *,
    why: str,
    remote: str | None = None,
    accept_older_code: bool = False,
) -> WentBack:
    """Publish what is published with a changed release. Raises SettingsError, and Stop if nothing was published."""
    loaded = deliverable(root, stack)
    with without_trouble_of_git():
        source = checkout(root)
        with opened(source, source.remote(remote), branch_of(loaded.stack)) as repository:
            run = _Run(source, repository, stack, change, why, accept_older_code)
            return concluded(repository, stack, run.attempt)


@dataclass(frozen=True, slots=True)
class _Run:
    """One way back, and what was chosen for it."""

    source: Checkout
    repository: Repository
    stack: str
    change: Change
    why: str
    accept_older_code: bool

    def attempt(self) -> WentBack | Rejected:
        """Decide against the branch as it is now, and add a commit to it if that makes other files."""
        repository, stack = self.repository, self.stack
        tip = tip_of(repository, whole=True)
        if tip is None:
            where = f"{repository.branch} at {repository.remote.shown}"
            raise Refusal("repository", f"refused: nothing is published: {where} does not exist", stack=stack)
        history = repository.history()
        found = standing(history, stack, repository.is_revert)
        refuse_foreign(repository, found, stack)
        base = _base(repository, history, stack)
        names = [tip, *([found.last.name] if found.last else [])]
        records = [record_in(content) for content in repository.contents(names, RECORD)]
        with _data_of(self.source, base) as folder:
            then = self._published_as(folder, base, records[0])
            self.change(then, read_release(folder, stack)).write(folder)
            wanted = load(folder, stack)
            tree = repository.store(files_of(wanted.stack))
        changes = changed_versions(versions_in(records[0]), versions_in(record_of(wanted.stack)))
        concerned = [_only(record, changes) for record in records]
        warnings = refuse_older_code(wanted, concerned, accepted=self.accept_older_code)
        files = changed_files(repository.blobs(tip), repository.blobs(tree))
        marks = Marks(base.source, stack, importlib.metadata.version("naru"), tree, back=True)
        proposal = Published(
            stack,
            repository.branch,
            repository.remote.shown,
            "unchanged",
            tip,
            tip,
            base.source,
            message(marks, changes, files, why=self.why),
            changes,
            files,
            warnings,
        )
        published = proposal if tree == history[0].tree else added(repository, tree, proposal)
        return published if isinstance(published, Rejected) else WentBack(published, wanted.stack)

    def _published_as(self, folder: Path, base: Commit, record: Record) -> Loaded:
        """Load a stack as the branch has it, with the release file of that in the folder. Raises Refusal."""
        then = load(folder, self.stack)
        if base.is_rollback(self.stack):
            as_recorded(read_release(folder, self.stack), record_of(then.stack), record).write(folder)
            then = load(folder, self.stack)
        if self.repository.store(files_of(then.stack)) == base.tree:
            return then
        raise Refusal(
            "other code",
            f"refused: this checkout's code renders {base.source[:12]} otherwise than {base.short} has it",
            f"  check out what is published (`git checkout {base.source[:12]}`) and go back from there,",
            f"  or take the commit back on the branch: `git revert` on {self.repository.branch}",
            stack=self.stack,
            source=base.source,
        )


def _base(repository: Repository, history: tuple[Commit, ...], stack: str) -> Commit:
    """Return the published commit that has the tip's files: the tip itself, or what a revert went back to."""
    found = next((one for one in history if one.tree == history[0].tree and one.is_published(stack)), None)
    if found is None:
        raise Refusal(
            "foreign",
            f"refused: {repository.branch} was taken back in part, to files that were never published",
            f"  publish first what its release file says, or go on by `git revert` on {repository.branch}",
            stack=stack,
        )
    return found


def _only(record: Record, changes: tuple[VersionChange, ...]) -> Record:
    """Return what a record says of the services that change: whatever else runs was decided on before."""
    changed = {(change.place.system, change.place.target) for change in changes}
    return {
        system: {target: said for target, said in services.items() if (system, target) in changed}
        for system, services in record.items()
    }


@contextmanager
def _data_of(source: Checkout, base: Commit) -> Iterator[Path]:
    """Give a folder with what a commit says of its stacks.

    Raises Refusal where the commit is not known here, and for files that would lie elsewhere.
    """
    listed = git.run(source.root, "ls-tree", "-z", "--name-only", base.source, "--", "./")
    # Git refuses to archive what is not there, and a project may have no secrets.
    there = [name for name in listed.text.split("\0") if name in _FOLDERS or _is_stack_file(name)]
    found = git.run(source.root, "archive", "--format=tar", base.source, "--", *there)
    if listed.code or found.code:
        raise Refusal(
            "unknown source",
            f"refused: {base.short} was published from {base.source[:12]}, which this checkout does not have",
            "  get it first: `git fetch`, or `git fetch --unshallow`",
            source=base.source,
        )
    with tempfile.TemporaryDirectory(prefix="naru-back-") as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(found.output)) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            name = getattr(error, "tarinfo", None)
            raise Refusal(
                "unfit source",
                f"refused: {git.shown(name.name) if name else 'a file'} of {base.source[:12]} is a link that leads out "
                f"of the project, and is not followed: `git revert` on {base.short}'s branch takes a release back too",
                source=base.source,
            ) from None
        yield Path(folder)


def _is_stack_file(name: str) -> bool:
    return name.startswith("Pulumi") and name.endswith(".yaml")
