"""Argo Rollouts may lose a change that comes while it writes its own: what waits for it touches the Rollout again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from operations import updating
from operations.handover.workloads import _has_seen
from operations.report import SystemState, WorkloadState
from operations.session import Session
from tests.unit.operations.rollout_builders import ROLLOUTS, Cluster, a_replica_set, a_rollout, with_rollout

PATH = f"{ROLLOUTS}/web"


def unseen(cluster: Cluster) -> None:
    with_rollout(cluster, a_rollout("1", "1"), a_replica_set("1", 1, replicas=5))
    cluster.objects[PATH]["metadata"]["generation"] = 4


def sees(cluster: Cluster) -> None:
    found = cluster.objects[PATH]
    found["status"]["observedGeneration"] = str(found["metadata"]["generation"])


def state(cluster: Cluster) -> SystemState:
    found = cluster.objects[PATH]
    seen = found["status"]["observedGeneration"] == str(found["metadata"]["generation"])
    namespace = found["metadata"]["namespace"]
    workloads = [
        WorkloadState("web", namespace, "Rollout", 5, 5, seen=seen),
        WorkloadState("other", namespace, "Deployment", 1, 1),
    ]
    return SystemState("main", "shop", tuple(workloads))


def session(cluster: Cluster) -> Session:
    return cast("Session", SimpleNamespace(servers={"main": cluster}, states=lambda _: [state(cluster)]))


def test_update_touches_a_rollout_whose_change_was_lost_and_then_knows_it_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(updating, "_LOOK_SECONDS", 0)
    cluster = Cluster()
    unseen(cluster)
    cluster.reacts = sees
    (found,) = updating._states(session(cluster), None)
    assert found.workloads[0].seen
    assert [(path, list(body)) for path, body in cluster.changes] == [(PATH, ["metadata"])]


def test_update_goes_on_looking_where_it_may_not_touch_the_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "_LOOK_SECONDS", 0)
    cluster = Cluster()
    unseen(cluster)
    cluster.refuses = {ROLLOUTS: 403}
    (found,) = updating._states(session(cluster), None)
    assert not found.workloads[0].seen


def test_hand_over_touches_a_rollout_that_has_not_let_go_yet() -> None:
    cluster = Cluster()
    unseen(cluster)
    patched: dict[str, Any] = {"metadata": {"generation": 4}}
    assert not _has_seen(cast("Any", cluster), PATH, patched)
    assert [list(body["metadata"]["annotations"]) for _, body in cluster.changes] == [["naru/told"]]
    sees(cluster)
    assert _has_seen(cast("Any", cluster), PATH, patched)
    assert len(cluster.changes) == 1
