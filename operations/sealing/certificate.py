"""Certificates: whom to seal for, until when, and where the one of a cluster is found."""

from __future__ import annotations

import base64
import binascii
import http.client
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from operations.api_server import ApiError, UnreachableError
from settings.faults import Fault, SettingsError, unreadable

if TYPE_CHECKING:
    from operations.api_server import ApiServer

CONTROLLER: Final = "sealed-secrets-controller"
NAMESPACE: Final = "kube-system"
SAMPLE: Final = "naru sample: its private key was thrown away"
"""The name in the certificate of the committed samples."""
SOON: Final = timedelta(days=30)
LEAST_BITS: Final = 2048

# Where the embedded control plane, whose pods are simulated, has its controller.
_LOCAL: Final = "naru.local/url"
_KEYS: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
_PATIENCE: Final = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, and what it is called in messages: its file or its cluster."""

    place: str
    content: x509.Certificate

    @property
    def key(self) -> RSAPublicKey:
        """The key to seal with."""
        found = self.content.public_key()
        assert isinstance(found, RSAPublicKey)  # noqa: S101 - `parse` lets nothing else pass
        return found

    @property
    def pem(self) -> bytes:
        """The certificate as files have it."""
        return self.content.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """The first bytes of its SHA-256, in hexadecimal."""
        return self.content.fingerprint(hashes.SHA256()).hex()[:16]

    @property
    def until(self) -> datetime:
        """The last moment it may be used."""
        return self.content.not_valid_after_utc

    @property
    def is_sample(self) -> bool:
        """Whether nobody has its private key, so that what is sealed with it is an example."""
        names = self.content.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return any(name.value == SAMPLE for name in names)

    def trouble(self, now: datetime) -> Fault | None:
        """Return why it must not be used at a time."""
        if self.until < now:
            found = f"a certificate that ended on {self.until:%Y-%m-%d}"
            return Fault(self.place, 0, "", found, "put the controller's present one there (kubeseal --fetch-cert)")
        if self.content.not_valid_before_utc > now + timedelta(days=1):
            found = f"a certificate that begins on {self.content.not_valid_before_utc:%Y-%m-%d}"
            return Fault(self.place, 0, "", found, "look at the clock, or at the certificate")
        return None

    def warning(self, now: datetime) -> str:
        """Return what there is to say of one that may be used; nothing where all is well."""
        if self.is_sample:
            return f"{self.place}: the sample certificate, of which nobody has the private key: put your own there"
        if self.until < now + SOON:
            return f"{self.place}: the certificate ends on {self.until:%Y-%m-%d}: renew it, then `naru reseal`"
        return ""


def parse(content: bytes, place: str) -> Certificate:
    """Read a certificate. Raises SettingsError for what is none, or has no RSA key."""
    try:
        found = x509.load_pem_x509_certificate(content)
    except ValueError:
        expected = "expected a PEM certificate, as kubeseal --fetch-cert writes it"
        raise SettingsError([Fault(place, 0, "", "no certificate", expected)]) from None
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        expected = f"sealing is for RSA keys of {LEAST_BITS} bits and more"
        raise SettingsError([Fault(place, 0, "", "a certificate without such a key", expected)])
    return Certificate(place, found)


def read(path: Path, place: str) -> Certificate:
    """Read the certificate in a file. Raises SettingsError."""
    try:
        return parse(path.read_bytes(), place)
    except OSError as error:
        found = unreadable(error)
        raise SettingsError([Fault(place, 0, "", found, "expected a PEM certificate")]) from None


def usable(certificate: Certificate) -> Certificate:
    """Return a certificate that may be used now. Raises SettingsError otherwise."""
    trouble = certificate.trouble(datetime.now(UTC))
    if trouble is not None:
        raise SettingsError([trouble])
    return certificate


def of_cluster(server: ApiServer, cluster: str) -> Certificate:
    """Ask a cluster's controller for its certificate. Raises SettingsError where it gives none."""
    base = f"/api/v1/namespaces/{NAMESPACE}/services"
    try:
        service = server.get(f"{base}/{CONTROLLER}")
        url = (service["metadata"].get("annotations") or {}).get(_LOCAL)
        # An annotation may be anybody's: it leads to no other machine.
        if url is not None and url.startswith("http://127.0.0.1:"):
            return parse(_fetched(url), f"{url}/v1/cert.pem")
        # The first port's name, as kubeseal addresses it.
        port = service["spec"]["ports"][0].get("name", "")
        content = server.text(f"{base}/http:{CONTROLLER}:{port}/proxy/v1/cert.pem")
    except (LookupError, ApiError, UnreachableError, http.client.HTTPException, OSError) as error:
        why = "its Service has no port" if isinstance(error, LookupError) else error
        found = f"{CONTROLLER} in {NAMESPACE} gives no certificate: {why}"
        expected = "install Sealed Secrets there, or commit secrets/<stack>/certificate.pem"
        raise SettingsError([Fault(cluster, 0, "", found, expected)]) from None
    return parse(content.encode(), f"{cluster}: {CONTROLLER}")


def _fetched(url: str) -> bytes:
    # No proxy of the user's stands between two processes of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/v1/cert.pem", timeout=_PATIENCE) as answer:
        return bytes(answer.read())


def private_keys(server: ApiServer) -> list[RSAPrivateKey]:
    """Return the keys of a cluster's controller, where we may read them. Raises ApiError and UnreachableError."""
    secrets = server.items(f"/api/v1/namespaces/{NAMESPACE}/secrets", labelSelector=_KEYS)
    found = []
    for secret in secrets:
        try:
            pem = base64.b64decode(secret["data"]["tls.key"], validate=True)
        except (KeyError, binascii.Error):
            continue
        found += parse_private_keys([(secret["metadata"]["name"], pem)])
    return found


def parse_private_keys(contents: Iterable[tuple[str, bytes]]) -> list[RSAPrivateKey]:
    """Return the RSA keys of PEM files, each given with its name. Raises SettingsError for what is none."""
    found = []
    for place, content in contents:
        try:
            key = serialization.load_pem_private_key(content, password=None)
        except (ValueError, TypeError):
            expected = "expected a PEM private key without a passphrase"
            raise SettingsError([Fault(place, 0, "", "no private key", expected)]) from None
        if isinstance(key, RSAPrivateKey):
            found.append(key)
    return found
