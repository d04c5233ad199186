"""Namespaces, and what is in them before anything runs: limits, claims."""

from typing import Any

import pytest

from manifests.claim import claims
from manifests.namespace import namespaces
from manifests.placed import Part, Placed
from tests.builders import a_place, a_system, of_kind, the


def objects_of(**namespace: Any) -> list[Placed]:
    return namespaces(a_place(system=a_system(namespaces={"main": {"name": "demo", **namespace}})))


@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
def test_namespace_enforces_audits_and_warns_of_its_level(level: str) -> None:
    labels = the(objects_of(podSecurity=level), "Namespace")["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == level
        assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "latest"


def test_namespace_is_restricted_when_nothing_is_said() -> None:
    labels = the(objects_of(), "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_namespace_has_its_own_labels_and_leaves_its_name_to_the_server() -> None:
    labels = the(objects_of(labels={"environment": "production"}), "Namespace")["metadata"]["labels"]
    assert labels["environment"] == "production"
    assert labels["app.kubernetes.io/part-of"] == "demo"
    assert "kubernetes.io/metadata.name" not in labels


def test_own_labels_do_not_weaken_pod_security() -> None:
    labels = the(objects_of(labels={"pod-security.kubernetes.io/enforce": "privileged"}), "Namespace")["metadata"][
        "labels"
    ]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_namespace_keeps_data_and_is_of_the_foundation() -> None:
    objects = objects_of(quota={"pods": "10"})
    assert {placed.part for placed in objects} == {Part.FOUNDATION}
    assert [placed.manifest["kind"] for placed in objects if placed.keeps_data] == ["Namespace"]


def test_quota_is_what_is_given() -> None:
    quota = the(objects_of(quota={"requests.cpu": "20", "requests.memory": "2048Mi"}), "ResourceQuota")
    assert quota["spec"]["hard"] == {"requests.cpu": "20", "requests.memory": "2Gi"}


def test_namespace_without_quota_has_no_resource_quota() -> None:
    assert of_kind(objects_of(), "ResourceQuota") == []


def test_container_that_says_nothing_gets_requests_and_limits() -> None:
    limits = {"requestCpu": "10m", "requestMemory": "32Mi", "limitCpu": "1", "limitMemory": "1Gi"}
    (limit,) = the(objects_of(limits=limits), "LimitRange")["spec"]["limits"]
    assert limit == {
        "type": "Container",
        "defaultRequest": {"cpu": "10m", "memory": "32Mi"},
        "default": {"cpu": "1", "memory": "1Gi"},
    }


def test_every_namespace_of_a_system_has_its_own() -> None:
    system = a_system(namespaces={"gateway": {}, "data": {"name": "demo-data"}})
    assert [placed.reference for placed in namespaces(a_place(system=system))] == [
        "Namespace//gateway",
        "LimitRange/gateway/container-defaults",
        "Namespace//demo-data",
        "LimitRange/demo-data/container-defaults",
    ]


def test_claim_of_the_system_keeps_data_in_its_namespace() -> None:
    system = a_system(
        namespaces={"main": {"name": "demo"}, "build": {"name": "demo-build"}},
        claims={"cache": {"size": "30Gi", "namespace": "build", "accessMode": "ReadWriteMany"}},
    )
    (claim,) = claims(a_place(system=system, storageClass="openebs-hostpath"))
    assert claim.reference == "PersistentVolumeClaim/demo-build/cache"
    assert claim.keeps_data
    assert (claim.part, claim.component) == (Part.FOUNDATION, "")
    assert claim.manifest["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "30Gi"}},
        "volumeMode": "Filesystem",
        "storageClassName": "openebs-hostpath",
    }
