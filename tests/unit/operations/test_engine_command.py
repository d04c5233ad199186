"""Pulumi's command line: found, old, failing, interrupted."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import CommandError, ConcurrentUpdateError, StackNotFoundError

from operations.engine_command import EngineCommand, InterruptedUpdateError
from operations.exits import Exit, Stop
from tests.unit.operations.conftest import FakePulumi


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """What a script starts in the background inherits that it ignores Ctrl-C; what a person starts does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ignored(_text: str) -> None: ...


def run(command: EngineCommand, *args: str) -> str:
    return command.run([*args], str(Path.cwd()), {}).stdout


def test_no_pulumi_is_refused_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="not installed: install it from") as stop:
        EngineCommand({"PATH": str(tmp_path)}, ignored)
    assert stop.value.code is Exit.REFUSED


@pytest.mark.parametrize(("version", "told"), [("v3.249.9", "3.250.0 or newer is needed"), ("dev", "does not tell")])
def test_a_pulumi_that_is_too_old_or_unknown_is_refused(pulumi: FakePulumi, version: str, told: str) -> None:
    (pulumi.folder / "version").write_text(version, encoding="utf-8")
    with pytest.raises(Stop, match=told):
        EngineCommand({}, ignored)


def test_the_path_it_will_run_with_is_the_one_that_is_searched(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    command = EngineCommand({"PATH": f"{pulumi.folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}, ignored)
    assert Path(command.command).parent == pulumi.folder


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        ("error: no stack named 'x' found", StackNotFoundError),
        ("error: the stack is currently locked by 1 lock(s)", ConcurrentUpdateError),
        ("error: boom", CommandError),
    ],
)
def test_a_failure_is_of_the_kind_automation_knows(pulumi: FakePulumi, stderr: str, error: type[CommandError]) -> None:
    pulumi.answers("up", f"sys.stderr.write({stderr!r}); sys.exit(1)")
    with pytest.raises(error):
        run(EngineCommand({}, ignored), "up")


def test_output_is_returned_and_told_line_by_line(pulumi: FakePulumi) -> None:
    pulumi.answers("up", "print('one'); print('two')")
    told: list[str] = []
    result = EngineCommand({}, ignored).run(["up"], str(Path.cwd()), {}, told.append)
    assert (result.stdout, told) == ("one\ntwo", ["one", "two"])


def test_variables_it_must_not_see_are_taken_away(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere")
    run(EngineCommand({}, ignored, without=("KUBECONFIG",)), "up")
    run(EngineCommand({}, ignored), "up")
    [without, with_it] = [record["environment"] for record in pulumi.records() if record["words"] == ["up"]]
    assert "KUBECONFIG" not in without
    assert "KUBECONFIG" in with_it


def interrupted(pulumi: FakePulumi, program: str, times: int) -> tuple[list[str], float]:
    """Interrupt a command as Ctrl-C does, once it says that it is at work; return what was told, and the seconds."""
    pulumi.answers("up", f"(here / 'ready').unlink(missing_ok=True)\n{program}")
    told: list[str] = []
    command = EngineCommand({}, told.append)
    begun = time.monotonic()

    def press() -> None:
        for number in range(times):
            while not (pulumi.folder / f"ready{number}").exists():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(InterruptedUpdateError):
        run(command, "up")
    thread.join()
    return told, time.monotonic() - begun


def test_the_first_ctrl_c_lets_the_engine_finish_what_is_in_flight(pulumi: FakePulumi) -> None:
    program = (
        "import signal, time\n"
        "def stop(*_):\n    (here / 'finished').touch(); sys.exit(1)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "(here / 'ready0').touch()\n"
        "time.sleep(60)\n"
    )
    told, seconds = interrupted(pulumi, program, 1)
    assert (pulumi.folder / "finished").exists()
    assert told == ["stopping: what is in flight is finished first; Ctrl-C again ends it now"]
    assert seconds < 30


def test_the_second_ctrl_c_ends_an_engine_that_does_not_stop_and_its_plugins(pulumi: FakePulumi) -> None:
    program = (
        "import signal, subprocess, time\n"
        "def stop(*_):\n    (here / 'ready1').touch()\n"
        "plugin = subprocess.Popen(['sleep', '60'])\n"
        "(here / 'plugin').write_text(str(plugin.pid))\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "(here / 'ready0').touch()\n"
        "while True: time.sleep(60)\n"
    )
    _, seconds = interrupted(pulumi, program, 2)
    assert seconds < 30
    plugin = int((pulumi.folder / "plugin").read_text(encoding="utf-8"))
    until = time.monotonic() + 10
    while time.monotonic() < until and runs(plugin):
        time.sleep(0.05)
    assert not runs(plugin)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
