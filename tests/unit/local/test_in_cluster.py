"""How a process gets a service account on a machine that is no cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import in_cluster
from local.errors import PlaneError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH but what a test puts into the folder."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    return commands


def unshare(machine: Path, *, allows: str, says: str = "") -> Path:
    """Put an `unshare` there that allows one set of options, and otherwise says why not."""
    command = machine / "unshare"
    script = f'#!/bin/sh\ncase "$*" in "{allows} /bin/sh -c"*) exit 0;; esac\necho "unshare: {says}" >&2\nexit 1\n'
    command.write_text(script, encoding="utf-8")
    command.chmod(0o755)
    return command


@pytest.mark.parametrize("options", [("-m",), ("-r", "-m")])
def test_user_namespace_is_made_only_where_there_is_no_right_to_mount(
    machine: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    command = unshare(machine, allows=" ".join(options))
    words = in_cluster.launcher(tmp_path)
    assert words[: 1 + len(options)] == (str(command), *options)
    assert words[-2:] == ("/var/run/secrets/kubernetes.io/serviceaccount", str(tmp_path))


def test_forbidden_namespaces_are_told_with_both_ways_out(machine: Path, tmp_path: Path) -> None:
    unshare(machine, allows="nothing", says="unshare failed: Operation not permitted")
    with pytest.raises(PlaneError) as refused:
        in_cluster.launcher(tmp_path)
    message = str(refused.value)
    assert "Operation not permitted" in message
    assert "unprivileged_userns" in message
    assert f"ln -sfn {tmp_path} /var/run/secrets/kubernetes.io/serviceaccount" in message
    assert "\n" not in message


def test_system_without_unshare_is_told_the_way_by_hand(machine: Path, tmp_path: Path) -> None:
    with pytest.raises(PlaneError, match=r"unshare \(util-linux, on Linux only\) is not installed.* sudo ln -sfn "):
        in_cluster.launcher(tmp_path)


def test_link_that_leads_there_already_is_enough(machine: Path, tmp_path: Path) -> None:
    folder, account = tmp_path / "folder", tmp_path / "account"
    folder.mkdir()
    account.symlink_to(folder)
    assert in_cluster.launcher(folder, account) == ()


def test_link_to_another_folder_is_not(machine: Path, tmp_path: Path) -> None:
    folder, account = tmp_path / "folder", tmp_path / "account"
    folder.mkdir()
    account.symlink_to(tmp_path)
    with pytest.raises(PlaneError):
        in_cluster.launcher(folder, account)
