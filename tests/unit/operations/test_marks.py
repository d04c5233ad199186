"""Which releases are marked as healthy, with how many requests, and that a mark is never worth a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer
from operations.marks import PATHS, mark
from settings.container import Image
from settings.service import Service
from settings.strategy import Canary, CanaryStep, Strategy
from tests.unit.operations.builders import stack, system, workload


class Server:
    """Lists what it is given, and keeps what is patched."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = {PATHS[kind]: items for kind, items in lists.items()}
        self.asked: list[str] = []
        self.merged: list[str] = []
        self.deleted: list[str] = []
        self.changed: set[str] = set()
        self.refuses = False

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        self.asked.append(path)
        if path not in self.lists:
            raise ApiError(404, "not found")
        return self.lists[path]

    def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.refuses:
            raise ApiError(403, "forbidden")
        assert list(body["metadata"]["annotations"]) == ["naru/healthy"]
        self.merged.append(path.rpartition("/")[2])
        return {}

    def delete(self, path: str, metadata: Mapping[str, Any], *, unchanged: bool = False) -> None:
        if self.refuses:
            raise ApiError(403, "forbidden")
        if metadata["name"] in self.changed:
            raise ApiError(409, "conflict")
        assert unchanged, "what got pods meanwhile would go"
        assert path == f"/apis/apps/v1/namespaces/ns/replicasets/{metadata['name']}"
        self.deleted.append(metadata["name"])


def marked(server: Server, strategy: Strategy | None = None, *, replacing: bool = True) -> int:
    given: dict[str, Any] = {"name": "api", "image": Image(repository="api", tag="10"), "sidecars": {}}
    given |= {"strategy": strategy} if strategy is not None else {}
    service = Service.model_construct(**given)
    found = stack(system("ns").model_copy(update={"services": {"api": service}}))
    return mark(cast("ApiServer", server), [Place(found, found.systems["ns"], "seoul")], lambda _: replacing)


def deployment(ready: int = 2) -> dict[str, Any]:
    found = workload()
    found["metadata"] |= {"uid": "d1", "generation": 1}
    found["status"] = {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    return found


def replica_set(name: str = "api-1", *, ready: int = 2, owner: str = "d1", healthy: str = "") -> dict[str, Any]:
    found = workload("ReplicaSet", pod={"containers": [{"name": "main", "image": "api:1"}]})
    annotations = {"deployment.kubernetes.io/revision": "1"} | ({"naru/healthy": healthy} if healthy else {})
    found["metadata"] |= {
        "name": name,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": annotations,
        "ownerReferences": [{"uid": owner, "controller": True}],
    }
    found["status"] = {"readyReplicas": ready}
    return found


def test_version_that_a_deployment_has_in_full_is_marked() -> None:
    server = Server(Deployment=[deployment()], ReplicaSet=[replica_set(), replica_set("other-1", owner="d2")])
    assert marked(server) == 1
    assert server.merged == ["api-1"]


def test_one_list_of_each_kind_is_asked_for_and_nothing_else() -> None:
    server = Server(Deployment=[deployment()], ReplicaSet=[replica_set(healthy="2026-01-02T00:00:00Z")])
    assert marked(server) == 0
    assert sorted(server.asked) == sorted(PATHS.values())
    assert server.merged == []


def test_version_that_is_not_ready_is_not_marked() -> None:
    server = Server(Deployment=[deployment(1)], ReplicaSet=[replica_set(ready=1)])
    assert marked(server) == 0
    assert server.merged == []


def test_cluster_that_refuses_the_mark_is_no_failure() -> None:
    server = Server(Deployment=[deployment()], ReplicaSet=[replica_set()])
    server.refuses = True
    assert marked(server) == 0


def test_service_that_is_not_deployed_is_passed_over() -> None:
    assert marked(Server(Deployment=[], ReplicaSet=[])) == 0


def rollout(limit: int) -> dict[str, Any]:
    found = workload()
    found["metadata"] |= {"uid": "d1", "generation": 1}
    found["spec"]["revisionHistoryLimit"] = limit
    found["status"] = {"observedGeneration": "1", "phase": "Healthy", "currentPodHash": "h9", "stableRS": "h9"}
    return found


def old(number: int, *, owner: str = "d1", replicas: int = 0) -> dict[str, Any]:
    found = replica_set(f"api-{number}", ready=replicas, owner=owner, healthy="2026-01-02T00:00:00Z")
    found["metadata"]["annotations"]["rollout.argoproj.io/revision"] = str(number)
    found["metadata"]["labels"] = {"rollouts-pod-template-hash": f"h{number}"}
    found["spec"]["replicas"] = replicas
    found["spec"]["template"]["spec"]["containers"][0]["image"] = f"api:{number}"
    return found


CANARY = Canary(type="canary", steps=(CanaryStep(weight=20),))


def test_room_is_made_for_what_serves_among_the_old_versions_of_a_rollout() -> None:
    sets = [old(9, replicas=2), old(1), old(2), old(3), old(4, owner="d2")]
    server = Server(Rollout=[rollout(3)], ReplicaSet=sets)
    assert marked(server, CANARY) == 0
    assert server.deleted == ["api-1"]


def test_what_is_not_replaced_needs_no_room() -> None:
    server = Server(Rollout=[rollout(1)], ReplicaSet=[old(9, replicas=2), old(1)])
    assert marked(server, CANARY, replacing=False) == 0
    assert server.deleted == []


def test_one_that_may_not_go_keeps_no_other_from_going() -> None:
    server = Server(Rollout=[rollout(1)], ReplicaSet=[old(9, replicas=2), old(1), old(2)])
    server.changed = {"api-1"}
    assert marked(server, CANARY) == 0
    assert server.deleted == ["api-2"]


def test_cluster_that_lets_nobody_make_room_is_no_failure() -> None:
    server = Server(Rollout=[rollout(1)], ReplicaSet=[old(9, replicas=2), old(1)])
    server.refuses = True
    assert marked(server, CANARY) == 0
    assert server.deleted == []
