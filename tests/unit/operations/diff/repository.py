"""A repository in a folder, whose commits depend on nothing of the machine."""

import os
import subprocess
from pathlib import Path

_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class Repository:
    """A repository, at first empty, on the branch `main`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        """Run Git here and return what it says."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**environment, **_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, file: str, text: str) -> None:
        """Give a file new content."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str = "a change") -> str:
        """Commit everything and return the commit."""
        self.git("add", "--all", "--force", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def state(self) -> tuple[str, ...]:
        """Return all that a command that only reads leaves as it is."""
        return (
            self.git("status", "--porcelain", "--ignored", "--", ".", ":!.naru"),
            self.git("symbolic-ref", "HEAD"),
            self.git("for-each-ref"),
            self.git("worktree", "list", "--porcelain"),
            self.git("stash", "list"),
            self.git("ls-files", "--stage"),
            str(sorted(path.name for path in (self.root / ".git").iterdir())),
        )
