"""The kubelet's checks before a pod may start, and the faults a test can ask for: decisions only.

KWOK sees one object at a time: it cannot know whether what a pod names exists. Reasons and messages are the kubelet's
(`pkg/kubelet/kuberuntime`, `pkg/kubelet/kubelet_pods.go` and `pkg/volume` of Kubernetes 1.36).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Object = Mapping[str, Any]

ADMITTED: Final = "naru.local/Admitted"

# A fault is a word of the image's tag (`2.4.1-crash`): manifests stay what they are for every other tag.
_LONG_RUNNING: Final = {"crash": "Crash", "unready": "Unready", "pull": "Pull"}
_ENDING: Final = {"fail": "Fail", "pull": "Pull"}

_EVENTS: Final = {
    "Crash": ("BackOff", "Back-off restarting failed container {container} in pod {pod}"),
    "Unready": ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
    "Pull": ("Failed", 'Failed to pull image "{image}": not found'),
}
_PULL_SECRETS: Final = (
    "Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed."
)


@dataclass(frozen=True)
class Present:
    """What a namespace holds: keys of Secrets and ConfigMaps by name, and whether a claim of that name is bound."""

    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    config_maps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    claims: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """Why a pod does not start: the state of its containers, and the event that tells the rest.

    `container` is the one that cannot be created; empty where the pod as a whole waits for a volume.
    """

    reason: str
    message: str
    event: str
    container: str = ""


def refusal(pod: Object, present: Present) -> Refusal | None:
    """Return the first reason not to start a pod, None where there is none."""
    for volume in pod["spec"].get("volumes") or []:
        message = _unmountable(volume, pod, present)
        if message:
            return Refusal("ContainerCreating", message, "FailedMount")
    for container in _containers(pod):
        message = next(_unset(container, pod["metadata"]["namespace"], present), None)
        if message:
            return Refusal("CreateContainerConfigError", message, "Failed", container["name"])
    return None


def _containers(pod: Object) -> list[Object]:
    return [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]


def _unmountable(volume: Object, pod: Object, present: Present) -> str | None:
    name = volume["name"]
    if "persistentVolumeClaim" in volume or "ephemeral" in volume:
        claim = volume.get("persistentVolumeClaim", {}).get("claimName") or f"{pod['metadata']['name']}-{name}"
        if claim not in present.claims:
            trouble = f'failed to fetch PVC from API server: persistentvolumeclaims "{claim}" not found'
        elif not present.claims[claim]:
            trouble = "PVC is not bound"
        else:
            return None
        return (
            f"Unable to attach or mount volumes: unmounted volumes=[{name}]: "
            f"error processing PVC {pod['metadata']['namespace']}/{claim}: {trouble}"
        )
    sources = volume.get("projected", {}).get("sources") or [volume]
    trouble = next((found for source in sources if (found := _unprojectable(source, present))), "")
    return f'MountVolume.SetUp failed for volume "{name}" : {trouble}' if trouble else None


def _unprojectable(source: Object, present: Present) -> str:
    for kind, word, objects in (("secret", "secret", present.secrets), ("configMap", "config", present.config_maps)):
        wanted = source.get(kind)
        if not wanted or wanted.get("optional"):
            continue
        name = wanted.get("secretName") or wanted.get("name")
        if name not in objects:
            return _not_found(kind, name)
        for item in wanted.get("items") or []:
            if item["key"] not in objects[name]:
                return f"references non-existent {word} key: {item['key']}"
    return ""


def _unset(container: Object, namespace: str, present: Present) -> Iterator[str]:
    for source in container.get("envFrom") or []:
        for kind, objects in (("secret", present.secrets), ("configMap", present.config_maps)):
            wanted = source.get(f"{kind}Ref")
            if wanted and not wanted.get("optional") and wanted["name"] not in objects:
                yield _not_found(kind, wanted["name"])
    for variable in container.get("env") or []:
        for kind, title, objects in (
            ("secret", "Secret", present.secrets),
            ("configMap", "ConfigMap", present.config_maps),
        ):
            wanted = (variable.get("valueFrom") or {}).get(f"{kind}KeyRef")
            if not wanted or wanted.get("optional"):
                continue
            if wanted["name"] not in objects:
                yield _not_found(kind, wanted["name"])
            elif wanted["key"] not in objects[wanted["name"]]:
                yield f"couldn't find key {wanted['key']} in {title} {namespace}/{wanted['name']}"


def _not_found(kind: str, name: str) -> str:
    return f'{kind.lower()} "{name}" not found'


def fault(pod: Object) -> tuple[str, tuple[str, ...]]:
    """Return the fault the tags of a pod's images ask for, and the containers that have it; `Healthy` for none."""
    asked = _LONG_RUNNING if pod["spec"].get("restartPolicy", "Always") == "Always" else _ENDING
    found = {container["name"]: _asked(container["image"], asked) for container in _containers(pod)}
    chosen = next((one for one in found.values() if one), "Healthy")
    return chosen, tuple(name for name, one in found.items() if one == chosen and one)


def _asked(image: str, faults: Mapping[str, str]) -> str:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return next((faults[word] for word in re.split(r"[^a-z]+", tag) if word in faults), "")


def admitted(pod: Object, now: str) -> dict[str, Any]:
    """Return the status that hands a pod over to KWOK's stages (`stages/pods.yaml`)."""
    chosen, containers = fault(pod)
    condition = {
        "type": ADMITTED,
        "status": "True",
        "reason": chosen,
        "message": ",".join(containers),
        "lastTransitionTime": now,
    }
    return {"status": {"conditions": [condition]}}


def refused(pod: Object, why: Refusal, now: str) -> dict[str, Any]:
    """Return the status of a pod that waits, as the kubelet writes it."""
    ordinary = [container["name"] for container in pod["spec"]["containers"]]
    conditions = [
        {
            "type": name,
            "status": "False",
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(ordinary)}]",
            "lastTransitionTime": now,
        }
        for name in ("ContainersReady", "Ready")
    ]
    status: dict[str, Any] = {"phase": "Pending", "startTime": now, "conditions": conditions}
    for part in ("initContainers", "containers"):
        before = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
        containers = pod["spec"].get(part) or []
        if containers:
            status[f"{part.removesuffix('s')}Statuses"] = [_waiting(container, why, before) for container in containers]
    return {"status": status}


def _waiting(container: Object, why: Refusal, before: str) -> dict[str, Any]:
    concerned = container["name"] == why.container
    state = {"reason": why.reason, "message": why.message} if concerned else {"reason": before}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": state},
    }


def warnings(pod: Object, present: Present) -> list[tuple[str, str]]:
    """Return reason and message of the events with which a pod starts: pull secrets that lack, and its fault."""
    lacking = [one["name"] for one in pod["spec"].get("imagePullSecrets") or [] if one["name"] not in present.secrets]
    found = [("FailedToRetrieveImagePullSecret", _PULL_SECRETS.format(names=", ".join(lacking)))] if lacking else []
    chosen, containers = fault(pod)
    if chosen not in _EVENTS:
        return found
    reason, message = _EVENTS[chosen]
    return found + [
        (reason, message.format(container=container["name"], image=container["image"], pod=pod["metadata"]["name"]))
        for container in _containers(pod)
        if container["name"] in containers
    ]
