"""Pods as objects declare them: templates, containers, selectors, and how many there are."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

from manifests.placed import Manifest
from operations.diff.model import Subject


def template(manifest: Manifest) -> Manifest:
    """Return the pod template of an object; empty for what has none."""
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return spec.get("template") or {}


def pod(manifest: Manifest) -> Manifest:
    """Return the specification of an object's pods."""
    return template(manifest).get("spec") or {}


def pod_labels(manifest: Manifest) -> Mapping[str, str]:
    """Return the labels of an object's pods."""
    return (template(manifest).get("metadata") or {}).get("labels") or {}


def containers(manifest: Manifest, *, init: bool = True) -> dict[str, Manifest]:
    """Return the containers of an object's pods by name, which is one name among both kinds."""
    spec = pod(manifest)
    found = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())] if init else spec.get("containers")
    return {container["name"]: container for container in found or ()}


def claims(manifest: Manifest) -> dict[str, Manifest]:
    """Return what an object claims, by the name of the template; a claim itself has none."""
    if manifest["kind"] == "PersistentVolumeClaim":
        return {"": manifest["spec"]}
    templates = (manifest.get("spec") or {}).get("volumeClaimTemplates") or ()
    return {claim["metadata"]["name"]: claim["spec"] for claim in templates}


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector finds those labels; an empty one finds all, None finds nothing."""
    if selector is None:
        return False
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return wanted.items() <= labels.items() and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def share(value: int | str | None, total: int, *, up: bool = True) -> int:
    """Return how many of `total` pods a number or a percentage is: rounded up, as budgets are, or down."""
    if isinstance(value, str) and value.endswith("%"):
        found = int(value[:-1]) * total
        return ceil(found / 100) if up else found // 100
    return int(value or 0)


def autoscaler(
    subject: Subject, manifest: Manifest, autoscalers: Iterable[tuple[Subject, Manifest]]
) -> Manifest | None:
    """Return the HorizontalPodAutoscaler of a workload, among those of its side."""
    for other, found in autoscalers:
        target = found["spec"]["scaleTargetRef"]
        if (other.cluster, other.namespace) == (subject.cluster, subject.namespace) and (
            target["kind"],
            target["name"],
        ) == (manifest["kind"], manifest["metadata"]["name"]):
            return found
    return None


def pod_count(subject: Subject, manifest: Manifest, autoscalers: Iterable[tuple[Subject, Manifest]]) -> int:
    """Return how many pods a workload has at least."""
    found = autoscaler(subject, manifest, autoscalers)
    spec = manifest["spec"] if found is None else found["spec"]
    count = spec.get("replicas" if found is None else "minReplicas")
    return 1 if count is None else int(count)


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    found, values = labels.get(expression["key"]), expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case _:
            return found is None
