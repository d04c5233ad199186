"""The kubelet at work: admits pods that are scheduled once what they name is there, and says why others wait."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from local.provider.transport import Transport
from local.simulation import kubelet
from local.simulation.trouble import Trouble, may_pass
from local.simulation.watch import Event

# A pod can be seen before the Secret that was made just before it: two watches run at their own pace.
_PATIENCE: Final = 0.5

KINDS: Final = {
    "pods": "/api/v1/pods",
    "secrets": "/api/v1/secrets",
    "configmaps": "/api/v1/configmaps",
    "persistentvolumeclaims": "/api/v1/persistentvolumeclaims",
}

Key = tuple[str, str]


def now() -> str:
    """Return the time as Kubernetes writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Node:
    """The pods that wait for the kubelet, and what they may wait for."""

    def __init__(self, transport: Transport, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._clock = clock
        self._present: dict[str, dict[Key, Any]] = {kind: {} for kind in KINDS if kind != "pods"}
        self._pods: dict[Key, dict[str, Any]] = {}
        self._known: set[str] = set()
        self._since: dict[Key, float] = {}
        self._told: dict[Key, kubelet.Refusal] = {}
        self._due: set[Key] = set()

    def see(self, event: Event) -> None:
        """Take in an event of one of the kinds."""
        self._known.add(event.kind)
        if event.what == "all":
            (self._pods if event.kind == "pods" else self._present[event.kind]).clear()
        for obj in event.objects:
            key = (obj["metadata"]["namespace"], obj["metadata"]["name"])
            if event.kind == "pods":
                self._see_pod(key, obj, gone=event.what == "gone")
            elif event.what == "gone":
                self._present[event.kind].pop(key, None)
            else:
                # Keys only: this process has no use for what a Secret says.
                self._present[event.kind][key] = (
                    obj.get("status", {}).get("phase") == "Bound"
                    if event.kind == "persistentvolumeclaims"
                    else frozenset([*(obj.get("data") or {}), *(obj.get("binaryData") or {})])
                )
        namespaces = {obj["metadata"]["namespace"] for obj in event.objects}
        self._due.update(key for key in self._pods if key[0] in namespaces)

    def _see_pod(self, key: Key, pod: dict[str, Any], *, gone: bool) -> None:
        conditions = (pod.get("status") or {}).get("conditions") or []
        done = any(condition["type"] == kubelet.ADMITTED for condition in conditions)
        if gone or done or not pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            for held in (self._pods, self._since, self._told):
                held.pop(key, None)
        else:
            if self._pods.get(key, {}).get("metadata", {}).get("uid") != pod["metadata"]["uid"]:
                self._since.pop(key, None)
                self._told.pop(key, None)
            self._pods[key] = pod

    def work(self) -> float | None:
        """Judge the pods that something has changed for; return seconds until the next are due, None for no such."""
        if self._known != set(KINDS):
            return None
        due, self._due = self._due, set()
        present = self._by_namespace()
        for key in due & self._pods.keys():
            try:
                self._judge(key, self._pods[key], present[key[0]])
            except Trouble as error:
                if may_pass(error):
                    self._due |= due
                    raise
        waiting = [self._since[key] + _PATIENCE - self._clock() for key in self._due if key in self._since]
        return max(0.0, min(waiting)) if waiting else None

    def _by_namespace(self) -> dict[str, kubelet.Present]:
        held: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: {kind: {} for kind in self._present})
        for kind, objects in self._present.items():
            for (namespace, name), what in objects.items():
                held[namespace][kind][name] = what
        return defaultdict(
            kubelet.Present,
            {
                namespace: kubelet.Present(kinds["secrets"], kinds["configmaps"], kinds["persistentvolumeclaims"])
                for namespace, kinds in held.items()
            },
        )

    def _judge(self, key: Key, pod: dict[str, Any], present: kubelet.Present) -> None:
        why = kubelet.refusal(pod, present)
        if why is None:
            self._patch(pod, kubelet.admitted(pod, now()))
            self._pods.pop(key)
            for reason, message in kubelet.warnings(pod, present):
                self._tell(pod, reason, message)
        elif self._told.get(key) != why:
            since = self._since.setdefault(key, self._clock())
            if self._clock() - since < _PATIENCE:
                self._due.add(key)
                return
            self._patch(pod, kubelet.refused(pod, why, now()))
            message = f"Error: {why.message}" if why.container else why.message
            self._tell(pod, why.event, message)
            self._told[key] = why

    def _patch(self, pod: dict[str, Any], status: dict[str, Any]) -> None:
        metadata = {"uid": pod["metadata"]["uid"]}  # not a later pod of that name
        self._transport.request(
            "PATCH",
            f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/status",
            body={"metadata": metadata, **status},
            content_type="application/strategic-merge-patch+json",
        )

    def _tell(self, pod: dict[str, Any], reason: str, message: str) -> None:
        metadata, at = pod["metadata"], now()
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Pod",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "type": "Warning",
            "reason": reason,
            "message": message,
            "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
            "firstTimestamp": at,
            "lastTimestamp": at,
            "count": 1,
        }
        self._transport.request("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", body=event)
