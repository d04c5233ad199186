"""Facts read from a Kubernetes object alone: what it is, where it is, what it asks of Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Object = Mapping[str, Any]

FIELD_MANAGER: Final = "pulumi-kubernetes"

# Kinds without a namespace in the groups Kubernetes itself serves; of other groups only the API server knows.
_CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IngressClass",
        "IPAddress",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
_OWN_GROUPS: Final = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)


@dataclass(frozen=True)
class Type:
    """The group, version and kind of an object; the core group is the empty string."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """The group and version as `apiVersion` spells them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def is_own(self) -> bool:
        """Whether the group is one Kubernetes itself serves, rather than a CustomResourceDefinition."""
        return self.group in _OWN_GROUPS

    @property
    def is_namespaced(self) -> bool | None:
        """Whether objects of the kind live in a namespace; None where only the API server knows."""
        return self.kind not in _CLUSTER_SCOPED if self.is_own else None

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"


def type_of(obj: Object) -> Type:
    """Return the type an object gives in `apiVersion` and `kind`."""
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    return Type(group, version, str(obj.get("kind", "")))


def type_of_token(token: str) -> Type:
    """Return the type of a Pulumi type token, `kubernetes:<group>/<version>:<Kind>` with the group `core` for none.

    Raises ValueError for a token of another shape.
    """
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "kubernetes" or parts[1].count("/") != 1:
        message = f"{token} is no type of this provider: expected kubernetes:<group>/<version>:<Kind>"
        raise ValueError(message)
    group, _, version = parts[1].partition("/")
    return Type("" if group == "core" else group, version, parts[2])


def type_of_urn(urn: str) -> Type:
    """Return the type of a resource's URN, whose third part ends with the resource's own type token."""
    return type_of_token(urn.split("::")[2].rpartition("$")[2])


def name_of(obj: Object) -> str:
    """Return `metadata.name`, empty where it is missing."""
    return str(_metadata(obj).get("name") or "")


def namespace_of(obj: Object) -> str:
    """Return `metadata.namespace`, empty where it is missing."""
    return str(_metadata(obj).get("namespace") or "")


def id_of(obj: Object) -> str:
    """Return the resource ID: `namespace/name`, or `name` of what lives in no namespace."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def split_id(resource_id: str) -> tuple[str, str]:
    """Return namespace and name of a resource ID; the namespace is empty where the ID has none."""
    namespace, _, name = resource_id.rpartition("/")
    return namespace, name


def with_namespace(obj: Object, namespace: str) -> dict[str, Any]:
    """Return the object with this namespace, or with none for the empty string."""
    metadata = {key: value for key, value in _metadata(obj).items() if key != "namespace"}
    return {**obj, "metadata": {**metadata, "namespace": namespace} if namespace else metadata}


def annotation(obj: Object, key: str) -> str:
    """Return an annotation of `pulumi.com/`, empty where it is missing."""
    annotations = _metadata(obj).get("annotations")
    value = annotations.get(f"pulumi.com/{key}") if isinstance(annotations, Mapping) else None
    return value if isinstance(value, str) else ""


def is_true(obj: Object, key: str) -> bool:
    """Tell whether an annotation of `pulumi.com/` is `true`."""
    return annotation(obj, key).lower() == "true"


def timeout_of(obj: Object, requested: float, default: float) -> float:
    """Return how many seconds to wait: what the resource options ask, else the annotation, else the default."""
    if requested > 0:
        return requested
    text = annotation(obj, "timeoutSeconds")
    return float(text) if text.isdecimal() else default


def dig(obj: Any, *path: str) -> Any:
    """Return what stands at a path of keys, None where any of them is missing."""
    for key in path:
        obj = obj.get(key) if isinstance(obj, Mapping) else None
    return obj


def _metadata(obj: Object) -> Mapping[str, Any]:
    metadata = obj.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
