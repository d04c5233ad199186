"""What is asked for before anything is built or started."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.argocd import programs
from local.plane import ControlPlane, PlaneError
from local.toolchain import ToolchainError, debian
from local.toolchain.program import Program


@pytest.fixture
def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """A control plane on a machine with nothing: whatever it would build it would say so."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return ControlPlane(tmp_path)


def test_what_does_not_exist_is_told_with_what_does(plane: ControlPlane) -> None:
    with pytest.raises(PlaneError, match=r"^nothing called flux runs beside the control plane; there is: argocd$"):
        plane.up(extras=["flux"])


def test_missing_git_is_told_before_anything_is_built(plane: ControlPlane) -> None:
    with pytest.raises(ToolchainError, match=r"no git on PATH: install Git"):
        plane.up(extras=["argocd"])


def test_git_that_serves_nothing_is_told(plane: ControlPlane, tmp_path: Path) -> None:
    git = tmp_path / "bin" / "git"
    git.write_text(f"#!/bin/sh\necho {tmp_path}\n", encoding="utf-8")
    git.chmod(0o755)
    with pytest.raises(ToolchainError, match=r"git-daemon is missing: install git-daemon"):
        plane.up(extras=["argocd"])


def test_missing_cache_is_told_before_anything_is_built(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_git_daemon", lambda: Program(Path("/bin/true"), "2.39.5"))
    with pytest.raises(ToolchainError, match=r"apt-get install redis-server"):
        plane.up(extras=["argocd"])


def test_argo_cd_is_built_before_anything_is_started(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_git_daemon", lambda: Program(Path("/bin/true"), "2.39.5"))
    monkeypatch.setattr(debian, "redis_server", lambda _: Program(Path("/bin/true"), "7.0.15"))
    with pytest.raises(ToolchainError, match=r"Go is needed to build argocd"):
        plane.up(extras=["argocd"])
    assert plane.status()
    assert not any(process.running for process in plane.status())


def test_argo_cd_that_was_not_asked_for_is_no_part_of_the_control_plane(plane: ControlPlane) -> None:
    assert not any(process.name.startswith("argocd") for process in plane.status())
    with pytest.raises(PlaneError, match=r"does not run: `naru local up --with argocd` starts it"):
        _ = plane.argocd
