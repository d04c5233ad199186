"""Which kinds a system may make: every kind that Naru makes, and not one more.

Not only those that a system has at this moment: Argo CD neither sees nor deletes what its AppProject does not allow, so
that the last HorizontalPodAutoscaler of a system would stay for ever on the day on which it is no longer rendered.
A test holds the table to the objects. A Secret is not among them: its values would stand in Git.
Source: argo-cd 3.3, controller/state.go, `IsLiveResourcePermitted`.
"""

from typing import Final

from manifests.placed import Manifest

NAMESPACED: Final[tuple[tuple[str, str], ...]] = (
    ("", "ConfigMap"),
    ("", "LimitRange"),
    ("", "PersistentVolumeClaim"),
    ("", "ResourceQuota"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "AnalysisRun"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "Rollout"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "Job"),
    ("bitnami.com", "SealedSecret"),
    ("cert-manager.io", "Certificate"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("external-secrets.io", "ExternalSecret"),
    ("external-secrets.io", "SecretStore"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("networking.istio.io", "VirtualService"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
)
"""By group and kind."""

SHARED: Final[tuple[tuple[str, str], ...]] = (
    ("argoproj.io", "ClusterAnalysisTemplate"),
    ("cert-manager.io", "ClusterIssuer"),
    ("scheduling.k8s.io", "PriorityClass"),
)
"""What no system has, but all of a cluster together."""

OF_AWS: Final[tuple[tuple[str, str], ...]] = (("elbv2.k8s.aws", "TargetGroupBinding"),)
"""What systems have in their namespaces where the stack has AWS, and all of a cluster together in the Ingress
controller's."""


def group_of(manifest: Manifest) -> str:
    """Return the API group of an object: empty for the core group."""
    group, _, _ = manifest["apiVersion"].rpartition("/")
    return str(group)
