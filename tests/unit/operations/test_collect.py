"""Which old ConfigMaps go."""

from typing import Any

import pytest

from operations.collect import collectable
from tests.unit.operations.builders import manifest, placed, workload

KINDS = ("ControllerRevision", "CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
LABELS = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": "plate"}


def config_map(name: str = "old", namespace: str = "ns", **more: Any) -> dict[str, Any]:
    return manifest("ConfigMap", name, namespace, **{"immutable": True, "metadata": {"labels": LABELS}, **more})


def collected(*found: dict[str, Any], **users: list[dict[str, Any]]) -> list[str]:
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS} | {"ConfigMap": list(found)} | users
    objects = placed(manifest("ConfigMap", "current"), workload())
    return [item["metadata"]["name"] for item in collectable(objects, ["plate"], lists)]


def test_an_old_one_that_nothing_names_goes() -> None:
    assert collected(config_map()) == ["old"]


@pytest.mark.parametrize(("made", "goes"), [("2026-01-01T11:59:59Z", True), ("2026-01-01T12:00:00Z", False)])
def test_young_one_stays_where_what_names_it_may_be_about_to_come(made: str, goes: bool) -> None:
    found = config_map(metadata={"labels": LABELS, "creationTimestamp": made})
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS} | {"ConfigMap": [found]}
    objects = placed(manifest("ConfigMap", "current"), workload())
    assert bool(collectable(objects, ["plate"], lists, made_before="2026-01-01T12:00:00Z")) is goes


def test_the_current_one_stays_though_nothing_names_it_yet() -> None:
    assert collected(config_map("current")) == []


@pytest.mark.parametrize(
    "found",
    [
        config_map(immutable=False),
        config_map(metadata={"labels": {**LABELS, "app.kubernetes.io/managed-by": "helm"}}),
        config_map(metadata={"labels": {**LABELS, "app.kubernetes.io/part-of": "ams"}}),
        config_map(metadata={"labels": None}),
        config_map(namespace="elsewhere"),
    ],
    ids=["mutable", "somebody else's", "of a system that was not updated", "without labels", "of another namespace"],
)
def test_what_is_not_ours_stays(found: dict[str, Any]) -> None:
    assert collected(found) == []


VOLUME = {"volumes": [{"name": "v", "configMap": {"name": "old"}}], "containers": []}
PROJECTED = {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "old"}}]}}], "containers": []}
FROM = {"containers": [{"name": "m", "envFrom": [{"configMapRef": {"name": "old"}}]}]}
VALUE = {"initContainers": [{"name": "i", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "old"}}}]}]}


def test_one_that_an_earlier_revision_of_a_rollout_names_stays() -> None:
    earlier = workload("ReplicaSet", pod=FROM, replicas=0)
    earlier["metadata"]["ownerReferences"] = [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "api"}]
    assert collected(config_map(), ReplicaSet=[earlier]) == []


@pytest.mark.parametrize("pod", [VOLUME, PROJECTED, FROM, VALUE], ids=["volume", "projected", "envFrom", "env"])
def test_one_that_a_replica_set_of_an_earlier_revision_names_stays(pod: dict[str, Any]) -> None:
    assert collected(config_map(), ReplicaSet=[workload("ReplicaSet", pod=pod, replicas=0)]) == []


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("Pod", manifest("Pod", "p", spec=FROM)),
        ("StatefulSet", workload("StatefulSet", pod=FROM)),
        ("Deployment", workload(pod=FROM)),
        ("DaemonSet", workload("DaemonSet", pod=FROM)),
        ("Job", workload("Job", pod=FROM)),
        ("CronJob", manifest("CronJob", "c", spec={"jobTemplate": {"spec": {"template": {"spec": FROM}}}})),
        ("ControllerRevision", manifest("ControllerRevision", "r", data={"spec": {"template": {"spec": FROM}}})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_that_anything_with_pods_names_stays(kind: str, item: dict[str, Any]) -> None:
    assert collected(config_map(), **{kind: [item]}) == []


def test_lists_come_from_the_api_server_without_the_kind_of_their_items() -> None:
    item = workload("ReplicaSet", pod=FROM)
    del item["kind"]
    assert collected(config_map(), ReplicaSet=[item]) == []


def test_a_name_in_another_namespace_keeps_nothing() -> None:
    user = manifest("Pod", "p", "elsewhere", spec=FROM)
    assert collected(config_map(), Pod=[user]) == ["old"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_where_a_list_could_not_be_read(kind: str) -> None:
    lists: dict[str, list[dict[str, Any]]] = {known: [] for known in KINDS if known != kind}
    assert collectable(placed(workload()), ["plate"], {**lists, "ConfigMap": [config_map()]}) == []
