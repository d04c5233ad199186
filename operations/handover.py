"""From a fixed number of pods to an autoscaler: the number is kept when the field that fixed it is dropped.

A field that its only manager no longer applies goes back to its default: 5 pods would become 1 until the autoscaler has
counted them (Kubernetes, "Server-Side Apply", transferring ownership). So the field gets a second manager before that.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from manifests.placed import Placed
from operations.api_server import ApiError, ApiServer

_OURS: Final = "pulumi-kubernetes"
"""How the names of the provider's field managers begin; the official one's go on with a suffix for each object."""
_KEEPER: Final = "naru-handover"


def autoscaled(objects: Iterable[Placed]) -> list[tuple[str, str]]:
    """Return namespace and name of each Deployment that leaves its number of pods to an autoscaler."""
    placed = [one.manifest for one in objects]
    targets = {
        (manifest["metadata"]["namespace"], manifest["spec"]["scaleTargetRef"]["name"])
        for manifest in placed
        if manifest["kind"] == "HorizontalPodAutoscaler" and manifest["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    }
    free = {
        (manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        for manifest in placed
        if manifest["kind"] == "Deployment" and "replicas" not in manifest["spec"]
    }
    return sorted(targets & free)


def to_keep(live: Mapping[str, Any]) -> int | None:
    """Return the number of pods that a live Deployment would lose with its update, None where there is none.

    None for a Deployment with no pods too: an autoscaler never scales one that stays at zero.
    """
    managers = {
        entry["manager"]
        for entry in live["metadata"].get("managedFields") or ()
        if "f:replicas" in (entry.get("fieldsV1") or {}).get("f:spec", {})
    }
    if not managers or not all(manager.startswith(_OURS) for manager in managers):
        return None
    return live["spec"].get("replicas") or None


def hand_over(server: ApiServer, objects: Iterable[Placed]) -> int:
    """Keep the number of pods of all Deployments that go over to an autoscaler, and return how many did.

    Raises ApiError and UnreachableError.
    """
    kept = 0
    for namespace, name in autoscaled(objects):
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        try:
            live = server.get(path)
        except ApiError as error:
            if error.status == 404:
                continue
            raise
        replicas = to_keep(live)
        if replicas is not None:
            metadata = {"name": name, "namespace": namespace, "uid": live["metadata"]["uid"]}
            body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}
            server.apply(path, body, _KEEPER)
            kept += 1
    return kept
