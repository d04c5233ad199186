"""KWOK's stages, as files: what only a control plane can show is in `tests/integration`."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from local import cluster, stages


def every() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(stages.text((2, 5))))


def test_every_stage_is_one_of_kwok_with_a_selector_and_steps() -> None:
    for stage in every():
        assert (stage["apiVersion"], stage["kind"]) == ("kwok.x-k8s.io/v1alpha1", "Stage")
        # KWOK ignores a stage without a selector.
        assert stage["spec"]["selector"]["matchExpressions"]
        assert stage["spec"]["steps"]


def test_names_are_unique() -> None:
    names = [stage["metadata"]["name"] for stage in every()]
    assert len(names) == len(set(names))


def test_pods_take_the_time_asked_for() -> None:
    delays = [stage["spec"]["delay"] for stage in every() if stage["spec"]["resourceRef"]["kind"] == "Pod"]
    assert delays == [{"durationMilliseconds": 2000, "jitterDurationMilliseconds": 5000}] * 3


@pytest.mark.parametrize(
    "kind",
    [
        "Node",
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "Ingress",
        "Service",
    ],
)
def test_kind_has_a_stage(kind: str) -> None:
    assert kind in {stage["spec"]["resourceRef"]["kind"] for stage in every()}


def test_no_kind_is_a_custom_resource() -> None:
    groups = {stage["spec"]["resourceRef"]["apiGroup"] for stage in every()}
    assert groups == {"v1", "networking.k8s.io/v1"}


def test_no_stage_reads_a_label_of_a_manifest() -> None:
    expressions = [
        expression["key"] for stage in every() for expression in stage["spec"]["selector"]["matchExpressions"]
    ]
    assert not [expression for expression in expressions if ".metadata.labels" in expression]


def test_addresses_are_of_a_network_for_documentation() -> None:
    text = stages.text((1, 1))
    assert "192.0.2.1" in text
    assert "127.0.0.1" not in text


def test_provisioner_of_the_classes_is_the_one_the_stages_serve() -> None:
    [provisioner] = {one["provisioner"] for one in cluster.storage_classes(["openebs-hostpath"])}
    [provision] = [stage for stage in every() if stage["metadata"]["name"] == "volume-provision"]
    values = [one.get("values") for one in provision["spec"]["selector"]["matchExpressions"]]
    assert [provisioner] in values


def test_heartbeat_comes_well_within_the_grace_period() -> None:
    [heartbeat] = [stage for stage in every() if stage["metadata"]["name"] == "node-heartbeat"]
    assert heartbeat["spec"]["delay"]["jitterDurationMilliseconds"] <= 10 * 60 * 1000 / 2
