"""A Deployment's pod template put back to that of an earlier revision, as `kubectl rollout undo` does. Pure.

The fields stay Pulumi's own: one that only another manager has would outlast the next update, which no longer says it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from operations.rollout.live import LiveWorkload
from operations.rollout.revision import Revision

Object = dict[str, Any]

MANAGER: Final = "naru-rollback"
ROLLED_BACK_FROM: Final = "naru/rolled-back-from"
"""The annotation of a workload that went back: the hash of the pod template that it left."""
ROLLED_BACK_TO: Final = "naru/rolled-back-to"
"""And of the one that it went back to: as long as that is its current one there is nothing further to roll back."""

_PULUMI: Final = "pulumi-kubernetes"


def undone(workload: LiveWorkload, target: Revision) -> Object:
    """Return the merge patch that gives a Deployment the pod template of one of its revisions again."""
    template = workload.object["spec"]["template"]
    annotations = went_back(target, left=workload.current)
    metadata = {"uid": workload.object["metadata"]["uid"], "annotations": annotations}
    return {"metadata": metadata, "spec": {"template": merge_patch(template, target.template)}}


def went_back(target: Revision, *, left: Revision | None) -> dict[str, str]:
    """Return the annotations that say which version a workload left, and which it went back to."""
    leaving = {ROLLED_BACK_FROM: left.hash} if left is not None and left.hash != target.hash else {}
    return {**leaving, ROLLED_BACK_TO: target.hash}


def merge_patch(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> Object:
    """Return the JSON merge patch (RFC 7386) that makes one object of another."""
    patch: Object = {key: None for key, value in now.items() if value is not None and wanted.get(key) is None}
    for key, value in wanted.items():
        before = now.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[key] = inner
        elif value is not None and value != before:
            patch[key] = value
    return patch


def given_back(managed: Sequence[Object]) -> list[Object] | None:
    """Return the managers of an object with those fields of its specification that we changed in Pulumi's hands.

    None where there is nothing to give back, or nobody to give it to.
    """
    ours = next((one for one in managed if one.get("manager") == MANAGER and "f:spec" in one.get("fieldsV1", {})), None)
    theirs = next((one for one in managed if _is_pulumi(one)), None)
    if ours is None or theirs is None:
        return None
    fields, kept = ours["fieldsV1"], {key: value for key, value in ours["fieldsV1"].items() if key != "f:spec"}
    received = _union(theirs["fieldsV1"], {"f:spec": fields["f:spec"]})
    found = []
    for one in managed:
        if one is theirs:
            found.append({**one, "fieldsV1": received})
        elif one is not ours:
            found.append(one)
        elif kept:
            found.append({**one, "fieldsV1": kept})
    return found


def _is_pulumi(entry: Object) -> bool:
    return (
        str(entry.get("manager", "")).startswith(_PULUMI)
        and entry.get("operation") == "Apply"
        and "f:template" in entry.get("fieldsV1", {}).get("f:spec", {})
    )


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> Object:
    return {
        key: _union(one.get(key) or {}, other.get(key) or {}) for key in (*one, *(k for k in other if k not in one))
    }
