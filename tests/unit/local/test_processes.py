"""Processes that outlive the one that started them, and are known again."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from local.processes import Command, Processes

SLEEP = "import time; print('awake', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('awake', flush=True); time.sleep(600)"
)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    for folder in ("run", "logs"):
        (tmp_path / folder).mkdir()
    found = Processes(tmp_path / "run", tmp_path / "logs")
    yield found
    found.stop([file.stem for file in (tmp_path / "run").glob("*.json")], seconds=1)


def python(program: str, name: str = "one") -> Command:
    return Command(name, (sys.executable, "-c", program), "1.0", port=1234)


def until_awake(processes: Processes, name: str = "one") -> None:
    while "awake" not in processes.last_words(name):
        assert processes.find(name), processes.last_words(name)
        time.sleep(0.01)


def test_started_process_is_found_with_what_it_was_started_with(processes: Processes) -> None:
    command = python(SLEEP)
    record = processes.start(command)
    assert processes.find("one") == record
    assert (record.digest, record.version, record.port) == (command.digest, "1.0", 1234)


def test_process_that_ended_is_not_found_but_remembered(processes: Processes) -> None:
    processes.start(python("print('last'); raise SystemExit(3)"))
    while processes.find("one"):
        time.sleep(0.01)
    assert processes.recorded("one")
    assert processes.last_words("one") == "last"


def test_stopped_process_is_gone_and_forgotten(processes: Processes) -> None:
    record = processes.start(python(SLEEP))
    processes.stop(["one"])
    with pytest.raises(ProcessLookupError):
        os.kill(record.pid, 0)
    assert not processes.recorded("one")


def test_process_that_ignores_the_request_is_killed(processes: Processes) -> None:
    record = processes.start(python(STUBBORN))
    until_awake(processes)
    processes.stop(["one"], seconds=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(record.pid, 0)


def test_later_process_of_the_same_number_is_left_alone(processes: Processes, tmp_path: Path) -> None:
    record = processes.start(python(SLEEP))
    file = tmp_path / "run" / "one.json"
    file.write_text(json.dumps(asdict(replace(record, birth="another boot/1"))), encoding="utf-8")
    assert processes.find("one") is None
    processes.stop(["one"])
    os.kill(record.pid, 0)  # still there
    os.kill(record.pid, signal.SIGKILL)
    os.waitpid(record.pid, 0)


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"pid": 1}'])
def test_damaged_record_counts_as_none(processes: Processes, tmp_path: Path, content: str) -> None:
    (tmp_path / "run" / "one.json").write_text(content, encoding="utf-8")
    assert processes.find("one") is None
    processes.stop(["one"])
    assert not processes.recorded("one")


def test_log_begins_anew_with_each_start(processes: Processes) -> None:
    processes.start(python(SLEEP.replace("awake", "awake first")))
    until_awake(processes)
    processes.stop(["one"])
    processes.start(python(SLEEP.replace("awake", "awake second")))
    until_awake(processes)
    assert processes.last_words("one") == "awake second"


def test_record_and_log_are_for_the_user_alone(processes: Processes, tmp_path: Path) -> None:
    processes.start(python(SLEEP))
    modes = {file.stat().st_mode & 0o777 for file in tmp_path.glob("*/one.*")}
    assert modes == {0o600}


def test_anything_a_process_reads_at_its_start_is_in_its_digest() -> None:
    command = python(SLEEP)
    others = [
        replace(command, argv=(*command.argv, "more")),
        replace(command, state="other file"),
        replace(command, environment={"A": "B"}),
    ]
    assert len({command.digest, *(other.digest for other in others)}) == 4
    assert replace(command, version="2").digest == command.digest
