"""cert-manager's and External Secrets' parts at work on an API server that remembers."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest
from cryptography import x509

from local.provider.transport import ApiError, Transport
from local.simulation.issuing import Operators
from local.simulation.trouble import Trouble
from local.simulation.watch import Event

SERVED = {
    "/api/v1": [("secrets", "Secret")],
    "/apis/cert-manager.io/v1": [("certificates", "Certificate")],
}


class Server:
    """Keeps what is applied and what is patched, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.writes: list[str] = []
        self.refuse: dict[str, int] = {}

    def request(self, method: str, path: str, *, body: Any = None, **_: Any) -> tuple[dict[str, Any], list[str]]:
        if path in self.refuse:
            raise ApiError(self.refuse[path], {"message": "no"})
        if path in SERVED:
            resources = [{"name": plural, "kind": kind, "namespaced": True} for plural, kind in SERVED[path]]
            return {"resources": resources}, []
        if method == "GET":
            if path not in self.objects:
                raise ApiError(404, {})
            return self.objects[path], []
        self.objects[path] = body
        self.writes.append(path)
        return body, []


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def operators(server: Server) -> Operators:
    return Operators(cast("Transport", server))


ISSUER = {
    "kind": "ClusterIssuer",
    "metadata": {"name": "acme"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
CERTIFICATE = {
    "metadata": {"name": "web", "namespace": "shop", "generation": 1},
    "spec": {
        "secretName": "web-tls",
        "dnsNames": ["a.example.com"],
        "issuerRef": {"kind": "ClusterIssuer", "name": "acme"},
    },
}
EXTERNAL: dict[str, Any] = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {"name": "app", "namespace": "shop", "uid": "1", "generation": 1},
    "spec": {"data": [{"secretKey": "a"}, {"secretKey": "b"}]},
}
SECRET = "/api/v1/namespaces/shop/secrets/web-tls"
STATUS = "/apis/cert-manager.io/v1/namespaces/shop/certificates/web/status"


def test_certificate_gets_its_secret_before_it_is_ready(operators: Operators, server: Server) -> None:
    operators.see(Event("clusterissuers", "all", [ISSUER]))
    operators.see(Event("certificates", "set", [CERTIFICATE]))
    operators.work()
    assert server.writes == [SECRET, STATUS]
    chain = base64.b64decode(server.objects[SECRET]["data"]["tls.crt"])
    names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["a.example.com"]
    assert server.objects[STATUS]["status"]["conditions"][0]["status"] == "True"


def test_certificate_waits_for_its_issuer_and_follows_it(operators: Operators, server: Server) -> None:
    operators.see(Event("certificates", "set", [CERTIFICATE]))
    operators.work()
    assert server.writes == [STATUS]
    assert server.objects[STATUS]["status"]["conditions"][0]["status"] == "False"
    operators.see(Event("certificates", "set", [{**CERTIFICATE, **server.objects[STATUS]}]))
    operators.work()
    assert server.writes == [STATUS]
    operators.see(Event("clusterissuers", "set", [ISSUER]))
    operators.work()
    assert server.writes[1:] == [SECRET, STATUS]


def test_ready_certificate_is_left_alone(operators: Operators, server: Server) -> None:
    operators.see(Event("clusterissuers", "all", [ISSUER]))
    operators.see(Event("certificates", "set", [CERTIFICATE]))
    operators.work()
    before = server.objects[SECRET]
    operators.see(Event("certificates", "set", [{**CERTIFICATE, **server.objects[STATUS]}]))
    operators.work()
    assert server.objects[SECRET] is before
    assert len(server.writes) == 2


def test_external_secret_gets_random_values_for_its_keys(operators: Operators, server: Server) -> None:
    operators.see(Event("externalsecrets", "set", [EXTERNAL]))
    operators.work()
    values = server.objects["/api/v1/namespaces/shop/secrets/app"]["data"]
    assert values.keys() == {"a", "b"}
    assert values["a"] != values["b"]
    assert len(base64.b64decode(values["a"])) >= 32


def test_value_that_is_there_stays(operators: Operators, server: Server) -> None:
    server.objects["/api/v1/namespaces/shop/secrets/app"] = {"data": {"a": "a2VwdA=="}}
    operators.see(Event("externalsecrets", "set", [EXTERNAL]))
    operators.work()
    values = server.objects["/api/v1/namespaces/shop/secrets/app"]["data"]
    assert values["a"] == "a2VwdA=="
    assert "b" in values


def test_key_that_is_declared_no_longer_goes(operators: Operators, server: Server) -> None:
    path = "/api/v1/namespaces/shop/secrets/app"
    server.objects[path] = {"data": {"a": "a2VwdA==", "old": "b2xk"}}
    operators.see(Event("externalsecrets", "set", [EXTERNAL]))
    operators.work()
    assert server.objects[path]["data"].keys() == {"a", "b"}


def test_external_secret_that_is_to_make_none_makes_none(operators: Operators, server: Server) -> None:
    spec = {**EXTERNAL["spec"], "target": {"creationPolicy": "None"}}
    operators.see(Event("externalsecrets", "set", [{**EXTERNAL, "spec": spec}]))
    operators.work()
    assert server.writes == ["/apis/external-secrets.io/v1/namespaces/shop/externalsecrets/app/status"]


def test_object_that_ends_is_left_alone(operators: Operators, server: Server) -> None:
    ending = {**EXTERNAL, "metadata": {**EXTERNAL["metadata"], "deletionTimestamp": "now"}}
    operators.see(Event("externalsecrets", "set", [ending]))
    operators.work()
    assert server.writes == []


INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "1",
        "annotations": {"cert-manager.io/cluster-issuer": "acme"},
    },
    "spec": {"tls": [{"secretName": "web-tls", "hosts": ["a.example.com"]}]},
}
REQUESTED = "/apis/cert-manager.io/v1/namespaces/shop/certificates/web-tls"


