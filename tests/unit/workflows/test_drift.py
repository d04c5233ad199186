"""What the nightly run makes of a comparison: a report, and one issue for each stack."""

import json
from pathlib import Path

import pytest

from tests.unit.workflows.steps import Runner, script


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "workspace")


def drifted(runner: Runner, **stacks: bool) -> None:
    reports = runner.folder / "report"
    reports.mkdir(parents=True)
    for stack, found in stacks.items():
        (reports / f"{stack}.json").write_text(json.dumps({"drifted": found}), encoding="utf-8")
        (reports / f"{stack}.md").write_text(f"## {stack}\n", encoding="utf-8")


def test_each_stack_has_one_issue_of_drift(runner: Runner) -> None:
    drifted(runner, dev=True, staging=False, prod=True)
    runner.answers = {
        "issue list": [
            {"number": 1, "title": "Drift: dev"},
            {"number": 2, "title": "Drift: staging"},
            {"number": 3, "title": "Drift: production"},
        ]
    }
    ran = runner.run(script("drift", "tell", "Issues"), {"RUN_URL": "https://example.com/run"})
    assert ran.code == 0, ran.said
    told = [call["words"][:3] for call in ran.calls if call["words"][1] in ("edit", "create", "close")]
    assert told == [
        ["label", "create", "drift"],
        ["issue", "edit", "1"],
        ["issue", "close", "2"],
        ["issue", "create", "--title"],
    ]
    assert ran.called("create", "Drift: prod")
    assert ran.sent("edit") == ["## dev\n\n\nSeen by https://example.com/run\n"]


def test_nothing_is_said_of_a_stack_that_was_not_compared(runner: Runner) -> None:
    runner.answers = {"issue list": [{"number": 1, "title": "Drift: dev"}]}
    ran = runner.run(script("drift", "tell", "Issues"), {"RUN_URL": "https://example.com/run"})
    assert ran.code == 0, ran.said
    assert not ran.called("issue", "close", "1")


@pytest.mark.parametrize(
    ("code", "told", "outcome"),
    [(0, "same", False), (2, "another", True), (2, "", None), (3, "half", None), (4, "", None)],
    ids=["none", "drift", "a command that was not understood", "not all of it", "no answer"],
)
def test_drift_is_told_apart_from_failing_to_look(runner: Runner, code: int, told: str, outcome: bool | None) -> None:
    naru = runner.folder / ".venv" / "bin" / "naru"
    naru.parent.mkdir(parents=True)
    naru.write_text(f"#!/bin/sh\nprintf '%s' '{told}'\nexit {code}\n", encoding="utf-8")
    naru.chmod(0o755)
    summary = runner.folder.parent / "summary"
    ran = runner.run(script("drift", "compare", "Compare"), {"STACK": "prod", "GITHUB_STEP_SUMMARY": str(summary)})
    report = runner.folder / "report" / "prod.json"
    assert ran.code == (1 if outcome is None else 0), ran.said
    assert summary.read_text(encoding="utf-8") == told
    assert (json.loads(report.read_text(encoding="utf-8")) if report.exists() else None) == (
        None if outcome is None else {"drifted": outcome}
    )
