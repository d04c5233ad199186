"""The workflows, together and against the project: pinned, bounded, with few rights, and about what there is."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.environment import Delivery
from settings.loading import load, stacks
from tests.unit.workflows.rules import faults, steps
from tests.unit.workflows.steps import ROOT, WORKFLOWS, document, workflow

EXAMPLES = ROOT / "docs" / "examples"
FILES = {path.stem if path.parent == WORKFLOWS else f"examples/{path.stem}": path
         for path in sorted([*WORKFLOWS.glob("*"), *EXAMPLES.glob("*.yml")])}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_rule_is_kept(name: str) -> None:
    assert faults(name, FILES[name].read_text(encoding="utf-8"), document(FILES[name])) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("drift", "permissions: {}\n\ndefaults", "permissions: read-all\n\ndefaults", "the permissions of the whole"),
        ("publish", "  run:\n    shell: bash #", "  run:\n    shell: sh #", "the shell is not named"),
        ("publish", "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "checkout@v6", "no commit"),
        ("publish", "83dd # v6.0.2", "83dd", "or not which version it is"),
        ("pull-request", "    timeout-minutes: 15\n", "", "diff has no timeout-minutes"),
        ("drift", "    permissions:\n      issues: write # one issue for each stack\n", "", "tell does not say what"),
        ("drift", "issues: write", "contents: write", "tell may write contents"),
        ("examples/service-delivery", "    secrets:\n", "    secrets: inherit\n    was:\n", "hands on all secrets"),
        ("publish", '--stack "$STACK" --yes', "--stack ${{ inputs.commit }} --yes", "a value becomes part of a script"),
        ("publish", "          persist-credentials: false\n", "", "the token stays in the checkout"),
        ("drift", "./.github/actions/naru", "./.github/actions/other", "there is no ./.github/actions/other"),
        ("publish", "group: publish-${{ needs.plan.outputs.stack }}", "group: publish", "the lock of its stack"),
        ("drift", "      group: drift-${{ matrix.stack }}", "      group: drift", "the lock of its stack"),
        ("drift", "  cancel-in-progress: false", "  cancel-in-progress: true", "ended in the middle of writing"),
        ("pull-request", "  group: pull-request-${{ github.event.pull_request.number }}\n", "", "no concurrency group"),
        ("pull-request", "  pull_request:\n", "  pull_request_target:\n", "with secrets on what nobody has reviewed"),
        ("pull-request", "TESTS: ${{ matrix.tests }}", "TESTS: ${{ secrets.TESTS }}", "it has secrets"),
        ("pull-request", "contents: read", "contents: write", "may do more than read"),
        (
            "pull-request-comment",
            "    steps:\n",
            "    steps:\n      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2\n"
            "        with: {persist-credentials: false}\n",
            "it checks something out",
        ),
        ("pull-request-comment", "mkdir report\n", "gh pr checkout 7\n", "it checks something out"),
    ],
)  # fmt: skip
def test_each_rule_has_teeth(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "workflow.yml"
    changed.write_text(text.replace(old, new), encoding="utf-8")
    found = faults(name, changed.read_text(encoding="utf-8"), document(changed))
    assert any(said in fault for fault in found), found


def test_one_version_of_an_action_everywhere() -> None:
    files = [*FILES.values(), *(ROOT / ".github" / "actions").glob("*/action.yml")]
    pins = {pin for path in files for pin in re.findall(r"uses: ([\w/-]+)@(\w+ # \S+)$", path.read_text("utf-8"), re.M)}
    assert len(pins) == len({action for action, _ in pins})
    assert all(re.fullmatch(r"[0-9a-f]{40} # (v?\d+\.\d+\.\d+|main)", pin) for _, pin in pins)


def test_the_run_that_comments_follows_the_one_that_compares() -> None:
    asked = workflow("pull-request-comment")["on"]["workflow_run"]["workflows"]
    assert asked == [workflow("pull-request")["name"]]
    (left,) = (step["with"]["name"] for _, _, step in steps(workflow("pull-request"))
               if step.get("uses", "").startswith("actions/upload-artifact@"))  # fmt: skip
    assert f"-f name={left} " in (WORKFLOWS / "pull-request-comment.yml").read_text(encoding="utf-8")


def test_the_checks_that_prod_asks_for_are_those_of_a_push_to_main() -> None:
    publish = workflow("publish")
    text = (WORKFLOWS / "publish.yml").read_text(encoding="utf-8")
    (asked,) = re.findall(r"\.name == \"(\w+)\"", text)
    assert asked == publish["jobs"]["check"]["name"]
    assert "main" in publish["on"]["push"]["branches"]
    assert "actions/workflows/publish.yml/runs" in text
    assert publish["jobs"]["publish"]["needs"] == ["plan", "check"]


def test_only_published_stacks_are_published_and_compared() -> None:
    delivered = [name for name in stacks(ROOT) if load(ROOT, name).stack.environment.delivery is Delivery.GITOPS]
    published = re.findall(r"\bstack=(\w+) environment=", (WORKFLOWS / "publish.yml").read_text(encoding="utf-8"))
    assert sorted(published) == sorted(delivered)
    assert sorted(workflow("drift")["jobs"]["compare"]["strategy"]["matrix"]["stack"]) == sorted(delivered)
    told = re.findall(r"for stack in (.+); do", (WORKFLOWS / "drift.yml").read_text(encoding="utf-8"))
    assert [sorted(words.split()) for words in told] == [sorted(delivered)]


def test_pulumi_is_the_one_of_its_sdk() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    action = yaml.safe_load((ROOT / ".github" / "actions" / "connect" / "action.yml").read_text(encoding="utf-8"))
    (given,) = (step["with"]["pulumi-version"] for step in action["runs"]["steps"]
                if step.get("uses", "").startswith("pulumi/actions@"))  # fmt: skip
    assert f"pulumi=={given}" in project["dependencies"]


@pytest.mark.parametrize(
    ("job", "commands"),
    [
        pytest.param(
            "test-node",
            ["npm ci", "npm run test:ci", "npm run test:e2e", "npm run build", "npm audit --audit-level high"],
            id="frontend",
        ),
        pytest.param(
            "test-python",
            [
                "pip install --requirement requirements.txt --requirement requirements-dev.txt",
                "pytest --cov=app --cov-report=xml",
                "bandit --recursive app/",
                "safety check",
            ],
            id="backend",
        ),
    ],
)
def test_a_service_is_tested_as_its_guide_says(job: str, commands: list[str]) -> None:
    found = [step["run"] for step in workflow("service-delivery")["jobs"][job]["steps"] if "run" in step]
    assert found == commands


def test_the_backend_is_tested_beside_the_data_stores_of_its_guide() -> None:
    delivery = workflow("service-delivery")
    services = delivery["jobs"]["test-python"]["services"]
    assert [services[name]["image"] for name in ("mongodb", "redis")] == ["mongo:6.0", "redis:7-alpine"]
    inputs = delivery["on"]["workflow_call"]["inputs"]
    assert (inputs["python-version"]["default"], inputs["node-version"]["default"]) == ("3.9", "20")
    assert inputs["trivy-severity"]["default"] == "HIGH,CRITICAL"


def test_only_what_was_scanned_is_pushed_and_only_what_was_pushed_is_released() -> None:
    jobs = workflow("service-delivery")["jobs"]
    named = [step.get("name") for step in jobs["image"]["steps"]]
    scan = next(step for step in jobs["image"]["steps"] if step.get("name") == "Vulnerabilities")
    assert scan["with"]["exit-code"] == "1"
    assert named.index("Build") < named.index("Vulnerabilities") < len(named) - 1
    assert "needs.image.result == 'success'" in jobs["push"]["if"]
    assert 'contains(fromJSON(\'["success","skipped"]\'), needs.snyk.result)' in jobs["push"]["if"]
    assert "docker build" not in str(jobs["push"])
    assert (jobs["release"]["needs"], jobs["release"]["env"]["DIGEST"]) == ("push", "${{ needs.push.outputs.digest }}")


def test_two_services_of_one_repository_leave_two_artifacts() -> None:
    jobs = workflow("service-delivery")["jobs"]
    assert jobs["image"]["outputs"] == {"artifact": "${{ steps.inputs.outputs.artifact }}"}
    named = [step["with"]["name"] for _, _, step in steps(workflow("service-delivery"))
             if "load-artifact@" in step.get("uses", "")]  # fmt: skip
    assert named == ["${{ steps.inputs.outputs.artifact }}", *["${{ needs.image.outputs.artifact }}"] * 2]


def test_projects_are_widened_before_what_needs_them_is_published_and_followed_after_it() -> None:
    found = workflow("publish")["jobs"]["publish"]["steps"]
    told = [step for step in found if ".venv/bin/naru " in step.get("run", "")]
    clusters = "steps.commit.outputs.publish == 'true' && vars.AWS_ROLE != ''"
    lines = [step["run"].splitlines()[-1].split(maxsplit=1)[1].replace('"$STACK" ', "") for step in told]
    assert [(line, step["if"]) for line, step in zip(lines, told, strict=True)] == [
        # What would be refused changes no project either.
        ("publish --stack --dry-run --yes", "steps.commit.outputs.publish == 'true'"),
        ('up --stack --yes "${accept[@]}"', clusters),
        ("publish --stack --yes", "steps.commit.outputs.publish == 'true'"),
        ("sync --stack --automated-only --yes --timeout 1200", clusters),
    ]


def test_reviewers_of_prod_see_what_it_would_get_before_they_are_asked() -> None:
    publish = workflow("publish")["jobs"]
    (step,) = (one for one in publish["check"]["steps"] if one.get("name") == "What prod would get")
    assert step["if"] == "needs.plan.outputs.stack == 'prod'"
    (checkout,) = (one for one in publish["check"]["steps"] if one.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["fetch-depth"] == 0
    assert "check" in publish["publish"]["needs"]


def test_an_image_is_verified_by_who_signed_it_at_a_commit_for_whom() -> None:
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    (identity,) = re.findall(r"--certificate-identity-regexp '(.+)'", text)
    signed = "https://github.com/example/naru/.github/workflows/service-delivery.yml"
    assert re.search(identity, f"{signed}@{'a' * 40}")
    for other in (f"{signed}@refs/heads/x", f"{signed}@{'a' * 40}b", f"https://example.com/{signed}@{'a' * 40}"):
        assert not re.search(identity, other)
    assert "--certificate-github-workflow-repository " in text


@pytest.fixture(scope="module")
def call() -> dict[str, Any]:
    """The job of the example that calls the delivery."""
    (found,) = document(EXAMPLES / "service-delivery.yml")["jobs"].values()
    return dict(found)


def test_the_example_gives_what_the_delivery_takes(call: dict[str, Any]) -> None:
    takes = workflow("service-delivery")["on"]["workflow_call"]
    assert call["uses"].split("@")[0].endswith("/.github/workflows/service-delivery.yml")
    assert call["with"].keys() <= takes["inputs"].keys()
    assert {name for name, given in takes["inputs"].items() if given.get("required")} <= call["with"].keys()
    assert call["secrets"].keys() <= takes["secrets"].keys()


def test_the_example_is_about_the_service_of_the_catalog(call: dict[str, Any]) -> None:
    system, service = call["with"]["service"].split("/")
    triggers = {}
    for stack in ("dev", "staging", "prod"):
        loaded = load(ROOT, stack).stack
        found = loaded.systems[system]
        image = found.services[service].image
        assert call["with"]["image"] == f"{loaded.environment.registries[image.registry or '']}/{image.repository}"
        assert call["with"]["snyk"] == ("fail" if found.operations.scanning.snyk_fail_on_issues else "monitor")
        assert set(found.operations.scanning.trivy) <= set(call["with"]["trivy-severity"].split(","))
        assert found.operations.trigger is not None
        triggers[found.operations.trigger.branch] = stack
    assert dict(re.findall(r"ref_name == '(\w+)' && '(\w+)'", call["with"]["stack"])) == triggers
    assert document(EXAMPLES / "service-delivery.yml")["on"]["push"]["branches"] == list(triggers)
