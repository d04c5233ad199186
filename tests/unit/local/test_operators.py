"""What cert-manager and External Secrets would make of their objects."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulation import operators


def ingress(annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop", "uid": "1", "annotations": annotations},
        "spec": spec,
    }


def certificate(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "web", "namespace": "shop", "uid": "2", "generation": 3},
        "spec": {"secretName": "web-tls", "dnsNames": ["a.example.com"], "issuerRef": {"name": "acme"}, **spec},
    }


def external(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "app", "namespace": "shop", "uid": "3", "generation": 1},
        "spec": spec,
    }


TLS = {"tls": [{"secretName": "web-tls", "hosts": ["b.example.com", "a.example.com"]}]}


def test_ingress_gets_a_certificate_named_after_its_secret() -> None:
    [made] = operators.certificates(ingress({"cert-manager.io/cluster-issuer": "acme"}, **TLS))
    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == ("web-tls", "shop")
    assert made["spec"]["secretName"] == "web-tls"
    assert made["spec"]["dnsNames"] == ["a.example.com", "b.example.com"]
    assert made["spec"]["issuerRef"] == {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "acme"}
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Ingress"


def test_issuer_of_the_namespace_can_be_named_too() -> None:
    [made] = operators.certificates(ingress({"cert-manager.io/issuer": "acme"}, **TLS))
    assert made["spec"]["issuerRef"]["kind"] == "Issuer"


def test_ingress_without_the_annotation_gets_none() -> None:
    assert operators.certificates(ingress({}, **TLS)) == []


def test_ingress_without_tls_gets_none() -> None:
    assert operators.certificates(ingress({"cert-manager.io/issuer": "acme"})) == []


def test_secret_for_no_host_gets_none() -> None:
    spec = {"tls": [{"secretName": "web-tls"}]}
    assert operators.certificates(ingress({"cert-manager.io/issuer": "acme"}, **spec)) == []


def test_gateway_gets_a_certificate_for_the_host_names_of_its_listeners() -> None:
    gateway = ingress(
        {"cert-manager.io/issuer": "acme"},
        listeners=[
            {"name": "a", "hostname": "a.example.com", "tls": {"certificateRefs": [{"name": "one"}]}},
            {"name": "b", "hostname": "b.example.com", "tls": {"certificateRefs": [{"name": "one"}]}},
            {"name": "plain"},
        ],
    )
    [made] = operators.certificates(gateway)
    assert made["spec"]["dnsNames"] == ["a.example.com", "b.example.com"]


def test_secret_of_a_certificate_covers_it_until_its_hosts_change() -> None:
    made = operators.tls_secret(certificate(), "chain", "key")
    assert made["type"] == "kubernetes.io/tls"
    assert made["data"] == {"tls.crt": "chain", "tls.key": "key"}
    assert operators.covers(made, certificate())
    assert not operators.covers(made, certificate(dnsNames=["other.example.com"]))
    assert not operators.covers(None, certificate())


def test_hosts_of_a_certificate_are_named_once() -> None:
    spec = {"commonName": "a.example.com", "ipAddresses": ["192.0.2.9"]}
    assert operators.hosts(certificate(**spec)) == ["a.example.com", "192.0.2.9"]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ({"name": "acme"}, ("Issuer", "shop", "acme")),
        ({"name": "acme", "kind": "ClusterIssuer"}, ("ClusterIssuer", "", "acme")),
    ],
)
def test_issuer_is_looked_for_where_it_lives(reference: dict[str, str], found: tuple[str, str, str]) -> None:
    assert operators.issuer(certificate(issuerRef=reference)) == found


def test_certificate_of_an_unknown_issuer_says_so() -> None:
    [condition] = operators.certificate_status(certificate(), issued=False, now="now")["conditions"]
    assert condition["status"] == "False"
    assert 'issuer.cert-manager.io "acme" not found' in condition["message"]


def test_issued_certificate_is_ready_for_this_generation() -> None:
    status = operators.certificate_status(certificate(), issued=True, now="now")
    assert operators.ready({**certificate(), "status": status}) == ("True", 3)
    assert operators.ready(certificate()) == ("", 0)


def test_external_secret_has_the_keys_it_declares() -> None:
    declared = external(data=[{"secretKey": "a"}, {"secretKey": "b"}], target={"name": "app-secrets"})
    assert operators.secret_keys(declared) == ["a", "b"]
    assert operators.external_target(declared) == "app-secrets"


def test_template_decides_the_keys() -> None:
    declared = external(data=[{"secretKey": "a"}], target={"template": {"data": {"url": "{{ .a }}"}}})
    assert operators.secret_keys(declared) == ["url"]
    assert operators.external_target(declared) == "app"


def test_merging_template_adds_to_the_keys() -> None:
    template = {"data": {"url": "{{ .a }}"}, "mergePolicy": "Merge"}
    declared = external(data=[{"secretKey": "a"}], target={"template": template})
    assert operators.secret_keys(declared) == ["url", "a"]


def test_template_without_keys_leaves_them_as_they_are() -> None:
    declared = external(data=[{"secretKey": "a"}], target={"template": {"type": "Opaque"}})
    assert operators.secret_keys(declared) == ["a"]


def test_template_gives_the_secret_its_type_and_labels() -> None:
    template = {"type": "kubernetes.io/tls", "metadata": {"labels": {"app": "x"}, "annotations": {"note": "y"}}}
    made = operators.external_secret(external(target={"template": template}), {})
    assert made["type"] == "kubernetes.io/tls"
    assert made["metadata"]["labels"] == {"app": "x", "reconcile.external-secrets.io/managed": "true"}
    assert made["metadata"]["annotations"] == {"note": "y"}


def test_secret_without_a_template_has_the_labels_of_its_declaration() -> None:
    declared = external()
    declared["metadata"]["labels"] = {"app": "x"}
    made = operators.external_secret(declared, {})
    assert made["metadata"]["labels"]["app"] == "x"
    assert "type" not in made


@pytest.mark.parametrize(
    ("policy", "alone", "beside"),
    [("Owner", True, True), ("Orphan", True, True), ("Merge", False, True), ("None", False, False)],
)
def test_creation_policy_says_whether_there_is_to_be_a_secret(policy: str, alone: bool, beside: bool) -> None:
    declared = external(target={"creationPolicy": policy})
    assert operators.makes_secret(declared, None) is alone
    assert operators.makes_secret(declared, {"data": {}}) is beside


def test_secret_of_an_external_secret_goes_with_it() -> None:
    owned = operators.external_secret(external(), {"a": "eA=="})
    assert owned["metadata"]["ownerReferences"][0]["uid"] == "3"
    orphan = operators.external_secret(external(target={"creationPolicy": "Orphan"}), {})
    assert "ownerReferences" not in orphan["metadata"]


def test_synchronised_external_secret_is_ready_until_it_changes() -> None:
    done = {**external(), "status": operators.external_status(external(), "now")}
    assert operators.ready(done)[0] == "True"
    assert operators.synchronised(done)
    assert not operators.synchronised(external())
    assert not operators.synchronised({**done, "metadata": {**done["metadata"], "generation": 2}})


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Issuer", "ACMEAccountRegistered"),
        ("ClusterIssuer", "ACMEAccountRegistered"),
        ("SecretStore", "Valid"),
        ("ClusterSecretStore", "Valid"),
    ],
)
def test_source_is_ready_at_once_and_said_so_once(kind: str, reason: str) -> None:
    source = {"kind": kind, "metadata": {"name": "x"}}
    status = operators.source(source, "now")
    assert status is not None
    [condition] = status["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", reason)
    assert operators.source({**source, "status": status}, "now") is None


def test_owner_is_known_by_its_uid() -> None:
    [made] = operators.certificates(ingress({"cert-manager.io/issuer": "acme"}, **TLS))
    assert operators.owned(made, ingress({}))
    assert not operators.owned(made, certificate())
    assert not operators.owned(certificate(), ingress({}))
