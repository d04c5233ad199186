"""ams goes from one strategy to another and back, as its road map has it, and its pods serve all the while.

Each test goes on from where the one before left the service: the tests of this file run as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from operations.handover.plan import HASH
from tests.e2e.delivery import (
    AMS,
    BLUE_GREEN,
    BLUE_GREEN_INGRESS,
    CANARY,
    CANARY_DEPLOYMENT,
    ROLLING,
    ROLLOUT,
    SERVICE,
    STACK,
    Delivery,
    is_healthy,
    ready,
    status_of,
)
from tests.e2e.probe import Probe
from tests.e2e.reapply import declared, nothing_moves
from tests.e2e.traffic import Traffic, ask
from tests.integration.on_plane import DEPLOYMENT, Cluster, until

# The first test brings up the control plane and the system, each of which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(1500)

NAME = "ams"
PODS = 2
OTHER = "immersiverse"
INGRESS = Type("networking.k8s.io", "v1", "Ingress")


@pytest.fixture(scope="module")
def traffic(plane: ControlPlane, delivery: Delivery) -> Iterator[Traffic]:
    delivery.release(AMS, tag="1.0.0", canary=None, colors=None, live=None)
    change(delivery, BLUE_GREEN)
    with Traffic(plane, NAME) as made:
        made.visits("ams.localhost", per_second=200)
        for tag in ("1.0.0", "1.1.0"):
            made.behaves(tag, executor_queued_tasks=3.0)
        yield made


@pytest.fixture(scope="module")
def probe(plane: ControlPlane, traffic: Traffic) -> Iterator[Probe]:
    with Probe(plane.kubeconfig, NAME, NAME) as made:
        made.from_now_on(NAME, PODS)
        yield made


@pytest.fixture(autouse=True)
def never_without_its_pods(probe: Probe) -> Iterator[None]:
    with probe.never_below(NAME, PODS):
        yield


def change(delivery: Delivery, strategy: Mapping[str, Any]) -> None:
    """Give the service another strategy, and nothing else."""
    delivery.configure({AMS: strategy})
    delivery.up(NAME)


def kind(strategy: Mapping[str, Any]) -> str:
    return "Rollout" if strategy["type"] in {"blueGreen", "canary"} else "Deployment"


def workloads(cluster: Cluster) -> dict[str, str]:
    """Return the kind of each workload of the service that there is."""
    kinds = {"Deployment": DEPLOYMENT, "Rollout": ROLLOUT}
    return {
        item["metadata"]["name"]: kind
        for kind, type_ in kinds.items()
        for item in cluster.api.list(type_, NAME, labelSelector=f"app.kubernetes.io/component={NAME}")
    }


def is_settled(delivery: Delivery, cluster: Cluster) -> bool:
    """Tell whether all pods are of one workload's one version, and everybody agrees that it is well."""
    return delivery.status(AMS)["phase"] == "healthy" and sum(ready(cluster, NAME, NAME).values()) == PODS


def canary_weight(cluster: Cluster) -> int:
    """Return the share that ingress-nginx gives to the canary: what Argo Rollouts' own Ingress says."""
    weight = "nginx.ingress.kubernetes.io/canary-weight"
    annotations = [item["metadata"].get("annotations") or {} for item in cluster.api.list(INGRESS, NAME)]
    (found,) = [int(one[weight]) for one in annotations if weight in one]
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BLUE_GREEN, CANARY),
        (CANARY, ROLLING),
        (ROLLING, CANARY),
        (CANARY, BLUE_GREEN),
        (BLUE_GREEN, ROLLING),
    ],
    ids=lambda strategy: strategy["type"],
)
def test_strategy_is_changed_with_pods_serving_throughout(
    before: Mapping[str, Any], after: Mapping[str, Any], delivery: Delivery, cluster: Cluster
) -> None:
    delivery.configure({AMS: after})
    delivery.up(OTHER)
    assert workloads(cluster) == {NAME: kind(before)}, "what is pending stays pending, and keeps nothing else up"
    delivery.up(NAME)
    assert workloads(cluster) == {NAME: kind(after)}
    until(lambda: is_settled(delivery, cluster), "one version of the new workload")
    nothing_moves(cluster.api, NAME, declared(delivery.root, STACK, NAME, NAME))
    selector = cluster.read(SERVICE, NAME, NAME)["spec"]["selector"]
    assert (HASH in selector) == (kind(after) == "Rollout")


