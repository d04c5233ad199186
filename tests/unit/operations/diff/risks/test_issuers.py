"""Who issues certificates, and whether browsers trust that."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.issuers import issuers
from tests.unit.operations.diff.risks.samples import Case, harmless, ingress, judged, made, put, risky, side

_LIVE, _STAGING = "https://acme-v02.api.letsencrypt.org/directory", "https://acme-staging-v02.api.letsencrypt.org/dir"


def _issuer(name: str, **spec: Any) -> Manifest:
    return {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": name}, "spec": spec}


_ISSUERS = (
    _issuer("live", acme={"server": _LIVE}),
    _issuer("other", acme={"server": "https://acme.example.com/directory"}),
    _issuer("staging", acme={"server": _STAGING}),
    _issuer("own", selfSigned={}),
)


def _ingress(issuer: str, name: str = "api") -> Manifest:
    return ingress(f"{name}.example.com", name=name, notes={"cert-manager.io/cluster-issuer": issuer})


def _certificate(issuer: str) -> Manifest:
    spec = {"dnsNames": ["web.example.com"], "issuerRef": {"kind": "ClusterIssuer", "name": issuer}}
    return made("Certificate", "web", spec=spec)


CASES = [
    risky(
        "another issuer, once for all that it issues to",
        Level.MEDIUM,
        "api.example.com, web.example.com are issued by other for live",
        (*_ISSUERS, _ingress("live"), _certificate("live")),
        (*_ISSUERS, _ingress("other"), _certificate("other")),
    ),
    risky(
        "an issuer for tests",
        Level.HIGH,
        "browsers would refuse",
        (*_ISSUERS, _ingress("live"), _ingress("live", "two")),
        (*_ISSUERS, _ingress("staging"), _ingress("staging", "two")),
    ),
    risky(
        "an issuer that signs itself",
        Level.HIGH,
        "browsers would refuse",
        (*_ISSUERS, _certificate("live")),
        (*_ISSUERS, _certificate("own")),
    ),
    risky(
        "the server of an issuer",
        Level.HIGH,
        "browsers would refuse",
        _issuer("live", acme={"server": _LIVE}),
        _issuer("live", acme={"server": _STAGING}),
    ),
    risky(
        "from one for tests to one that signs itself",
        Level.MEDIUM,
        "issued by own",
        (*_ISSUERS, _ingress("staging")),
        (*_ISSUERS, _ingress("own")),
    ),
    risky(
        "nobody renews",
        Level.MEDIUM,
        "no issuer any more",
        (*_ISSUERS, _ingress("live")),
        (*_ISSUERS, put(_ingress("live"), "metadata/annotations", {})),
    ),
    harmless("a new host of the same issuer", (*_ISSUERS, _ingress("live")), (*_ISSUERS, _ingress("live"))),
    harmless("a first issuer", put(_ingress("x"), "metadata/annotations", {}), (*_ISSUERS, _ingress("live"))),
    harmless(
        "another address to write to",
        _issuer("live", acme={"server": _LIVE, "email": "a@example.com"}),
        _issuer("live", acme={"server": _LIVE, "email": "b@example.com"}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_another_issuer_is_told_once_and_as_bad_as_browsers_find_it(case: Case) -> None:
    judged(issuers, case)


def test_issuers_are_those_of_the_cluster() -> None:
    before = side([*_ISSUERS, _ingress("live")]) | side([*_ISSUERS, _ingress("live")], "tokyo")
    after = side([*_ISSUERS, _ingress("other")]) | side([*_ISSUERS, _ingress("other")], "tokyo")

    assert [found.subject.cluster for found in issuers(Sides(before, after))] == ["seoul", "tokyo"]
