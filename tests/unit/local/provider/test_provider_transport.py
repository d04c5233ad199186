"""HTTP to an API server: connections are kept, refusals and silence told apart, certificates shown."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.provider.kubeconfig import Cluster
from local.provider.transport import ApiError, Transport, Unreachable
from tests.unit.local.provider.fake_cluster import FakeCluster


def transport(cluster: FakeCluster) -> Transport:
    return Transport(Cluster(server=cluster.url, namespace="default"))


def test_a_connection_serves_many_requests(cluster: FakeCluster, connections: list[http.client.HTTPConnection]) -> None:
    client = transport(cluster)
    for _ in range(5):
        client.request("GET", "/api/v1")
    assert len(connections) == 1


@pytest.mark.parametrize("closed", [ssl.SSLEOFError, ssl.SSLZeroReturnError])
def test_a_kept_connection_that_tls_finds_closed_is_made_again(
    cluster: FakeCluster,
    connections: list[http.client.HTTPConnection],
    monkeypatch: pytest.MonkeyPatch,
    closed: type[ssl.SSLError],
) -> None:
    def request(*_: Any, **__: Any) -> None:
        raise closed(8, "EOF occurred in violation of protocol")

    client = transport(cluster)
    client.request("GET", "/api/v1")
    monkeypatch.setattr(connections[0], "request", request)
    client.request("GET", "/api/v1")
    assert len(connections) == 2


def test_requests_of_several_threads_get_their_own_answers(cluster: FakeCluster) -> None:
    for n in range(20):
        cluster.objects[f"/api/v1/namespaces/n{n}"] = {"name": f"n{n}"}
    client = transport(cluster)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: client.request("GET", f"/api/v1/namespaces/n{n}")[0]["name"], range(20)))
    assert answers == [f"n{n}" for n in range(20)]


def test_a_refusal_carries_what_the_status_says(cluster: FakeCluster) -> None:
    cause = {"field": "spec", "message": "field is immutable"}
    cluster.refuse("GET", "/x", 422, message="bad", reason="Invalid", details={"causes": [cause]})
    with pytest.raises(ApiError, match="bad") as caught:
        transport(cluster).request("GET", "/x")
    assert (caught.value.status, caught.value.reason, caught.value.causes) == (422, "Invalid", [cause])


def test_warnings_are_returned_without_their_wrapping(cluster: FakeCluster) -> None:
    cluster.warnings = ['would violate PodSecurity \\"restricted\\"', "second"]
    body = {"metadata": {"name": "a"}}
    _, warnings = transport(cluster).request("PATCH", "/api/v1/x", query={"fieldManager": "m"}, body=body)
    assert warnings == ['would violate PodSecurity "restricted"', "second"]


def test_a_server_that_is_not_there_was_not_asked() -> None:
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1 did not answer: Connection refused") as caught:
        Transport(Cluster(server="http://127.0.0.1:1", namespace="")).request("GET", "/api/v1")
    assert not caught.value.asked


class Closing(BaseHTTPRequestHandler):
    """Answers the first request of a connection and drops it at the second, or at once for `/never`."""

    protocol_version = "HTTP/1.1"
    seen = 0

    def do_GET(self) -> None:
        self.seen += 1
        if self.seen > 1 or self.path == "/never":
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def closing() -> Iterator[Transport]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Closing)) as port:
        yield Transport(Cluster(server=f"http://127.0.0.1:{port}", namespace=""))


class serving:  # noqa: N801 - a context manager
    """Run a server while the block does."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server

    def __enter__(self) -> int:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self.server.server_port

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_kept_connection_that_the_server_closed_is_replaced(closing: Transport) -> None:
    closing.request("GET", "/a")
    assert closing.request("GET", "/b") == ({}, [])


def test_a_server_that_hangs_up_may_have_been_asked(closing: Transport) -> None:
    with pytest.raises(Unreachable) as caught:
        closing.request("GET", "/never")
    assert caught.value.asked


KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=True,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def certificate(name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None) -> Any:
    """Return a certificate and its key, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(KEY_USAGE, critical=True)
        .sign(signer, hashes.SHA256())
    )
    return built, key


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Greeting(BaseHTTPRequestHandler):
    """Answers with the name on the client's certificate."""

    def do_GET(self) -> None:
        assert isinstance(self.connection, ssl.SSLSocket)
        peer: Any = self.connection.getpeercert()
        data = json.dumps({"you": dict(pair[0] for pair in peer["subject"])["commonName"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests clean."""


def test_a_client_certificate_is_shown_and_its_key_touches_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = certificate("authority")
    (server_certificate, server_key), (client_certificate, client_key) = (
        certificate(name, authority) for name in ("server", "admin")
    )
    chain = tmp_path / "server.pem"
    chain.write_text(pem(server_certificate) + key_pem(server_key), encoding="ascii")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pem(authority[0]))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(chain)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Greeting)
    server.socket = context.wrap_socket(server.socket, server_side=True)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with serving(server) as port:
        cluster = Cluster(
            server=f"https://127.0.0.1:{port}",
            namespace="",
            ca=pem(authority[0]),
            certificate=pem(client_certificate),
            key=key_pem(client_key),
        )
        answer, _ = Transport(cluster).request("GET", "/")
    assert answer == {"you": "admin"}


def test_a_server_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    certificate_, key = certificate("server", certificate("authority"))
    chain = tmp_path / "server.pem"
    chain.write_text(pem(certificate_) + key_pem(key), encoding="ascii")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Closing)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server) as port:
        other = Cluster(server=f"https://127.0.0.1:{port}", namespace="", ca=pem(certificate("other")[0]))
        client = Transport(other)
        with pytest.raises(Unreachable, match="certificate verify failed"):
            client.request("GET", "/a")
