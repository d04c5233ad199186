"""What holds for workloads of every strategy, seen to break by faults planted in each of them."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.placed import Manifest, Placed
from settings.stack import Stack
from tests.unit.manifests.laws import Assembled
from tests.unit.manifests.references import declared_secrets
from tests.unit.manifests.strategies import BY_ALB, BY_INGRESS_NGINX, every_strategy
from tests.unit.manifests.test_properties import faults_of


@pytest.fixture(scope="module")
def whole() -> Stack:
    return every_strategy(BY_INGRESS_NGINX)


def way(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(manifest["spec"]["strategy"].values()))
    return found


def labels(manifest: Manifest) -> dict[str, str]:
    found: dict[str, str] = manifest["spec"]["template"]["metadata"]["labels"]
    return found


OURS = {"app.kubernetes.io/name": "front", "app.kubernetes.io/part-of": "demo"}
FRONT, TRIED = "Rollout/demo/front", "Deployment/demo/tried-canary"
# The object, what is done to it, and what is said then.
PLANTED: dict[str, tuple[str, Callable[[Manifest], Any], str]] = {
    "selector on a Service that a Rollout manages": (
        "Service/demo/front",
        lambda it: it["spec"].update(selector=OURS),
        "Service/demo/front: has a selector of ours, and a Rollout manages it",
    ),
    "no selector on a Service that no Rollout manages": (
        "Service/demo/pods",
        lambda it: it["spec"].pop("selector"),
        "Service/demo/pods: has no selector",
    ),
    "version in a Rollout's selector": (
        FRONT,
        lambda it: it["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/version": "1"}),
        f"{FRONT}: selects by version",
    ),
    "pods of a second Deployment that the first one counts": (
        TRIED,
        lambda it: labels(it).update({"app.kubernetes.io/name": "tried"}),
        "Deployment/demo/tried: selects ['Deployment/demo/tried', 'Deployment/demo/tried-canary']",
    ),
    "colour that both have": (
        "Deployment/demo/turned-green",
        lambda it: labels(it).update({"naru/color": "blue"}),
        "Service/demo/turned-blue: selects ['Deployment/demo/turned-blue', 'Deployment/demo/turned-green']",
    ),
    "policy that misses a second Deployment": (
        "NetworkPolicy/demo/tried-canary",
        lambda it: it["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "gone"}),
        "NetworkPolicy/demo/tried-canary: selects []",
    ),
    "budget of both colours": (
        "PodDisruptionBudget/demo/turned-blue",
        lambda it: it["spec"]["selector"]["matchLabels"].pop("naru/color"),
        "PodDisruptionBudget/demo/turned-blue: selects ['Deployment/demo/turned-blue', 'Deployment/demo/turned-green']",
    ),
    "autoscaler of a Deployment that is a Rollout": (
        "HorizontalPodAutoscaler/demo/routed",
        lambda it: it["spec"]["scaleTargetRef"].update(apiVersion="apps/v1", kind="Deployment"),
        "no Deployment/demo/routed",
    ),
    "Rollout counted by two": ("Rollout/demo/routed", lambda it: it["spec"].update(replicas=1), "counted by two"),
    "Rollout counted by nobody": (FRONT, lambda it: it["spec"].pop("replicas"), "counted by nobody"),
    "count that brings back what was called off": (TRIED, lambda it: it["spec"].update(replicas=1), "counted by two"),
    "active Service that is not there": (
        FRONT,
        lambda it: way(it).update(activeService="gone"),
        f"{FRONT}: no Service/demo/gone",
    ),
    "analysis that is not there": (
        FRONT,
        lambda it: way(it)["prePromotionAnalysis"]["templates"][0].update(templateName="gone"),
        f"{FRONT}: no AnalysisTemplate/demo/gone",
    ),
    "analysis of the cluster that is not there": (
        "Rollout/demo/pods",
        lambda it: way(it)["analysis"]["templates"][-1].update(templateName="gone"),
        "no ClusterAnalysisTemplate//gone",
    ),
    "Ingress that is not there": (
        "Rollout/demo/routed",
        lambda it: way(it)["trafficRouting"]["nginx"].update(stableIngress="gone"),
        "no Ingress/demo/gone",
    ),
    "HTTPRoute that is not there": (
        "Rollout/demo/edged",
        lambda it: way(it)["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"].update(httpRoute="gone"),
        "no HTTPRoute/demo/gone",
    ),
    "VirtualService that is not there": (
        "Rollout/demo/meshed",
        lambda it: way(it)["trafficRouting"]["istio"]["virtualService"].update(name="gone"),
        "no VirtualService/demo/gone",
    ),
    "backend that is not there": (
        "Ingress/demo/tried-canary",
        lambda it: it["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"].update(name="gone"),
        "no Service gone",
    ),
    "port that a Rollout's pods have not": (
        "Service/demo/front-preview",
        lambda it: it["spec"]["ports"][0].update(targetPort="gone"),
        "no port gone",
    ),
    "no probe in a Rollout": (
        FRONT,
        lambda it: it["spec"]["template"]["spec"]["containers"][0].pop("livenessProbe"),
        "no livenessProbe",
    ),
    "token in a Rollout's pods": (
        FRONT,
        lambda it: it["spec"]["template"]["spec"].update(automountServiceAccountToken=True),
        "mounts a token",
    ),
}


@pytest.mark.parametrize(("reference", "plant", "said"), PLANTED.values(), ids=PLANTED)
def test_planted_fault_breaks_a_law(whole: Stack, reference: str, plant: Callable[[Manifest], Any], said: str) -> None:
    assembled = assemble(whole, "main")
    assert faults_of(assembled, whole) == []

    assert said in "\n".join(faults_of(with_fault(assembled, reference, plant), whole))


def with_fault(assembled: Assembled, reference: str, plant: Callable[[Manifest], Any]) -> Assembled:
    def planted(placed: Placed) -> Placed:
        manifest = copy.deepcopy(placed.manifest)
        plant(manifest)
        return replace(placed, manifest=manifest)

    broken = {
        name: tuple(planted(placed) if placed.reference == reference else placed for placed in objects)
        for name, objects in assembled.items()
    }
    assert broken != assembled
    return broken


ALB_PLANTED: dict[str, tuple[str, Callable[[Manifest], Any], str]] = {
    "action that nobody says": (
        "Ingress/demo/turned",
        lambda it: it["metadata"]["annotations"].pop("alb.ingress.kubernetes.io/actions.turned"),
        "Ingress/demo/turned: no action turned",
    ),
    "action of a Rollout that is not its Service's": (
        "Rollout/demo/routed",
        lambda it: way(it)["trafficRouting"]["alb"].update(rootService="gone"),
        "Ingress/demo/routed: no action routed",
    ),
    "target group that is not there": (
        "Ingress/demo/turned",
        lambda it: it["metadata"]["annotations"].update(
            {"alb.ingress.kubernetes.io/actions.turned": '{"forwardConfig":{"targetGroups":[{"serviceName":"gone"}]}}'}
        ),
        "Ingress/demo/turned: no Service/demo/gone",
    ),
}


@pytest.mark.parametrize(("reference", "plant", "said"), ALB_PLANTED.values(), ids=ALB_PLANTED)
def test_planted_fault_breaks_a_law_of_an_alb(reference: str, plant: Callable[[Manifest], Any], said: str) -> None:
    stack = every_strategy(BY_ALB, ingressClass="alb")
    assembled = assemble(stack, "main")
    assert faults_of(assembled, stack) == []
    assert said in "\n".join(faults_of(with_fault(assembled, reference, plant), stack))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("Service/demo/tried", "Service/demo/tried: comes after no workload"),
        ("Ingress/demo/turned", "Ingress/demo/turned: comes after no workload"),
        ("Rollout/demo/routed", "Rollout/demo/routed: comes after []"),
    ],
)
def test_what_comes_after_nothing_breaks_a_law(whole: Stack, reference: str, said: str) -> None:
    assembled = assemble(whole, "main")
    loose = {
        name: tuple(replace(placed, after=()) if placed.reference == reference else placed for placed in objects)
        for name, objects in assembled.items()
    }
    assert said in faults_of(loose, whole)


def test_a_rollout_before_its_services_breaks_a_law(whole: Stack) -> None:
    assembled = assemble(whole, "main")
    (front,) = (placed for placed in assembled["demo"] if placed.reference == FRONT)
    early = {**assembled, "demo": (front, *(placed for placed in assembled["demo"] if placed is not front))}
    assert f"{FRONT}: precedes Service/demo/front" in faults_of(early, whole)


def test_the_stack_declares_no_secret(whole: Stack) -> None:
    """Or the references above would be found elsewhere."""
    assert declared_secrets(whole) == set()
