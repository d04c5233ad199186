"""The program itself, on a small project and under mocks."""

import runpy
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.stack_resources import ONLY, named
from operations.render import render
from settings.loading import load
from tests.assembled import ROOT
from tests.projects import Project
from tests.unit.components.conftest import Recorded


@pytest.fixture
def program(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    shutil.copy(ROOT / "__main__.py", tmp_path)
    return project


def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Run the program for the stack dev and return what it registered."""
    recorded = Recorded()
    mocks.set_mocks(recorded, project="naru", stack="dev")
    monkeypatch.setattr("sys.path", [])

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def main() -> Any:
        runpy.run_path(str(project.root / "__main__.py"), run_name="naru")

    main()
    return recorded


def test_program_registers_its_stack(program: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [args.name for args in run(program, monkeypatch).objects if args.typ.endswith(":Deployment")] != []


@pytest.mark.parametrize(
    ("said", "systems"), [("dev:mail", {"mail"}), ("prod:mail", {"mail", "shop"}), ("", {"mail", "shop"})]
)
def test_program_registers_the_systems_that_naru_says_of_its_stack(
    said: str, systems: set[str], program: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ONLY, said)
    registered = run(program, monkeypatch).resources
    assert {args.name.partition("/")[2] for args in registered if args.typ == "naru:system:System"} == systems


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("dev:mail,shop:", (("mail", "shop"), ())),
        ("dev::seoul", ((), ("seoul",))),
        ("dev:mail:seoul,tokyo", (("mail",), ("seoul", "tokyo"))),
        ("prod:mail:seoul", ((), ())),
        ("dev", ((), ())),
        ("", ((), ())),
    ],
)
def test_what_naru_says_is_heard_of_the_own_stack_alone(
    said: str, expected: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    assert named(said, "dev") == expected


def test_program_registers_the_clusters_that_naru_says(program: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "main: { context: dev, region: seoul, primary: true }\n      far: { context: far, region: tokyo }"
    program.change("Pulumi.dev.yaml", "main: { context: dev, region: seoul }", more)
    program.change("catalog/mail.yaml", "description: Mail\n", "description: Mail\nclusters: all\n")
    program.change("catalog/mail.yaml", "    dependsOn: [shop/api]\n", "")
    monkeypatch.setenv(ONLY, "dev::far")
    registered = run(program, monkeypatch).resources
    assert {args.name.partition("/")[0] for args in registered} >= {"far"}
    assert [args.name for args in registered if args.name.partition("/")[0] == "main"] == []


@pytest.fixture
def by_git(program: Project) -> Project:
    """The program on a stack that Argo CD deploys."""
    argocd = "delivery: gitops\n    argocd: { repository: 'https://git.example.com/deployments.git' }"
    program.change("Pulumi.dev.yaml", "tier: development", f"tier: development\n    {argocd}")
    return program


def test_program_completes_the_files_of_what_it_registered(by_git: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run(by_git, monkeypatch)
    render(load(by_git.root, "dev").stack, by_git.root / "out")
    assert files_in(by_git.root / "rendered" / "dev") == files_in(by_git.root / "out")


def test_program_writes_nothing_in_a_preview(by_git: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    run(by_git, monkeypatch)
    assert not (by_git.root / "rendered").exists()


def test_program_of_a_direct_stack_writes_nothing(program: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run(program, monkeypatch)
    assert not (program.root / "rendered").exists()


def test_program_completes_the_files_of_the_systems_that_naru_says(
    by_git: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ONLY, "dev:mail")
    run(by_git, monkeypatch)
    found = files_in(by_git.root / "rendered" / "dev")
    assert {path.split("/")[1] for path in found if path.count("/") == 4} == {"applications", "common", "mail"}
    assert [path for path in found if "shop" in path] == []


def test_program_says_in_one_line_what_it_cannot_write(by_git: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (by_git.root / "rendered").touch()
    with pytest.raises(pulumi.RunError, match="rendered/dev: Not a directory"):
        run(by_git, monkeypatch)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_program_refuses_a_secret_that_is_not_sealed_before_it_registers_anything(
    program: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.change("Pulumi.dev.yaml", "mutableTags: true", "mutableTags: true, secrets: sealed")
    registered: list[Any] = []
    monkeypatch.setattr(Recorded, "new_resource", lambda _, args: registered.append(args))
    with pytest.raises(pulumi.RunError, match="naru seal shop/db --stack dev"):
        run(program, monkeypatch)
    assert registered == []


def test_program_refuses_settings_that_do_not_fit_together(program: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    program.change("catalog/shop.yaml", "dependsOn: [store]", "dependsOn: [stoer]")
    with pytest.raises(pulumi.RunError, match='did you mean "store"'):
        run(program, monkeypatch)
