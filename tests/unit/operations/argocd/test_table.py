"""The Applications of a stack as people and scripts read them, and what comes next."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from operations.argocd.control import Applications
from operations.argocd.state import application
from operations.argocd.table import Row, application_table, next_lines, rows
from settings.stack import Stack
from tests.builders import a_service, a_stack, a_system
from tests.unit.operations.fake_stack import FakeServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FOLDER = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"


@pytest.fixture
def stack() -> Stack:
    argocd = {"repository": "https://git.example.com/deployments.git"}
    return a_stack(a_system(a_service()), delivery="gitops", argocd=argocd)


def live(name: str, project: str, wave: int = 0, **status: Any) -> dict[str, Any]:
    annotations = {"argocd.argoproj.io/sync-wave": str(wave)}
    return {"metadata": {"name": name, "annotations": annotations}, "spec": {"project": project}, "status": status}


def shown(*found: Row) -> str:
    console = Console(width=200, file=StringIO())
    console.print(application_table(found))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_parent_is_followed_by_its_children_in_the_order_they_are_moved(stack: Stack) -> None:
    server = FakeServer()
    server.objects[f"{FOLDER}/dev-demo"] = live("dev-demo", "dev")
    server.lists[FOLDER] = [
        live("dev-demo", "dev"),
        live("dev-main-demo-workloads", "dev-demo", 1),
        live("dev-main-demo-foundation", "dev-demo", 0),
        live("other-demo", "other"),
    ]
    assert stack.environment.argocd is not None
    found = rows(Applications(server, stack, stack.environment.argocd), stack, ["demo", "late"])  # type: ignore[arg-type]
    assert [row.name for row in found] == [
        "dev-demo",
        "dev-main-demo-foundation",
        "dev-main-demo-workloads",
        "dev-late",
    ]
    assert [row.application is None for row in found] == [False, False, False, True]


def test_table_shows_sync_health_commit_and_what_is_wrong() -> None:
    status: dict[str, Any] = {
        "sync": {"status": "OutOfSync", "revision": COMMIT},
        "health": {"status": "Degraded"},
        "conditions": [{"type": "ComparisonError", "message": "no such [branch]"}],
    }
    text = shown(Row("demo", "dev-demo", application(live("dev-demo", "dev", **status))))
    for word in ("demo", "dev-demo", "OutOfSync", "Degraded", COMMIT[:12], "no such [branch]"):
        assert word in text
    assert COMMIT not in text


def test_application_that_is_not_there_yet_says_so() -> None:
    row = Row("demo", "dev-demo", None)
    assert "not there yet" in shown(row)
    assert row.as_json() == {"system": "demo", "name": "dev-demo", "there": False}


def test_application_that_nobody_compared_yet_says_so() -> None:
    assert "not compared yet" in shown(Row("demo", "dev-demo", application(live("dev-demo", "dev"))))


@pytest.mark.parametrize(
    ("systems", "lines"),
    [
        (
            {"a": True, "b": True},
            ["next: `naru publish --stack dev` writes the files to env/dev, which Argo CD applies"],
        ),
        (
            {"a": False, "b": False},
            [
                "next: `naru publish --stack dev` writes the files to env/dev",
                "then: `naru sync --stack dev` has Argo CD apply what is synced by hand",
            ],
        ),
        (
            {"a": True, "b": False},
            [
                "next: `naru publish --stack dev` writes the files to env/dev, which Argo CD applies",
                "then: `naru sync --stack dev b` has Argo CD apply what is synced by hand",
            ],
        ),
    ],
    ids=["by themselves", "by hand", "some by hand"],
)
def test_what_comes_next_depends_on_who_syncs(stack: Stack, systems: dict[str, bool], lines: list[str]) -> None:
    assert stack.environment.argocd is not None
    assert next_lines(stack, stack.environment.argocd, systems) == lines
