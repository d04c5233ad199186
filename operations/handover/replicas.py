"""From a fixed number of pods to an autoscaler: the number is kept when the field that fixed it is dropped.

A field that its only manager no longer applies goes back to its default: 5 pods would become 1 until the autoscaler has
counted them (Kubernetes, "Server-Side Apply", transferring ownership). So the field gets a second manager before that.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from manifests.placed import Manifest, Placed
from operations.api_server import ApiError, ApiServer, Object
from operations.rollout.live import workload_path
from settings.variants import Kind

OURS: Final = "pulumi-kubernetes"
"""How the names of the provider's field managers begin; the official one's go on with a suffix for each object."""
KEEPER: Final = "naru-handover"


def autoscaled(objects: Iterable[Placed]) -> list[tuple[Kind, str, str]]:
    """Return kind, namespace and name of each workload that leaves its number of pods to an autoscaler."""
    placed = [one.manifest for one in objects]
    targets = {
        (manifest["spec"]["scaleTargetRef"]["kind"], *_where(manifest, manifest["spec"]["scaleTargetRef"]["name"]))
        for manifest in placed
        if manifest["kind"] == "HorizontalPodAutoscaler"
    }
    kinds: tuple[Kind, ...] = ("Deployment", "Rollout")
    free = {
        (kind, *_where(manifest, manifest["metadata"]["name"]))
        for manifest in placed
        for kind in kinds
        if manifest["kind"] == kind and "replicas" not in manifest["spec"]
    }
    return sorted(free & targets)


def _where(manifest: Manifest, name: str) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], name


def to_keep(live: Mapping[str, Any]) -> int | None:
    """Return the number of pods that a live workload would lose with its update, None where there is none.

    None for one with no pods too: an autoscaler never scales a workload that stays at zero.
    """
    managers = {
        entry["manager"]
        for entry in live["metadata"].get("managedFields") or ()
        if "f:replicas" in (entry.get("fieldsV1") or {}).get("f:spec", {})
    }
    if not managers or not all(manager.startswith(OURS) for manager in managers):
        return None
    return live["spec"].get("replicas") or None


def hand_over(server: ApiServer, objects: Iterable[Placed]) -> int:
    """Keep the number of pods of all workloads that go over to an autoscaler, and return how many did.

    Raises ApiError and UnreachableError.
    """
    kept = 0
    for kind, namespace, name in autoscaled(objects):
        path = workload_path(kind, namespace, name)
        live = found(server, path)
        replicas = to_keep(live) if live is not None else None
        if live is not None and replicas is not None:
            server.apply(path, only_replicas({**live, "kind": kind}, replicas), KEEPER)
            kept += 1
    return kept


def only_replicas(live: Mapping[str, Any], replicas: int) -> dict[str, Any]:
    """Return what to apply to own a workload's number of pods and nothing else of it."""
    metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid")}
    version = "apps/v1" if live["kind"] == "Deployment" else "argoproj.io/v1alpha1"
    return {"apiVersion": version, "kind": live["kind"], "metadata": metadata, "spec": {"replicas": replicas}}


def found(server: ApiServer, path: str) -> Object | None:
    """Return an object, None where there is none. Raises ApiError and UnreachableError."""
    try:
        return server.get(path)
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
