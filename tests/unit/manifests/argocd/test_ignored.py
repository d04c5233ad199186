"""Argo CD leaves alone what other controllers write, and that is found in the objects."""

from typing import Any

import pytest

from manifests.argocd.ignored import ignored
from manifests.assembly import assemble
from manifests.placed import Manifest, Placed
from tests.builders import a_service, a_stack, a_system
from tests.unit.manifests.strategies import BY_ALB, BY_INGRESS_NGINX, every_strategy

SELECTOR = '.spec.selector | select(. != null and (has("rollouts-pod-template-hash") | not))'


def rules(objects: tuple[Placed, ...], *, annotations: bool = False) -> dict[str, list[str]]:
    """Return what is ignored of each object, by kind and name, and see that each rule is about one object."""
    found: dict[str, list[str]] = {}
    for rule in ignored(objects, ingress_annotations=annotations):
        fields = [*rule.get("jsonPointers", []), *rule.get("jqPathExpressions", [])]
        assert fields
        assert rule["namespace"] == "demo"
        found.setdefault(f"{rule['kind']}/{rule['name']}", []).extend(fields)
    return found


def of(**service: Any) -> tuple[Placed, ...]:
    """Return the objects of a system of one service."""
    stack = a_stack(a_system(a_service(**service)), delivery="gitops", domains={"web": "web.example.com"})
    return assemble(stack, "main")["demo"]


def of_strategies(services: dict[str, dict[str, Any]], **changes: Any) -> tuple[Placed, ...]:
    return assemble(every_strategy(services, **changes), "main")["demo"]


def test_plain_service_has_nothing_to_ignore() -> None:
    assert rules(of()) == {}


def test_pods_that_an_autoscaler_counts_are_ignored_and_a_number_of_ours_is_not() -> None:
    assert rules(of(scaling={"min": 2, "max": 5})) == {"Deployment/api": ["/spec/replicas"]}
    assert rules(of(replicas=5)) == {}


def test_rule_names_the_group_of_what_it_is_about() -> None:
    (rule,) = ignored(of(scaling={"min": 2, "max": 5}), ingress_annotations=False)
    assert rule == {
        "group": "apps",
        "kind": "Deployment",
        "namespace": "demo",
        "name": "api",
        "jsonPointers": ["/spec/replicas"],
    }


def test_selectors_of_services_that_a_rollout_manages_are_left_to_it() -> None:
    found = of(strategy={"type": "blueGreen", "activeService": "live", "previewService": "next"})
    assert rules(found) == {"Service/live": [SELECTOR], "Service/next": [SELECTOR]}


def test_weights_are_ignored_wherever_they_are_ours_to_declare_once() -> None:
    found = rules(of_strategies(BY_INGRESS_NGINX))
    lists = {name.split("/")[0]: fields for name, fields in found.items() if name.startswith(("Virtual", "HTTPRoute"))}
    assert lists == {"VirtualService": ["/spec/http"], "HTTPRoute": ["/spec/rules"]}


@pytest.mark.parametrize(
    ("services", "changes"), [(BY_INGRESS_NGINX, {}), (BY_ALB, {"ingressClass": "alb"})], ids=["nginx", "alb"]
)
def test_what_no_object_declares_needs_no_rule(services: dict[str, dict[str, Any]], changes: dict[str, Any]) -> None:
    """Such a rule would write back what was found a moment before, over what a controller has just written."""
    objects = of_strategies(services, **changes)
    manifests: dict[str, Manifest] = {
        f"{placed.manifest['kind']}/{placed.manifest['metadata']['name']}": placed.manifest for placed in objects
    }
    found = rules(objects)
    assert not [name for name in found if name.startswith("Ingress/")]
    assert not [name for name in found if name.startswith("Deployment/") and name.endswith("-canary")]
    assert not [name for name in found if name not in manifests]


def test_every_service_without_a_selector_of_ours_has_its_rule_and_no_other() -> None:
    for services, changes in ((BY_INGRESS_NGINX, {}), (BY_ALB, {"ingressClass": "alb"})):
        objects = of_strategies(services, **changes)
        without = {
            f"Service/{placed.manifest['metadata']['name']}"
            for placed in objects
            if placed.manifest["kind"] == "Service" and "selector" not in placed.manifest["spec"]
        }
        assert without
        assert {name for name in rules(objects) if name.startswith("Service/")} == without


def test_annotations_of_ingresses_are_ignored_where_the_system_says_so() -> None:
    objects = of(exposure={"public": {"hosts": ["web"], "issuer": None}})
    assert rules(objects, annotations=True) == {"Ingress/api": ["/metadata/annotations"]}
    assert rules(objects) == {}
