"""The revisions of a workload, read off its ReplicaSets. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from operations.collect import config_map_names
from settings.variants import Kind

Object = dict[str, Any]

HEALTHY: Final = "naru/healthy"
"""The annotation of a ReplicaSet whose version was seen healthy: when that was (RFC 3339)."""

_NUMBER: Final[Mapping[Kind, str]] = {
    "Deployment": "deployment.kubernetes.io/revision",
    "Rollout": "rollout.argoproj.io/revision",
}
HASH: Final[Mapping[Kind, str]] = {"Deployment": "pod-template-hash", "Rollout": "rollouts-pod-template-hash"}
"""The label that tells the pods of one revision from those of another."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a workload, as the cluster keeps it."""

    number: int
    """In the workload's history; one that comes back gets a new number."""
    name: str
    """Of its ReplicaSet."""
    hash: str
    image: str
    """Of the main container, in full."""
    images: Mapping[str, str]
    """By container."""
    config_maps: tuple[str, ...]
    created: str
    healthy: str
    """When it was seen healthy; empty for never."""
    replicas: int
    """How many pods it should have."""
    ready: int
    template: Object
    """What its pods are made from, without the label of the hash."""


def revisions(workload: Object, kind: Kind, replica_sets: Iterable[Object]) -> tuple[Revision, ...]:
    """Return the revisions of a workload, newest first."""
    uid = workload["metadata"]["uid"]
    owned = [one for one in replica_sets if _owner(one) == uid]
    return tuple(
        sorted((_revision(one, kind) for one in owned), key=lambda one: (one.number, one.created), reverse=True)
    )


def _owner(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences") or ()
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")


def _revision(item: Object, kind: Kind) -> Revision:
    metadata, status = item["metadata"], item.get("status") or {}
    annotations, created = metadata.get("annotations") or {}, str(metadata.get("creationTimestamp") or "")
    template = _without_hash(item["spec"]["template"], kind)
    containers = template["spec"]["containers"]
    healthy = annotations.get(HEALTHY, "")
    return Revision(
        number=_count(annotations.get(_NUMBER[kind])),
        name=metadata["name"],
        hash=str((metadata.get("labels") or {}).get(HASH[kind]) or ""),
        image=containers[0]["image"],
        images={container["name"]: container["image"] for container in containers},
        config_maps=tuple(sorted(config_map_names({"kind": "ReplicaSet", **item}))),
        created=created,
        healthy=healthy if _is_own(healthy, created) else "",
        replicas=int(item["spec"].get("replicas") or 0),
        ready=int(status.get("readyReplicas") or 0),
        template=template,
    )


def _without_hash(template: Object, kind: Kind) -> Object:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH[kind]}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _is_own(healthy: str, created: str) -> bool:
    # `kubectl rollout undo` copies a ReplicaSet's annotations to the Deployment, and that hands them on to every later
    # ReplicaSet: a mark from before there was this version says nothing about it.
    try:
        return datetime.fromisoformat(healthy) >= datetime.fromisoformat(created)
    except (ValueError, TypeError):
        return False


def _count(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        return 0
