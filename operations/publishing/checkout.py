"""The checkout that is published from: which commit it is, whether it is all of it, and the remotes it knows.

Everything here reads; index, branches and files stay as they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations import git
from operations.publishing.outcome import Refusal

DEFAULT_REMOTE: Final = "origin"

_DATA: Final = ("catalog", "releases", "secrets", ":(glob)Pulumi.*yaml")
_CODE: Final = ("settings", "manifests", "operations")
# Read by the program wherever they lie, so that one which Git is told to ignore takes part as well.
_IGNORED_TOO: Final = ("catalog/*.yaml", "releases/*.yaml", "secrets/*.yaml", ":(glob)Pulumi.*yaml")
_URL: Final = re.compile(r"^[a-z][a-z0-9+.-]*://|^[^/\s:]+:(?!:)")
_CARRIED: Final = frozenset({"author", "committer", "credential", "gpg", "http", "protocol", "ssh", "url", "user"})
_CARRIED_OF_CORE: Final = frozenset({"core.askpass", "core.gitproxy", "core.sshcommand", "commit.gpgsign"})


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a branch is read and written."""

    shown: str
    """As people call it, without credentials."""
    fetch: str
    push: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit, checked out."""

    root: Path
    """The project's folder."""
    top: Path
    """The repository's, which may be above it."""
    commit: str
    object_format: str
    """`sha1` or `sha256`."""

    def changes(self) -> list[str]:
        """Return the files that are not as the commit has them, relative to the project, and what they are."""
        status = git.read(
            self.root, "status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--", "."
        )
        below = f"{prefix}/" if (prefix := self.root.relative_to(self.top).as_posix()) != "." else ""
        found = [f"{entry[3:].removeprefix(below)} (changed)" for entry in status.text.split("\0") if entry]
        others = ("ls-files", "--others", "-z")
        untracked = git.read(self.root, *others, "--exclude-standard", "--", *_DATA, *_CODE).text.split("\0")
        untracked += git.read(self.root, *others, "--", *_IGNORED_TOO).text.split("\0")
        return found + [f"{name} (not in Git)" for name in sorted({name for name in untracked if name})]

    def is_before(self, other: str) -> bool:
        """Tell whether this commit is an older one than another, as far as the checkout knows both."""
        return (
            other != self.commit
            and git.run(self.root, "merge-base", "--is-ancestor", self.commit, f"{other}^{{commit}}").code == 0
        )

    def remote(self, named: str | None) -> Remote:
        """Return the remote of a name, URL or path; that which the repository was cloned from if none is given.

        Raises Refusal for what is none of them.
        """
        known = git.read(self.root, "remote").text.splitlines()
        wanted = named or DEFAULT_REMOTE
        if wanted in known:
            fetch, push = (
                self._absolute(git.read(self.root, "remote", "get-url", *words, "--", wanted).text.splitlines()[0])
                for words in ((), ("--push",))
            )
            return Remote(wanted, fetch, push)
        if Path(wanted).is_dir() and named is not None:
            path = str(Path(wanted).absolute())
            return Remote(path, path, path)
        if named is not None and _URL.match(named):
            return Remote(git.shown(named), named, named)
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise Refusal(
            "remote",
            f"refused: no remote {git.shown(wanted)} in this repository, which would be published to: {has}",
            "give another one by --remote: a name, a URL, or the path of a repository",
        )

    def settings(self, beside: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return what it has configured of identity and access, but for what is so everywhere (`beside`).

        A repository elsewhere has none of it: CI keeps the token of a checkout in its own configuration.
        """
        return [entry for entry in configured(self.root) if entry not in set(beside) and _carried(entry[0])]

    def _absolute(self, url: str) -> str:
        """Return a remote's address so that it is right from anywhere: Git takes a path from the repository's top."""
        return url if _URL.match(url) or Path(url).is_absolute() else str((self.top / url).resolve())


def checkout(root: Path) -> Checkout:
    """Return the checkout that a project is. Raises Refusal where it is none, and GitError without Git."""
    root = root.resolve()
    found = git.run(root, "rev-parse", "--show-toplevel", "--show-object-format")
    if found.code:
        raise Refusal(
            "repository",
            f"refused: {root} is not the work tree of a Git repository: {found.reason}",
            "what is published is a commit: run it in a clone of the project",
        )
    top, _, object_format = found.text.rpartition("\n")
    head = git.run(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.code:
        raise Refusal("repository", "refused: nothing is committed here yet, and what is published is a commit")
    return Checkout(root, Path(top).resolve(), head.text, object_format)


def configured(folder: Path) -> list[tuple[str, str]]:
    """Return the whole configuration of a repository, in its order; a key may come more than once."""
    entries = git.read(folder, "config", "--list", "-z").text.split("\0")
    return [(key, value) for key, _, value in (entry.partition("\n") for entry in entries if entry)]


def _carried(key: str) -> bool:
    return key.partition(".")[0] in _CARRIED or key in _CARRIED_OF_CORE
