"""`naru publish`: renders a stack, decides against what stands on its branch, and adds one commit to it."""

import importlib.metadata
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from operations import git
from operations.exits import Exit, Stop
from operations.publishing.checkout import Checkout, Remote, checkout
from operations.publishing.deciding import Present, Wanted, refuse_foreign, refuse_held, refuse_older_code, some
from operations.publishing.files import branch_of, changed_files, files_of
from operations.publishing.history import Commit, standing
from operations.publishing.holding import Taken
from operations.publishing.message import Marks, message
from operations.publishing.outcome import Published, Refusal
from operations.publishing.record import RECORD, changed_versions, record_in, record_of, versions_in
from operations.publishing.repository import Rejected, Repository, opened
from settings.environment import Delivery
from settings.faults import SettingsError
from settings.loaded import Loaded
from settings.loading import load
from settings.sealed_checks import unsealed

Agree = Callable[[Published], bool]
"""Asks whether what would be published is to be."""

_T = TypeVar("_T")
_DIRTY_SHOWN = 10


def publish(
    root: Path,
    stack: str,
    *,
    remote: str | None = None,
    why: str = "",
    dry_run: bool = False,
    accept_older_code: bool = False,
    agree: Agree | None = None,
    seconds: float = git.REMOTE_SECONDS,
) -> Published:
    """Publish a stack as the checkout's commit has it. `remote` is a name, a URL or a path; `origin` by default.

    Raises SettingsError, and Stop (a Refusal where a script may want to know why) if nothing was published.
    """
    loaded = deliverable(root, stack)
    lacking = unsealed(loaded)
    if lacking:
        raise SettingsError(lacking)
    with without_trouble_of_git():
        source = checkout(root)
        _refuse_dirty(source)
        with opened(source, source.remote(remote), branch_of(loaded.stack), seconds) as repository:
            wanted = _wanted(repository, loaded)
            run = _Run(source, repository, wanted, why, dry_run, accept_older_code, agree)
            return concluded(repository, stack, run.attempt)


@contextmanager
def without_trouble_of_git() -> Iterator[None]:
    """Tell trouble with Git as what it is: nothing was published. Raises Refusal."""
    try:
        yield
    except git.GitError as error:
        raise Refusal("git", f"refused: {error}") from None


def concluded(repository: Repository, stack: str, attempt: Callable[[], _T | Rejected]) -> _T:
    """Publish by `attempt`. Raises Refusal where the remote does not take it."""
    outcome = attempt()
    if isinstance(outcome, Rejected) and outcome.meanwhile:
        # Somebody else published in between: what that means is decided anew, once.
        outcome = attempt()
    if isinstance(outcome, Rejected):
        where = f"{repository.branch} at {repository.remote.shown}"
        raise Refusal("push", f"refused: {where} does not take it, and is as it was: {outcome.reason}", stack=stack)
    return outcome


def added(repository: Repository, tree: str, proposal: Published) -> Published | Rejected:
    """Put a commit of a tree onto the tip that a proposal was made over. Raises Refusal and GitError."""
    made = repository.commit(tree, proposal.before, proposal.message, _identity(repository))
    try:
        rejected = repository.push(made, proposal.before)
    except git.GitError as error:
        raise _unreachable(repository.remote, error) from None
    return rejected or replace(proposal, result="published", commit=made)


def deliverable(root: Path, stack: str) -> Loaded:
    """Load a stack that is delivered by Git. Raises SettingsError, and Refusal for one that is not."""
    loaded = load(root, stack)
    if loaded.stack.environment.delivery is not Delivery.GITOPS:
        line = f"refused: the stack {stack} is of the delivery direct: `naru up --stack {stack}` applies it"
        raise Refusal("delivery", line, stack=stack)
    return loaded


def tip_of(repository: Repository, *, whole: bool = False) -> str | None:
    """Fetch the branch and return its tip, None where there is none. Raises Refusal for a remote that is silent."""
    try:
        return repository.fetch(whole=whole)
    except git.GitError as error:
        raise _unreachable(repository.remote, error) from None


def _unreachable(remote: Remote, error: git.GitError) -> Refusal:
    """Return what to say of a remote that does not answer."""
    return Refusal("unreachable", f"refused: {remote.shown} cannot be reached: {error}", remote=remote.shown)


