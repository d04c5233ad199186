"""How the processes of Argo CD are started."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.argocd import commands, names
from local.argocd.files import Files
from local.commands import EVERY, EXTRAS, ORDER
from local.places import Places
from local.ports import PREFERRED
from local.processes import Command
from local.toolchain.program import Program


@pytest.fixture
def every(places: Places, prepared: Files) -> dict[str, Command]:
    program = Program(Path("/bin/true"), "1", {"LD_LIBRARY_PATH": "/lib"})
    found = commands.every(places, PREFERRED, dict.fromkeys(names.PROCESSES, program))
    assert all(file.exists() for _, read in found for file in read)
    return {command.name: command for command, _ in found}


def test_every_process_has_its_place_after_those_of_the_control_plane(every: dict[str, Command]) -> None:
    assert tuple(every) == names.PROCESSES == EXTRAS["argocd"]
    assert (*ORDER, *names.PROCESSES) == EVERY


def test_everything_listens_on_loopback(every: dict[str, Command], prepared: Files) -> None:
    assert "bind 127.0.0.1" in prepared.redis.read_text(encoding="utf-8").splitlines()
    assert "--listen=127.0.0.1" in every[names.GIT].argv
    served = [word for word in every[names.REPO_SERVER].argv if word.startswith(("--address", "--metrics-address"))]
    assert served == ["--address=127.0.0.1", "--metrics-address=127.0.0.1"]
    assert not any("0.0.0.0" in word or "localhost" in word for one in every.values() for word in one.argv)


def test_each_is_told_apart_by_its_role_only(every: dict[str, Command]) -> None:
    roles = [(every[name].environment or {}).get("ARGOCD_BINARY_NAME") for name in names.PROCESSES]
    assert roles == [None, None, "argocd-repo-server", "argocd-application-controller"]


def test_cache_is_used_with_a_password_that_no_command_line_and_no_variable_holds(
    every: dict[str, Command], prepared: Files
) -> None:
    password = prepared.password()
    assert len(password) > 40
    assert f"requirepass {password}" in prepared.redis.read_text(encoding="utf-8").splitlines()
    said = [word for one in every.values() for word in (*one.argv, *(one.environment or {}).values())]
    assert not any(password in word for word in said)
    for name in (names.REPO_SERVER, names.CONTROLLER):
        assert (every[name].environment or {})["REDIS_CREDS_DIR_PATH"] == str(prepared.credentials)


def test_cache_finds_the_libraries_it_came_with(every: dict[str, Command]) -> None:
    assert every[names.REDIS].environment == {"LD_LIBRARY_PATH": "/lib"}


def test_repository_is_served_alone_and_not_written_to(every: dict[str, Command], prepared: Files) -> None:
    argv = every[names.GIT].argv
    assert "--strict-paths" in argv
    assert argv[-1] == str(prepared.repository)
    assert not any("enable" in word or "receive-pack" in word for word in argv)


def test_nothing_of_the_users_git_configuration_counts(every: dict[str, Command]) -> None:
    for name in (names.GIT, names.REPO_SERVER):
        told = every[name].environment or {}
        assert (told["GIT_CONFIG_GLOBAL"], told["GIT_CONFIG_NOSYSTEM"]) == ("/dev/null", "1")


def test_clones_and_credentials_stay_in_private_folders(every: dict[str, Command], prepared: Files) -> None:
    told = every[names.REPO_SERVER].environment or {}
    for variable in ("TMPDIR", "ARGOCD_ASK_PASS_SOCK", "ARGOCD_TLS_DATA_PATH", "ARGOCD_APP_CONF_PATH"):
        assert Path(told[variable]).is_relative_to(prepared.data)


def test_a_commit_is_seen_within_the_interval(every: dict[str, Command]) -> None:
    assert {"--app-resync=10", "--app-resync-jitter=0"} <= set(every[names.CONTROLLER].argv)
    assert "--revision-cache-expiration=10s" in every[names.REPO_SERVER].argv