def test_ingress_makes_its_certificate_and_keeps_it_up_to_date(operators: Operators, server: Server) -> None:
    operators.see(Event("ingresses", "set", [INGRESS]))
    operators.work()
    operators.see(Event("ingresses", "set", [INGRESS]))
    operators.work()
    assert server.writes == [REQUESTED, REQUESTED]


def test_certificate_that_somebody_declared_is_theirs(operators: Operators, server: Server) -> None:
    server.objects[REQUESTED] = {"metadata": {"name": "web-tls"}}
    operators.see(Event("ingresses", "set", [INGRESS]))
    operators.work()
    assert server.writes == []


def test_status_of_a_gateway_class_has_no_namespace(operators: Operators, server: Server) -> None:
    spec = {"controllerName": "io.cilium/gateway-controller"}
    operators.see(Event("gatewayclasses", "all", [{"metadata": {"name": "cilium", "generation": 1}, "spec": spec}]))
    operators.work()
    assert server.writes == ["/apis/gateway.networking.k8s.io/v1/gatewayclasses/cilium/status"]


@pytest.mark.parametrize("status", [404, 409, 422])
def test_object_that_is_refused_for_good_does_not_hold_up_the_others(
    operators: Operators, server: Server, status: int
) -> None:
    server.refuse = {STATUS: status}
    operators.see(Event("certificates", "set", [CERTIFICATE]))
    operators.see(Event("externalsecrets", "set", [EXTERNAL]))
    operators.work()
    assert any(path.endswith("/externalsecrets/app/status") for path in server.writes)


def test_object_is_looked_at_again_when_the_api_server_failed(operators: Operators, server: Server) -> None:
    server.refuse = {STATUS: 503}
    operators.see(Event("certificates", "set", [CERTIFICATE]))
    with pytest.raises(ApiError):
        operators.work()
    server.refuse = {}
    operators.work()
    assert server.writes == [STATUS]


def test_kind_that_is_not_served_yet_is_no_end(operators: Operators, server: Server) -> None:
    server.refuse = {"/apis/cert-manager.io/v1": 404}
    operators.see(Event("ingresses", "set", [{**INGRESS, "spec": INGRESS["spec"]}]))
    with pytest.raises(Trouble):
        operators.work()
    server.refuse = {}
    operators.work()
    assert server.writes == [REQUESTED]
