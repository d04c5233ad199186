"""Ciphertext in kubeseal's format, the certificates it is made for, and the files it is kept in."""

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from operations.sealing import certificate, file
from operations.sealing.format import CannotOpenError, label, label_of, seal, unseal
from settings.ciphertext import content_size
from settings.faults import SettingsError
from settings.sealed import Scope, Sealed
from settings.sealed_files import parse_sealed
from tests.unit.operations.sealing_builders import NOW, a_certificate, a_key

LABEL = label(Scope.STRICT, "shop", "db")


@given(value=st.binary(max_size=2000), scope=st.sampled_from(Scope))
def test_what_is_sealed_opens_under_the_same_label(value: bytes, scope: Scope) -> None:
    bound_to = label(scope, "shop", "db")
    ciphertext = seal(value, a_key().public_key(), bound_to)
    assert unseal(ciphertext, [a_key("other"), a_key()], bound_to) == value
    assert content_size(ciphertext) == len(value)


@pytest.mark.parametrize(
    ("scope", "opens_elsewhere"),
    [
        (Scope.STRICT, {("shop", "db")}),
        (Scope.NAMESPACE_WIDE, {("shop", "db"), ("shop", "other")}),
        (Scope.CLUSTER_WIDE, {("shop", "db"), ("shop", "other"), ("mail", "db")}),
    ],
)
def test_a_scope_says_under_which_names_a_value_opens(scope: Scope, opens_elsewhere: set[tuple[str, str]]) -> None:
    ciphertext = seal(b"value", a_key().public_key(), label(scope, "shop", "db"))
    found = set()
    for place in (("shop", "db"), ("shop", "other"), ("mail", "db")):
        try:
            unseal(ciphertext, [a_key()], label(scope, *place))
        except CannotOpenError:
            continue
        found.add(place)
    assert found == opens_elsewhere


@given(place=st.integers(min_value=0))
def test_a_flipped_bit_keeps_a_value_shut(place: int) -> None:
    raw = bytearray(base64.b64decode(seal(b"value", a_key().public_key(), LABEL)))
    raw[place // 8 % len(raw)] ^= 1 << place % 8
    with pytest.raises(CannotOpenError):
        unseal(base64.b64encode(raw).decode(), [a_key()], LABEL)


def test_the_layout_is_kubeseals() -> None:
    session, padding = bytes(range(32)), OAEP(MGF1(SHA256()), SHA256(), b"shop/db")
    theirs = a_key().public_key().encrypt(session, padding)
    raw = b"\x01\x00" + theirs + AESGCM(session).encrypt(bytes(12), b"value", None)
    assert unseal(base64.b64encode(raw).decode(), [a_key()], LABEL) == b"value"
    ours = base64.b64decode(seal(b"value", a_key().public_key(), LABEL))
    assert ours[:2] == b"\x01\x00"
    session = a_key().decrypt(ours[2:258], padding)
    assert len(session) == 32
    assert AESGCM(session).decrypt(bytes(12), ours[258:], None) == b"value"


def test_the_same_value_is_sealed_to_another_text_each_time() -> None:
    assert len({seal(b"value", a_key().public_key(), LABEL) for _ in range(3)}) == 3


@pytest.mark.parametrize("ciphertext", ["", "AAAA", "no base64!", "AgA="])
def test_text_that_is_no_ciphertext_does_not_open(ciphertext: str) -> None:
    with pytest.raises(CannotOpenError):
        unseal(ciphertext, [a_key()], LABEL)


@pytest.mark.parametrize(
    ("days", "begins", "trouble", "warning"),
    [
        (365, -1, "", ""),
        (29, -1, "", "the certificate ends on"),
        (-1, -30, "a certificate that ended on", ""),
        (365, 2, "a certificate that begins on", ""),
    ],
)
def test_a_certificate_is_used_between_its_dates(days: int, begins: int, trouble: str, warning: str) -> None:
    found = a_certificate(days=days, begins=begins)
    fault = found.trouble(NOW)
    assert (trouble in str(fault)) if trouble else fault is None
    if fault is None:
        said = found.warning(NOW)
        assert (warning in said) if warning else said == ""
        assert certificate.usable(found) is found
    else:
        with pytest.raises(SettingsError):
            certificate.usable(found)


def test_a_sample_certificate_is_warned_about() -> None:
    assert "nobody has the private key" in a_certificate(name=certificate.SAMPLE).warning(NOW)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_one_line(content: bytes) -> None:
    with pytest.raises(SettingsError, match=r"^place: no certificate; expected a PEM certificate"):
        certificate.parse(content, "place")


def test_a_certificate_without_an_rsa_key_is_one_line() -> None:
    content = a_certificate(ec.generate_private_key(ec.SECP256R1())).pem
    with pytest.raises(SettingsError, match="sealing is for RSA keys of 2048 bits"):
        certificate.parse(content, "place")


SECRETS = [
    Sealed(name, "shop", scope, {"b": seal(b"1", a_key().public_key(), b""), "a": "AgA="}, "", 0)
    for name, scope in (("wide", Scope.NAMESPACE_WIDE), ("db", Scope.STRICT), ("all", Scope.CLUSTER_WIDE))
]


def test_a_file_is_read_as_it_was_written() -> None:
    whole = [Sealed(one.name, "shop", one.scope, {"b": one.values["b"]}, "", 0) for one in SECRETS]
    found, faults = parse_sealed(file.text(file.COMMITTED_HEADER, whole), "f")
    assert faults == []
    assert {name: (one.scope, one.values) for name, one in found.items()} == {
        one.name: (one.scope, one.values) for one in whole
    }
    assert [label_of(found[one.name]) for one in whole] == [label_of(one) for one in whole]


def test_the_same_secrets_give_the_same_file_in_whatever_order() -> None:
    assert file.text("", SECRETS) == file.text("", SECRETS[::-1])


def test_a_file_that_says_it_already_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "dev" / "shop.yaml"
    assert file.write(path, "text") is True
    before = path.stat().st_mtime_ns
    assert file.write(path, "text") is False
    assert path.stat().st_mtime_ns == before
    assert [found.name for found in path.parent.iterdir()] == ["shop.yaml"]


def test_what_is_private_is_the_owners_alone(tmp_path: Path) -> None:
    file.write(tmp_path / "private" / "f", "text", private=True)
    file.write(tmp_path / "f", "text")
    assert stat.S_IMODE((tmp_path / "private" / "f").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o644
