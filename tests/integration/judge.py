"""The API server as a judge of objects: strict, and without effect but for what other objects need to be there."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

from local.provider.api import Api, NotServed
from local.provider.objects import Type, name_of, namespace_of, type_of
from local.provider.transport import ApiError, Transport
from manifests.placed import Manifest

# What the judgement of others depends on: a namespace's Pod Security level, a pod's account and priority.
NEEDED: Final = ("Namespace", "PriorityClass", "ServiceAccount")
POD_OWNERS: Final = ("Deployment", "Job", "Rollout", "StatefulSet")
_PATIENCE: Final = 180.0  # seconds until admission has seen what was just created; never waited for in full


class Judge:
    """Sends objects to namespaces and under names of its own, so that it never meets those of somebody else."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = Api(transport)
        self._prefix = f"judged-{uuid.uuid4().hex[:8]}-"
        self._made: list[Manifest] = []

    def faults(self, obj: Manifest) -> list[str]:
        """Return why an object is not right: the refusal, every warning, and every field that did not survive."""
        sent = self._moved(obj)
        try:
            returned, warnings = self._apply(sent, dry_run=True)
        except (ApiError, NotServed) as error:
            return [f"{_title(obj)}: refused: {error}"]
        lost = (f"{path} is {found}" for path, found in changes(sent, returned))
        return [f"{_title(obj)}: {fault}" for fault in (*(f"warning: {text}" for text in warnings), *lost)]

    def create(self, objects: Iterable[Manifest]) -> None:
        """Create those of the objects that others need, and wait until admission knows them."""
        needed = [self._moved(obj) for obj in objects if obj["kind"] in NEEDED]
        for obj in sorted(needed, key=lambda obj: NEEDED.index(obj["kind"])):
            self._apply(obj, dry_run=False)
            self._made.append(obj)
        namespaces = [obj["metadata"]["name"] for obj in needed if obj["kind"] == "Namespace"]
        classes = [obj["metadata"]["name"] for obj in needed if obj["kind"] == "PriorityClass"]
        for priority_class in classes if namespaces else ():
            self._wait_for(priority_class, namespaces[0])

    def remove(self) -> None:
        """Ask for the deletion of everything that was created; what is in a namespace goes with it."""
        for obj in reversed(self._made):
            if not namespace_of(obj):
                self._api.delete(type_of(obj), "", name_of(obj), propagation="Background")
        self._made.clear()

    def _moved(self, obj: Manifest) -> Manifest:
        moved = copy.deepcopy(obj)
        place = "namespace" if "namespace" in moved["metadata"] else "name"
        moved["metadata"][place] = self._prefix + moved["metadata"][place]
        if obj["kind"] == "Pod" and "priorityClassName" in moved["spec"]:
            moved["spec"]["priorityClassName"] = self._prefix + moved["spec"]["priorityClassName"]
        return moved

    def _apply(self, obj: Manifest, *, dry_run: bool) -> tuple[Manifest, list[str]]:
        query = {"fieldManager": "judge", "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = self._api.endpoint(type_of(obj)).path(namespace_of(obj), name_of(obj))
        return self._transport.request(
            "PATCH", path, query=query, body=obj, content_type="application/apply-patch+yaml"
        )

    def _wait_for(self, priority_class: str, namespace: str) -> None:
        """Wait until a pod of the class is not refused for the class: admission looks it up in a cache."""
        end = time.monotonic() + _PATIENCE
        path = self._api.endpoint(Type("", "v1", "Pod")).path(namespace)
        spec = {"priorityClassName": priority_class, "containers": [{"name": "a", "image": "a"}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
        while self._refuses_class(path, pod):
            assert time.monotonic() < end, f"no pod of {priority_class} is let in"
            time.sleep(0.05)

    def _refuses_class(self, path: str, pod: Manifest) -> bool:
        try:
            self._transport.request("POST", path, query={"dryRun": "All"}, body=pod)
        except ApiError as error:
            return "no PriorityClass" in str(error)
        return False


def pods_of(obj: Manifest) -> Iterator[Manifest]:
    """Yield the pod that the controller of a workload makes of its template, if it is one of `POD_OWNERS`."""
    metadata, spec = obj["metadata"], obj["spec"] if obj["kind"] in POD_OWNERS else {}
    if not spec:
        return
    pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(spec["template"])}
    pod["metadata"] |= {"name": f"{metadata['name']}-0", "namespace": metadata["namespace"]}
    claimed = (template["metadata"]["name"] for template in spec.get("volumeClaimTemplates", ()))
    volumes = [
        {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{pod['metadata']['name']}"}} for name in claimed
    ]
    if volumes:
        pod["spec"]["volumes"] = volumes + pod["spec"].get("volumes", [])
    # The volume of a token, which the server adds, is none of what was sent.
    pod["spec"]["automountServiceAccountToken"] = False
    yield pod


def deployments_of(obj: Manifest) -> Iterator[Manifest]:
    """Yield the Deployment of the same pods, if it is a Rollout: of a template in one the API server knows little."""
    if obj["kind"] == "Rollout":
        spec = {key: value for key, value in obj["spec"].items() if key in {"replicas", "selector", "template"}}
        yield copy.deepcopy({**obj, "apiVersion": "apps/v1", "kind": "Deployment", "spec": spec})


def changes(sent: Any, returned: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each value that was sent and did not come back as it was, and what became of it.

    What the server adds is no change: keys of a map, and nothing else.
    """
    if isinstance(sent, dict) and isinstance(returned, dict):
        for key, value in sent.items():
            here = f"{path}.{key}".removeprefix(".")
            if key in returned:
                yield from changes(value, returned[key], here)
            else:
                yield here, "lost"
    elif isinstance(sent, list) and isinstance(returned, list) and len(sent) == len(returned):
        for index, (before, after) in enumerate(zip(sent, returned, strict=True)):
            yield from changes(before, after, f"{path}[{index}]")
    elif sent != returned or type(sent) is not type(returned):
        yield path, f"{returned!r}, sent as {sent!r}"


def _title(obj: Manifest) -> str:
    metadata = obj["metadata"]
    return "/".join(filter(None, (obj["kind"], metadata.get("namespace"), metadata["name"])))
