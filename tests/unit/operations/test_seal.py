"""`naru seal` at a real terminal, and what it refuses before and after the values are there."""

import getpass
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from operations.exits import Exit
from tests.unit.operations.sealing_builders import a_certificate, a_key
from tests.unit.operations.sealing_project import CERTIFICATE, SHOP, Sealing, holding
from tests.unit.operations.terminal import Terminal

Capture = pytest.CaptureFixture[str]
VALUE = "correct-horse-battery-staple"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealing:
    made = Sealing(tmp_path / "project")
    made.certified()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return made


def on_terminal(shop: Sealing, *words: str) -> Terminal:
    return Terminal(shop.root, "seal", "shop/db", "--stack", "test", *words)


def answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> None:
    """Have somebody at the terminal who gives these answers."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: answers.get(prompt.split(maxsplit=1)[0], ""))


def test_each_key_is_asked_for_and_no_answer_is_on_the_screen(shop: Sealing) -> None:
    terminal = on_terminal(shop)
    terminal.until("password (empty leaves it out): ")
    terminal.type(f"{VALUE}\n")
    terminal.until("url (empty leaves it out): ")
    terminal.type("\n")
    assert terminal.ended() == Exit.OK
    assert "missing: url of shop/db" in terminal.seen
    assert VALUE not in terminal.seen
    assert shop.opened() == {"db/password": VALUE.encode()}
    assert holding(shop.files(), VALUE) == []


def test_a_question_says_whether_the_key_is_sealed_already(shop: Sealing) -> None:
    assert shop.seal("--from-file", f"password={shop.given(VALUE)}") == Exit.OK
    before = shop.files()
    terminal = on_terminal(shop, "--key", "password")
    terminal.until("password (empty keeps what is sealed): ")
    terminal.type("\n")
    assert terminal.ended() == Exit.OK
    assert "url" not in terminal.seen.partition("missing: ")[0]
    assert shop.files() == before


def test_ctrl_c_among_the_questions_writes_nothing(shop: Sealing) -> None:
    before = shop.files()
    terminal = on_terminal(shop)
    terminal.until("password (")
    terminal.type(f"{VALUE}\n")
    terminal.until("url (")
    assert terminal.interrupted() == Exit.INTERRUPTED
    assert VALUE not in terminal.seen
    assert shop.files() == before


def test_nobody_types_before_there_is_a_certificate(
    shop: Sealing, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def never(prompt: str) -> str:
        raise AssertionError(prompt)

    shop.write(CERTIFICATE, "nonsense")
    answering(monkeypatch, {})
    monkeypatch.setattr(getpass, "getpass", never)
    assert shop.seal() == Exit.FAULTS
    assert capsys.readouterr().err.startswith(f"{CERTIFICATE}: no certificate; ")


FAILURES: dict[str, Callable[[Sealing], list[str]]] = {
    "a-key-nobody-declares": lambda shop: ["--from-env-file", shop.given(f"password=x\n{VALUE}=y\n")],
    "a-value-on-a-line-of-its-own": lambda shop: ["--from-env-file", shop.given(f"password=x\n{VALUE}\n")],
    "a-value-for-a-path": lambda shop: ["--from-file", f"password={VALUE}"],
    "a-value-for-the-option": lambda shop: ["--from-file", VALUE],
    "a-key-given-twice": lambda shop: ["--from-env-file", shop.given(f"password={VALUE}\npassword={VALUE}\n")],
    "a-key-given-in-two-ways": lambda shop: [
        *("--from-env-file", shop.given(f"password={VALUE}\n")),
        *("--from-file", f"password={shop.given(VALUE, name='other')}"),
    ],
    "an-empty-value-beside-it": lambda shop: ["--from-env-file", shop.given(f"password={VALUE}\nurl=\n")],
    "no-certificate": lambda shop: [
        *("--from-file", f"password={shop.given(VALUE)}"),
        *("--certificate", shop.given(VALUE, name="other")),
    ],
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_refusal_is_one_line_without_a_value_and_writes_nothing(
    case: str, shop: Sealing, tmp_path: Path, capsys: Capture
) -> None:
    before = shop.files()
    assert shop.seal(*FAILURES[case](shop)) == Exit.FAULTS
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert VALUE not in captured.out + captured.err
    assert shop.files() == before
    assert list((tmp_path / "temporary").iterdir()) == []


def test_lines_of_a_file_are_taken_as_they_are(shop: Sealing) -> None:
    lines = '# a comment\r\n  \r\n  password= "a\'b" =#c \r\nurl=x=y'
    assert shop.seal("--from-env-file", shop.given(lines)) == Exit.OK
    assert shop.opened() == {"db/password": b' "a\'b" =#c ', "db/url": b"x=y"}


def test_values_may_come_from_several_places_at_once(shop: Sealing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"two\n\n")))
    assert shop.seal("--from-file", f"password={shop.given('one' + os.linesep)}", "--from-stdin", "url") == Exit.OK
    assert shop.opened() == {"db/password": f"one{os.linesep}".encode(), "db/url": b"two\n"}


def test_the_certificate_that_is_given_comes_before_the_committed_one(shop: Sealing) -> None:
    other = shop.given(a_certificate(a_key("new")).pem, name="other.pem")
    assert shop.seal("--from-file", f"password={shop.given(VALUE)}", "--certificate", other) == Exit.OK
    assert shop.opened(key=a_key("new")) == {"db/password": VALUE.encode()}


def test_a_stack_that_generates_its_values_says_who_makes_them(tmp_path: Path, capsys: Capture) -> None:
    local = Sealing(tmp_path / "local", source="generated")
    assert local.seal("--from-file", f"password={local.given(VALUE)}") == Exit.FAULTS
    said = "shop/db: its source is generated on test; `naru local up` makes and seals its values\n"
    assert capsys.readouterr().err == said


def test_a_file_that_is_wrong_already_is_not_written_to(shop: Sealing, capsys: Capture) -> None:
    assert shop.seal("--from-file", f"password={shop.given(VALUE)}") == Exit.OK
    text = (shop.root / SHOP).read_text(encoding="utf-8")
    shop.write(SHOP, text.replace("kind: SealedSecret", "kind: Secret"))
    before = shop.files()
    capsys.readouterr()
    assert shop.seal("--from-file", f"url={shop.given(VALUE)}") == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{SHOP}:")
    assert "a Secret that anyone can read" in line
    assert shop.files() == before


def test_a_write_that_fails_leaves_the_file_as_it_was(
    shop: Sealing, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert shop.seal("--from-file", f"password={shop.given(VALUE)}") == Exit.OK
    before = shop.files()

    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    capsys.readouterr()
    assert shop.seal("--from-file", f"url={shop.given(VALUE)}") == Exit.FAULTS
    assert capsys.readouterr().err.endswith(f"{SHOP}: No space left on device\n")
    assert shop.files() == before
