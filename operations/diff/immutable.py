"""Which change an API server refuses, so that the object must be deleted and made again. Pure.

Sources: Kubernetes 1.36, the `Validate…Update` functions of pkg/apis/{apps,batch,core,rbac,scheduling,storage,
networking}/validation. For AWS: the arguments of the provider's resources that force another one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from manifests.placed import Manifest
from operations.diff.model import Field
from operations.diff.paths import within
from settings.types import quantity_value

_FIXED: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS Bucket": ("name",),
    "AWS Cache": ("identifier",),
    "AWS Certificate": ("host", "alternatives"),
    "AWS Database": ("database",),
    "AWS DatabaseReplica": ("source",),
    "AWS Entrance": ("name", "vpc"),
    "AWS ImageRepository": ("name", "region"),
    "AWS KeptSecret": ("name",),
    "AWS LogBucket": ("name",),
    "AWS Queue": ("name", "fifo"),
    "AWS ServiceRole": ("name",),
    "ClusterRoleBinding": ("roleRef",),
    "CustomResourceDefinition": ("spec.group", "spec.names.plural", "spec.names.kind", "spec.scope"),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "IngressClass": ("spec.controller",),
    "Job": (
        "spec.template", "spec.selector", "spec.completions", "spec.completionMode", "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex", "spec.managedBy", "spec.successPolicy",
    ),
    "PersistentVolume": ("spec.volumeMode", "spec.csi", "spec.hostPath", "spec.local", "spec.nfs", "spec.nodeAffinity"),
    "PriorityClass": ("value", "preemptionPolicy"),
    "RoleBinding": ("roleRef",),
    "Rollout": ("spec.selector",),
    "Secret": ("type",),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
}  # fmt: skip
"""Fields that stay as they were made."""

_MOVABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "PersistentVolumeClaim": ("spec.resources.requests", "spec.volumeAttributesClassName"),
    "StatefulSet": (
        "spec.replicas", "spec.ordinals", "spec.template", "spec.updateStrategy", "spec.revisionHistoryLimit",
        "spec.persistentVolumeClaimRetentionPolicy", "spec.minReadySeconds",
    ),
}  # fmt: skip
"""Kinds whose spec stays as it was made, but for these fields."""

_CONTENT: Final = ("data", "binaryData", "stringData", "immutable")


def replaced(before: Manifest, after: Manifest, fields: Sequence[Field]) -> bool:
    """Tell whether an object can only become what it shall be by being made anew."""
    if _group(before) != _group(after) or after["kind"] != before["kind"]:
        return True
    # A hook of Argo CD is deleted and made at every sync; that it changes is nothing else than that.
    if "argocd.argoproj.io/hook" in ((after["metadata"].get("annotations")) or {}):
        return False
    return bool(fixed(before, after, fields))


def fixed(before: Manifest, after: Manifest, fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return those of an object's fields that stay as they were made."""
    return tuple(field for field in fields if _fixed(str(after["kind"]), field, before, after))


def _fixed(kind: str, field: Field, before: Manifest, after: Manifest) -> bool:
    path = field.path
    if within(path, *_FIXED.get(kind, ())):
        return True
    if kind in _MOVABLE and within(path, "spec"):
        return not within(path, *_MOVABLE[kind]) or (kind == "PersistentVolumeClaim" and _shrinks(before, after))
    if kind == "AWS Bucket" and path == "lockMode":
        return field.before is None or field.after is None
    if kind == "Service" and within(path, "spec.clusterIP", "spec.clusterIPs"):
        return "ExternalName" not in (_spec(before).get("type"), _spec(after).get("type"))
    return kind in {"ConfigMap", "Secret"} and before.get("immutable") is True and within(path, *_CONTENT)


def _shrinks(before: Manifest, after: Manifest) -> bool:
    """Tell whether a claim asks for less than it has: volumes only grow."""
    sizes = [_spec(one).get("resources", {}).get("requests", {}).get("storage") for one in (before, after)]
    try:
        old, new = (quantity_value(str(size)) for size in sizes)
    except ValueError:
        return False
    return new < old


def _group(manifest: Manifest) -> str:
    group, slash, _ = str(manifest.get("apiVersion", "")).partition("/")
    return group if slash else ""


def _spec(manifest: Manifest) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest.get("spec") or {}
    return found
