"""What somebody names as a base, asked of Git: each way in which it cannot be had is a fault of `--base`."""

from pathlib import Path

from operations import git
from settings.faults import Fault, SettingsError


def ask(root: Path, *words: str) -> git.Ended:
    """Run Git in a folder, whatever its exit code. Raises SettingsError where there is no Git."""
    try:
        return git.run(root, *words)
    except git.GitError as error:
        raise unfit(str(error), "it is needed to read the base") from None


def folder_in(root: Path) -> str:
    """Return where a folder is below its repository: empty, or with a slash at its end.

    Raises SettingsError for what is in no repository, or in one that Git does not read.
    """
    ended = ask(root, "rev-parse", "--show-prefix")
    if ended.code:
        # A repository of another user, say: there is one, and Git says itself why it does not read it.
        none = "not a git repository" in ended.errors or not ended.errors.strip()
        here = f"{root} is not in a Git repository"
        found = here if none else f"git does not read the repository of {root}: {ended.reason}"
        raise unfit(found, "a base is a commit, branch or tag of one")
    return ended.text


def commit_of(root: Path, revision: str) -> str:
    """Return the commit that a revision names; empty for none."""
    ended = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return "" if ended.code else ended.text


def unfit(found: str, expected: str) -> SettingsError:
    """Return the error of a base that cannot be had."""
    return SettingsError([Fault("--base", 0, "", found, expected)])
