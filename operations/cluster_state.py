"""The lists that `report` reads: one request for each kind, for all namespaces."""

from collections.abc import Iterable

from manifests.placed import Placed
from operations.api_server import ApiServer, Object, all_of
from operations.report import OTHERS, WORKLOADS

_PATHS = {
    "Certificate": "/apis/cert-manager.io/v1/certificates",
    "ClusterIssuer": "/apis/cert-manager.io/v1/clusterissuers",
    "Deployment": "/apis/apps/v1/deployments",
    "ExternalSecret": "/apis/external-secrets.io/v1/externalsecrets",
    "Gateway": "/apis/gateway.networking.k8s.io/v1/gateways",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "Ingress": "/apis/networking.k8s.io/v1/ingresses",
    "Job": "/apis/batch/v1/jobs",
    "PersistentVolumeClaim": "/api/v1/persistentvolumeclaims",
    "Rollout": "/apis/argoproj.io/v1alpha1/rollouts",
    "SealedSecret": "/apis/bitnami.com/v1alpha1/sealedsecrets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}
_REASONS = {"Pod": "/api/v1/pods", "Event": "/api/v1/events"}
_OURS = "app.kubernetes.io/managed-by=naru"


def lists(server: ApiServer, objects: Iterable[Placed]) -> dict[str, list[Object]]:
    """Return what there is of the kinds of these objects, by kind. Raises UnreachableError.

    Pods and warning events only tell why something is not ready; where they may not be read the reason is poorer.
    """
    kinds = {placed.manifest["kind"] for placed in objects}
    wanted = {kind for kind in (*WORKLOADS, *OTHERS, "HorizontalPodAutoscaler", "Job") if kind in kinds}
    found = all_of(server, {kind: _PATHS[kind] for kind in wanted}, labelSelector=_OURS)
    reasons = all_of(server, {"Pod": _REASONS["Pod"]}, labelSelector=_OURS)
    events = all_of(server, {"Event": _REASONS["Event"]}, fieldSelector="type=Warning")
    return {**found, **reasons, **events}
