"""A commit's files in a folder of their own, for as long as they are needed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.revisions import ask, unfit


@contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path]:
    """Give a folder with all files of a commit; the branch, the index and the work tree stay as they are.

    Raises SettingsError where Git refuses.
    """
    with tempfile.TemporaryDirectory(prefix="naru-diff-", ignore_cleanup_errors=True) as folder:
        # Git names what it keeps of a worktree by the last part of its path, so that two at a time need two names.
        path = Path(folder) / Path(folder).name
        try:
            made = ask(root, "worktree", "add", "--detach", "--quiet", str(path), commit)
            if made.code:
                found = f"git cannot check out {commit[:12]}: {made.reason}"
                raise unfit(found, "see that its files are there: a partial clone may lack them")
            yield path
        finally:
            # Without its folder Git forgets even what an interruption left half made.
            shutil.rmtree(path, ignore_errors=True)
            # Only ours: `worktree prune` would also forget those of others that are away for the moment.
            ask(root, "worktree", "remove", "--force", "--force", str(path))
