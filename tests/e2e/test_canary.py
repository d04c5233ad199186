"""korea-backend, as its guide has it: 20 → 40 → 60 → 80 → 100 with the real controller, and what calls a version off.

Each test goes on from where the one before left the service: the tests of this file run as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from local.plane import ControlPlane
from operations.rollout.pause import INCONCLUSIVE
from tests.e2e.delivery import BACKEND, KOREA, STACK, WEIGHTS, Delivery, is_healthy, ready, status_of, steps
from tests.e2e.probe import Probe
from tests.e2e.reapply import declared, nothing_moves
from tests.e2e.traffic import Traffic
from tests.integration.on_plane import Cluster, until

# The first test brings up the control plane and the system, each of which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(1500)

NAME = "korea-backend"
PODS = 5
SURGE = 2  # 25 % of five pods, rounded up


@pytest.fixture(scope="module")
def traffic(plane: ControlPlane, delivery: Delivery) -> Iterator[Traffic]:
    """Requests from within the cluster: the application counts them, pod by pod."""
    delivery.configure()
    delivery.deployed(KOREA)
    with Traffic(plane, KOREA) as made:
        made.calls(KOREA, NAME)
        yield made


@pytest.fixture(scope="module")
def probe(plane: ControlPlane, traffic: Traffic) -> Iterator[Probe]:
    with Probe(plane.kubeconfig, KOREA, NAME) as made:
        made.from_now_on(NAME, PODS)
        yield made


@pytest.fixture(autouse=True)
def never_fewer_than_five(probe: Probe) -> Iterator[None]:
    """Hold every test of this file to what a guide without downtime promises."""
    with probe.never_below(NAME, PODS):
        yield


def status(cluster: Cluster) -> dict[str, Any]:
    return status_of(cluster, KOREA, NAME)


def paused_at(cluster: Cluster, step: int) -> bool:
    found = status(cluster)
    reasons = [one["reason"] for one in found.get("pauseConditions") or ()]
    return found.get("currentStepIndex") == step and reasons == ["CanaryPauseStep"]


def waits_for_somebody(cluster: Cluster) -> bool:
    reasons = [one["reason"] for one in status(cluster).get("pauseConditions") or ()]
    return INCONCLUSIVE in reasons


def called_off(cluster: Cluster) -> bool:
    found = status(cluster)
    return bool(found.get("abort")) and found.get("phase") == "Degraded"


def begin(delivery: Delivery, tag: str) -> None:
    """Release a version and let it begin."""
    delivery.release(BACKEND, tag=tag)
    delivery.up(KOREA)


def stable_pods(cluster: Cluster, probe: Probe) -> set[str]:
    """Return the pods of the stable version that get traffic now."""
    replica_set = f"{NAME}-{status(cluster)['stableRS']}"
    return {pod for pod in probe[NAME].now if pod.rpartition("-")[0] == replica_set}


def all_stable_pods(cluster: Cluster, probe: Probe) -> set[str]:
    """Return the pods of the stable version once they have all of the traffic."""
    until(lambda: len(stable_pods(cluster, probe)) == len(probe[NAME].now) == PODS, "the stable version alone")
    return stable_pods(cluster, probe)


def is_ready(cluster: Cluster, pods: dict[str, int]) -> bool:
    """Tell whether so many pods are ready by their tags, and no others."""
    return ready(cluster, KOREA, NAME) == pods


def test_healthy_version_takes_over_step_by_step(delivery: Delivery, cluster: Cluster, probe: Probe) -> None:
    start = time.monotonic()
    begin(delivery, "1.1.0")
    for number, weight in enumerate(WEIGHTS, 1):
        step = 2 * number - 1  # the pause after the weight
        until(partial(paused_at, cluster, step), f"the pause at {weight} %")
        pods = {"1.0.0": PODS - number, "1.1.0": number}
        until(partial(is_ready, cluster, pods), f"{pods}, and no pod more than there should be")
        told = delivery.status(BACKEND)
        assert (told["phase"], told["step"]) == ("paused", step + 1)
        assert told["weight"] == {"asked": weight, "actual": weight, "pods": number, "of": PODS, "routed": False}
        nothing_moves(cluster.api, KOREA, declared(delivery.root, STACK, KOREA, NAME))
        assert paused_at(cluster, step), "nothing ends the pause before somebody promotes"
        delivery.rollout("promote", BACKEND).succeeded()
    until(lambda: is_healthy(status(cluster)), "all of the traffic")
    assert ready(cluster, KOREA, NAME) == {"1.1.0": PODS}
    assert probe[NAME].most(start) <= PODS + SURGE


def test_errors_call_a_version_off_in_the_middle(
    delivery: Delivery, cluster: Cluster, probe: Probe, traffic: Traffic
) -> None:
    short = {"strategy": {"steps": steps(*WEIGHTS, first="5s")}}
    delivery.configure(beside={KOREA: {"services": {NAME: short}}})
    begin(delivery, "1.2.0")
    until(lambda: paused_at(cluster, 3), "the pause at 40 %, when the one at 20 % has ended by itself")
    until(lambda: len(stable_pods(cluster, probe)) == 3, "the share of the stable version")
    serving = stable_pods(cluster, probe)
    traffic.behaves("1.2.0", errors=0.2)
    until(lambda: called_off(cluster), "the end of what fails")
    until(lambda: is_ready(cluster, {"1.1.0": PODS}), "the stable version alone")
    assert serving <= probe[NAME].now
    told = delivery.status(BACKEND)
    assert told["phase"] == "degraded"
    assert [one["name"] for one in told["analysis"] if one["phase"] == "Failed"] == ["success-rate"]


def test_slow_answers_call_a_version_off(delivery: Delivery, cluster: Cluster, probe: Probe, traffic: Traffic) -> None:
    serving = all_stable_pods(cluster, probe)
    delivery.configure()
    begin(delivery, "1.3.0")
    until(lambda: paused_at(cluster, 1), "the pause at 20 %")
    traffic.behaves("1.3.0", seconds=3.0)
    until(lambda: called_off(cluster), "the end of what is slow")
    until(lambda: is_ready(cluster, {"1.1.0": PODS}), "the stable version alone")
    assert len(serving - probe[NAME].now) <= 1  # the one that made way for the new version
    told = delivery.status(BACKEND)
    assert [one["name"] for one in told["analysis"] if one["phase"] == "Failed"] == ["latency"]


def test_failing_probes_call_a_version_off(delivery: Delivery, cluster: Cluster, probe: Probe) -> None:
    serving = all_stable_pods(cluster, probe)
    begin(delivery, "1.4.0-unready")
    until(lambda: called_off(cluster), "the end of what is never ready")
    until(lambda: is_ready(cluster, {"1.1.0": PODS}), "the stable version alone")
    assert len(serving - probe[NAME].now) <= 1
    told = delivery.status(BACKEND)
    assert [one["name"] for one in told["analysis"] if one["phase"] == "Failed"] == ["health"]


def test_no_metrics_at_all_call_nothing_off_and_say_so(delivery: Delivery, cluster: Cluster, traffic: Traffic) -> None:
    impatient = {"objectives": {"inconclusiveLimit": 5}}  # what it is where nobody says it
    delivery.configure(beside={KOREA: {"services": {NAME: impatient}}})
    traffic.hide()
    begin(delivery, "1.5.0")
    until(lambda: waits_for_somebody(cluster), "a pause, as nobody knows how it is")
    assert not status(cluster).get("abort")
    told = delivery.status(BACKEND)
    assert (told["phase"], told["waits_for_somebody"]) == ("paused", True)
    reasons = {one["name"]: one["reason"] for one in told["analysis"] if one["phase"] == "Inconclusive"}
    assert reasons
    assert all(reason.startswith("no data") for reason in reasons.values()), reasons
    assert "no data" in delivery.rollout("status", BACKEND).succeeded().stdout


def test_too_little_traffic_calls_nothing_off_and_says_so(
    delivery: Delivery, cluster: Cluster, traffic: Traffic
) -> None:
    traffic.calls(KOREA, NAME, per_second=0.5)
    traffic.hide(hidden=False)
    delivery.rollout("promote", BACKEND).succeeded()
    until(lambda: waits_for_somebody(cluster), "a pause, as nobody knows how it is")
    assert not status(cluster).get("abort")
    told = delivery.status(BACKEND)
    reasons = {one["name"]: one["reason"] for one in told["analysis"] if one["phase"] == "Inconclusive"}
    assert reasons
    assert all(reason.startswith("too little traffic") for reason in reasons.values()), reasons
    assert "too little traffic" in delivery.rollout("status", BACKEND).succeeded().stdout
    traffic.calls(KOREA, NAME)
    delivery.rollout("promote", BACKEND, "--full").succeeded()
    until(lambda: is_healthy(status(cluster)), "all of the traffic")
    assert ready(cluster, KOREA, NAME) == {"1.5.0": PODS}
