"""`naru reseal` on several files: all of them or none, with keys from files or from the controller."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from operations.exits import Exit
from operations.sealing import file, reseal
from operations.sealing.format import label_of, seal, unseal
from settings.sealed import Scope, Sealed
from settings.sealed_files import parse_sealed
from tests.unit.operations.controller import SECRETS, a_controller
from tests.unit.operations.sealing_builders import a_certificate, a_key, pem
from tests.unit.operations.sealing_project import CERTIFICATE, MAIL, SHOP, Sealing

Capture = pytest.CaptureFixture[str]
VALUES = {SHOP: {"db/password": b"a", "db/url": b"b"}, MAIL: {"relay/token": b"c"}}


@pytest.fixture
def shop(tmp_path: Path, capsys: Capture) -> Sealing:
    made = Sealing(tmp_path / "project")
    made.certified()
    assert made.seal("--from-env-file", made.given("password=a\nurl=b\n")) == Exit.OK
    assert made.seal("--from-file", f"token={made.given('c')}", secret="mail/relay") == Exit.OK
    capsys.readouterr()
    return made


def renew(shop: Sealing, *words: str, key: bytes | None = None) -> int:
    new = shop.given(a_certificate(a_key("new")).pem, name="new.pem")
    old = shop.given(pem(a_key()) if key is None else key, name="old")
    return shop.naru("reseal", "--stack", "test", "--certificate", new, "--private-key", old, *words)


def opened(shop: Sealing) -> dict[str, dict[str, bytes]]:
    return {path: shop.opened(path, a_key("new")) for path in (SHOP, MAIL)}


def test_every_file_of_the_stack_and_its_certificate_are_renewed(shop: Sealing) -> None:
    assert renew(shop) == Exit.OK
    assert opened(shop) == VALUES
    assert (shop.root / CERTIFICATE).read_bytes() == a_certificate(a_key("new")).pem
    assert shop.naru("seal", "--check") == Exit.OK


def test_one_value_that_stays_shut_keeps_every_file_as_it_is(shop: Sealing, capsys: Capture) -> None:
    found, _ = parse_sealed((shop.root / SHOP).read_bytes(), SHOP)
    other = seal(b"x", a_key("other").public_key(), label_of(found["db"]))
    changed = replace(found["db"], values={**found["db"].values, "url": other})
    shop.write(SHOP, file.text(file.COMMITTED_HEADER, [changed]))
    before = shop.files()
    assert renew(shop) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert "no key at hand opens url of db" in line
    assert shop.files() == before


def test_a_key_that_does_not_fit_is_told_for_each_value(shop: Sealing, capsys: Capture) -> None:
    before = shop.files()
    assert renew(shop, key=pem(a_key("other"))) == Exit.FAULTS
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("type it again: ")[1] for line in lines] == [
        "naru seal mail/relay --stack test --key token",
        "naru seal shop/db --stack test --key password",
        "naru seal shop/db --stack test --key url",
    ]
    assert renew(shop, "--partial", key=pem(a_key("other"))) == Exit.FAULTS
    assert shop.files() == before


def test_only_the_systems_that_are_named_are_renewed(shop: Sealing) -> None:
    before = (shop.root / MAIL).read_bytes()
    assert renew(shop, "shop") == Exit.OK
    assert shop.opened(SHOP, a_key("new")) == VALUES[SHOP]
    assert (shop.root / MAIL).read_bytes() == before


def test_a_secret_that_the_catalog_no_longer_declares_is_renewed_too(shop: Sealing) -> None:
    shop.change("catalog/mail.yaml", "    secretEnvFrom: [relay]\nsecrets:\n  relay: { keys: { token: {} } }\n", "")
    assert renew(shop) == Exit.OK
    assert opened(shop) == VALUES


def test_a_key_with_a_passphrase_is_one_line(shop: Sealing, capsys: Capture) -> None:
    locked = a_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    assert renew(shop, key=locked) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert "old: no private key; " in line


def test_without_a_key_the_controllers_own_are_asked_for(shop: Sealing, capsys: Capture) -> None:
    words = ("reseal", "--stack", "test", "--certificate", shop.given(a_certificate(a_key("new")).pem, name="new.pem"))
    before = shop.files()
    with a_controller() as controller:
        shop.reached(controller.port)
        controller.says(SECRETS, 403, {"message": "secrets is forbidden"})
        assert shop.naru(*words) == Exit.FAULTS
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("main: no private key at hand: secrets is forbidden; give --private-key PEM")
        assert {**before, "kubeconfig": b""} == {**shop.files(), "kubeconfig": b""}
    with a_controller() as controller:
        shop.reached(controller.port)
        assert shop.naru(*words) == Exit.OK
    assert opened(shop) == VALUES


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_stays_as_it_is(scope: Scope) -> None:
    before = Sealed("db", "shop", scope, {}, "f", 0)
    before = replace(before, values={"a": seal(b"1", a_key().public_key(), label_of(before))})
    after = reseal.reseal(before, [a_key()], a_certificate(a_key("new")))
    assert (after.opened, after.unopened) == (1, ())
    assert label_of(after.sealed) == label_of(before)
    assert unseal(after.sealed.values["a"], [a_key("new")], label_of(before)) == b"1"
