"""What the cluster holds from the start."""

from __future__ import annotations

from collections import Counter

import pytest

from local import cluster


def test_nodes_stand_in_three_zones() -> None:
    zones = Counter(node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in cluster.nodes())
    assert zones == {"local-a": 2, "local-b": 2, "local-c": 2}


def test_node_names_are_unique_and_their_host_names() -> None:
    names = [node["metadata"]["name"] for node in cluster.nodes()]
    assert len(set(names)) == 6
    assert [node["metadata"]["labels"]["kubernetes.io/hostname"] for node in cluster.nodes()] == names


def test_nodes_have_room() -> None:
    for node in cluster.nodes():
        assert node["status"]["allocatable"]["pods"] == "250"


def test_named_storage_classes_come_beside_the_default_one() -> None:
    classes = {
        one["metadata"]["name"]: one["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"]
        for one in cluster.storage_classes(["openebs-hostpath", "standard"])
    }
    assert classes == {"standard": "true", "openebs-hostpath": "false"}


def test_volumes_wait_for_their_pod() -> None:
    assert {one["volumeBindingMode"] for one in cluster.storage_classes(["x"])} == {"WaitForFirstConsumer"}


def test_ingress_class_nginx_belongs_to_its_controller() -> None:
    [nginx, other] = cluster.ingress_classes(["nginx", "internal", "nginx"])
    assert nginx["spec"]["controller"] == "k8s.io/ingress-nginx"
    assert other["metadata"]["name"] == "internal"


def test_gateway_class_is_ciliums() -> None:
    assert cluster.gateway_class()["spec"]["controllerName"] == "io.cilium/gateway-controller"


def test_simulation_may_not_do_everything() -> None:
    [role, binding] = cluster.rights()
    assert not any("*" in rule["verbs"] or rule["apiGroups"] == ["*"] for rule in role["rules"])
    assert {subject["name"] for subject in binding["subjects"]} == {"naru:kwok", "naru:kubelet"}
    written = {resource for rule in role["rules"] if "delete" in rule["verbs"] for resource in rule["resources"]}
    assert written == {"pods", "persistentvolumes"}


@pytest.mark.parametrize(
    ("status", "taints", "ready"),
    [
        ("True", [], True),
        ("True", [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}], False),
        ("False", [], False),
        ("Unknown", [], False),
    ],
)
def test_node_takes_pods_once_ready_and_without_taints(status: str, taints: list[dict[str, str]], ready: bool) -> None:
    node = {"spec": {"taints": taints}, "status": {"conditions": [{"type": "Ready", "status": status}]}}
    assert cluster.is_ready(node) is ready


def test_new_node_takes_no_pods() -> None:
    assert not cluster.is_ready({"metadata": {"name": "x"}})
