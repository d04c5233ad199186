"""`naru seal --check` on whole stacks: what it reports for people and for scripts, and that it writes nothing."""

import json
from pathlib import Path

import pytest

from operations.exits import Exit
from tests.unit.operations.sealing_builders import a_certificate, a_key
from tests.unit.operations.sealing_project import MAIL, SHOP, Sealing

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def shop(tmp_path: Path) -> Sealing:
    made = Sealing(tmp_path / "project")
    made.certified()
    return made


def whole(shop: Sealing) -> None:
    assert shop.seal("--from-env-file", shop.given("password=a\nurl=b\n")) == Exit.OK
    assert shop.seal("--from-file", f"token={shop.given('c')}", secret="mail/relay") == Exit.OK


def test_what_lacks_in_every_system_is_told_and_nothing_written(shop: Sealing, capsys: Capture) -> None:
    assert shop.seal("--from-file", f"password={shop.given('a')}") == Exit.OK
    before = shop.files()
    capsys.readouterr()
    assert shop.naru("seal", "--check") == Exit.FAULTS
    assert [line.partition("; ")[0].partition(": ")[2] for line in capsys.readouterr().err.splitlines()] == [
        f"secrets.relay.keys.token: no ciphertext in {MAIL}",
        f"secrets.db.keys.url: no ciphertext in {SHOP}",
    ]
    assert shop.files() == before


def test_a_script_reads_the_faults_and_warnings(shop: Sealing, capsys: Capture) -> None:
    whole(shop)
    shop.certified(a_certificate(days=3))
    (shop.root / MAIL).unlink()
    capsys.readouterr()
    assert shop.naru("seal", "--check", "--json") == Exit.FAULTS
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert [(fault["file"], fault["path"]) for fault in found["faults"]] == [
        ("catalog/mail.yaml", "secrets.relay.keys.token")
    ]
    assert "the certificate ends on" in found["warnings"][0]


def test_a_stack_that_is_whole_passes_as_json(shop: Sealing, capsys: Capture) -> None:
    whole(shop)
    capsys.readouterr()
    assert shop.naru("seal", "--check", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"ok": True, "faults": [], "warnings": []}


def test_values_for_another_certificate_are_warned_about_until_they_are_sealed_again(
    shop: Sealing, capsys: Capture
) -> None:
    whole(shop)
    shop.certified(a_certificate(a_key("new")))
    capsys.readouterr()
    assert shop.naru("seal", "--check") == Exit.OK
    warnings = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in warnings] == [MAIL, SHOP]
    assert shop.seal("--from-env-file", shop.given("password=a\nurl=b\n")) == Exit.OK
    capsys.readouterr()
    assert shop.naru("seal", "--check") == Exit.OK
    [line] = capsys.readouterr().err.splitlines()
    assert "relay has values that are sealed for another certificate" in line


def test_an_unknown_stack_is_one_line(shop: Sealing, capsys: Capture) -> None:
    assert shop.naru("seal", "--check", "--stack", "tset") == Exit.FAULTS
    assert capsys.readouterr().err == 'Pulumi.tset.yaml: no such stack; did you mean "test"?\n'
