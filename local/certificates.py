"""Certificates and keys of the embedded control plane, made on this machine and readable by its user alone."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.files import write_private

_LIFETIME: Final = dt.timedelta(days=3650)
_RENEWAL: Final = dt.timedelta(days=30)
_SKEW: Final = dt.timedelta(minutes=5)

_SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
_CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True)
class Pair:
    """Where a certificate and its key lie, both PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Identity:
    """Whom a certificate speaks for: Kubernetes reads the user from the common name and groups from organizations."""

    name: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Host names and addresses it may serve; a client has none."""


class Authority:
    """A certificate authority in a folder, and the certificates it signed there."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self.pair = _pair(directory, name)
        self._name = name

    def sound(self, members: Sequence[str]) -> bool:
        """Tell whether the authority and its members are there, whole and valid for another month."""
        pairs = [self.pair, *(self.member(member) for member in members)]
        return all(pair.key.exists() and _valid(pair.certificate) for pair in pairs)

    def member(self, file: str) -> Pair:
        """Return where a signed certificate lies."""
        return _pair(self._directory, file)

    def create(self, members: dict[str, Identity]) -> None:
        """Make the authority and a certificate for each member anew."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(Identity(self._name))
        builder = (
            _builder(subject, subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signing=True), critical=True)
        )
        certificate = builder.sign(key, hashes.SHA256())
        for file, identity in members.items():
            self._issue(file, identity, certificate, key)
        _write(self.pair, certificate, key)

    def _issue(
        self, file: str, identity: Identity, issuer: x509.Certificate, signer: ec.EllipticCurvePrivateKey
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_subject(identity), issuer.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signing=False), critical=True)
            # A member of etcd is client and server of itself with one certificate.
            .add_extension(x509.ExtendedKeyUsage([_SERVER, _CLIENT] if identity.hosts else [_CLIENT]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if identity.hosts:
            builder = builder.add_extension(alternative_names(identity.hosts), critical=False)
        _write(self.member(file), builder.sign(signer, hashes.SHA256()), key)


def signing_key(path: Path) -> None:
    """Make the key that signs service account tokens, unless it is there."""
    if not path.exists():
        write_private(path, _pem(ec.generate_private_key(ec.SECP256R1())))


def self_signed(hosts: Sequence[str]) -> tuple[bytes, bytes]:
    """Return certificate and key (PEM) for host names, signed by nobody; valid 90 days, as ACME issuers give."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(Identity(hosts[0] if hosts else "naru.local"))
    builder = _builder(subject, subject, key.public_key(), dt.timedelta(days=90))
    if hosts:
        builder = builder.add_extension(alternative_names(hosts), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    """Return the extension that names hosts, addresses as addresses."""
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def _pair(directory: Path, name: str) -> Pair:
    return Pair(directory / f"{name}.crt", directory / f"{name}.key")


def _valid(path: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc - _RENEWAL > dt.datetime.now(dt.UTC)


def _subject(identity: Identity) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
    # RFC 5280 ends a common name at 64 characters; longer host names are in the alternative names.
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, identity.name[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta = _LIFETIME
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signing,
        crl_sign=signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # Kubernetes takes the public half of a signing key from SEC 1, not from PKCS #8.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _write(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write_private(pair.key, _pem(key))
    write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
