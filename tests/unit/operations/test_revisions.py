"""What is asked of Git about a base, and how it is told that it cannot be had."""

from pathlib import Path

import pytest

from operations.revisions import ask, commit_of, folder_in
from settings.faults import SettingsError
from tests.unit.operations.diff.repository import Repository


def test_without_git_it_is_a_fault_of_the_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match=r"^--base: git is not installed; it is needed to read the base$"):
        ask(tmp_path, "status")


def test_folder_is_where_it_is_below_its_repository(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write("infra/Pulumi.yaml", "")
    assert (folder_in(tmp_path), folder_in(tmp_path / "infra")) == ("", "infra/")


def test_what_is_no_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SettingsError, match=r"is not in a Git repository; a base is a commit, branch or tag of one$"):
        folder_in(tmp_path)


def test_repository_that_git_does_not_read_is_told_with_its_reason(tmp_path: Path) -> None:
    Repository(tmp_path).write(".git/config", "[core]\n\trepositoryformatversion = 99\n")
    with pytest.raises(SettingsError, match=r"git does not read the repository of .*: fatal: .* version"):
        folder_in(tmp_path)


def test_commit_is_there_or_is_not(tmp_path: Path) -> None:
    commit = Repository(tmp_path).commit()
    assert (commit_of(tmp_path, "main"), commit_of(tmp_path, "nowhere")) == (commit, "")
