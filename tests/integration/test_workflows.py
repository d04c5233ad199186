"""actionlint, with shellcheck for the scripts, and zizmor have nothing to say of the workflows, and would say it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.toolchain import ensure

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent  # shellcheck and zizmor come with the dependencies
PUBLISH = ".github/workflows/publish.yml"
REPORT = ".github/workflows/pull-request.yml"
COMMENT = ".github/workflows/pull-request-comment.yml"
EXAMPLE = ".github/workflows/example-service-delivery.yml"
CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The workflows, those of the examples among them, in a repository of their own."""
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    for example in (ROOT / "docs" / "examples").glob("*.yml"):
        shutil.copy(example, tmp_path / ".github" / "workflows" / f"example-{example.name}")
    (tmp_path / ".git").mkdir()  # where actionlint takes the project to begin
    return tmp_path


def actionlint(project: Path) -> subprocess.CompletedProcess[str]:
    command = ensure(["actionlint"])["actionlint"]
    return _run(project, str(command), "-shellcheck", str(BIN / "shellcheck"), "-pyflakes", "", "-no-color")


def zizmor(project: Path) -> subprocess.CompletedProcess[str]:
    return _run(
        project,
        str(BIN / "zizmor"),
        "--offline",
        "--persona",
        "auditor",
        "--color",
        "never",
        "--no-progress",
        ".github",
    )


def _run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(project), "LC_ALL": "C.UTF-8"}
    return subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_actionlint_finds_nothing(project: Path) -> None:
    assert (BIN / "shellcheck").is_file()
    ended = actionlint(project)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_zizmor_finds_nothing(project: Path) -> None:
    ended = zizmor(project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    files = [path for path in (project / ".github").rglob("*.yml") if path.name not in ("zizmor.yml",)]
    assert len(files) == ended.stderr.count("completed")


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        pytest.param(PUBLISH, "github.event_name", "github.event_nam", "[expression]", id="a property that is not"),
        pytest.param(PUBLISH, "needs: plan\n", "needs: plam\n", "[job-needs]", id="a job that is not"),
        pytest.param(
            REPORT, "runs-on: ubuntu-24.04", "runs-on: ubuntu-24", "[runner-label]", id="a runner that is not"
        ),
        pytest.param(REPORT, "contents: read", "content: read", "[permissions]", id="a permission that is not"),
        pytest.param(PUBLISH, '--stack "$STACK" --yes', "--stack $STACK --yes", "SC2086", id="a value that splits"),
        pytest.param(PUBLISH, "; exit 1; }", "; exit 1 }", "SC1083", id="a script that does not parse"),
        pytest.param(
            EXAMPLE, "      kind: node\n", "      kind node\n", "[syntax-check]", id="no YAML, in the example"
        ),
    ],
)
def test_actionlint_would_find(project: Path, file: str, old: str, new: str, finding: str) -> None:
    plant(project / file, old, new)
    ended = actionlint(project)
    assert ended.returncode == 1
    assert finding in ended.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        pytest.param(REPORT, CHECKOUT, "actions/checkout@v6", "error[unpinned-uses]", id="an action without a commit"),
        pytest.param(
            PUBLISH,
            'naru publish --stack "$STACK"',
            "naru publish --stack ${{ inputs.commit }}",
            "error[template-injection]",
            id="a value in a script",
        ),
        pytest.param(
            REPORT, "  pull_request:\n", "  pull_request_target:\n", "error[dangerous-triggers]",
            id="secrets on what nobody has reviewed",
        ),
        pytest.param(
            COMMENT, " # zizmor: ignore[dangerous-triggers]", " #", "error[dangerous-triggers]", id="writing after it"
        ),
        pytest.param(
            PUBLISH, "permissions: {}\n", "permissions: write-all\n", "error[excessive-permissions]", id="all rights"
        ),
        pytest.param(
            EXAMPLE, "    secrets:\n", "    secrets: inherit\n    was:\n",
            "[secrets-inherit]", id="all secrets handed on",
        ),
        pytest.param(
            EXAMPLE, "0" * 40 + " # main", "main", "error[unpinned-uses]",
            id="a workflow without a commit, in the example",
        ),
        pytest.param(
            ".github/dependabot.yml", "    cooldown: { default-days: 7 }\n", "", "[dependabot-cooldown]",
            id="updates on their first day",
        ),
    ],
)  # fmt: skip
def test_zizmor_would_find(project: Path, file: str, old: str, new: str, finding: str) -> None:
    plant(project / file, old, new)
    ended = zizmor(project)
    assert ended.returncode != 0
    assert finding in ended.stdout


def plant(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
