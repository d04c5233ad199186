"""Old immutable ConfigMaps, deleted once nothing that runs or can come back names them.

A change of configuration makes a new ConfigMap and leaves the old one, since an undone rollout needs it again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from manifests.placed import Placed
from operations.api_server import ApiError, ApiServer, all_of
from operations.needs import pod_spec
from operations.readiness import Object

_PATHS = {
    "ConfigMap": "/api/v1/configmaps",
    "ControllerRevision": "/apis/apps/v1/controllerrevisions",
    "CronJob": "/apis/batch/v1/cronjobs",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "Deployment": "/apis/apps/v1/deployments",
    "Job": "/apis/batch/v1/jobs",
    "Pod": "/api/v1/pods",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}


def collectable(
    objects: Sequence[Placed],
    systems: Collection[str],
    lists: Mapping[str, Sequence[Object]],
    *,
    made_before: str = "",
) -> list[Object]:
    """Return the ConfigMaps of `systems` that nobody needs: not in `objects`, and named by nothing in their namespace.

    Nothing at all where one of the lists is missing: what cannot be seen may name any of them.
    """
    if not _PATHS.keys() <= lists.keys():
        return []
    current = {
        (placed.manifest["metadata"]["namespace"], placed.manifest["metadata"]["name"])
        for placed in objects
        if placed.manifest["kind"] == "ConfigMap"
    }
    namespaces = {placed.manifest["metadata"].get("namespace") for placed in objects}
    named = {
        (item["metadata"]["namespace"], name)
        for kind, items in lists.items()
        if kind != "ConfigMap"
        for item in items
        for name in config_map_names({"kind": kind, **item})
    }
    return [
        item
        for item in lists["ConfigMap"]
        if item.get("immutable")
        and not (made_before and item["metadata"]["creationTimestamp"] >= made_before)
        and item["metadata"]["namespace"] in namespaces
        and (item["metadata"].get("labels") or {}).get("app.kubernetes.io/managed-by") == "naru"
        and (item["metadata"].get("labels") or {}).get("app.kubernetes.io/part-of") in systems
        and (item["metadata"]["namespace"], item["metadata"]["name"]) not in current | named
    ]


def config_map_names(manifest: Object) -> set[str]:
    """Return the ConfigMaps that an object's pods name, now or when it comes back."""
    if manifest["kind"] == "ControllerRevision":
        spec = (manifest.get("data") or {}).get("spec", {}).get("template", {}).get("spec") or {}
    else:
        spec = pod_spec(dict(manifest)) or {}
    found: set[str] = set()
    for volume in spec.get("volumes") or ():
        found.add((volume.get("configMap") or {}).get("name", ""))
        sources = (volume.get("projected") or {}).get("sources") or ()
        found.update((source.get("configMap") or {}).get("name", "") for source in sources)
    for container in _containers(spec):
        found.update((source.get("configMapRef") or {}).get("name", "") for source in container.get("envFrom") or ())
        values = (variable.get("valueFrom") or {} for variable in container.get("env") or ())
        found.update((value.get("configMapKeyRef") or {}).get("name", "") for value in values)
    return found - {""}


def collect(server: ApiServer, objects: Sequence[Placed], systems: Collection[str], *, made_before: str = "") -> int:
    """Delete them and return how many; one that may not be deleted stays. Raises UnreachableError.

    With `made_before`, a time in ISO 8601 and UTC, no younger ones: what names them may be about to come.
    """
    deleted = 0
    for item in collectable(objects, systems, all_of(server, _PATHS), made_before=made_before):
        metadata = item["metadata"]
        try:
            server.delete(f"/api/v1/namespaces/{metadata['namespace']}/configmaps/{metadata['name']}", metadata)
        except ApiError:
            continue
        deleted += 1
    return deleted


def _containers(spec: Object) -> Iterable[Object]:
    return (
        *(spec.get("initContainers") or ()),
        *(spec.get("containers") or ()),
        *(spec.get("ephemeralContainers") or ()),
    )
