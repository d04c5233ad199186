"""What Argo CD's processes read when they start, and the repository."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from local.argocd import files
from local.argocd.files import Files
from local.errors import PlaneError
from local.ports import PREFERRED


def test_what_is_prepared_is_for_the_user_alone(prepared: Files) -> None:
    found = [prepared.data, prepared.served, *prepared.data.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()} == {0o600}


def test_preparing_twice_changes_nothing(prepared: Files) -> None:
    before = {path: path.stat().st_mtime_ns for path in prepared.data.rglob("*") if path.is_file()}
    (prepared.repository / "mark").touch()
    files.prepare(prepared, dict(PREFERRED))
    assert {path: path.stat().st_mtime_ns for path in prepared.data.rglob("*") if path.is_file()} == before
    assert (prepared.repository / "mark").exists()


def test_repository_is_bare_and_empty(prepared: Files) -> None:
    words = ["git", "-C", str(prepared.repository), "rev-parse", "--is-bare-repository"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "true\n"
    assert not list((prepared.repository / "refs").rglob("*/*"))
    assert not (prepared.repository / "hooks").exists()


def test_repository_outlives_the_data_of_the_cluster(prepared: Files) -> None:
    assert not prepared.repository.is_relative_to(prepared.data.parent)
    assert prepared.url(26418) == "git://127.0.0.1:26418/naru.git"


def test_repository_that_cannot_be_made_is_told_in_one_line(prepared: Files, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PlaneError, match=r"^cannot make the repository .*file/git/naru\.git: \S+") as error:
        files._make(file / "git" / "naru.git")
    assert "\n" not in str(error.value)


def test_name_of_a_socket_is_never_longer_than_systems_have_room_for(tmp_path: Path) -> None:
    near = Files(tmp_path / "a", tmp_path)
    far = Files(tmp_path / ("b" * 120), tmp_path)
    other = Files(tmp_path / ("c" * 120), tmp_path)
    assert near.socket.parent == near.data
    assert len(os.fsencode(far.socket)) < 104
    assert far.socket != other.socket
