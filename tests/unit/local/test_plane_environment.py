"""The variables Pulumi runs with, and how steps are shown."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from local import environment
from local.commands import ORDER
from local.plane import ControlPlane, PlaneError
from local.progress import Step, lines


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tools"
    monkeypatch.setattr(environment, "ensure", lambda names, progress: {name: folder / name for name in names})
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "users-own"))
    return folder


def official(home: Path, version: str) -> Path:
    folder = home / "plugins" / f"resource-kubernetes-v{version}"
    folder.mkdir(parents=True)
    (folder / "pulumi-resource-kubernetes").touch(mode=0o755)
    return folder


def test_interpreter_comes_first_then_tools_then_provider(tools: Path, tmp_path: Path) -> None:
    path = ControlPlane(tmp_path).pulumi_environment()["PATH"].split(os.pathsep)
    assert path[:3] == [str(Path(sys.executable).parent), str(tools), str(tmp_path / ".naru" / "bin")]
    assert path[3:] == os.environ["PATH"].split(os.pathsep)
    assert os.access(tmp_path / ".naru" / "bin" / "pulumi-resource-kubernetes", os.X_OK)


def test_everything_pulumi_keeps_is_under_the_checkout(tools: Path, tmp_path: Path) -> None:
    variables = ControlPlane(tmp_path).pulumi_environment()
    home = tmp_path / ".naru"
    assert variables["PULUMI_HOME"] == str(home / "pulumi-home")
    assert variables["PULUMI_BACKEND_URL"] == f"file://{home}/state"
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(home / "passphrase")
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_passphrase_is_made_once_and_private(tools: Path, tmp_path: Path) -> None:
    ControlPlane(tmp_path).pulumi_environment()
    file = tmp_path / ".naru" / "passphrase"
    before = file.read_text(encoding="utf-8")
    variables = ControlPlane(tmp_path).pulumi_environment()
    assert file.read_text(encoding="utf-8") == before
    assert len(before) >= 32
    assert before not in variables.values()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_official_provider_is_preferred_and_the_newest_of_it(tools: Path, tmp_path: Path) -> None:
    home = tmp_path / "users-own"
    official(home, "4.9.1")
    newest = official(home, "4.30.0")
    official(home, "4.30.0-alpha.1")
    (home / "plugins" / "resource-kubernetes-v5.0.0").mkdir()
    assert environment.official_provider(home) == newest
    path = ControlPlane(tmp_path).pulumi_environment()["PATH"].split(os.pathsep)
    assert path[2] == str(newest)
    assert not (tmp_path / ".naru" / "bin").exists()


def test_folder_that_is_on_path_already_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(["/first", "/second"]))
    path = environment.search_path([Path("/second"), tmp_path, tmp_path])
    assert path.split(os.pathsep) == [str(Path(sys.executable).parent), str(tmp_path), "/first", "/second"]


def test_control_plane_that_never_was_is_down(tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path)
    assert [process.running for process in plane.status()] == [False] * len(ORDER)
    with pytest.raises(PlaneError, match="naru local up"):
        assert plane.sealing_url
    plane.down(delete=True)
    assert list(tmp_path.iterdir()) == []


def test_steps_are_plain_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    progress = lines(stream)
    progress(Step("build etcd 3.6.11", 1, 2, 30))
    progress(Step("start the nodes", 2, 2, 1))
    assert stream.getvalue() == "[1/2] build etcd 3.6.11, some 30 s\n[2/2] start the nodes\n"
