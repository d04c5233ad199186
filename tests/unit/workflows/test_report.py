"""What the run that compares a change says of it beside the report: what was not compared, and what judges itself."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workflows.steps import Ran, Runner, script

NARU = """\
#!/bin/sh
while [ "$1" != --out ]; do shift; done
cp answer.json "$2"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A checkout of a merge, its first parent the base."""
    made = Runner(tmp_path / "workspace")
    naru = made.folder / ".venv" / "bin" / "naru"
    naru.parent.mkdir(parents=True)
    naru.write_text(NARU, encoding="utf-8")
    naru.chmod(0o755)
    git(made, "init", "--quiet", "--initial-branch", "main")
    commit(made, "Start")
    return made


def git(runner: Runner, *words: str) -> None:
    subprocess.run(["git", *words], cwd=runner.folder, check=True, capture_output=True)


def commit(runner: Runner, message: str) -> None:
    git(runner, "add", "--all")
    own = ("-c", "user.name=Kim", "-c", "user.email=kim@example.com")
    git(runner, *own, "commit", "--quiet", "--allow-empty", "--message", message)


def compared(runner: Runner, file: str, *stacks: dict[str, Any]) -> Ran:
    """Compare a change of that file, where the report has those stacks."""
    changed = runner.folder / file
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("", encoding="utf-8")
    commit(runner, "Change")
    (runner.folder / "answer.json").write_text(json.dumps({"stacks": stacks}), encoding="utf-8")
    environment = {"NUMBER": "7", "HEAD_SHA": "a" * 40, "GITHUB_STEP_SUMMARY": str(runner.folder.parent / "summary")}
    ran = runner.run(script("pull-request", "diff", "What the change would do"), environment)
    assert ran.code == 0, ran.said
    return ran


def stack(name: str, trouble: str = "", *alone: str) -> dict[str, Any]:
    return {"stack": name, "trouble": trouble, "alone": [{"name": one} for one in alone]}


def warnings(ran: Ran) -> list[str]:
    return [line for line in ran.said.splitlines() if line.startswith("::")]


def test_a_stack_that_was_compared_needs_no_warning(runner: Runner) -> None:
    assert warnings(compared(runner, "a", stack("dev"), stack("new", "the base has no such stack"))) == []


def test_a_stack_that_was_compared_with_nothing_is_a_warning(runner: Runner) -> None:
    ran = compared(runner, "a", stack("dev"), stack("prod", "the base\n::error::cannot: 100%", "web"))
    assert warnings(ran) == [
        "::warning title=not compared::prod was compared with nothing: the base%0A::error::cannot: 100%25"
    ]
    summary = (runner.folder.parent / "summary").read_text(encoding="utf-8")
    assert "prod" in summary


@pytest.mark.parametrize("file", ["operations/diff/run.py", ".github/workflows/pull-request.yml"])
def test_a_change_of_the_rules_is_a_warning(runner: Runner, file: str) -> None:
    (told,) = warnings(compared(runner, file, stack("dev")))
    assert "this change edits the rules it is judged by" in told
    report = (runner.folder / "report" / "report.md").read_text(encoding="utf-8")
    assert "this change edits the rules it is judged by" not in report, "who has a token that writes says it there"
