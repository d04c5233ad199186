"""Whether a rollback has come to its end: the workload is wholly at its version, and every Service leads to it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer
from operations.rollback.plan import Released, released
from operations.rollback.version import shown
from operations.rollout.live import LiveWorkload, live, workload_path
from operations.rollout.revision import Revision
from settings.service import Service
from settings.variants import names

Object = dict[str, Any]

_NOT_FOUND: Final = 404
_SERVICE: Final = "kubernetes.io/service-name"


def unverified(server: ApiServer, place: Place, service: Service, *, gone: Sequence[str] = ()) -> str:
    """Say in one line what is not as it should be on a cluster; nothing where all is.

    `gone` names Deployments that have to be deleted by then. Raises ApiError and UnreachableError.
    """
    workload = live(server, place.cluster_name, place, service)[0]
    found = unready(workload, released(place, service)[workload.name])
    if found or workload.current is None:
        return found
    namespace = workload.namespace
    if service.ports:
        wanted = dict.fromkeys(name for name in (names(service).serving, names(service).stable) if name is not None)
        for name in wanted:
            path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
            slices = server.items(path, labelSelector=f"{_SERVICE}={name}")
            if found := misled(name, slices, workload.current):
                return found
    for name in gone:
        if _is_there(server, workload_path("Deployment", namespace, name)):
            return f"{name} is still there"
    return ""


def unready(workload: LiveWorkload, wanted: Released) -> str:
    """Say why a workload is not wholly at the images it should have, with all of its pods ready."""
    current = workload.current
    if current is None:
        return f"{workload.name}: {workload.reason or 'no version of it is known yet'}"
    if not wanted.runs(current):
        return f"{workload.name} still has {shown(current.image)}"
    if workload.phase != "healthy":
        return f"{workload.name}: {workload.reason or workload.phase}"
    if workload.stable is None or workload.stable.hash != current.hash:
        return f"{workload.name}: {shown(current.image)} has not taken over yet"
    ready = current.ready
    return f"{workload.name}: {ready} of {workload.desired} pods are ready" if ready < workload.desired else ""


def misled(service: str, slices: Iterable[Object], current: Revision) -> str:
    """Say why a Service does not lead to a version, and to nothing else."""
    ready = [
        (endpoint.get("targetRef") or {}).get("name", "")
        for found in slices
        for endpoint in found.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
    ]
    others = [pod for pod in ready if not pod.startswith(f"{current.name}-")]
    if others:
        return f"the Service {service} still leads to {others[0]}"
    return "" if ready else f"the Service {service} has no ready endpoint"


def _is_there(server: ApiServer, path: str) -> bool:
    try:
        server.get(path)
    except ApiError as error:
        if error.status == _NOT_FOUND:
            return False
        raise
    return True
