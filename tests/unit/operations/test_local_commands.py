"""The embedded control plane from the command line."""

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.plane import ArgoCD, ControlPlane, PlaneError, ProcessStatus
from local.progress import Progress, Step
from local.toolchain import ToolchainError
from operations import local_commands
from operations.__main__ import main
from operations.exits import Exit

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


class FakePlane:
    """A control plane that remembers what it was asked."""

    def __init__(self, root: Path) -> None:
        self.kubeconfig = root / "kubeconfig"
        self.asked: list[tuple[str, Any]] = []
        self.failure: Exception | None = None
        self.running = True
        self.beside: ArgoCD | None = None

    def up(
        self, *, progress: Progress, storage_classes: list[str], ingress_classes: list[str], extras: Iterable[str]
    ) -> Path:
        progress(Step("build etcd", 1, 2, 30))
        if self.failure is not None:
            raise self.failure
        self.asked.append(("up", (storage_classes, ingress_classes)))
        if "argocd" in extras:
            self.beside = ArgoCD("git://127.0.0.1:26418/naru.git", self.kubeconfig.with_name("naru.git"))
        return self.kubeconfig

    @property
    def argocd(self) -> ArgoCD:
        if self.beside is None:
            raise PlaneError("argocd does not run")
        return self.beside

    def pulumi_environment(self, progress: Progress) -> dict[str, str]:
        self.asked.append(("pulumi_environment", progress))
        return {}

    def down(self, *, delete: bool) -> None:
        self.asked.append(("down", delete))

    def status(self) -> list[ProcessStatus]:
        up = ProcessStatus("etcd", running=True, pid=7, port=2379, version="3.6.11")
        return [up, ProcessStatus("kwok", running=self.running, pid=8)]


@pytest.fixture
def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePlane:
    fake = FakePlane(tmp_path)
    monkeypatch.setattr(local_commands, "ControlPlane", lambda _: fake)
    return fake


def test_up_asks_for_the_classes_the_stack_names(project: Project, plane: FakePlane, capsys: Capture) -> None:
    root = project("local")
    file = root / "Pulumi.test.yaml"
    file.write_text(file.read_text() + "    storageClass: fast\n    ingressClass: traefik\n", encoding="utf-8")
    assert main(["local", "up", "--stack", "test"]) == Exit.OK
    captured = capsys.readouterr()
    assert plane.asked[0] == ("up", (["fast"], ["traefik"]))
    assert captured.out == f"KUBECONFIG={plane.kubeconfig}\n"
    assert "[1/2] build etcd, some 30 s" in captured.err


def test_up_runs_argo_cd_where_asked_to_and_says_where_to_push(
    project: Project, plane: FakePlane, capsys: Capture
) -> None:
    project("local")
    assert main(["local", "up", "--stack", "test"]) == Exit.OK
    assert plane.beside is None
    assert "Argo CD" not in capsys.readouterr().err
    assert main(["local", "up", "--stack", "test", "--with", "argocd"]) == Exit.OK
    captured = capsys.readouterr()
    repository = plane.kubeconfig.with_name("naru.git")
    assert f"Argo CD reads git://127.0.0.1:26418/naru.git; push to {repository}\n" in captured.err
    assert captured.out == f"KUBECONFIG={plane.kubeconfig}\n"
    assert main(["local", "status", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["argocd"] == {"url": "git://127.0.0.1:26418/naru.git", "repository": str(repository)}


def test_nothing_else_runs_beside_the_control_plane(project: Project, plane: FakePlane, capsys: Capture) -> None:
    project("local")
    assert main(["local", "up", "--stack", "test", "--with", "flux"]) == Exit.USAGE
    assert "'flux'" in capsys.readouterr().err
    assert plane.asked == []


def test_up_refuses_a_stack_of_another_tier(project: Project, plane: FakePlane, capsys: Capture) -> None:
    project("staging")
    assert main(["local", "up", "--stack", "test"]) == Exit.REFUSED
    assert "only the tier local runs here" in capsys.readouterr().err
    assert plane.asked == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ToolchainError("Go is needed: install it"), Exit.REFUSED),
        (PlaneError("etcd has ended:\nno space"), Exit.FAILED),
    ],
    ids=["no Go", "does not start"],
)
def test_what_keeps_it_from_starting_is_told_without_a_traceback(
    failure: Exception, code: Exit, project: Project, plane: FakePlane, capsys: Capture
) -> None:
    project("local")
    plane.failure = failure
    assert main(["local", "up", "--stack", "test"]) == code
    captured = capsys.readouterr()
    assert captured.err.endswith(f"{failure}\n")
    assert captured.out == ""


@pytest.mark.parametrize(("words", "delete"), [([], False), (["--delete"], True)])
def test_down_deletes_data_only_where_asked_to(
    words: list[str], delete: bool, project: Project, plane: FakePlane
) -> None:
    project("local")
    assert main(["local", "down", *words]) == Exit.OK
    assert plane.asked == [("down", delete)]


def test_status_fails_where_a_process_does_not_run(project: Project, plane: FakePlane, capsys: Capture) -> None:
    project("local")
    assert main(["local", "status"]) == Exit.OK
    assert "pid 7, port 2379, 3.6.11" in capsys.readouterr().out
    plane.running = False
    assert main(["local", "status", "--json"]) == Exit.FAILED
    found = json.loads(capsys.readouterr().out)
    assert (found["running"], [process["running"] for process in found["processes"]]) == (False, [True, False])


def test_on_a_terminal_each_step_has_a_bar_with_the_time_it_takes(tmp_path: Path) -> None:
    stream = io.StringIO()
    with local_commands.bars(Console(file=stream, force_terminal=True, width=120)) as progress:
        progress(Step("build kube-apiserver 1.36.3", 1, 2, 200))
        progress(Step("start etcd", 2, 2, 1))
    shown = stream.getvalue()
    assert "build kube-apiserver 1.36.3" in shown
    assert "of some 200 s" in shown
    assert "start etcd" in shown


def test_the_control_plane_is_the_one_of_the_project(tmp_path: Path) -> None:
    assert ControlPlane(tmp_path).kubeconfig.is_relative_to(tmp_path / ".naru")
