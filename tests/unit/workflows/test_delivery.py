"""The end of a service's delivery: one pull request for a service on a stack, which a newer image takes over."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.workflows.steps import ROOT, Ran, Runner, script

DIGEST = "sha256:" + "a" * 64
RELEASE = "ams:\n  ams: { tag: 1.0.0 }\n"
BRANCH = "release/dev/plate-plate-web-backend"
GIVEN = {
    "SERVICE": "plate/plate-web/backend",
    "STACK": "dev",
    "DIGEST": DIGEST,
    "APP": "naru-release",
    "BASE": "main",
    "RUN_URL": "https://example.com/run",
    "SOURCE": "https://example.com/commit",
    "GIT_CONFIG_COUNT": "0",
}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A checkout of main, and the repository that it pushes to."""
    made = Runner(tmp_path / "workspace")
    for words in (
        ["init", "--quiet", "--bare", "--initial-branch", "main", str(tmp_path / "remote.git")],
        ["clone", "--quiet", str(tmp_path / "remote.git"), str(made.folder)],
    ):
        subprocess.run(["git", *words], check=True, capture_output=True)
    (made.folder / "releases").mkdir()
    (made.folder / "releases" / "dev.yaml").write_text(RELEASE, encoding="utf-8")
    git(made, "checkout", "--quiet", "-B", "main")
    git(made, "add", "--all")
    git(made, "-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "--quiet", "--message", "Start")
    git(made, "push", "--quiet", "origin", "main")
    return made


def git(runner: Runner, *words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=runner.folder, check=True, capture_output=True, text=True)
    return ended.stdout.strip()


def released(runner: Runner, tag: str, code: int = 0) -> Ran:
    """Deliver a tag, from main as it was."""
    git(runner, "checkout", "--quiet", "--force", "--detach", "origin/main")
    if git(runner, "branch", "--list", BRANCH):
        git(runner, "branch", "--delete", "--force", BRANCH)
    (runner.folder / "releases" / "dev.yaml").write_text(RELEASE.replace("1.0.0", tag), encoding="utf-8")
    (runner.folder / "made-by-the-way").write_text("", encoding="utf-8")
    ran = runner.run(script("service-delivery", "release", "Pull request"), GIVEN | {"TAG": tag})
    assert ran.code == code, ran.said
    return ran


def test_a_delivery_is_a_pull_request_of_one_commit_of_one_file(runner: Runner) -> None:
    ran = released(runner, "1.1.0")
    assert git(runner, "log", "--format=%an|%s", f"origin/main..origin/{BRANCH}") == (
        "naru-release[bot]|plate/plate-web/backend 1.1.0 on dev"
    )
    assert git(runner, "diff", "--name-only", "origin/main", f"origin/{BRANCH}") == "releases/dev.yaml"
    assert ran.called("pr", "create", BRANCH, "plate/plate-web/backend 1.1.0 on dev")
    (body,) = ran.sent("pr", "create")
    assert DIGEST in body
    assert "built from https://example.com/commit" in body


def test_a_newer_image_takes_the_place_of_one_that_was_not_merged(runner: Runner) -> None:
    released(runner, "1.1.0")
    runner.answers = {"pr list": [{"number": 4}]}
    ran = released(runner, "1.2.0")
    assert git(runner, "log", "--format=%s", f"origin/main..origin/{BRANCH}") == "plate/plate-web/backend 1.2.0 on dev"
    assert ran.called("pr", "edit", "4", "plate/plate-web/backend 1.2.0 on dev")
    assert not ran.called("pr", "create")


def add_by_hand(runner: Runner) -> str:
    """Have somebody add a commit to the branch of the pull request, and return it."""
    git(runner, "checkout", "--quiet", "--force", "--detach", f"origin/{BRANCH}")
    own = ("-c", "user.name=Kim", "-c", "user.email=kim@example.com")
    git(runner, *own, "commit", "--quiet", "--allow-empty", "--message", "By hand")
    git(runner, "push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
    return git(runner, "rev-parse", "HEAD")


def test_what_somebody_added_to_the_pull_request_is_not_overwritten(runner: Runner) -> None:
    released(runner, "1.1.0")
    theirs = add_by_hand(runner)
    runner.answers = {"pr list": [{"number": 4}]}
    ran = released(runner, "1.2.0", code=1)
    assert git(runner, "ls-remote", "origin", f"refs/heads/{BRANCH}").split()[0] == theirs
    assert f"::error::{theirs[:12]} on {BRANCH} is by Kim" in ran.said
    (comment,) = ran.sent("pr", "comment", "4")
    assert "1.2.0" in comment
    assert not ran.called("pr", "edit")


def test_a_branch_without_an_open_pull_request_is_taken_over(runner: Runner) -> None:
    released(runner, "1.1.0")
    add_by_hand(runner)
    ran = released(runner, "1.2.0")
    assert git(runner, "log", "--format=%s", f"origin/main..origin/{BRANCH}") == "plate/plate-web/backend 1.2.0 on dev"
    assert ran.called("pr", "create")


def test_what_comes_to_the_branch_meanwhile_is_not_overwritten_either(runner: Runner) -> None:
    released(runner, "1.1.0")
    hook = runner.folder / ".git" / "hooks" / "post-commit"
    hook.write_text(
        "#!/bin/sh\nrm .git/hooks/post-commit\n"
        f"git push --quiet --force origin origin/main:refs/heads/{BRANCH}\n", encoding="utf-8"
    )  # fmt: skip
    hook.chmod(0o755)
    ran = released(runner, "1.2.0", code=1)
    assert "stale info" in ran.said
    tip = git(runner, "ls-remote", "origin", f"refs/heads/{BRANCH}").split()[0]
    assert tip == git(runner, "rev-parse", "origin/main")


def test_a_version_that_is_released_already_needs_no_pull_request(runner: Runner) -> None:
    ran = released(runner, "1.0.0")
    assert "::notice::dev releases plate/plate-web/backend at this version already" in ran.said
    assert ran.calls == []
    assert BRANCH not in git(runner, "branch", "--remotes")


@pytest.mark.parametrize(
    ("schemas", "words"),
    [("", []), ("auth_db=7", ["--needs-schema=auth_db=7"]), ("a=1  b=2", ["--needs-schema=a=1", "--needs-schema=b=2"])],
)
def test_the_release_is_set_as_the_service_says(runner: Runner, schemas: str, words: list[str]) -> None:
    naru = runner.folder / ".venv" / "bin" / "naru"
    naru.parent.mkdir(parents=True)
    naru.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> said\n', encoding="utf-8")
    naru.chmod(0o755)
    ran = runner.run(
        script("service-delivery", "release", "Set the release"), GIVEN | {"TAG": "1.1.0", "NEEDS_SCHEMA": schemas}
    )
    assert ran.code == 0, ran.said
    assert (runner.folder / "said").read_text(encoding="utf-8").splitlines() == [
        "release", "set", "plate/plate-web/backend", "--stack", "dev", "--tag", "1.1.0", "--digest", DIGEST, *words,
        "check",
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "snyk", "code"), [("node", "fail", 0), ("pyhton", "off", 1), ("none", "Monitor", 1)])
def test_a_word_that_is_misspelt_ends_the_delivery(tmp_path: Path, kind: str, snyk: str, code: int) -> None:
    text = script("service-delivery", "image", "Inputs")
    ran = Runner(tmp_path / "workspace").run(text, {"KIND": kind, "SNYK": snyk, "SERVICE": "plate/plate-web/backend"})
    assert (ran.code, ran.outputs) == (code, {} if code else {"artifact": "delivery-plate-plate-web-backend"})


@pytest.mark.parametrize(
    ("clusters", "said"),
    [
        ("naru-dev=dev@ap-northeast-2", ["--alias naru-dev --name dev --region ap-northeast-2"]),
        ("a=x@r-1 b=y@r-2", ["--alias a --name x --region r-1", "--alias b --name y --region r-2"]),
        ("naru-dev", None),
        ("a=x@r-1 $(id)=y@r-2", None),
    ],
)
def test_each_cluster_becomes_a_context(tmp_path: Path, clusters: str, said: list[str] | None) -> None:
    action = yaml.safe_load((ROOT / ".github" / "actions" / "connect" / "action.yml").read_text(encoding="utf-8"))
    (step,) = (one for one in action["runs"]["steps"] if one.get("name") == "Clusters")
    ran = Runner(tmp_path / "workspace").run(f'aws() {{ echo "$@"; }}\n{step["run"]}', {"CLUSTERS": clusters})
    assert ran.code == (1 if said is None else 0)
    assert said is None or ran.said.splitlines() == [f"eks update-kubeconfig {line}" for line in said]
