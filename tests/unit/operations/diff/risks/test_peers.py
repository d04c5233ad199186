"""Whom a rule of a policy allows, and when another one allows as much: pods of others too, which no object shows."""

import json
from typing import Any

import pytest

from operations.diff.model import Level
from operations.diff.risks.peers import Allowed, allowed_by, covers, how_wide, is_pod_of
from tests.unit.operations.diff.risks.samples import made

_SPACE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "dns"}}}
_ANYWHERE: dict[str, Any] = {"namespaceSelector": {}}
_PODS = {**_SPACE, "podSelector": {"matchLabels": {"a": "b", "c": "d"}}}
_MORE_PODS = {**_SPACE, "podSelector": {"matchLabels": {"a": "b"}}}
_EXPRESSION = {**_SPACE, "podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}
_HERE = {"podSelector": {"matchLabels": {"a": "b"}}}
_WORLD, _CLUSTER = {"entity": "world"}, {"entity": "cluster"}


def _block(cidr: str, *without: str) -> dict[str, Any]:
    return {"ipBlock": {"cidr": cidr, **({"except": list(without)} if without else {})}}


def _one(peer: dict[str, Any] | None, port: str = "") -> Allowed:
    return Allowed(json.dumps(peer, sort_keys=True) if peer else "", port)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (_one(None), _one(_PODS, "TCP 80"), True),
        (_one(None, "TCP 80"), _one(_PODS, "TCP 80"), True),
        (_one(None, "TCP 80"), _one(_PODS, "TCP 81"), False),
        (_one(None, "TCP 80"), _one(_PODS), False),
        (_one(_PODS), _one(None), False),
        (_one(_SPACE), _one(_PODS), True),
        (_one(_PODS), _one(_SPACE), False),
        (_one(_ANYWHERE), _one(_PODS), True),
        (_one(_MORE_PODS), _one(_PODS), True),
        (_one(_PODS), _one(_MORE_PODS), False),
        (_one(_HERE), _one(_MORE_PODS), False),
        (_one(_EXPRESSION), _one(_PODS), False),
        (_one(_EXPRESSION), _one(_EXPRESSION), True),
        (_one(_ANYWHERE), _one(_block("10.0.0.0/8")), False),
        (_one(_ANYWHERE), _one(_CLUSTER), False),
        (_one(_WORLD), _one(_block("10.0.0.0/8")), True),
        (_one(_CLUSTER), _one(_PODS), False),
        (_one(_block("10.0.0.0/8")), _one(_block("10.1.0.0/16")), True),
        (_one(_block("10.1.0.0/16")), _one(_block("10.0.0.0/8")), False),
        (_one(_block("0.0.0.0/0")), _one(_PODS), False),
        (_one(_block("0.0.0.0/0")), _one(_block("::/0")), False),
        (_one(_block("10.0.0.0/8", "10.1.0.0/16")), _one(_block("10.2.0.0/16")), True),
        (_one(_block("10.0.0.0/8", "10.1.0.0/16")), _one(_block("10.1.2.0/24")), False),
        (_one(_block("10.0.0.0/8", "10.1.0.0/16")), _one(_block("10.0.0.0/8", "10.1.0.0/16", "10.3.0.0/16")), True),
        (_one(_block("10.0.0.0/8", "10.1.0.0/16")), _one(_block("10.0.0.0/8", "10.1.2.0/24")), False),
    ],
)
def test_one_rule_covers_another(wide: Allowed, narrow: Allowed, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def _allowed(spec: dict[str, Any], kind: str = "NetworkPolicy") -> list[str]:
    return [str(one) for one in allowed_by(made(kind, spec=spec), "ingress")]


def test_each_peer_is_allowed_at_each_port() -> None:
    rule = {
        "from": [_HERE, _block("192.0.2.0/24", "192.0.2.1/32")],
        "ports": [{"port": 1, "endPort": 9}, {"protocol": "UDP"}],
    }

    assert _allowed({"podSelector": {}, "ingress": [rule]}) == [
        "a=b at TCP 1-9",
        "a=b at UDP all",
        "192.0.2.0/24 without 192.0.2.1/32 at TCP 1-9",
        "192.0.2.0/24 without 192.0.2.1/32 at UDP all",
    ]
    assert _allowed({"ingress": [{}]}) == ["everybody"]
    assert _allowed({"ingress": [{"from": [_ANYWHERE]}]}) == ["every pod in any namespace"]
    assert _allowed({"ingress": [{"from": [_HERE]}], "policyTypes": ["Egress"]}) == []
    assert [str(one) for one in allowed_by(made("NetworkPolicy", spec={"egress": [{}]}), "egress")] == ["everybody"]
    assert list(allowed_by(made("NetworkPolicy", spec={"ingress": [{}]}), "egress")) == []


def test_cilium_names_peers_in_ways_of_its_own() -> None:
    ports = [{"ports": [{"port": "80", "protocol": "TCP"}]}]
    rules = [
        {"fromEntities": ["ingress"], "toPorts": ports},
        {"fromCIDR": ["192.0.2.0/24"]},
        {"fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}]},
        {"fromEndpoints": [{"matchLabels": {"a": "b"}}]},
        {"toPorts": ports},
        {},
    ]

    assert _allowed({"endpointSelector": {}, "ingress": rules}, "CiliumNetworkPolicy") == [
        "what Cilium calls ingress at TCP 80",
        "192.0.2.0/24",
        "10.0.0.0/8 without 10.1.0.0/16",
        "a=b",
        "everybody at TCP 80",
    ]
    assert _allowed({"endpointSelector": {}, "egress": []}, "CiliumNetworkPolicy") == []


@pytest.mark.parametrize(
    ("peer", "ingress", "egress"),
    [
        (None, Level.HIGH, Level.MEDIUM),
        (_WORLD, Level.HIGH, Level.MEDIUM),
        (_block("::/0"), Level.HIGH, Level.MEDIUM),
        (_block("10.0.0.0/8"), Level.MEDIUM, Level.MEDIUM),
        (_ANYWHERE, Level.MEDIUM, Level.MEDIUM),
        ({**_ANYWHERE, "podSelector": {"matchLabels": {"a": "b"}}}, Level.LOW, Level.LOW),
        (_CLUSTER, Level.LOW, Level.LOW),
        (_SPACE, Level.LOW, Level.LOW),
    ],
)
def test_the_wider_the_worse(peer: dict[str, Any] | None, ingress: Level, egress: Level) -> None:
    assert (how_wide(_one(peer), "ingress"), how_wide(_one(peer), "egress")) == (ingress, egress)


def test_a_peer_without_namespaces_is_of_the_policys_own() -> None:
    assert is_pod_of(_one(_HERE), "shop", "shop", {"a": "b"})
    assert not is_pod_of(_one(_HERE), "shop", "other", {"a": "b"})
    assert not is_pod_of(_one(_HERE), "shop", "shop", {"a": "c"})
    assert is_pod_of(_one(_SPACE), "shop", "dns", {})
    assert not is_pod_of(_one(_SPACE), "shop", "shop", {})
    assert not is_pod_of(_one(_block("0.0.0.0/0")), "shop", "shop", {})
