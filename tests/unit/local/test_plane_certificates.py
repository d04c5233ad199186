"""The certificates the control plane makes for itself."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local import certificates
from local.certificates import Authority, Identity, self_signed, signing_key

MEMBERS = {
    "server": Identity("server", hosts=("127.0.0.1", "localhost")),
    "admin": Identity("naru:admin", groups=("system:masters",)),
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path, "ca")
    made.create(MEMBERS)
    return made


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_members_are_signed_by_the_authority(authority: Authority) -> None:
    for member in MEMBERS:
        read(authority.member(member).certificate).verify_directly_issued_by(read(authority.pair.certificate))


def test_client_is_named_as_kubernetes_reads_it_and_cannot_serve(authority: Authority) -> None:
    certificate = read(authority.member("admin").certificate)
    subject = certificate.subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "naru:admin"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:masters"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_server_serves_its_hosts_addresses_as_addresses(authority: Authority) -> None:
    extensions = read(authority.member("server").certificate).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert ExtendedKeyUsageOID.SERVER_AUTH in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value


def test_only_the_authority_signs(authority: Authority) -> None:
    kinds = [
        read(pair.certificate).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for pair in (authority.pair, authority.member("server"))
    ]
    assert kinds == [True, False]


def test_keys_are_for_the_user_alone(authority: Authority, tmp_path: Path) -> None:
    signing_key(tmp_path / "signing.key")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_whole_authority_is_sound(authority: Authority) -> None:
    assert authority.sound(list(MEMBERS))


@pytest.mark.parametrize("file", ["ca.crt", "ca.key", "admin.crt", "server.key"])
def test_missing_file_makes_it_unsound(authority: Authority, tmp_path: Path, file: str) -> None:
    (tmp_path / file).unlink()
    assert not authority.sound(list(MEMBERS))


def test_damaged_certificate_makes_it_unsound(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "admin.crt").write_text("no certificate", encoding="utf-8")
    assert not authority.sound(list(MEMBERS))


def test_certificate_about_to_expire_makes_it_unsound(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_RENEWAL", certificates._LIFETIME)
    assert not authority.sound(list(MEMBERS))


def test_signing_key_stays_once_made(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    signing_key(path)
    before = path.read_bytes()
    signing_key(path)
    assert path.read_bytes() == before
    # Kubernetes derives the public key from this form only.
    assert before.startswith(b"-----BEGIN EC PRIVATE KEY-----")


def test_issued_certificate_names_its_hosts() -> None:
    chain, key = self_signed(["a.example.com", "*.b.example.com"])
    names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.com", "*.b.example.com"]
    assert b"PRIVATE KEY" in key


def test_host_name_longer_than_a_common_name_is_no_obstacle() -> None:
    host = f"{'a' * 60}.example.com"
    chain, _ = self_signed([host])
    names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [host]
