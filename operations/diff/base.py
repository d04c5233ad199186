"""Which commit a change is compared with: where its branch left the one it will be merged into."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations.revisions import ask, commit_of, folder_in, unfit
from settings.faults import quoted

_DEFAULTS: Final = ("origin/HEAD", "origin/main", "main")
_STACK: Final = re.compile(r"Pulumi\.(.+)\.yaml")


@dataclass(frozen=True, slots=True)
class Base:
    """One side of a comparison, as Git has it."""

    asked: str
    """The branch, tag or commit that was asked for, or is the default."""
    commit: str
    tree: str
    """The hash of the project's files; other commits with the same files have it too."""
    folder: str
    """Where the project is below the repository: empty, or with a slash at its end."""
    stacks: tuple[str, ...]
    own_code: bool
    """Whether the project has its code beside its files."""
    moved_on: bool
    """Whether what was asked for has commits that the branch does not have; they are not part of the comparison."""


def find(root: Path, asked: str | None) -> Base:
    """Return the commit where the work tree's branch left `asked`, or the default branch.

    Raises SettingsError for what is no repository or commit, and for history that was not fetched.
    """
    folder = folder_in(root)
    shallow = ask(root, "rev-parse", "--is-shallow-repository").text == "true"
    asked, tip = _tip(root, asked, shallow=shallow)
    if not commit_of(root, "HEAD"):
        raise unfit("the branch has no commit yet", "commit something to compare it with")
    merged = ask(root, "merge-base", tip, "HEAD")
    if merged.code and shallow:
        found = f"the history of this clone ends before it meets {quoted(asked)}"
        raise unfit(found, _DEEPER)
    # Histories that never met have no such point: what was asked for itself is compared with.
    commit = merged.text or tip
    tree = ask(root, "rev-parse", "--verify", "--quiet", f"{commit}:{folder}").text
    files = (
        ask(root, "ls-tree", "--full-tree", "--name-only", "-z", f"{commit}:{folder}").text.split("\0") if tree else []
    )
    code = tree and not ask(root, "cat-file", "-e", f"{commit}:{folder}operations/__main__.py").code
    stacks = tuple(sorted(match[1] for name in files if (match := _STACK.fullmatch(name))))
    return Base(asked, commit, tree, folder, stacks, bool(code), commit != tip)


_DEEPER: Final = "fetch all of it: `fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`"


def _tip(root: Path, asked: str | None, *, shallow: bool) -> tuple[str, str]:
    """Return what is compared with by its name, and the commit that it is now."""
    for name in (asked,) if asked is not None else _DEFAULTS:
        if commit := commit_of(root, name):
            return _short(root, name), commit
    if asked is None:
        found = "neither origin/main nor main is here"
        raise unfit(found, _DEEPER if shallow else "say which commit, branch or tag to compare with: --base REF")
    found = f"no commit {quoted(asked)} in this repository"
    raise unfit(found, _DEEPER if shallow else "fetch it first, if it is remote")


def _short(root: Path, name: str) -> str:
    """Return the branch behind `origin/HEAD`, which says more; any other name as it is."""
    if name != "origin/HEAD":
        return name
    return ask(root, "rev-parse", "--abbrev-ref", name).text or name
