"""`naru diff` of all stacks, in a repository with a copy of the project in which one release is another."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import Run, Runs, run, side_by_side
from settings.loading import stacks

_FOLDERS: Final = ("catalog", "components", "local", "manifests", "operations", "releases", "secrets", "settings")
_AUTHOR: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "bench"), ("EMAIL", "bench@example.com"))
}


@dataclass(frozen=True, slots=True)
class Differing:
    """The runs of each command over the same stacks."""

    stacks: int
    runs: Mapping[str, Runs]


class Repository:
    """A repository with a copy of the project, and the commands in it."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir(parents=True)
        for name in _FOLDERS:
            shutil.copytree(source / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (source / ".gitignore", *source.glob("Pulumi*.yaml")):
            shutil.copy(path, self.root / path.name)
        self.stacks = stacks(self.root)
        self._rendered = folder / "rendered"
        self._output = folder / "output"
        self._naru = Path(sys.executable).with_name("naru")
        self._environment = {
            key: value
            for key, value in os.environ.items()
            if key != "PYTHONDONTWRITEBYTECODE" and not key.startswith("GIT_")
        } | {"PYTHONPATH": str(self.root), "PYTHONPYCACHEPREFIX": str(folder / "bytecode"), **_AUTHOR}
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("add", ".")
        self._git("commit", "--quiet", "--message=base")
        release = self.root / "releases" / f"{self.stacks[-1]}.yaml"
        text = release.read_text(encoding="utf-8")
        release.write_text(text.replace("tag: 1.0.0", "tag: 1.0.1", 1), encoding="utf-8")

    def diff(self) -> Run:
        """Compare all stacks with what is kept of the base."""
        return self._run("diff")

    def first_diff(self) -> Run:
        """Compare all stacks with a base that is rendered for it."""
        shutil.rmtree(self.root / ".naru", ignore_errors=True)
        return self._run("diff")

    def render(self) -> Run:
        """Render one stack: the start and one of the eight renderings of a first comparison of four."""
        shutil.rmtree(self._rendered, ignore_errors=True)
        return self._run("render", "--stack", self.stacks[-1], "--out", str(self._rendered))

    def _run(self, *words: str) -> Run:
        return run([self._naru, *words], self._output, environment=self._environment, folder=self.root)

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, env=self._environment, capture_output=True, check=True)


def measure(source: Path, folder: Path, times: int) -> Differing:
    """Measure each command. Raises CommandFailedError."""
    repository = Repository(source, folder)
    repository.diff()
    commands = {"render": repository.render, "first": repository.first_diff, "kept": repository.diff}
    return Differing(len(repository.stacks), side_by_side(commands, times))


def table_rows(found: Differing) -> Sequence[Sequence[str]]:
    """Return a row for each command: seconds, how many times the rendering of one stack, and its peak of memory."""
    names = {
        "render": "`naru render` of one stack",
        "first": f"`naru diff` of {found.stacks} stacks, the base rendered for it",
        "kept": f"`naru diff` of {found.stacks} stacks, the base kept",
    }
    floor = found.runs["render"].seconds
    return [
        (title, f"{runs.seconds:.2f}", f"{runs.seconds / floor:.1f}", f"{runs.mib:.0f} MiB")
        for name, title in names.items()
        for runs in (found.runs[name],)
    ]
