"""korea-frontend, as its guide has it: a preview, a promotion by hand, the old version gone after 30 s, and back again.

Each test goes on from where the one before left the service: the tests of this file run as a whole.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.plane import ControlPlane
from tests.e2e.delivery import FRONTEND, KOREA, REPLICA_SET, SERVICE, STACK, Delivery, is_healthy, ready, status_of
from tests.e2e.probe import Probe
from tests.e2e.reapply import declared, nothing_moves
from tests.e2e.traffic import Traffic
from tests.integration.on_plane import POD, Cluster, until

# The first test brings up the control plane and the system, each of which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(1500)

NAME = "korea-frontend"
ACTIVE, PREVIEW = f"{NAME}-active", f"{NAME}-preview"
PODS = 3
DELAY = 30  # seconds: the guide's scaleDownDelaySeconds

DEADLINE = "scale-down-deadline"


@pytest.fixture(scope="module")
def traffic(plane: ControlPlane, delivery: Delivery) -> Iterator[Traffic]:
    """Requests from outside, for what is live and for the preview: ingress-nginx counts them."""
    delivery.configure()
    delivery.deployed(KOREA)
    with Traffic(plane, KOREA) as made:
        made.visits("korea-public-data.localhost")
        made.visits("preview.korea-public-data.localhost")
        yield made


@pytest.fixture(scope="module")
def probe(plane: ControlPlane, traffic: Traffic) -> Iterator[Probe]:
    with Probe(plane.kubeconfig, KOREA, ACTIVE) as made:
        made.from_now_on(ACTIVE, PODS)
        yield made


@pytest.fixture(autouse=True)
def never_without_its_pods(probe: Probe) -> Iterator[None]:
    """Hold every test of this file to what blue-green promises: a whole version behind the active Service."""
    with probe.never_below(ACTIVE, PODS):
        yield


def status(cluster: Cluster) -> dict[str, Any]:
    return status_of(cluster, KOREA, NAME)


def waits_for_promotion(cluster: Cluster) -> bool:
    found = status(cluster)
    analysed = found.get("blueGreen", {}).get("prePromotionAnalysisRunStatus", {}).get("status")
    reasons = [one["reason"] for one in found.get("pauseConditions") or ()]
    return reasons == ["BlueGreenPause"] and analysed == "Successful"


def replica_set(cluster: Cluster, pod_hash: str) -> dict[str, Any]:
    found: dict[str, Any] = cluster.read(REPLICA_SET, KOREA, f"{NAME}-{pod_hash}")
    return found


def deadline(found: dict[str, Any]) -> dt.datetime | None:
    """Return when a ReplicaSet is to have no pods any more, as Argo Rollouts has noted it there."""
    noted = (found["metadata"].get("annotations") or {}).get(DEADLINE)
    return dt.datetime.fromisoformat(noted) if noted else None


def noted(cluster: Cluster, pod_hash: str) -> tuple[dt.datetime, dt.datetime]:
    """Wait until a ReplicaSet's end is noted; return when it will be, and the last moment at which it was not noted."""
    before = []

    def look() -> dt.datetime | None:
        now, found = dt.datetime.now(dt.UTC), deadline(replica_set(cluster, pod_hash))
        before.extend([] if found else [now])
        return found

    due: dt.datetime = until(look, "the old version's end")
    assert before, "it was noted before the analysis had ended"
    return due, before[-1]


def serving(probe: Probe) -> set[str]:
    """Return the hashes of the versions behind the active Service."""
    return {pod.removeprefix(f"{NAME}-").rpartition("-")[0] for pod in probe[ACTIVE].now}


def selector(cluster: Cluster, service: str) -> str:
    found: str = cluster.read(SERVICE, KOREA, service)["spec"]["selector"]["rollouts-pod-template-hash"]
    return found


@pytest.fixture(scope="module")
def old(cluster: Cluster, traffic: Traffic) -> str:
    """The hash of the version that is live in the beginning."""
    found: str = until(lambda: is_healthy(status(cluster)) and status(cluster)["stableRS"], "the first version")
    return found


