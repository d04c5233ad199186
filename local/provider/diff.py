"""What an update would change, and whether it needs a new object: decisions on inputs alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from local.provider.objects import Type, dig, name_of, namespace_of, type_of
from local.provider.properties import Unknown, plain

Path = tuple[str | int, ...]
ChangeKind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """One differing place: where it is, what happens there, and both plain values (None where there is none)."""

    path: Path
    kind: ChangeKind
    old: Any
    new: Any


@dataclass(frozen=True)
class Mutability:
    """Whether the data of ConfigMaps and Secrets may change in place; if not, as is the default, they are replaced."""

    config_maps: bool = False
    secrets: bool = False


# Per group and kind, what the API refuses to change, and what the official provider replaces though the API would not:
# a Job's parallelism, a StatefulSet's revisionHistoryLimit. `metadata.name` and `.namespace` hold for every kind.
# Sources: pkg/apis/*/validation of Kubernetes 1.36; provider/pkg/provider/diff.go of pulumi-kubernetes 4.
_IMMUTABLE: Final[Mapping[tuple[str, str], tuple[Path, ...]]] = {
    ("", "PersistentVolumeClaim"): (
        ("spec", "accessModes"),
        ("spec", "dataSource"),
        ("spec", "dataSourceRef"),
        ("spec", "selector"),
        ("spec", "storageClassName"),
        ("spec", "volumeMode"),
        ("spec", "volumeName"),
    ),
    ("", "Pod"): (("spec",),),
    ("", "ResourceQuota"): (("spec", "scopes"),),
    ("", "Secret"): (("type",),),
    ("", "Service"): (("spec", "clusterIP"), ("spec", "clusterIPs")),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "StatefulSet"): (
        ("spec", "podManagementPolicy"),
        ("spec", "revisionHistoryLimit"),
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
    ),
    ("batch", "Job"): (
        ("spec", "completionMode"),
        ("spec", "completions"),
        ("spec", "parallelism"),
        ("spec", "selector"),
        ("spec", "template"),
    ),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("scheduling.k8s.io", "PriorityClass"): (("preemptionPolicy",), ("value",)),
    ("storage.k8s.io", "StorageClass"): (
        ("parameters",),
        ("provisioner",),
        ("reclaimPolicy",),
        ("volumeBindingMode",),
    ),
}
_IDENTITY: Final[tuple[Path, ...]] = (("metadata", "name"), ("metadata", "namespace"))

# How validation says that a field may not change; the words differ from kind to kind.
_REFUSAL: Final = re.compile(
    r"immutable|may not (be )?change|cannot (be )?change|updates? to .*forbidden", re.IGNORECASE
)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return the places in which two objects differ, in the order of the new one; secrets are compared plainly."""
    return list(_changes((), plain(old), plain(new)))


def _changes(path: Path, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, list) and isinstance(new, list):
        old, new = dict(enumerate(old)), dict(enumerate(new))
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        if old != new or isinstance(new, Unknown) or isinstance(old, bool) != isinstance(new, bool):
            yield Change(path, "update", old, new)
        return
    for key, value in new.items():
        if key in old:
            yield from _changes((*path, key), old[key], value)
        else:
            yield Change((*path, key), "add", None, value)
    for key, value in old.items():
        if key not in new:
            yield Change((*path, key), "delete", value, None)


def forces_replacement(change: Change, obj: Mapping[str, Any], mutability: Mutability) -> bool:
    """Tell whether a change to what is to be `obj` needs a new object."""
    return any(_touches(change, field) for field in _immutable_fields(obj, mutability))


def _immutable_fields(obj: Mapping[str, Any], mutability: Mutability) -> tuple[Path, ...]:
    type_ = type_of(obj)
    fields = _IDENTITY + _IMMUTABLE.get((type_.group, type_.kind), ())
    frozen = obj.get("immutable") is True
    if type_ == Type("", "v1", "Secret") and (frozen or not mutability.secrets):
        fields += (("data",), ("stringData",))
    if type_ == Type("", "v1", "ConfigMap") and (frozen or not mutability.config_maps):
        fields += (("data",), ("binaryData",))
    return fields


def _touches(change: Change, field: Path) -> bool:
    if len(change.path) >= len(field):
        return change.path[: len(field)] == field
    # A parent came, went or became something else: does either side hold the field?
    rest = [str(part) for part in field[len(change.path) :]]
    return change.path == field[: len(change.path)] and any(
        dig(value, *rest) is not None for value in (change.old, change.new)
    )


def keeps_name(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Tell whether a replacement would take the old object's place, so that the old one must go first."""
    return (namespace_of(old), name_of(old)) == (namespace_of(new), name_of(new))


def refused_fields(causes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fields an `Invalid` answer calls immutable, empty where it is invalid for other reasons."""
    return [str(cause.get("field", "")) for cause in causes if _REFUSAL.search(str(cause.get("message", "")))]


def under(found: Sequence[Change], field: str) -> list[Change]:
    """Return the changes at or below a field as the API server spells it, all of them where none is."""
    inside = [change for change in found if (text := property_path(change.path)) == field or text.startswith(field)]
    return inside or list(found)


def property_path(path: Path) -> str:
    """Return a path as the engine spells it: `spec.ports[0].name`, `metadata.annotations["a.b/c"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(character in part for character in '."[]'):
            quoted = part.replace('"', '\\"')
            text += f'["{quoted}"]'
        else:
            text += f".{part}" if text else part
    return text


def parse_path(text: str) -> Path:
    """Return the path that `property_path` wrote."""
    parts: list[str | int] = []
    for quoted, index, key in re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)', text):
        parts.append(int(index) if index else key or quoted.replace('\\"', '"'))
    return tuple(parts)
