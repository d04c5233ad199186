"""Connections that are allowed and were not, whichever policies say so."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.network import network
from tests.unit.operations.diff.risks.samples import Case, harmless, judged, made, namespace, put, risky, side, workload

_EVERYWHERE = {"kubernetes.io/metadata.name": "shop"}
_NOTHING = made("NetworkPolicy", "default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
_API, _WEB, _DB = workload(), workload(name="web"), workload(name="db")
_ANY_WORLD = {"ipBlock": {"cidr": "0.0.0.0/0"}}


def _pods(name: str, space: str = "shop") -> Manifest:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
    }


def _policy(*peers: Manifest, port: int | None = 8080, name: str = "api", to: tuple[Manifest, ...] = ()) -> Manifest:
    ports: list[Any] = [{"port": port, "protocol": "TCP"}] if port else []
    rules = [{"from": list(peers), "ports": ports}] if peers else []
    out = [{"to": list(to)}] if to else []
    selector = {"matchLabels": {"app.kubernetes.io/name": name}}
    spec = {"podSelector": selector, "policyTypes": ["Ingress", "Egress"], "ingress": rules, "egress": out}
    return made("NetworkPolicy", name, spec=spec)


def _cilium(**rule: Any) -> Manifest:
    selector = {"matchLabels": {"app.kubernetes.io/name": "api"}}
    return made("CiliumNetworkPolicy", spec={"endpointSelector": selector, "ingress": [rule]})


def _both(*policies: Manifest) -> tuple[Manifest, ...]:
    return (_API, _WEB, _DB, _NOTHING, *policies)


CASES = [
    risky(
        "another pod may",
        Level.LOW,
        "web in shop at TCP 8080 may reach api",
        _both(_policy()),
        _both(_policy(_pods("web"))),
    ),
    risky(
        "at another port",
        Level.LOW,
        "at TCP 9090",
        _both(_policy(_pods("web"))),
        _both(_policy(_pods("web"), port=9090)),
    ),
    risky(
        "at any port",
        Level.LOW,
        "web in shop may reach api",
        _both(_policy(_pods("web"))),
        _both(_policy(_pods("web"), port=None)),
    ),
    risky(
        "a whole namespace may",
        Level.LOW,
        "every pod in shop",
        _both(_policy()),
        _both(_policy({"namespaceSelector": {"matchLabels": _EVERYWHERE}})),
    ),
    risky(
        "the whole cluster may",
        Level.MEDIUM,
        "every pod in any namespace",
        _both(_policy()),
        _both(_policy({"namespaceSelector": {}})),
    ),
    risky(
        "addresses may",
        Level.MEDIUM,
        "192.0.2.0/24",
        _both(_policy()),
        _both(_policy({"ipBlock": {"cidr": "192.0.2.0/24"}})),
    ),
    risky("the world may", Level.HIGH, "0.0.0.0/0", _both(_policy()), _both(_policy(_ANY_WORLD))),
    risky(
        "everybody may",
        Level.HIGH,
        "everybody may reach api",
        _both(_policy()),
        _both(put(_policy(), "spec/ingress", [{}])),
    ),
    risky(
        "an exception is dropped",
        Level.MEDIUM,
        "10.0.0.0/8",
        _both(_policy({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}})),
        _both(_policy({"ipBlock": {"cidr": "10.0.0.0/8"}})),
    ),
    risky(
        "it may go anywhere",
        Level.MEDIUM,
        "0.0.0.0/0 may be reached by api",
        _both(_policy()),
        _both(_policy(to=(_ANY_WORLD,))),
    ),
    risky(
        "a new workload is open to the world",
        Level.HIGH,
        "0.0.0.0/0",
        (_WEB, _NOTHING),
        (_WEB, _API, _NOTHING, _policy(_ANY_WORLD)),
    ),
    risky("the default goes", Level.HIGH, "everybody may reach api, db, web", _both(), (_API, _WEB, _DB)),
    risky(
        "the default goes for the rest",
        Level.HIGH,
        "everybody may reach db, web",
        _both(_policy()),
        (_API, _WEB, _DB, _policy()),
    ),
    risky(
        "only what comes in is denied",
        Level.MEDIUM,
        "may reach everybody",
        _both(),
        (_API, _WEB, _DB, put(_NOTHING, "spec/policyTypes", ["Ingress"])),
    ),
    risky(
        "an entity of Cilium may",
        Level.HIGH,
        "world",
        _both(_cilium(fromEntities=["cluster"])),
        _both(_cilium(fromEntities=["cluster", "world"])),
    ),
    risky(
        "a new namespace without policies",
        Level.MEDIUM,
        "no network policy",
        (namespace(), *_both()),
        (namespace(), *_both(), namespace("new"), put(_API, "metadata/namespace", "new")),
    ),
    risky(
        "found by another label at another port",
        Level.LOW,
        "at TCP 9090",
        _both(_policy(_pods("web"))),
        (
            _API,
            put(_WEB, "spec/template/metadata/labels/team", "a"),
            _DB,
            _NOTHING,
            _policy({"podSelector": {"matchLabels": {"team": "a"}}}, port=9090),
        ),
    ),
    harmless("fewer may", _both(_policy(_pods("web"), _pods("db"))), _both(_policy(_pods("web")))),
    harmless("a policy goes, the default stays", _both(_policy(_pods("web"))), _both()),
    harmless("a part of what could", _both(_policy({"namespaceSelector": {}})), _both(_policy(_pods("web")))),
    harmless(
        "a part of the addresses", _both(_policy(_ANY_WORLD)), _both(_policy({"ipBlock": {"cidr": "192.0.2.0/24"}}))
    ),
    harmless(
        "found by another label",
        _both(_policy(_pods("web"))),
        (
            _API,
            put(_WEB, "spec/template/metadata/labels/team", "a"),
            _DB,
            _NOTHING,
            _policy({"podSelector": {"matchLabels": {"team": "a"}}}),
        ),
    ),
    harmless(
        "two policies in place of one",
        _both(_policy(_pods("web"), _pods("db"))),
        _both(_policy(_pods("web")), put(_policy(_pods("db")), "metadata/name", "api-2")),
    ),
    harmless(
        "a new workload and its peers",
        (_DB, _NOTHING, _policy(name="db")),
        (_DB, _API, _NOTHING, _policy(_pods("api"), name="db"), _policy(_pods("db"))),
    ),
    harmless("a policy in a namespace that had none", (_API,), (_API, _policy(_pods("web")))),
    harmless("a workload goes with its policy", _both(_policy(_pods("web"))), (_WEB, _DB, _NOTHING)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_network(case: Case) -> None:
    judged(lambda sides: network(sides, frozenset()), case)


def test_the_controller_of_a_way_in_that_is_told_already_is_no_risk_of_its_own() -> None:
    controller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    sides = Sides(side(_both(_policy())), side(_both(_policy(controller))))

    assert [found.level for found in network(sides, frozenset())] == [Level.LOW]
    assert list(network(sides, frozenset({("seoul", "shop", "api")}))) == []


def test_how_many_policies_go_and_whom_it_concerns_is_said() -> None:
    sides = Sides(side(_both(_policy(), _policy(name="web"))), side((_API, _WEB, _DB)))

    (found,) = network(sides, frozenset())

    assert str(found.subject) == "NetworkPolicy shop/default-deny"
    assert found.reason == (
        "no network policy is left (3 policies are removed): everybody may reach api, db, web, and they everybody"
    )
    (found,) = network(Sides(side(_both()), side((_API, _WEB, _DB))), frozenset())
    assert "policies" not in found.reason
    only_out = put(_NOTHING, "spec/policyTypes", ["Ingress"])
    (found,) = network(Sides(side((_API, _NOTHING)), side((_API, only_out))), frozenset())
    assert found.reason == "no network policy is left: api may reach everybody"
    no_pods = Sides(side((_NOTHING, workload(name="x"))), side((workload(name="x", replicas=1),)))
    assert [one.reason.partition(": ")[2] for one in network(no_pods, frozenset())] == [
        "everybody may reach x, and they everybody"
    ]


def test_all_that_a_policy_opens_is_one_risk() -> None:
    sides = Sides(side(_both(_policy())), side(_both(_policy(_pods("web"), _pods("db"), _ANY_WORLD))))

    (found,) = network(sides, frozenset())

    assert found.level is Level.HIGH
    assert found.reason.split("; ")[1:] == [
        "web in shop at TCP 8080 may reach api",
        "db in shop at TCP 8080 may reach api",
    ]
