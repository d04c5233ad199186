"""Applications as an API server keeps them, and what is asked of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from operations.api_server import ApiError

FOLDER = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"


def an_application(name: str, project: str, *, wave: int | None = None, **more: Any) -> dict[str, Any]:
    annotations = {} if wave is None else {"argocd.argoproj.io/sync-wave": str(wave)}
    labels = {"app.kubernetes.io/part-of": more.pop("system", "shop")}
    return {
        "metadata": {"name": name, "resourceVersion": "1", "annotations": annotations, "labels": labels},
        "spec": {"project": project, "source": {"targetRevision": more.pop("target", "")}, **more.pop("spec", {})},
        **more,
    }


class FakeArgoCD:
    """Answers as the API server does where Argo CD runs; `meanwhile` changes things before a patch gets through."""

    def __init__(self, *applications: dict[str, Any]) -> None:
        self.live = {one["metadata"]["name"]: copy.deepcopy(one) for one in applications}
        self.patches: list[tuple[str, dict[str, Any]]] = []
        self.meanwhile: list[Callable[[FakeArgoCD], None]] = []
        self.after: Callable[[FakeArgoCD, str], None] | None = None

    def get(self, path: str) -> dict[str, Any]:
        found = self.live.get(path.removeprefix(f"{FOLDER}/"))
        if found is None:
            raise ApiError(404, "not found")
        return copy.deepcopy(found)

    def items(self, path: str, labelSelector: str) -> list[dict[str, Any]]:  # noqa: N803 - as the API has it
        assert path == FOLDER
        key, _, value = labelSelector.partition("=")
        return [copy.deepcopy(one) for one in self.live.values() if one["metadata"]["labels"].get(key) == value]

    def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        name = path.removeprefix(f"{FOLDER}/")
        if self.meanwhile:
            self.meanwhile.pop(0)(self)
        live = self.live[name]
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != live["metadata"]["resourceVersion"]:
            raise ApiError(409, "the object has been modified")
        self.patches.append((name, copy.deepcopy(dict(body))))
        _merge(live, body)
        self.touch(name)
        if self.after is not None:
            self.after(self, name)
        return live

    def touch(self, name: str) -> None:
        metadata = self.live[name]["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)


def _merge(live: dict[str, Any], body: Mapping[str, Any]) -> None:
    for key, value in body.items():
        if value is None:
            live.pop(key, None)
        elif isinstance(value, Mapping):
            _merge(live.setdefault(key, {}), value)
        elif key != "resourceVersion":
            live[key] = value
