"""Which commit is published where: what the plan of `publish.yml` lets through."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.workflows.steps import Ran, Runner, script

COMMIT = "c" * 40
PUSHED = {"REPOSITORY": "example/naru", "EVENT": "push", "SHA": COMMIT, "COMMIT": ""}
STARTED = {"REPOSITORY": "example/naru", "EVENT": "workflow_dispatch", "SHA": "d" * 40, "COMMIT": COMMIT}
MAIN = "refs/heads/main"
LAST_LOOK = "Exactly this commit, unless a newer push has come"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A repository where COMMIT was the tip of main once, and its checks passed."""
    return Runner(
        tmp_path / "workspace",
        {
            f"compare/main...{COMMIT}": {"status": "behind"},
            "workflows/publish.yml/runs": {"workflow_runs": [{"id": 11}, {"id": 12}]},
            "runs/11/jobs": {"jobs": [{"name": "check", "conclusion": "failure"}]},
            "runs/12/jobs": {
                "jobs": [{"name": "plan", "conclusion": "success"}, {"name": "check", "conclusion": "success"}]
            },
        },
    )


def plan(runner: Runner, environment: dict[str, str], **others: str) -> Ran:
    return runner.run(script("publish", "plan", "Which commit goes where"), environment | others)


@pytest.mark.parametrize(
    ("branch", "stack", "environment"),
    [("main", "dev", "development"), ("staging", "staging", "staging")],
)
def test_a_push_publishes_itself(runner: Runner, branch: str, stack: str, environment: str) -> None:
    ran = plan(runner, PUSHED, REF=f"refs/heads/{branch}")
    assert (ran.code, ran.outputs) == (0, {"stack": stack, "environment": environment, "commit": COMMIT})


def test_prod_gets_the_commit_that_was_asked_for(runner: Runner) -> None:
    ran = plan(runner, STARTED, REF=MAIN)
    assert (ran.code, ran.outputs) == (0, {"stack": "prod", "environment": "production", "commit": COMMIT})
    assert ran.called("GET", "event=push", "branch=main", f"head_sha={COMMIT}")


@pytest.mark.parametrize(
    ("environment", "answers", "said"),
    [
        pytest.param({"REF": "refs/heads/other"}, {}, "publishes nothing", id="from another branch"),
        pytest.param({"REF": MAIN, "COMMIT": "main"}, {}, "all 40 digits", id="a branch for a commit"),
        pytest.param({"REF": MAIN, "COMMIT": "c" * 7}, {}, "all 40 digits", id="a short commit"),
        pytest.param({"REF": MAIN, "COMMIT": f"{COMMIT}\nstack=x"}, {}, "all 40 digits", id="two lines"),
        pytest.param({"REF": MAIN, "COMMIT": "e" * 40}, {}, "is not known here", id="an unknown commit"),
        pytest.param(
            {"REF": MAIN}, {"compare": {"status": "diverged"}}, "is not part of main (diverged)", id="of another branch"
        ),
        pytest.param(
            {"REF": MAIN}, {"compare": {"status": "ahead"}}, "is not part of main (ahead)", id="not merged yet"
        ),
        pytest.param(
            {"REF": MAIN}, {"publish.yml/runs": {"workflow_runs": []}}, "have not passed on main", id="never the tip"
        ),
        pytest.param(
            {"REF": MAIN},
            {"runs/12/jobs": {"jobs": [{"name": "check", "conclusion": None}]}},
            "have not passed on main",
            id="its checks run still",
        ),
    ],
)
def test_prod_refuses_anything_else(
    runner: Runner, environment: dict[str, str], answers: dict[str, Any], said: str
) -> None:
    runner.answers = {**answers, **runner.answers, **answers}
    ran = plan(runner, STARTED, **environment)
    assert (ran.code, ran.outputs) == (1, {})
    assert said in ran.said
    assert "::error::" in ran.said


def last_look(runner: Runner, head: str, event: str) -> Ran:
    """Look once more before publishing, with this commit checked out."""
    text = f"git() {{ echo {head}; }}\n{script('publish', 'publish', LAST_LOOK)}"
    return runner.run(text, {"COMMIT": COMMIT, "REPOSITORY": "example/naru", "EVENT": event, "BRANCH": "main"})


@pytest.mark.parametrize(
    ("event", "tip", "published"),
    [
        pytest.param("push", COMMIT, True, id="the tip"),
        pytest.param("push", "d" * 40, False, id="an older push, checked later than a newer one"),
        pytest.param("workflow_dispatch", "d" * 40, True, id="the commit that was approved"),
    ],
)
def test_an_older_push_takes_nothing_back(runner: Runner, event: str, tip: str, published: bool) -> None:
    runner.answers["git/ref/heads/main"] = {"object": {"sha": tip}}
    ran = last_look(runner, COMMIT, event)
    assert (ran.code, ran.outputs) == (0, {"publish": "true"} if published else {})


def test_another_commit_than_the_planned_one_is_not_published(runner: Runner) -> None:
    runner.answers["git/ref/heads/main"] = {"object": {"sha": COMMIT}}
    ran = last_look(runner, "d" * 40, "push")
    assert (ran.code, ran.outputs) == (1, {})
