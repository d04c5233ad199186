"""Keys and certificates for tests, made once: they are what takes time."""

import datetime as dt
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from operations.sealing.certificate import Certificate

NOW = dt.datetime.now(dt.UTC)


@cache
def a_key(name: str = "controller") -> rsa.RSAPrivateKey:
    """Return the private key of that name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def a_certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
    *,
    name: str = "controller",
    days: int = 365,
    begins: int = -400,
) -> Certificate:
    """Return a certificate that ends in so many days, and began as many days ago as `begins` says."""
    own = a_key() if key is None else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    content = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(NOW + dt.timedelta(days=begins))
        .not_valid_after(NOW + dt.timedelta(days=days))
        .sign(own, hashes.SHA256())
    )
    return Certificate("certificate.pem", content)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return a private key as files have it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