def test_two_colours_and_back(delivery: Delivery, cluster: Cluster) -> None:
    change(delivery, BLUE_GREEN_INGRESS)
    assert workloads(cluster) == {"ams-blue": "Deployment", "ams-green": "Deployment"}
    change(delivery, ROLLING)
    assert workloads(cluster) == {NAME: "Deployment"}
    until(lambda: is_settled(delivery, cluster), "one version of the new workload")


def test_second_deployment_comes_and_goes(delivery: Delivery, cluster: Cluster) -> None:
    delivery.release(AMS, canary={"tag": "1.1.0"})
    change(delivery, CANARY_DEPLOYMENT)
    assert workloads(cluster) == {NAME: "Deployment", "ams-canary": "Deployment"}
    assert canary_weight(cluster) == CANARY_DEPLOYMENT["weight"]
    nothing_moves(cluster.api, NAME, declared(delivery.root, STACK, NAME, NAME))
    delivery.release(AMS, canary=None)
    delivery.up(NAME)
    assert workloads(cluster) == {NAME: "Deployment"}
    change(delivery, ROLLING)


def test_new_version_gets_its_share_from_ingress_nginx(delivery: Delivery, cluster: Cluster, probe: Probe) -> None:
    change(delivery, CANARY)
    until(lambda: is_settled(delivery, cluster), "one version of the new workload")
    stable = status_of(cluster, NAME, NAME)["stableRS"]
    until(lambda: replica_sets(probe) == {f"{NAME}-{stable}"}, "its pods alone behind the Service")
    start = time.monotonic()
    delivery.release(AMS, tag="1.1.0")
    delivery.up(NAME)
    for number, weight in enumerate((5, 20, 50), 1):
        step = 2 * number - 1
        until(partial(paused_at, cluster, step), f"the pause at {weight} %")
        assert canary_weight(cluster) == weight
        told = delivery.status(AMS)
        assert (told["weight"]["asked"], told["weight"]["actual"], told["weight"]["routed"]) == (weight, weight, True)
        nothing_moves(cluster.api, NAME, declared(delivery.root, STACK, NAME, NAME))
        assert paused_at(cluster, step), "nothing ends the pause before somebody promotes"
        assert probe[NAME].replica_sets(start) == {f"{NAME}-{stable}"}
        delivery.rollout("promote", AMS).succeeded()
    until(lambda: is_healthy(status_of(cluster, NAME, NAME)), "all of the traffic")
    until(lambda: ready(cluster, NAME, NAME) == {"1.1.0": PODS}, "the new version alone")


def test_backlog_calls_a_version_off_and_its_share_goes_back(
    delivery: Delivery, cluster: Cluster, probe: Probe, traffic: Traffic
) -> None:
    stable = status_of(cluster, NAME, NAME)["stableRS"]
    until(lambda: replica_sets(probe) == {f"{NAME}-{stable}"}, "the new version alone behind the Service")
    serving = probe[NAME].now
    traffic.behaves("1.2.0", executor_queued_tasks=3.0)
    delivery.release(AMS, tag="1.2.0")
    delivery.up(NAME)
    traffic.behaves("1.2.0", executor_queued_tasks=5000.0)
    until(lambda: status_of(cluster, NAME, NAME).get("abort"), "the end of what does not keep up")
    until(lambda: canary_weight(cluster) == 0, "no traffic for it")
    told = delivery.status(AMS)
    assert told["phase"] == "degraded"
    assert [one["name"] for one in told["analysis"] if one["phase"] == "Failed"] == ["queue-backlog"]
    assert probe[NAME].now == serving
    assert len(serving) == PODS
    delivery.roll_back(AMS)
    assert delivery.released(AMS) == {"tag": "1.1.0"}
    until(lambda: is_settled(delivery, cluster), "the end of the pods that were called off")


def test_no_request_found_nobody(plane: ControlPlane, traffic: Traffic) -> None:
    asked = 'sum(nginx_ingress_controller_requests{namespace="ams",ingress="ams"'
    # What Prometheus could not read in its second is not there until it reads it again.
    until(lambda: ask(plane, f"{asked}}})"), "somebody asked")
    assert ask(plane, f'{asked},status="503"}})') == []


def replica_sets(probe: Probe) -> set[str]:
    """Return whose pods are behind the Service now."""
    return {pod.rpartition("-")[0] for pod in probe[NAME].now}


def paused_at(cluster: Cluster, step: int) -> bool:
    found = status_of(cluster, NAME, NAME)
    reasons = [one["reason"] for one in found.get("pauseConditions") or ()]
    return found.get("currentStepIndex") == step and reasons == ["CanaryPauseStep"]
