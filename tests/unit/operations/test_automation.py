"""The engine's operations on one stack: its state, its stack file, its locks."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.stack_resources import ONLY
from operations.automation import Engine, EngineError, Request
from operations.engine_command import EngineCommand
from operations.exits import Exit, Stop
from tests.unit.operations.conftest import FakePulumi

PENDING = {
    "version": 3,
    "deployment": {
        "resources": [],
        "pending_operations": [
            {
                "type": "creating",
                "resource": {"type": "kubernetes:core/v1:Namespace", "urn": "urn:pulumi:test::naru::k::a"},
            }
        ],
    },
}
ABSENT = "sys.stderr.write(\"error: no stack named 'test' found\"); sys.exit(1)"
HISTORY = (
    'print(json.dumps([{"kind": "update", "startTime": "2024-01-01T00:00:00.000Z", "message": "", "environment": {}, '
    '"config": {}, "result": "succeeded"}]))'
)
LOCKED = """
lock = here / "lock"
if lock.exists():
    sys.stderr.write("error: the stack is currently locked by 1 lock(s).")
    sys.stderr.write("\\n  file:///x: created by me@HOST (pid PID) at now")
    sys.exit(1)
"""

Project = Callable[..., Path]


def nothing(*_: Any) -> None: ...


@pytest.fixture
def engine(pulumi: FakePulumi, project: Project) -> Callable[..., tuple[Engine, list[str]]]:
    def build(*, own: bool = True) -> tuple[Engine, list[str]]:
        root = project("local" if own else "staging")
        pulumi.answers("stack-output", "print('{}')")
        pulumi.answers("stack-history", HISTORY)
        told: list[str] = []
        log = root / "log"
        log.touch()
        command = EngineCommand({}, told.append)
        return Engine(root, "test", command, log, told.append, {}, own), told

    return build


Build = Callable[..., tuple[Engine, list[str]]]


def lock(pulumi: FakePulumi, *, pid: int, host: str | None = None) -> None:
    (pulumi.folder / "lock").touch()
    text = LOCKED.replace("HOST", host or os.uname().nodename).replace("PID", str(pid))
    for command in ("up", "stack-import"):
        pulumi.answers(command, text)
    pulumi.answers("cancel", "(here / 'lock').unlink()")


def ended_process() -> int:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid


def test_the_state_is_read_without_showing_secrets(engine: Build, pulumi: FakePulumi) -> None:
    pulumi.answers("stack-export", """print('{"deployment": {"resources": []}}')""")
    assert engine()[0].deployed().objects == 0
    assert pulumi.calls == [["stack", "export", "--stack", "test"]]


def test_a_stack_that_is_not_there_is_created_and_not_selected(engine: Build, pulumi: FakePulumi) -> None:
    pulumi.answers("stack-export", ABSENT)
    assert engine(own=False)[0].deployed().objects == 0
    assert pulumi.calls[-1] == ["stack", "init", "test", "--no-select"]


def test_a_state_that_is_only_looked_at_stays_as_it_is(engine: Build, pulumi: FakePulumi) -> None:
    built, _ = engine()
    pulumi.answers("stack-export", ABSENT)
    assert built.known().objects == 0
    pulumi.answers("stack-export", f"print(json.dumps({PENDING!r}))")
    assert built.known().pending != []
    assert [words[:2] for words in pulumi.calls] == [["stack", "export"]] * 2
    pulumi.answers("stack-export", "sys.stderr.write('error: not logged in'); sys.exit(1)")
    with pytest.raises(Stop, match="cannot read the state of test: not logged in"):
        built.known()


def test_creating_the_embedded_stack_leaves_the_tracked_stack_file_alone(engine: Build, pulumi: FakePulumi) -> None:
    pulumi.answers("stack-export", ABSENT)
    salt = "with open('Pulumi.test.yaml', 'a') as file: file.write('encryptionsalt: v1:abc\\n')"
    pulumi.answers("stack-init", salt)
    built, _ = engine()
    tracked = (built.root / "Pulumi.test.yaml").read_text(encoding="utf-8")
    built.deployed()
    assert (built.root / "Pulumi.test.yaml").read_text(encoding="utf-8") == tracked
    copy = built.root / ".naru" / "stacks" / "Pulumi.test.yaml"
    assert copy.read_text(encoding="utf-8") == f"{tracked}encryptionsalt: v1:abc\n"
    built.up(Request(), nothing)
    up = next(words for words in pulumi.calls if words[0] == "up")
    assert up[up.index("--config-file") + 1] == str(copy)


def test_the_copy_follows_the_tracked_stack_file_and_keeps_its_own_salt(engine: Build, pulumi: FakePulumi) -> None:
    built, _ = engine()
    copy = built.root / ".naru" / "stacks" / "Pulumi.test.yaml"
    copy.parent.mkdir(parents=True)
    copy.write_text("config: {}\nencryptionsalt: v1:mine\n", encoding="utf-8")
    (built.root / "Pulumi.test.yaml").write_text("config: {a: b}\nencryptionsalt: v1:theirs\n", encoding="utf-8")
    built.up(Request(), nothing)
    assert copy.read_text(encoding="utf-8") == "config: {a: b}\nencryptionsalt: v1:mine\n"
    assert pulumi.calls


def test_a_real_stack_uses_its_own_stack_file(engine: Build, pulumi: FakePulumi) -> None:
    engine(own=False)[0].up(Request(), nothing)
    assert not any("--config-file" in words for words in pulumi.calls)


def test_no_operation_changes_which_stack_is_selected(engine: Build, pulumi: FakePulumi) -> None:
    engine()[0].up(Request(), nothing)
    assert not any("select" in words for words in pulumi.calls)


def test_an_update_stops_at_a_failure_and_leaves_excluded_resources_alone(engine: Build, pulumi: FakePulumi) -> None:
    engine()[0].up(Request(exclude=["**::main/ams"], refresh=True), nothing)
    [words] = [words for words in pulumi.calls if words[0] == "up"]
    assert {"--refresh", "--skip-preview"} <= set(words)
    # The engine would delete what is declared no more, though what uses it could not be updated.
    assert "--continue-on-error" not in words
    assert words[words.index("--exclude") + 1] == "**::main/ams"


def test_program_is_told_which_systems_alone_it_has_to_register_and_a_variable_of_the_users_is_not_heard(
    engine: Build, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ONLY, "test:mail")
    pulumi.answers("up", f"(here / 'only').open('a').write(os.environ['{ONLY}'] + ';')")
    built, _ = engine()
    built.up(Request(exclude=["**::main/ams"], systems=["shop", "mail"]), nothing)
    built.up(Request(), nothing)
    built.up(Request(clusters=["seoul"]), nothing)
    built.up(Request(systems=["mail"], clusters=["seoul"]), nothing)
    said = (pulumi.folder / "only").read_text(encoding="utf-8")
    assert said == "test:shop,mail;;test::seoul;test:mail:seoul;"


def test_update_that_leaves_out_what_is_declared_no_more_takes_one_resource_at_a_time(
    engine: Build, pulumi: FakePulumi
) -> None:
    built, _ = engine()
    built.up(Request(exclude=["**::main/ams"], serial=True), nothing)
    built.up(Request(), nothing)
    serial, parallel = (words for words in pulumi.calls if words[0] == "up")
    assert serial[serial.index("--parallel") + 1] == "1"
    assert "--parallel" not in parallel


def test_nothing_is_refreshed_unless_asked_for(engine: Build, pulumi: FakePulumi) -> None:
    engine()[0].up(Request(), nothing)
    assert not any("--refresh" in words for words in pulumi.calls)


def test_a_failed_update_gives_the_engines_reason_and_keeps_its_words_in_the_log(
    engine: Build, pulumi: FakePulumi
) -> None:
    pulumi.answers("up", "print('details'); sys.stderr.write('warning: x\\nerror: update failed'); sys.exit(255)")
    built, _ = engine()
    with pytest.raises(EngineError, match=r"^update failed$"):
        built.up(Request(), nothing)
    assert "details" in built.log.read_text(encoding="utf-8")


def test_the_lock_of_a_process_that_died_is_taken_away(engine: Build, pulumi: FakePulumi) -> None:
    lock(pulumi, pid=ended_process())
    built, told = engine()
    built.up(Request(), nothing)
    assert told == ["the last run died at work: its lock is taken away"]
    assert [words[0] for words in pulumi.calls][:3] == ["up", "cancel", "up"]


def test_the_lock_of_another_machine_stays(engine: Build, pulumi: FakePulumi) -> None:
    lock(pulumi, pid=ended_process(), host="elsewhere")
    with pytest.raises(Stop, match="another update of test is at work") as stop:
        engine()[0].up(Request(), nothing)
    assert stop.value.code is Exit.FAILED
    assert (pulumi.folder / "lock").exists()


def test_the_lock_of_a_real_stack_stays(engine: Build, pulumi: FakePulumi) -> None:
    lock(pulumi, pid=ended_process())
    with pytest.raises(Stop, match="pulumi cancel --stack test"):
        engine(own=False)[0].up(Request(), nothing)
    assert (pulumi.folder / "lock").exists()


def test_what_an_interrupted_update_had_begun_is_forgotten_even_behind_a_dead_lock(
    engine: Build, pulumi: FakePulumi
) -> None:
    pulumi.answers("stack-export", f"print(json.dumps({PENDING!r}))")
    lock(pulumi, pid=ended_process())
    with (pulumi.folder / "stack-import.py").open("a") as answer:
        answer.write(
            "file = words[words.index('--file') + 1]\n(here / 'imported').write_text(Path(file).read_text())\n"
        )
        answer.write("(here / 'mode').write_text(oct(os.stat(file).st_mode & 0o777))\n")
    built, told = engine()
    built.deployed()
    assert '"pending_operations": []' in (pulumi.folder / "imported").read_text(encoding="utf-8")
    assert (pulumi.folder / "mode").read_text(encoding="utf-8") == "0o600"
    assert told[-1] == "an interrupted update had begun 1 resources: they are applied again"


def test_the_state_of_a_real_stack_is_never_edited(engine: Build, pulumi: FakePulumi) -> None:
    pulumi.answers("stack-export", f"print(json.dumps({PENDING!r}))")
    engine(own=False)[0].deployed()
    assert [words[:2] for words in pulumi.calls] == [["stack", "export"]]


def test_a_state_that_cannot_be_read_is_one_line(engine: Build, pulumi: FakePulumi) -> None:
    pulumi.answers("stack-export", "sys.stderr.write('error: not logged in'); sys.exit(1)")
    with pytest.raises(Stop, match="cannot read the state of test: not logged in"):
        engine(own=False)[0].deployed()
