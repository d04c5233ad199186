"""What is read off a service's workloads: revisions, phase, step, weight, and the mark of a healthy version."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer
from operations.rollout.live import LiveWorkload, live, mark_healthy
from operations.rollout.phase import NOT_ANSWERED
from settings.service import Service
from settings.strategy import Canary, CanaryStep, Rolling, Strategy
from tests.unit.operations.builders import stack, system
from tests.unit.operations.rollout_builders import (
    DEPLOYMENTS,
    ROLLOUTS,
    SETS,
    Cluster,
    a_deployment,
    a_replica_set,
    a_rollout,
    with_deployment,
    with_rollout,
)

STEPPING = Canary(type="canary", steps=(CanaryStep(weight=20),))
PLACE = Place(stack(system("shop")), system("shop"), "seoul")


def read(cluster: Cluster, strategy: Strategy = STEPPING) -> LiveWorkload:
    settings: dict[str, Any] = {"name": "web", "image": {"repository": "example.com/web", "tag": "2"}}
    service = Service.model_construct(**{"strategy": strategy, "namespace": None, "canary": None, **settings})
    (found,) = live(as_server(cluster), "seoul", PLACE, service)
    return found


def as_server(cluster: Cluster) -> ApiServer:
    return cluster  # type: ignore[return-value]


def on_its_way(**status: Any) -> Cluster:
    return with_rollout(
        Cluster(), a_rollout(**status), a_replica_set("1", 1, replicas=4), a_replica_set("2", 2, replicas=1)
    )


def test_revisions_are_newest_first_and_know_what_they_run() -> None:
    found = read(
        with_rollout(
            Cluster(), a_rollout(), a_replica_set("1", 1, config_map="web-env-a1"), a_replica_set("2", 12, replicas=2)
        )
    )
    assert [(one.number, one.image, one.replicas) for one in found.revisions] == [
        (12, "example.com/web:2", 2),
        (1, "example.com/web:1", 0),
    ]
    assert found.revisions[1].config_maps == ("web-env-a1",)
    assert found.revisions[1].images == {"web": "example.com/web:1"}
    labels = found.revisions[0].template["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}


def test_replica_sets_of_another_workload_are_no_revisions() -> None:
    cluster = with_rollout(Cluster(), a_rollout(), a_replica_set("1", 1), a_replica_set("9", 9, kind="Deployment"))
    cluster.objects[f"{SETS}/web-h9"]["metadata"]["ownerReferences"] = [{"uid": "another", "controller": True}]
    assert [one.number for one in read(cluster).revisions] == [1]


def test_rollout_knows_its_current_and_its_stable_version() -> None:
    found = read(on_its_way())
    assert found.current is not None
    assert found.stable is not None
    assert (found.current.hash, found.stable.hash) == ("h2", "h1")


@pytest.mark.parametrize(
    ("status", "phase", "reason"),
    [
        ({"phase": "Healthy"}, "healthy", ""),
        ({"phase": "Paused", "message": "CanaryPauseStep"}, "paused", "CanaryPauseStep"),
        ({"phase": "Degraded", "message": "InvalidSpec: no"}, "degraded", "InvalidSpec: no"),
        ({"phase": "Progressing", "message": "more replicas"}, "progressing", "more replicas"),
        ({"phase": "Progressing", "abort": True, "message": "x"}, "degraded", "x"),
        ({"phase": "Paused", "controllerPause": True}, "progressing", "it was promoted and goes on"),
        (
            {"phase": "Healthy", "observedGeneration": "2"},
            "progressing",
            "Argo Rollouts has not seen the newest change yet",
        ),
        ({"phase": "", "observedGeneration": ""}, "progressing", NOT_ANSWERED),
    ],
)
def test_phase_of_a_rollout(status: dict[str, Any], phase: str, reason: str) -> None:
    found = read(on_its_way(**status))
    assert (found.phase, found.reason) == (phase, reason)


@pytest.mark.parametrize(
    ("deployment", "phase", "reason"),
    [
        (a_deployment(), "healthy", ""),
        (a_deployment(updated=1), "progressing", "1 of 3 pods are of the new version"),
        (
            a_deployment(replicas=3) | {"spec": {**a_deployment()["spec"], "replicas": 0}},
            "degraded",
            "it is scaled to 0 pods",
        ),
        (a_deployment(available=2), "progressing", "2 of 3 pods are available"),
        (
            a_deployment() | {"status": {"observedGeneration": 1}},
            "progressing",
            "the cluster has not seen the newest change yet",
        ),
    ],
)
def test_phase_of_a_deployment(deployment: dict[str, Any], phase: str, reason: str) -> None:
    found = read(with_deployment(Cluster(), deployment), Rolling())
    assert (found.phase, found.reason) == (phase, reason)


def test_deployment_past_its_deadline_is_degraded_for_the_reason_that_the_cluster_gives() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"}
    found = read(with_deployment(Cluster(), a_deployment(updated=1, conditions=[late])), Rolling())
    assert (found.phase, found.reason) == ("degraded", "ProgressDeadlineExceeded: timed out")
    found = read(with_deployment(Cluster(), a_deployment(updated=1, conditions=[late, refused])), Rolling())
    assert (found.phase, found.reason) == ("degraded", "FailedCreate: quota")


def test_stable_version_of_a_deployment_is_the_old_one_until_the_new_one_is_complete() -> None:
    sets = (
        a_replica_set("1", 1, kind="Deployment", healthy="2026-02-01T00:00:00Z"),
        a_replica_set("2", 2, kind="Deployment", replicas=2),
        a_replica_set("3", 3, kind="Deployment", replicas=1),
    )
    under_way = read(with_deployment(Cluster(), a_deployment(updated=1), *sets), Rolling())
    complete = read(with_deployment(Cluster(), a_deployment(), *sets), Rolling())
    assert under_way.stable is not None
    assert complete.stable is not None
    assert (under_way.stable.number, complete.stable.number) == (1, 3)


@pytest.mark.parametrize(
    ("index", "more", "step", "weight"),
    [
        (0, {}, 0, 20),
        (1, {}, 1, 20),
        (3, {}, 3, 60),
        (6, {}, 6, 100),
        (3, {"abort": True}, 3, 0),
        (None, {}, None, 20),
    ],
)
def test_weight_is_that_of_the_step_or_of_the_last_one_that_set_it(
    index: int | None, more: dict[str, Any], step: int | None, weight: int
) -> None:
    at = {} if index is None else {"currentStepIndex": index}
    found = read(on_its_way(**at, **more))
    assert (found.step, found.steps, found.weight) == (step, 6, weight)


def test_what_is_not_deployed_is_absent_and_says_why() -> None:
    cluster = Cluster()
    assert (read(cluster).phase, read(cluster).reason) == ("absent", "it is not deployed yet")
    with_deployment(cluster, a_deployment())
    assert read(cluster).reason == "it is still a Deployment: its new strategy was not deployed yet"
    del cluster.objects["/apis/argoproj.io/v1alpha1"]
    assert read(cluster).reason == "this cluster has no Rollouts: Argo Rollouts is not installed there"


def test_errors_of_the_server_other_than_not_found_get_through() -> None:
    cluster = Cluster()
    cluster.get = lambda *_, **__: (_ for _ in ()).throw(ApiError(403, "no"))  # type: ignore[method-assign]
    with pytest.raises(ApiError):
        read(cluster)


def test_stable_version_of_a_rollout_is_marked_once() -> None:
    cluster = on_its_way()
    assert mark_healthy(as_server(cluster), read(cluster))
    assert not mark_healthy(as_server(cluster), read(cluster))
    ((path, body),) = cluster.changes
    assert path == f"{SETS}/web-h1"
    moment = datetime.fromisoformat(body["metadata"]["annotations"]["naru/healthy"])
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 3600
    marked = read(cluster).stable
    assert marked is not None
    assert marked.healthy


def test_stable_version_with_an_unready_pod_is_not_marked() -> None:
    cluster = with_rollout(Cluster(), a_rollout(), a_replica_set("1", 1, replicas=4, ready=3))
    assert not mark_healthy(as_server(cluster), read(cluster))


def test_deployment_is_marked_only_when_it_is_complete() -> None:
    sets = a_replica_set("1", 1, kind="Deployment", replicas=2), a_replica_set("2", 2, kind="Deployment", replicas=3)
    under_way = with_deployment(Cluster(), a_deployment(updated=1), *sets)
    assert not mark_healthy(as_server(under_way), read(under_way, Rolling()))
    complete = with_deployment(Cluster(), a_deployment(), *sets)
    assert mark_healthy(as_server(complete), read(complete, Rolling()))
    assert complete.changes[0][0] == f"{SETS}/web-h2"


def test_mark_is_never_from_before_the_version() -> None:
    ahead = "2999-01-01T00:00:00Z"
    cluster = with_rollout(Cluster(), a_rollout("1", "1"), a_replica_set("1", 1, replicas=5, created=ahead))
    assert mark_healthy(as_server(cluster), read(cluster))
    assert cluster.changes[0][1]["metadata"]["annotations"]["naru/healthy"] == ahead


def test_mark_that_kubectl_copied_from_an_older_version_does_not_count() -> None:
    copied = a_replica_set("2", 2, replicas=5, healthy="2025-12-31T00:00:00Z")
    found = read(with_rollout(Cluster(), a_rollout("2", "2"), copied)).current
    assert found is not None
    assert not found.healthy


def test_paths_are_those_of_the_api_server() -> None:
    cluster = on_its_way()
    assert read(cluster).path == f"{ROLLOUTS}/web"
    assert read(with_deployment(Cluster(), a_deployment()), Rolling()).path == f"{DEPLOYMENTS}/web"