def test_new_version_is_a_preview_and_nothing_else_while_all_is_applied_again_and_again(
    old: str, delivery: Delivery, cluster: Cluster, probe: Probe
) -> None:
    until(lambda: serving(probe) == {old}, "the first version alone")
    start = time.monotonic()
    delivery.release(FRONTEND, tag="1.1.0")
    delivery.up(KOREA)
    objects = declared(delivery.root, STACK, KOREA, NAME)
    until(lambda: ready(cluster, KOREA, NAME) == {"1.0.0": PODS, "1.1.0": PODS}, "the preview")
    until(lambda: waits_for_promotion(cluster), "the analysis before the promotion")
    for _ in range(5):
        nothing_moves(cluster.api, KOREA, objects)
        time.sleep(1)  # for the controllers, which would move something only then
    assert waits_for_promotion(cluster)
    assert probe[ACTIVE].replica_sets(start) == {f"{NAME}-{old}"}
    assert (selector(cluster, ACTIVE), selector(cluster, PREVIEW)) == (old, status(cluster)["currentPodHash"])
    told = delivery.status(FRONTEND)
    assert (told["phase"], told["waits_for_somebody"]) == ("paused", True)
    assert told["preview"] == ["https://preview.korea-public-data.localhost/"]


def test_promoted_version_is_live_and_the_old_one_goes_thirty_seconds_after(
    old: str, delivery: Delivery, cluster: Cluster, probe: Probe
) -> None:
    new = status(cluster)["currentPodHash"]
    delivery.rollout("promote", FRONTEND).succeeded()
    until(lambda: selector(cluster, ACTIVE) == new, "the switch")
    due, before = noted(cluster, old)
    # Noted in whole seconds, and once the analysis after the promotion has succeeded.
    assert due - before >= dt.timedelta(seconds=DELAY - 1)
    until(lambda: is_healthy(status(cluster)), "the analysis after the promotion")
    kept = replica_set(cluster, old)
    assert kept["spec"]["replicas"] == PODS or dt.datetime.now(dt.UTC) >= due
    until(lambda: replica_set(cluster, old)["spec"]["replicas"] == 0, "the end of the old version")
    assert dt.datetime.now(dt.UTC) >= due
    until(lambda: ready(cluster, KOREA, NAME) == {"1.1.0": PODS}, "the new version alone")
    nothing_moves(cluster.api, KOREA, declared(delivery.root, STACK, KOREA, NAME))
    assert serving(probe) == {new}


def test_failed_analysis_after_the_promotion_switches_back(
    old: str, delivery: Delivery, cluster: Cluster, probe: Probe, traffic: Traffic
) -> None:
    before = status(cluster)["stableRS"]
    assert before != old
    delivery.release(FRONTEND, tag="1.2.0")
    delivery.up(KOREA)
    until(lambda: waits_for_promotion(cluster), "the analysis before the promotion")
    new = status(cluster)["currentPodHash"]
    start = time.monotonic()
    traffic.behaves("1.2.0", errors=0.5)
    delivery.rollout("promote", FRONTEND).succeeded()
    until(lambda: f"{NAME}-{new}" in probe[ACTIVE].replica_sets(start), "the switch")
    until(lambda: status(cluster).get("abort"), "the analysis after the promotion")
    until(lambda: selector(cluster, ACTIVE) == before, "the switch back")
    until(lambda: serving(probe) == {before}, "the old version alone")
    told = delivery.status(FRONTEND)
    assert told["phase"] == "degraded"
    (failed,) = [one for one in told["analysis"] if one["phase"] == "Failed"]
    assert (failed["moment"], failed["name"]) == ("post-promotion", "success-rate")
    assert all("1.2.0" not in image for image in images(cluster, probe[ACTIVE].now))
    delivery.roll_back(FRONTEND)
    assert delivery.released(FRONTEND) == {"tag": "1.1.0"}
    assert is_healthy(status(cluster))


def images(cluster: Cluster, names: frozenset[str]) -> set[str]:
    """Return what the pods of these names run."""
    found = cluster.api.list(POD, KOREA)
    return {
        container["image"]
        for pod in found
        if pod["metadata"]["name"] in names
        for container in pod["spec"]["containers"]
    }
