"""`naru diff` on real repositories with copies of the project: each side by its own code, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operations.exits import Exit
from tests.unit.operations.diff.repository import Repository

HERE = Path(__file__).parents[2]
FOLDERS = ("catalog", "components", "manifests", "operations", "releases", "secrets", "settings")
FILES = (".gitignore", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml")
STACKS = ["dev", "local", "prod", "staging"]
WITHOUT_WEB = ("  plate-web:\n    namespace", "  plate-web:\n    enabled: false\n    namespace")
SECRET = {"AWS_SECRET_ACCESS_KEY": "x", "GITHUB_TOKEN": "x", "KUBECONFIG": "/x", "PULUMI_ACCESS_TOKEN": "x"}


@dataclass(frozen=True)
class Ended:
    """A command that ended, having left the repository as it was."""

    code: int
    out: str
    error: str

    @property
    def data(self) -> dict[str, Any]:
        """What it wrote as JSON."""
        assert self.code in {Exit.OK, Exit.REFUSED}, self.error
        found: dict[str, Any] = json.loads(self.out)
        return found

    def stack(self, name: str) -> dict[str, Any]:
        """Return what it says of a stack."""
        (found,) = (stack for stack in self.data["stacks"] if stack["stack"] == name)
        return dict(found)

    def changes(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the changes of a stack, by cluster, kind and name of their objects."""
        return {
            f"{change['subject']['cluster']} {change['subject']['kind']} {change['subject']['name']}": change
            for change in self.stack(name)["changes"]
        }


