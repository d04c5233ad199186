"""What cert-manager is told about issuers, solvers and certificates."""

from typing import Any

import pytest

from manifests.certificate import certificate, cluster_issuer
from settings.environment import Issuer
from tests.builders import an_environment

LABELS = {"app.kubernetes.io/part-of": "common"}
DOMAINS = {"www": "www.example.com", "api": "api.example.com", "any": "*.example.com"}
EMAIL = "operations@example.com"
HTTP01 = {"http01IngressClass": "nginx"}
CLOUDFLARE = {"cloudflare": {"tokenSecret": "cloudflare", "tokenKey": "token"}}


def issuer(*solvers: dict[str, Any], server: str = "letsencrypt-production") -> Issuer:
    return Issuer.model_validate({"server": server, "email": EMAIL, "solvers": solvers or (HTTP01,)})


def acme(*solvers: dict[str, Any], server: str = "letsencrypt-production") -> Any:
    environment = an_environment(domains=DOMAINS)
    return cluster_issuer("letsencrypt", issuer(*solvers, server=server), environment, labels=LABELS)["spec"]["acme"]


def solver(**settings: Any) -> Any:
    (found,) = acme(settings)["solvers"]
    return found


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("letsencrypt-production", "https://acme-v02.api.letsencrypt.org/directory"),
        ("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
    ],
)
def test_each_acme_server_has_its_address(server: str, address: str) -> None:
    assert acme(server=server)["server"] == address


def test_an_account_has_its_address_and_a_key_named_after_the_issuer() -> None:
    found = acme()
    assert found["email"] == EMAIL
    assert found["privateKeySecretRef"] == {"name": "letsencrypt-account-key"}


def test_a_cluster_issuer_is_in_no_namespace_and_carries_its_labels() -> None:
    manifest = cluster_issuer("letsencrypt", issuer(), an_environment(), labels=LABELS)
    assert (manifest["apiVersion"], manifest["kind"]) == ("cert-manager.io/v1", "ClusterIssuer")
    assert manifest["metadata"] == {"name": "letsencrypt", "labels": LABELS}


def test_a_self_signed_issuer_asks_nobody() -> None:
    self_signed = Issuer.model_validate({"server": "self-signed"})
    assert cluster_issuer("own", self_signed, an_environment(), labels=LABELS)["spec"] == {"selfSigned": {}}


def test_http01_is_solved_through_the_ingress_class_without_opening_node_ports() -> None:
    assert solver(**HTTP01) == {"http01": {"ingress": {"ingressClassName": "nginx", "serviceType": "ClusterIP"}}}


def test_dns01_is_solved_in_a_route53_zone() -> None:
    role = "arn:aws:iam::123456789012:role/dns"
    zone = {"hostedZoneId": "Z1", "region": "ap-northeast-2"}
    given = {"hostedZoneID": "Z1", "region": "ap-northeast-2"}
    assert solver(route53=zone) == {"dns01": {"route53": given}}
    assert solver(route53={**zone, "role": role}) == {"dns01": {"route53": {**given, "role": role}}}


def test_dns01_is_solved_at_cloudflare_by_a_token_in_a_secret() -> None:
    token = {"name": "cloudflare", "key": "token"}
    assert solver(**CLOUDFLARE) == {"dns01": {"cloudflare": {"apiTokenSecretRef": token}}}


def test_a_solver_for_some_hosts_selects_them_by_their_full_names() -> None:
    assert solver(**HTTP01, hosts=["www", "any"])["selector"] == {"dnsNames": ["www.example.com", "*.example.com"]}


def test_solvers_keep_their_order() -> None:
    assert [next(iter(found)) for found in acme(CLOUDFLARE, HTTP01)["solvers"]] == ["dns01", "http01"]


def test_a_certificate_is_named_as_its_secret_and_renewed_a_month_ahead_with_a_new_key() -> None:
    manifest = certificate("gateway", "edge-tls", ["www.example.com"], "letsencrypt", labels=LABELS)
    assert manifest["metadata"] == {"name": "edge-tls", "namespace": "gateway", "labels": LABELS}
    assert manifest["spec"] == {
        "secretName": "edge-tls",
        "dnsNames": ["www.example.com"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
        "duration": "2160h0m0s",
        "renewBefore": "720h0m0s",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
        "usages": ["digital signature", "server auth"],
        "revisionHistoryLimit": 1,
    }


@pytest.mark.parametrize(
    ("solvers", "hosts", "by_http01"),
    [
        pytest.param([HTTP01], ["www"], True, id="the-only-solver"),
        pytest.param([CLOUDFLARE], ["www"], False, id="by-dns"),
        pytest.param([HTTP01, CLOUDFLARE], ["www"], True, id="the-first-wins"),
        pytest.param([CLOUDFLARE, HTTP01], ["www"], False, id="not-the-second"),
        pytest.param([HTTP01, {**CLOUDFLARE, "hosts": ["www"]}], ["www"], False, id="a-host-of-its-own-wins"),
        pytest.param([CLOUDFLARE, {**HTTP01, "hosts": ["www"]}], ["api"], False, id="another-host"),
        pytest.param([CLOUDFLARE, {**HTTP01, "hosts": ["www"]}], ["api", "www"], True, id="one-host-of-two"),
        pytest.param([{**HTTP01, "hosts": ["www"]}], ["api"], False, id="no-solver-at-all"),
    ],
)
def test_http01_is_used_where_cert_manager_would_choose_it(solvers: Any, hosts: list[str], by_http01: bool) -> None:
    assert any(map(issuer(*solvers).by_http01, hosts)) is by_http01