@dataclass(frozen=True, slots=True)
class _Run:
    """One publication, and what was chosen for it."""

    source: Checkout
    repository: Repository
    wanted: Wanted
    why: str
    dry_run: bool
    accept_older_code: bool
    agree: Agree | None

    def attempt(self) -> Published | Rejected:
        """Decide against the branch as it is now, and add a commit to it if there is to be one."""
        tip = tip_of(self.repository)
        history = () if tip is None else self.repository.history()
        if history and history[0].tree == self.wanted.tree:
            return self._outcome("unchanged", tip, tip)
        warnings: tuple[str, ...] = ()
        present = None
        if history:
            present = self._present(history)
            warnings = self._decided(present)
        proposal = self._proposal(present, warnings)
        if self.dry_run:
            return proposal
        if self.agree is not None and not self.agree(proposal):
            return self._outcome("declined", tip, tip)
        return added(self.repository, self.wanted.tree, proposal)

    def _present(self, history: tuple[Commit, ...]) -> Present:
        """Return what the branch has, as far back as it takes to tell."""
        stack, repository = self.wanted.loaded.stack.name, self.repository
        tip = history[0]
        if (not tip.is_published(stack) or tip.is_rollback(stack)) and not repository.whole():
            tip_of(repository, whole=True)
            history = repository.history()
        found = standing(history, stack, repository.is_revert)
        refuse_foreign(repository, found, stack)
        known = {commit.name: commit for commit in history}
        wanted = [tip, *([found.last] if found.last else [])]
        records = [record_in(content) for content in repository.contents([one.name for one in wanted], RECORD)]
        taken = tuple(self._taken(commit, known) for commit in found.taken)
        taken += tuple(self._left(commit, known) for commit in found.rollbacks)
        return Present(tip, found, repository.blobs(tip.name), versions_in(records[0]), taken, tuple(records))

    def _taken(self, commit: Commit, known: dict[str, Commit]) -> Taken:
        before = known.get(commit.parents[0]) if commit.parents else None
        names = [commit.name, *([before.name] if before else [])]
        after, *rest = (versions_in(record_in(one)) for one in self.repository.contents(names, RECORD))
        now = self.repository.blobs(commit.name)
        then = self.repository.blobs(before.name) if before else {}
        files = {path: now.get(path) for path in {*now, *then} if now.get(path) != then.get(path)}
        return Taken(commit, rest[0] if rest else {}, after, files, before.source if before else "")

    def _left(self, rollback: Commit, known: dict[str, Commit]) -> Taken:
        """Return what a rollback took back: the versions that its parent has and it has not."""
        left = known[rollback.parents[0]]
        contents = self.repository.contents([left.name, rollback.name], RECORD)
        before, after = (versions_in(record_in(content)) for content in contents)
        return Taken(left, after, before, {})

    def _decided(self, present: Present) -> tuple[str, ...]:
        warnings = refuse_held(self.repository, self.wanted, present)
        last = present.standing.last
        if last is not None and self.source.is_before(last.source):
            raise Refusal(
                "older source",
                f"refused: {self.repository.branch} was published from {last.source[:12]}, which comes after this "
                f"checkout's {self.source.commit[:12]}",
                "  get it first (`git pull`); an earlier release comes back by its release file, not by an old commit",
                stack=self.wanted.loaded.stack.name,
                published=last.source,
                source=self.source.commit,
            )
        older = refuse_older_code(self.wanted.loaded, present.records, accepted=self.accept_older_code)
        return (*warnings, *older)

    def _proposal(self, present: Present | None, warnings: tuple[str, ...]) -> Published:
        changes = changed_versions({} if present is None else present.versions, self.wanted.versions)
        files = changed_files({} if present is None else present.blobs, self.wanted.blobs)
        stack = self.wanted.loaded.stack.name
        marks = Marks(self.source.commit, stack, importlib.metadata.version("naru"), self.wanted.tree)
        text = message(marks, changes, files, why=self.why, first=present is None)
        tip = None if present is None else present.tip.name
        return Published(
            stack,
            self.repository.branch,
            self.repository.remote.shown,
            "would publish",
            tip,
            tip,
            self.source.commit,
            text,
            changes,
            files,
            warnings,
        )

    def _outcome(self, result: Literal["unchanged", "declined"], tip: str | None, before: str | None) -> Published:
        name, repository = self.wanted.loaded.stack.name, self.repository
        return Published(name, repository.branch, repository.remote.shown, result, tip, before, self.source.commit)


def _identity(repository: Repository) -> dict[str, str]:
    """Return who commits where neither the environment nor Git's configuration says it: whoever began the run."""
    actor = os.environ.get("GITHUB_ACTOR")
    name, address = (actor, f"{actor}@users.noreply.github.com") if actor else ("naru", "naru@localhost")
    roles: tuple[Literal["AUTHOR", "COMMITTER"], ...] = ("AUTHOR", "COMMITTER")
    lacking = [role for role in roles if repository.lacks_identity(role)]
    said = {f"GIT_{role}_NAME": name for role in lacking} | {f"GIT_{role}_EMAIL": address for role in lacking}
    return {key: value for key, value in said.items() if not os.environ.get(key)}


def _refuse_dirty(source: Checkout) -> None:
    changes: Sequence[str] = source.changes()
    if changes:
        lines = [f"  {change}" for change in changes[:_DIRTY_SHOWN]]
        lines += [f"  and {some(changes[_DIRTY_SHOWN:])}"] if len(changes) > _DIRTY_SHOWN else []
        told = "refused: what is published is a commit, and these files are not as it has them; commit them first:"
        raise Refusal("dirty", told, *lines, changes=list(changes))


def _wanted(repository: Repository, loaded: Loaded) -> Wanted:
    try:
        files = files_of(loaded.stack)
    except ValueError as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    tree = repository.store(files)
    return Wanted(loaded, tree, repository.blobs(tree), versions_in(record_of(loaded.stack)))
