"""The marks of healthy releases: on the ReplicaSets of what serves now, so that a rollback finds its way back.

And room for them: Argo Rollouts would delete what serves now as soon as it is left, after many versions that failed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, Object, all_of
from operations.rollback.plan import released
from operations.rollout.live import LiveWorkload, mark_healthy
from operations.rollout.retention import surplus
from operations.rollout.revision import Revision, revisions
from settings.service import Service
from settings.variants import Variant, variants

PATHS: Final = {
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "Rollout": "/apis/argoproj.io/v1alpha1/rollouts",
}
_OURS: Final = "app.kubernetes.io/managed-by=naru"


def mark(server: ApiServer, places: Iterable[Place], replacing: Callable[[Service], bool] = lambda _: False) -> int:
    """Mark every version of these systems' services that is healthy and not marked yet, and return how many were.

    Room is made for those of services that are to be updated now. One list of each kind is asked for, and what may not
    be changed stays as it is. Raises UnreachableError.
    """
    lists = all_of(server, PATHS, labelSelector=_OURS)
    marked = 0
    for place in places:
        for service in place.system.services.values():
            for workload in among(lists, place, service) if service.enabled else ():
                try:
                    marked += mark_healthy(server, workload)
                except ApiError:
                    continue
                if replacing(service):
                    wanted = released(place, service)[workload.name]
                    _make_room(server, workload, surplus(workload, wanted.runs), lists.get("ReplicaSet", ()))
    return marked


def among(lists: Mapping[str, Sequence[Object]], place: Place, service: Service) -> list[LiveWorkload]:
    """Return those workloads of a service that are in the lists of a cluster."""
    namespace = place.namespace(service.namespace)
    found = ((variant, _found(lists, namespace, variant)) for variant in variants(service))
    return [
        LiveWorkload(
            place.cluster_name,
            namespace,
            variant.name,
            variant.kind,
            variant.role,
            workload,
            revisions(workload, variant.kind, lists.get("ReplicaSet", ())),
        )
        for variant, workload in found
        if workload is not None
    ]


def _make_room(
    server: ApiServer, workload: LiveWorkload, leaving: Iterable[Revision], replica_sets: Sequence[Object]
) -> None:
    names = {one.name for one in leaving}
    for item in replica_sets:
        metadata = item["metadata"]
        if metadata["namespace"] == workload.namespace and metadata["name"] in names:
            path = f"/apis/apps/v1/namespaces/{workload.namespace}/replicasets/{metadata['name']}"
            with suppress(ApiError):  # as one that somebody gave pods meanwhile
                server.delete(path, metadata, unchanged=True)


def _found(lists: Mapping[str, Sequence[Object]], namespace: str, variant: Variant) -> Object | None:
    return next(
        (
            item
            for item in lists.get(variant.kind, ())
            if (item["metadata"]["namespace"], item["metadata"]["name"]) == (namespace, variant.name)
        ),
        None,
    )
