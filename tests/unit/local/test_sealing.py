"""What the Sealed Secrets controller may do, and how it is found."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local import sealing


def found(kind: str) -> list[dict[str, Any]]:
    return [obj for obj in sealing.objects(27004) if obj["kind"] == kind]


def test_service_says_where_the_controller_is_and_leads_nowhere_else() -> None:
    [service] = found("Service")
    assert (service["metadata"]["namespace"], service["metadata"]["name"]) == (
        "kube-system",
        "sealed-secrets-controller",
    )
    assert service["metadata"]["annotations"] == {"naru.local/url": "http://127.0.0.1:27004"}
    assert "selector" not in service["spec"]
    assert [port["port"] for port in service["spec"]["ports"]] == [8080]


def test_rights_are_those_of_the_chart() -> None:
    [cluster_role] = found("ClusterRole")
    assert [(rule["resources"], sorted(rule["verbs"])) for rule in cluster_role["rules"]] == [
        (["sealedsecrets"], ["get", "list", "watch"]),
        (["sealedsecrets/status"], ["update"]),
        (["secrets"], ["create", "delete", "get", "list", "update", "watch"]),
        (["events"], ["create", "patch"]),
    ]
    [role] = found("Role")
    assert role["metadata"]["namespace"] == "kube-system"
    assert [(rule.get("resourceNames"), rule["verbs"]) for rule in role["rules"]] == [
        (["sealed-secrets-key"], ["get"]),
        (None, ["create", "list"]),
    ]


def test_rights_are_the_accounts_alone() -> None:
    [account] = found("ServiceAccount")
    for binding in (*found("ClusterRoleBinding"), *found("RoleBinding")):
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": "kube-system"}
        ]
        assert binding["roleRef"]["name"] in {obj["metadata"]["name"] for obj in found(binding["roleRef"]["kind"])}


@contextmanager
def answering(status: int, content: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/v1/cert.pem" else 404)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_controller_that_gives_its_certificate_can_be_used() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n"
    own = sealing.certificates([{"data": {"tls.crt": base64.b64encode(pem).decode()}}])
    with answering(200, pem) as port:
        assert sealing.silence(port, own) == ""


def test_another_clusters_certificate_is_no_answer() -> None:
    content = b"-----BEGIN CERTIFICATE-----\n"
    with answering(200, content) as port:
        assert sealing.silence(port, {b"-----BEGIN CERTIFICATE-----other"}) == (
            f"port {port} gives the certificate of another cluster's"
        )


@pytest.mark.parametrize(("status", "content"), [(500, b"-----BEGIN CERTIFICATE-----\n"), (200, b"<html>\n")])
def test_another_answer_is_told(status: int, content: bytes) -> None:
    with answering(status, content) as port:
        assert sealing.silence(port, ()) == f"/v1/cert.pem is answered with {status} and no certificate"


def test_controller_that_does_not_listen_is_waited_for() -> None:
    with answering(200, b"") as port:
        pass
    assert "refused" in sealing.silence(port, ())
