"""Which Deployments keep their number of pods when an autoscaler takes over."""

from __future__ import annotations

from typing import Any, cast

import pytest

from operations.api_server import ApiError, ApiServer
from operations.handover.replicas import autoscaled, hand_over, to_keep
from tests.unit.operations.builders import manifest, placed

REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}, "f:template": {}}}
ELSE: dict[str, Any] = {"f:spec": {"f:template": {}}}


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    return manifest("Deployment", name, version="apps/v1", spec=spec)


def autoscaler(target: str = "web", kind: str = "Deployment", namespace: str = "ns") -> dict[str, Any]:
    spec = {"scaleTargetRef": {"kind": kind, "name": target}}
    return manifest("HorizontalPodAutoscaler", "any", namespace, version="autoscaling/v2", spec=spec)


def live(*managers: str, replicas: int = 5) -> dict[str, Any]:
    entries = [{"manager": manager, "fieldsV1": REPLICAS} for manager in managers]
    fields = [*entries, {"manager": "somebody", "fieldsV1": ELSE}]
    metadata = {"name": "web", "namespace": "ns", "uid": "u1", "managedFields": fields}
    return {"metadata": metadata, "spec": {"replicas": replicas}}


class Server:
    """Answers with one live Deployment, and keeps what is applied."""

    def __init__(self, answer: dict[str, Any] | ApiError) -> None:
        self.answer = answer
        self.applied: list[tuple[str, dict[str, Any], str]] = []

    def get(self, path: str) -> dict[str, Any]:
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer

    def apply(self, path: str, body: dict[str, Any], field_manager: str) -> dict[str, Any]:
        self.applied.append((path, body, field_manager))
        return body


def handed_over(server: Server) -> int:
    return hand_over(cast("ApiServer", server), placed(deployment(), autoscaler()))


def test_deployment_without_replicas_that_an_autoscaler_targets_is_autoscaled() -> None:
    assert autoscaled(placed(deployment(), autoscaler())) == [("Deployment", "ns", "web")]


@pytest.mark.parametrize(
    "objects",
    [
        [deployment()],
        [deployment(replicas=3), autoscaler()],
        [deployment(), autoscaler("other")],
        [deployment(), autoscaler(kind="StatefulSet")],
        [deployment(), autoscaler(namespace="elsewhere")],
    ],
    ids=["no autoscaler", "its own replicas", "another's", "another kind", "another namespace"],
)
def test_every_other_deployment_is_not(objects: list[dict[str, Any]]) -> None:
    assert autoscaled(placed(*objects)) == []


@pytest.mark.parametrize("manager", ["pulumi-kubernetes", "pulumi-kubernetes-1f6a0c2d"])
def test_number_that_pulumi_alone_set_is_to_keep(manager: str) -> None:
    assert to_keep(live(manager)) == 5


@pytest.mark.parametrize(
    "found",
    [
        live(),
        live("kube-controller-manager"),
        live("pulumi-kubernetes", "naru-handover"),
        live("pulumi-kubernetes", replicas=0),
    ],
    ids=["nobody's", "the autoscaler's already", "kept already", "none, which no autoscaler changes"],
)
def test_any_other_number_is_left_alone(found: dict[str, Any]) -> None:
    assert to_keep(found) is None


def test_number_gets_a_second_manager() -> None:
    server = Server(live("pulumi-kubernetes"))
    assert handed_over(server) == 1
    ((path, body, manager),) = server.applied
    assert path == "/apis/apps/v1/namespaces/ns/deployments/web"
    assert body["spec"] == {"replicas": 5}
    assert body["metadata"] == {"name": "web", "namespace": "ns", "uid": "u1"}
    assert manager == "naru-handover"


def test_deployment_that_is_not_there_yet_has_nothing_to_keep() -> None:
    server = Server(ApiError(404, "not found"))
    assert handed_over(server) == 0
    assert server.applied == []


def test_cluster_that_refuses_to_tell_is_an_error() -> None:
    with pytest.raises(ApiError):
        handed_over(Server(ApiError(403, "forbidden")))
