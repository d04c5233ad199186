"""One service back to an earlier version on the branch, and nothing else: whatever waits on `main` goes on waiting.

What is published is rendered once more from the commit that it came from, with another release; so that first has to
give the very files that are there.
"""

import importlib.metadata
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from operations import git
from operations.exits import Exit, Stop
from operations.publishing.checkout import Checkout, checkout
from operations.publishing.deciding import refuse_foreign
from operations.publishing.files import branch_of, changed_files, files_of
from operations.publishing.history import Commit, standing
from operations.publishing.message import Marks, message
from operations.publishing.outcome import Published, Refusal
from operations.publishing.publish import deliverable, identity, tip_of, unreachable
from operations.publishing.record import RECORD, changed_versions, record_in, record_of, versions_in
from operations.publishing.repository import Rejected, Repository, opened
from operations.release_file import ReleaseFile, read_release
from settings.loaded import Loaded
from settings.loading import load

Change = Callable[[Loaded, ReleaseFile], ReleaseFile]
"""Gives the release that a stack is to have, by what it was published as."""

_FOLDERS: Final = frozenset({"catalog", "releases", "secrets"})


def go_back(root: Path, stack: str, change: Change, *, why: str, remote: str | None = None) -> Published:
    """Publish what is published with a changed release. Raises SettingsError, and Stop if nothing was published."""
    loaded = deliverable(root, stack)
    try:
        source = checkout(root)
        target = source.remote(remote)
        with opened(source, target, branch_of(loaded.stack)) as repository:
            outcome = _attempt(source, repository, stack, change, why)
            if isinstance(outcome, Rejected) and outcome.meanwhile:
                outcome = _attempt(source, repository, stack, change, why)
    except git.GitError as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    if isinstance(outcome, Rejected):
        where = f"{branch_of(loaded.stack)} at {target.shown}"
        raise Refusal("push", f"refused: {where} does not take it, and is as it was: {outcome.reason}", stack=stack)
    return outcome


def _attempt(source: Checkout, repository: Repository, stack: str, change: Change, why: str) -> Published | Rejected:
    tip = tip_of(repository, whole=True)
    if tip is None:
        where = f"{repository.branch} at {repository.remote.shown}"
        raise Refusal("repository", f"refused: nothing is published: {where} does not exist", stack=stack)
    history = repository.history()
    refuse_foreign(repository, standing(history, stack, repository.is_revert), stack)
    base = _base(repository, history, stack)
    with _data_of(source, base) as folder:
        then = load(folder, stack)
        if repository.store(files_of(then.stack)) != base.tree:
            raise Refusal(
                "other code",
                f"refused: this checkout's code renders {base.source[:12]} otherwise than {base.short} has it",
                f"  check out what is published (`git checkout {base.source[:12]}`) and go back from there,",
                f"  or take the commit back on the branch: `git revert` on {repository.branch}",
                stack=stack,
                source=base.source,
            )
        change(then, read_release(folder, stack)).write(folder)
        wanted = load(folder, stack).stack
        tree = repository.store(files_of(wanted))
    before = versions_in(record_in(repository.contents([tip], RECORD)[0]))
    changes = changed_versions(before, versions_in(record_of(wanted)))
    files = changed_files(repository.blobs(tip), repository.blobs(tree))
    marks = Marks(base.source, stack, importlib.metadata.version("naru"), tree, back=True)
    told = Published(
        stack,
        repository.branch,
        repository.remote.shown,
        "unchanged",
        tip,
        tip,
        base.source,
        message(marks, changes, files, why=why),
        changes,
        files,
    )
    if tree == history[0].tree:
        return told
    made = repository.commit(tree, tip, told.message, identity(repository))
    try:
        rejected = repository.push(made, tip)
    except git.GitError as error:
        raise unreachable(repository.remote, error) from None
    return rejected or replace(told, result="published", commit=made)


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


@contextmanager
def _data_of(source: Checkout, base: Commit) -> Iterator[Path]:
    """Give a folder with what a commit says of its stacks. Raises Refusal where the commit is not known here."""
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
        with tarfile.open(fileobj=io.BytesIO(found.output)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _is_stack_file(name: str) -> bool:
    return name.startswith("Pulumi") and name.endswith(".yaml")
