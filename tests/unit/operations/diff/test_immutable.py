"""Which changes make an object anew."""

from typing import Any

import pytest

from operations.diff.compare import fields
from operations.diff.immutable import replaced
from tests.unit.operations.diff.sides_builders import made


def spec(kind: str, **content: Any) -> dict[str, Any]:
    return made(kind, spec=content)


def claim(size: str, storage_class: str = "gp3") -> dict[str, Any]:
    return spec("PersistentVolumeClaim", storageClassName=storage_class, resources={"requests": {"storage": size}})


HOOK = {"metadata": {"annotations": {"argocd.argoproj.io/hook": "PreSync"}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (spec("Deployment", selector={"a": "1"}), spec("Deployment", selector={"a": "2"})),
        (spec("Rollout", selector={"matchLabels": {"a": "1"}}), spec("Rollout", selector={"matchLabels": {"b": "1"}})),
        (spec("StatefulSet", serviceName="a"), spec("StatefulSet", serviceName="b")),
        (spec("StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"a": 1}}]),
         spec("StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"a": 2}}])),
        (spec("Job", template={"spec": {"a": 1}}), spec("Job", template={"spec": {"a": 2}})),
        (spec("Service", clusterIP="None"), spec("Service")),
        (spec("Service"), spec("Service", clusterIP="None")),
        (claim("10Gi"), claim("5Gi")),
        (claim("10Gi"), claim("10Gi", "standard")),
        (made("ConfigMap", immutable=True, data={"a": "1"}), made("ConfigMap", immutable=True, data={"a": "2"})),
        (made("Secret", type="Opaque"), made("Secret", type="kubernetes.io/tls")),
        ({**spec("Deployment"), "apiVersion": "extensions/v1beta1"}, spec("Deployment")),
        ({"kind": "StorageClass", "metadata": {}, "parameters": {"type": "gp2"}},
         {"kind": "StorageClass", "metadata": {}, "parameters": {"type": "gp3"}}),
        ({"kind": "RoleBinding", "metadata": {}, "roleRef": {"name": "view"}},
         {"kind": "RoleBinding", "metadata": {}, "roleRef": {"name": "edit"}}),
    ],
    ids=["selector", "selector of a Rollout", "service of a StatefulSet", "claim template", "template of a Job",
         "no longer headless", "headless now", "smaller claim", "class of a claim", "immutable ConfigMap",
         "type of a Secret", "another group", "parameters of a class", "role of a binding"],
)  # fmt: skip
def test_what_cannot_change_is_made_anew(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert replaced(before, after, fields(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (spec("Deployment", replicas=1), spec("Deployment", replicas=2)),
        (spec("StatefulSet", template={"a": 1}, replicas=1), spec("StatefulSet", template={"a": 2}, replicas=2)),
        (spec("StatefulSet", persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain"}),
         spec("StatefulSet", persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"})),
        (claim("10Gi"), claim("20Gi")),
        (spec("Job", backoffLimit=1), spec("Job", backoffLimit=2)),
        ({**spec("Job", template={"a": 1}), **HOOK}, {**spec("Job", template={"a": 2}), **HOOK}),
        (spec("Service", type="ClusterIP"), spec("Service", type="ExternalName")),
        (made("ConfigMap", data={"a": "1"}), made("ConfigMap", data={"a": "2"})),
        ({**spec("Deployment"), "apiVersion": "apps/v1beta1"}, spec("Deployment")),
        (made("Deployment", metadata={"labels": {"a": "1"}}), made("Deployment", metadata={"labels": {"a": "2"}})),
    ],
    ids=["replicas", "template of a StatefulSet", "retention", "larger claim", "tries of a Job", "hook of Argo CD",
         "type of a Service", "ConfigMap", "another version", "label"],
)  # fmt: skip
def test_what_can_change_stays(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert not replaced(before, after, fields(before, after))
