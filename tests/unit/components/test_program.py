"""The program itself, on a small project and under mocks."""

import runpy
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.stack_resources import ONLY
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
