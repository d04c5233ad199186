"""A repository of our own, for as long as it takes: the branch is fetched into it, and pushed from it.

So no object, branch or reference of anybody's checkout is touched, and a checkout that has but one commit will do.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from operations import git
from operations.publishing.checkout import Checkout, Remote, configured
from operations.publishing.history import Commit

Files = Mapping[str, bytes]
"""Path to content."""

_RENDERED: Final = "refs/heads/rendered"
_TIP: Final = "refs/heads/tip"
_SHALLOW: Final = 30
"""How many commits are fetched at first: enough for what mostly is asked."""
_FIELDS: Final = "%H%x00%T%x00%P%x00%an <%ae>%x00%cI%x00%B"
_CHANGED_MEANWHILE: Final = (
    "stale info",
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "incorrect old value",
    "reference already exists",
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A push that did not go through."""

    reason: str
    """The server's, in one line."""
    meanwhile: bool
    """Whether it is because somebody else pushed in between."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository, and the branch of the remote that it is for."""

    folder: Path
    config: tuple[tuple[str, str], ...]
    remote: Remote
    branch: str
    seconds: float = git.REMOTE_SECONDS

    def fetch(self, *, whole: bool = False) -> str | None:
        """Get the branch, all of its history or the newest of it; return its tip, None where it does not exist.

        Raises GitError for a remote that cannot be reached.
        """
        wanted = f"+refs/heads/{self.branch}:{_TIP}"
        # Git calls it an error to make a shallow history whole that is whole already.
        depth = "--depth=2147483647" if whole else f"--depth={_SHALLOW}"
        words = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", depth)
        ended = self._run(*words, "--", self.remote.fetch, wanted, seconds=self.seconds)
        if ended.code and "couldn't find remote ref" in ended.errors.casefold():
            return None
        if ended.code:
            raise git.GitError(ended.reason)
        return self._read("rev-parse", _TIP).text

    def whole(self) -> bool:
        """Tell whether the history that was fetched goes back to its beginning."""
        return not (self.folder / "shallow").exists()

    def history(self) -> tuple[Commit, ...]:
        """Return the commits of the fetched branch, newest first, each before its parents."""
        text = self._read("log", "--topo-order", "--no-show-signature", "-z", f"--format={_FIELDS}", _TIP).text
        fields = text.removesuffix("\0").split("\0")
        return tuple(
            Commit(name, tree, tuple(parents.split()), author, when, message.strip())
            for name, tree, parents, author, when, message in zip(*(fields[at::6] for at in range(6)), strict=True)
        )

    def store(self, files: Files) -> str:
        """Store files and return the tree of all of them."""
        stream = bytearray(f"commit {_RENDERED}\ncommitter naru <naru@localhost> 0 +0000\ndata 0\ndeleteall\n".encode())
        for path, content in files.items():
            stream += f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        # By force: what was stored before is no parent of this.
        self._read("fast-import", "--quiet", "--force", feed=bytes(stream))
        return self._read("rev-parse", f"{_RENDERED}^{{tree}}").text

    def blobs(self, tree: str) -> dict[str, str]:
        """Return every file of a tree (or commit), as the name of its content by its path."""
        entries = self._read("ls-tree", "-r", "-z", "--full-tree", tree).text.split("\0")
        return {path: what.split(" ")[2] for what, _, path in (entry.partition("\t") for entry in entries if entry)}

    def contents(self, commits: Sequence[str], *paths: str) -> list[bytes | None]:
        """Return what each file is in each of some commits; None where it is not."""
        asked = [f"{commit}:{path}\n" for commit in commits for path in paths]
        answer = io.BytesIO(self._read("cat-file", "--batch", feed="".join(asked).encode()).output if asked else b"")
        found: list[bytes | None] = []
        for _ in asked:
            header = answer.readline()
            if header.endswith(b" missing\n"):
                found.append(None)
                continue
            found.append(answer.read(int(header.rpartition(b" ")[2])))
            answer.read(1)
        return found

    def is_revert(self, commit: Commit, named: Sequence[Commit]) -> bool:
        """Tell whether a commit is exactly what `git revert` of others, in their order, makes of its first parent."""
        if not commit.parents:
            return False
        tree = self._tree(commit.parents[0])
        for one in named:
            base = self._commit(one.tree)
            before = self._tree(one.parents[0]) if one.parents else self._read("mktree").text
            # As a revert does it: a merge of what there is with what was before, and what is taken back is their base.
            sides = (self._commit(tree, base), self._commit(before, base))
            merged = self._run("merge-tree", "--write-tree", "--no-messages", *sides)
            if merged.code > 1:
                message = f"Git 2.38 or newer is needed to read a revert: {merged.reason}"
                raise git.GitError(message)
            if merged.code:
                return False
            tree = merged.text.partition("\n")[0]
        return tree == commit.tree

    def commit(self, tree: str, parent: str | None, message: str, variables: Mapping[str, str]) -> str:
        """Make a commit of a tree, by whom `variables` and the configuration say."""
        signed = ("-S",) if ("commit.gpgsign", "true") in self.config else ()
        onto = ("-p", parent) if parent else ()
        return self._read("commit-tree", *signed, tree, *onto, feed=message.encode(), variables=variables).text

    def lacks_identity(self, role: Literal["AUTHOR", "COMMITTER"]) -> bool:
        """Tell whether nobody has said who commits here."""
        strict = [("user.useConfigOnly", "true")]
        return git.run(self.folder, "var", f"GIT_{role}_IDENT", config=[*self.config, *strict]).code != 0

    def push(self, commit: str, tip: str | None) -> Rejected | None:
        """Put a commit on the branch, whose tip must still be this one (None: it must not exist). None if it is done.

        Raises GitError where there was no answer.
        """
        ref = f"refs/heads/{self.branch}"
        words = ("push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
        lease = f"--force-with-lease={ref}:{tip or ''}"
        ended = self._run(*words, lease, "--", self.remote.push, f"{commit}:{ref}", seconds=self.seconds)
        if not ended.code:
            return None
        summary = next((line.split("\t")[2] for line in ended.text.splitlines() if line.startswith("!\t")), "")
        said = [
            line.removeprefix("remote: ").strip() for line in ended.errors.splitlines() if line.startswith("remote:")
        ]
        words_of_server = "; ".join(line for line in said if line.strip("= "))
        if not summary:
            return Rejected(ended.reason, meanwhile=False)
        reason = git.shown(f"{summary}: {words_of_server}" if words_of_server else summary)
        return Rejected(reason, any(word in summary for word in _CHANGED_MEANWHILE))

    def _tree(self, commit: str) -> str:
        return self._read("rev-parse", f"{commit}^{{tree}}").text

    def _commit(self, tree: str, parent: str | None = None) -> str:
        by = {f"GIT_{role}_{what}": "naru@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        onto = ("-p", parent) if parent else ()
        return self._read("commit-tree", tree, *onto, "-m", "side", variables=by).text

    def _run(self, *words: str, feed: bytes = b"", seconds: float | None = None) -> git.Ended:
        return git.run(self.folder, *words, feed=feed, config=self.config, seconds=seconds)

    def _read(self, *words: str, feed: bytes = b"", variables: Mapping[str, str] | None = None) -> git.Ended:
        return git.read(self.folder, *words, feed=feed, config=self.config, variables=variables)


@contextmanager
def opened(
    checkout: Checkout, remote: Remote, branch: str, seconds: float = git.REMOTE_SECONDS
) -> Iterator[Repository]:
    """Make the repository, and take it away again. Raises GitError."""
    with tempfile.TemporaryDirectory(prefix="naru-publish-") as folder:
        path = Path(folder)
        git.read(path, "init", "--quiet", "--bare", "--template=", f"--object-format={checkout.object_format}", ".")
        config = tuple(checkout.settings(configured(path)))
        yield Repository(path, config, remote, branch, seconds)
