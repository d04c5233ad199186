"""Git as a program: what it is told, what comes back, and that it never waits for ever."""

import os
import time
from pathlib import Path

import pytest

from operations import git
from operations.git import GitError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git.read(tmp_path, "init", "--quiet", ".")
    return tmp_path


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a `git` of our own on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def ends(status: Path) -> bool:
    """Tell whether a process comes to its end, by its file in /proc."""
    for _ in range(50):
        try:
            if status.read_text(encoding="utf-8").rpartition(") ")[2][0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


def test_words_come_back(repository: Path) -> None:
    assert git.read(repository, "rev-parse", "--is-inside-work-tree").text == "true"
    assert git.run(repository, "rev-parse", "--verify", "--quiet", "nowhere").code == 1


def test_failure_is_one_line(repository: Path) -> None:
    with pytest.raises(GitError, match=r"^fatal: Needed a single revision$"):
        git.read(repository, "rev-parse", "--verify", "nowhere")


def test_input_is_given(repository: Path) -> None:
    assert git.read(repository, "hash-object", "--stdin", feed=b"x").text == "c1b0730e0133447badcfd47fd144e254807b06e1"


def test_messages_are_in_english_and_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/elsewhere/index")
    fake(tmp_path, monkeypatch, "env")
    said = git.read(tmp_path, "status").text.splitlines()
    assert {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"} <= set(said)
    assert not [line for line in said if line.startswith(("GIT_DIR=", "GIT_INDEX_FILE="))]


def test_configuration_of_the_environment_stays_and_wins(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "from the environment")
    config = [("user.name", "of a checkout"), ("user.email", "of a checkout")]
    assert git.read(repository, "config", "user.name", config=config).text == "from the environment"
    assert git.read(repository, "config", "user.email", config=config).text == "of a checkout"
    assert git.read(repository, "config", "core.hooksPath").text == os.devnull


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(GitError, match=r"^no answer within 1 s$"):
        git.run(tmp_path, "fetch", seconds=1)
    child = (tmp_path / "child").read_text(encoding="utf-8").strip()
    assert ends(Path(f"/proc/{child}/stat"))


def test_what_it_leaves_running_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "echo done; echo why >&2; sleep 2 >/dev/null &")
    ended = git.run(tmp_path, "fetch", seconds=60)
    assert (ended.text, ended.reason) == ("done", "why")


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match=r"^git is not installed$"):
        git.run(tmp_path, "status")
    with pytest.raises(GitError, match=r"is no folder$"):
        git.run(tmp_path / "nowhere", "status")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "fatal: unable to access 'https://me:t0ken@example.com/x/'",
            "fatal: unable to access 'https://example.com/x/'",
        ),
        ("two\nlines", "two lines"),
        ("\x1b[31mred\x1b[0m\x07", "red"),
        ("git@example.com:team/x.git", "git@example.com:team/x.git"),
    ],
)
def test_what_is_shown_has_no_credentials_and_moves_no_cursor(text: str, line: str) -> None:
    assert git.shown(text) == line


def test_reason_is_the_first_line_that_is_one() -> None:
    errors = "warning: redirecting\nhint: try\n\nssh: no such host\nfatal: Could not read from remote repository.\n"
    assert git.Ended(128, b"", errors).reason == "ssh: no such host"
    assert git.Ended(3, b"", "").reason == "git ended with the code 3"
    assert len(git.Ended(1, b"", "x" * 1000).reason) == 300
