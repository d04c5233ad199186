"""Which commit is published where: what the plan of `publish.yml` lets through."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.workflows.steps import Ran, Runner, script

COMMIT = "c" * 40
PUSHED = {"REPOSITORY": "example/naru", "EVENT": "push", "SHA": COMMIT, "COMMIT": ""}
STARTED = {
    "REPOSITORY": "example/naru", "EVENT": "workflow_dispatch", "SHA": "d" * 40, "COMMIT": COMMIT,
    "RUN": "20", "ATTEMPT": "1",
}  # fmt: skip
MAIN = "refs/heads/main"
LAST_LOOK = "Exactly this commit, unless a newer push has come"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A repository where COMMIT was the tip of main once, and its checks passed."""
    return Runner(
        tmp_path / "workspace",
        {
            "event=workflow_dispatch": {"workflow_runs": [{"id": 20, "status": "in_progress"}]},
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
            {"REF": MAIN}, {"event=push": {"workflow_runs": []}}, "have not passed on main", id="never the tip"
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


def other(number: int, status: str) -> dict[str, Any]:
    return {"id": number, "status": status, "html_url": f"https://example.com/{number}"}


@pytest.mark.parametrize(
    ("runs", "attempt", "refused"),
    [
        pytest.param([other(19, "waiting")], "1", True, id="one waits for approval"),
        pytest.param([other(18, "completed"), other(19, "in_progress")], "1", True, id="one is being checked"),
        pytest.param([other(19, "completed")], "1", False, id="one has ended"),
        pytest.param([other(21, "queued")], "1", False, id="a later one, which refuses itself"),
        pytest.param([other(21, "waiting")], "2", True, id="a later one, and this is tried again"),
    ],
)
def test_a_run_for_prod_displaces_none_that_waits(
    runner: Runner, runs: list[dict[str, Any]], attempt: str, refused: bool
) -> None:
    runner.answers["event=workflow_dispatch"] = {"workflow_runs": [*runs, other(20, "in_progress")]}
    ran = plan(runner, STARTED, REF=MAIN, ATTEMPT=attempt)
    assert ran.code == (1 if refused else 0), ran.said
    assert ("another run for prod has not ended: https://example.com/" in ran.said) is refused


def previewed(runner: Runner, message: str | None, code: int = 0) -> tuple[Ran, str]:
    """Say what prod would get, with that message at the tip of its branch; return what the reviewers read, too."""
    summary = runner.folder.parent / "summary"
    naru = runner.folder / ".venv" / "bin" / "naru"
    naru.parent.mkdir(parents=True)
    naru.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    naru.chmod(0o755)
    said = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "n", "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "n"}
    text = script("publish", "check", "What prod would get")
    before = "git init --quiet --initial-branch main; git commit --quiet --allow-empty --message Start\n"
    if message is not None:
        before += 'git commit --quiet --allow-empty --message "$MESSAGE"\n'
        before += "git update-ref refs/remotes/origin/env/prod HEAD\n"
    ran = runner.run(before + text, said | {"MESSAGE": message or "", "GITHUB_STEP_SUMMARY": str(summary)})
    assert ran.code == code, ran.said
    return ran, summary.read_text(encoding="utf-8")


def test_reviewers_read_what_prod_would_get(runner: Runner) -> None:
    _, summary = previewed(runner, f"prod: configuration\n\nNaru-Source: {COMMIT}\nNaru-Stack: prod\n")
    assert summary.splitlines()[0] == f"diff --base {COMMIT} --stack prod --format markdown"
    assert "taken back" not in summary


def test_reviewers_are_told_that_a_service_was_rolled_back(runner: Runner) -> None:
    _, summary = previewed(runner, f"prod: back\n\nNaru-Source: {COMMIT}\nNaru-Stack: prod\nNaru-Rollback: yes\n")
    assert f"diff --base {COMMIT}" in summary
    assert "a service was taken back" in summary


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(None, "Nothing is published on prod yet", id="nothing is published"),
        pytest.param('Revert "prod: configuration"', "does not say which commit it is from", id="a revert"),
        pytest.param("prod\n\nNaru-Source: --out=x", "does not say which commit it is from", id="no commit"),
    ],
)
def test_what_cannot_be_compared_is_said(runner: Runner, message: str | None, said: str) -> None:
    _, summary = previewed(runner, message)
    assert said in summary
    assert "--stack prod" not in summary


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


@pytest.mark.parametrize(
    ("variable", "said"), [("", "up --stack prod --yes"), ("no", "up --stack prod --yes"),
                           ("yes", "up --stack prod --yes --accept-aws")]
)  # fmt: skip
def test_what_aws_lacks_passes_only_where_the_environment_says_so(runner: Runner, variable: str, said: str) -> None:
    naru = runner.folder / ".venv" / "bin" / "naru"
    naru.parent.mkdir(parents=True)
    naru.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    naru.chmod(0o755)
    step = script("publish", "publish", "Apply projects and parent Applications")
    ran = runner.run(step, {"STACK": "prod", "ACCEPT_AWS": variable})
    assert (ran.code, ran.said.strip()) == (0, said)