class Project(Repository):
    """A repository with a copy of the project, its branch `feature` at `main`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for folder in FOLDERS:
            shutil.copytree(HERE / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in FILES:
            shutil.copy(HERE / file, root / file)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "the project")
        self.git("tag", "start")

    def again(self) -> None:
        """Go back to how it was at first; what was kept of bases stays."""
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "--force", "-d")
        self.git("switch", "--quiet", "--force-create", "main", "start")
        self.git("switch", "--quiet", "--force-create", "feature")

    def change(self, file: str, old: str, new: str) -> None:
        """Change every place in a file that says `old`."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text, f"not in {file}: {old}"
        self.write(file, text.replace(old, new))

    def keep(self) -> str:
        """Commit what is not ignored."""
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def diff(self, *words: str, code: Path | None = None, environment: dict[str, str] | None = None) -> Ended:
        """Run the command by the project's own code, or other one."""
        before = self.state()
        done = subprocess.run(
            [sys.executable, "-m", "operations", "diff", *words],
            cwd=self.root if code is None else code,
            env={**os.environ, "PYTHONPATH": str(code or self.root), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert self.state() == before, "the repository is not as it was"
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the one repository of these tests."""
    return Project(tmp_path_factory.mktemp("diff") / "project")


@pytest.fixture
def project(copied: Project) -> Iterator[Project]:
    """Return the repository as it is at first."""
    copied.again()
    yield copied
    assert not list(Path(copied.root).glob(".git/worktrees/*"))


def test_nothing_changes_where_nothing_was_changed(project: Project) -> None:
    found = project.diff("--json").data

    assert (found["base"], found["commit"]) == ("main", project.git("rev-parse", "main"))
    assert [stack["stack"] for stack in found["stacks"]] == STACKS
    assert [stack["changes"] for stack in found["stacks"]] == [[], [], [], []]
    assert all(stack["cost"]["before"] == stack["cost"]["after"] for stack in found["stacks"])


def test_a_release_that_is_not_committed_changes_its_stack_alone_on_both_clusters(project: Project) -> None:
    project.change("releases/prod.yaml", "auth-service: { tag: 1.0.0 }", "auth-service: { tag: 1.1.0 }")
    ended = project.diff("--json")

    assert [stack["stack"] for stack in ended.data["stacks"] if stack["changes"]] == ["prod"]
    found = ended.changes("prod")
    for cluster in ("seoul", "tokyo"):
        (field,) = found[f"{cluster} Deployment auth-service"]["fields"]
        assert field["path"] == "spec.template.spec.containers[auth-service].image"
        assert (field["before"][-5:], field["after"][-5:]) == ("1.0.0", "1.1.0")


def test_a_variable_is_one_changed_config_map_and_the_workload_that_rolls(project: Project) -> None:
    project.change("catalog/ams.yaml", 'SPRING_DATA_REDIS_PORT: "6379"', 'SPRING_DATA_REDIS_PORT: "6380"')
    project.keep()
    ended = project.diff("--json")

    for stack in STACKS:
        found = ended.changes(stack)
        (config,) = (change for name, change in found.items() if name.endswith("ConfigMap ams-env"))
        (workload,) = (change for name, change in found.items() if name.endswith((" Deployment ams", " Rollout ams")))
        assert config["action"] == "changed"
        assert config["fields"] == [{"path": "data.SPRING_DATA_REDIS_PORT", "before": "6379", "after": "6380"}]
        assert (workload["fields"], workload["because"]) == ([], "ConfigMap ams-env changed")


def test_a_value_sealed_anew_is_told_by_its_key_and_explains_the_pods_that_roll(project: Project) -> None:
    file = project.root / "secrets/dev/services-platform.yaml"
    text = file.read_text(encoding="utf-8")
    first, second = re.findall(r"(?:DATABASE_URL|JWT_SECRET): (\S+)", text)[:2]
    text = re.sub(r" +naru/sealed-digest: \S+\n", "", text)
    file.write_text(text.replace(f"JWT_SECRET: {second}", f"JWT_SECRET: {first}"), encoding="utf-8")

    ended = project.diff("--json", "--stack", "dev")
    found = ended.changes("dev")

    assert found["seoul SealedSecret auth-secrets"]["fields"] == [
        {"path": "spec.encryptedData.JWT_SECRET", "before": "(sealed)", "after": "(sealed anew)"}
    ]
    rolled = found["seoul Deployment auth-service"]
    assert (rolled["fields"], rolled["because"].split(" and ")[0]) == ([], "SealedSecret auth-secrets changed")
    for form in ("terminal", "markdown", "json"):
        said = project.diff("--stack", "dev", "--format", form).out
        assert "JWT_SECRET" in said
        assert first[:40] not in said
        assert second[:40] not in said


def test_a_service_that_goes_takes_its_objects_along(project: Project) -> None:
    project.change("catalog/plate.yaml", *WITHOUT_WEB)
    found = project.diff("--json", "--stack", "staging").changes("staging")

    assert found["seoul Deployment plate-web"]["action"] == "removed"
    assert found["seoul Service plate-web"]["action"] == "removed"


def test_each_side_is_rendered_by_its_own_code(project: Project) -> None:
    text = (project.root / "manifests/deployment.py").read_text(encoding="utf-8")
    assert '"progressDeadlineSeconds"' in text
    project.write(
        "manifests/deployment.py",
        text.replace('"progressDeadlineSeconds"', '"paused": False, "progressDeadlineSeconds"'),
    )
    ended = project.diff("--json")

    for stack in STACKS:
        deployments = [change for name, change in ended.changes(stack).items() if " Deployment " in name]
        assert deployments
        assert all({"path": "spec.paused", "after": False} in change["fields"] for change in deployments)


def test_code_that_makes_the_same_objects_changes_nothing(project: Project) -> None:
    project.write(
        "manifests/__init__.py", (project.root / "manifests/__init__.py").read_text(encoding="utf-8") + "X = 1\n"
    )

    assert [stack["changes"] for stack in project.diff("--json").data["stacks"]] == [[], [], [], []]


def test_another_checkout_is_rendered_by_its_code_and_not_by_the_commands(project: Project) -> None:
    text = (project.root / "manifests/deployment.py").read_text(encoding="utf-8")
    project.write(
        "manifests/deployment.py",
        text.replace('"progressDeadlineSeconds"', '"paused": False, "progressDeadlineSeconds"'),
    )
    found = project.diff("--json", "--stack", "dev", "--root", str(project.root), code=HERE).changes("dev")

    assert {"path": "spec.paused", "after": False} in found["seoul Deployment auth-service"]["fields"]


def test_what_the_base_renders_to_is_kept_by_its_files(project: Project) -> None:
    project.diff()
    kept = project.root / ".naru/diff" / project.git("rev-parse", "main^{tree}") / "dev.json"
    content = kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    project.git("switch", "--quiet", "main")
    project.git("commit", "--quiet", "--allow-empty", "--message", "the same files")
    kept.write_bytes(content.replace(b'"replicas": 1', b'"replicas": 7'))

    fields = [
        field
        for change in project.diff("--json", "--base", "main").stack("dev")["changes"]
        for field in change["fields"]
        if field["path"] == "spec.replicas"
    ]

    kept.write_bytes(content)
    assert fields
    assert all((field["before"], field["after"]) == (7, 1) for field in fields)


def test_the_ciphertext_that_a_stack_generates_is_no_change(project: Project) -> None:
    text = (project.root / "secrets/dev/ams.yaml").read_text(encoding="utf-8")
    namespace = re.findall(r"namespace: (\S+)", text)[0]
    project.write(".naru/secrets/local/ams.yaml", text.replace(f"namespace: {namespace}", "namespace: ams"))
    ended = project.diff("--json", "--stack", "local")
    shutil.rmtree(project.root / ".naru/secrets")

    assert ended.stack("local")["changes"] == []


def test_a_new_stack_is_all_added(project: Project) -> None:
    new_stack(project)
    found = project.diff("--json").stack("qa")

    assert found["trouble"] == "the base has no such stack"
    assert {change["action"] for change in found["changes"]} == {"added"}
    assert found["cost"]["before"] is None
    assert found["cost"]["after"]["cpu"] > 0


def test_a_stack_that_is_gone_is_all_removed(project: Project) -> None:
    new_stack(project)
    project.keep()
    for file in ("Pulumi.qa.yaml", "releases/qa.yaml"):
        (project.root / file).unlink()
    found = project.diff("--json", "--base", "HEAD", "--stack", "qa").stack("qa")

    assert {change["action"] for change in found["changes"]} == {"removed"}
    assert found["cost"]["after"] is None


def new_stack(project: Project) -> None:
    """Add a stack like `local`."""
    for source, target in (("Pulumi.local.yaml", "Pulumi.qa.yaml"), ("releases/local.yaml", "releases/qa.yaml")):
        text = (project.root / source).read_text(encoding="utf-8")
        project.write(target, text.replace("localhost", "qa.example.com"))


def test_a_base_whose_code_no_longer_runs_says_so_and_shows_the_new_side(project: Project) -> None:
    text = (project.root / "manifests/assembly.py").read_text(encoding="utf-8")
    project.write("manifests/assembly.py", f"{text}\nraise RuntimeError('no such library')\n")
    project.keep()
    project.write("manifests/assembly.py", text)
    ended = project.diff("--json", "--base", "HEAD", "--stack", "dev", "--stack", "prod")

    for stack in ended.data["stacks"]:
        said = "the base cannot be rendered by its own code any more: RuntimeError: no such library"
        assert stack["trouble"] == said
        assert stack["changes"] == stack["risks"] == []
        assert len(stack["alone"]) > 100
        assert stack["cost"]["before"] is None
        assert stack["cost"]["after"]["cpu"] > 0
    refused = project.diff("--base", "HEAD", "--stack", "dev", "--fail-on", "critical")
    assert refused.code == Exit.REFUSED
    assert "RuntimeError: no such library" in re.sub(r"\s+", " ", refused.out)
    assert "--fail-on critical: dev could not be compared" in refused.error
    assert not list((project.root / ".naru/diff").glob(f"{project.git('rev-parse', 'HEAD^{tree}')}/*"))


def test_a_base_without_code_is_not_rendered_by_another_ones(project: Project) -> None:
    project.git("rm", "--quiet", "-r", "--cached", "operations")
    project.git("commit", "--quiet", "--message", "without code")

    trouble = project.diff("--json", "--base", "HEAD", "--stack", "dev").stack("dev")["trouble"]

    assert trouble.endswith("any more: it has no operations/__main__.py")


def test_the_code_of_the_base_is_given_no_credentials(project: Project) -> None:
    text = (project.root / "operations/__main__.py").read_text(encoding="utf-8")
    project.write(
        "operations/__main__.py",
        "import os, sys\nsys.exit('saw ' + ' '.join(sorted(os.environ)) + os.environ['HOME'])\n",
    )
    project.keep()
    project.write("operations/__main__.py", text)
    trouble = project.diff("--json", "--base", "HEAD", "--stack", "dev", environment=SECRET).stack("dev")["trouble"]

    assert "PYTHONPATH" in trouble
    assert not [name for name in SECRET if name in trouble]
    assert str(Path.home()) not in trouble.partition("saw")[2].split()[-1]


def test_a_risk_of_the_level_ends_with_a_code_and_says_which(project: Project) -> None:
    assert project.diff("--fail-on", "low").code == Exit.OK
    project.change("catalog/plate.yaml", *WITHOUT_WEB)
    ended = project.diff("--json", "--stack", "prod", "--fail-on", "low")

    assert ended.code == Exit.REFUSED
    highest = ended.data["highest"]
    assert f"--fail-on low: {highest}, " in ended.error
    assert project.diff("--stack", "prod", "--fail-on", highest, "--summary").code == Exit.REFUSED


def test_the_report_can_go_to_a_file(project: Project, tmp_path: Path) -> None:
    project.change("releases/dev.yaml", "1.0.0", "1.1.0")
    out = tmp_path / "comment.md"
    ended = project.diff("--format", "markdown", "--out", str(out))

    assert (ended.code, ended.out) == (Exit.OK, "")
    assert "1.1.0" in out.read_text(encoding="utf-8")


def test_a_summary_is_shorter_than_the_whole(project: Project) -> None:
    project.change("releases/dev.yaml", "1.0.0", "1.1.0")
    whole, summary = project.diff().out, project.diff("--summary").out

    assert "spec.template.spec.containers" in whole
    assert "spec.template.spec.containers" not in summary


def test_faults_of_the_work_tree_are_told_as_ever(project: Project) -> None:
    project.change("catalog/ams.yaml", "replicas: 2", "replicas: two")
    ended = project.diff()

    assert (ended.code, ended.out) == (Exit.FAULTS, "")
    assert "catalog/ams.yaml" in ended.error
    assert "Traceback" not in ended.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "nowhere"), 'no commit "nowhere" in this repository'),
        (("--stack", "prd"), 'did you mean "prod"?'),
    ],
)
def test_what_is_not_there_is_told_on_one_line(project: Project, words: tuple[str, ...], said: str) -> None:
    ended = project.diff(*words)

    assert (ended.code, ended.out) == (Exit.FAULTS, "")
    assert said in ended.error
    assert len(ended.error.splitlines()) == 1


def test_the_command_starts_without_pulumi(project: Project) -> None:
    program = (
        "import sys; from operations.__main__ import main; main(['diff', '--summary']); "
        "sys.exit(str([name for name in ('pulumi', 'kubernetes', 'grpc', 'cryptography') if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(project.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "[]"
