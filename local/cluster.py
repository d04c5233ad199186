"""What the cluster of the embedded control plane holds from the start: nodes, classes, definitions, rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from local import sealing
from local.provider.api import Api
from local.provider.objects import Type
from local.provider.transport import ApiError, Transport
from local.simulation import gateways

ZONES: Final = ("local-a", "local-b", "local-c")
NODES_PER_ZONE: Final = 2

FIELD_MANAGER: Final = "naru-local"

_DEFAULT_CLASS: Final = "standard"
_MARK: Final = "naru-local"


def nodes() -> list[dict[str, Any]]:
    """Return the nodes, two in each zone, with room for every stack at once."""
    room = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "1Ti", "pods": "250"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/region": "local",
                    "topology.kubernetes.io/zone": zone,
                },
            },
            "status": {"capacity": room, "allocatable": room},
        }
        for zone in ZONES
        for number in range(1, NODES_PER_ZONE + 1)
        for name in [f"{zone}-{number}"]
    ]


def storage_classes(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the StorageClasses by name and the default one; all bind when a pod needs them, as local volumes do."""
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": name,
                "annotations": {"storageclass.kubernetes.io/is-default-class": str(name == _DEFAULT_CLASS).lower()},
            },
            "provisioner": "naru.local/volumes",
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
        for name in dict.fromkeys([_DEFAULT_CLASS, *names])
    ]


def ingress_classes(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the IngressClasses by name; none is the default, so an Ingress has to name its own."""
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": name},
            "spec": {"controller": "k8s.io/ingress-nginx" if name == "nginx" else f"naru.local/{name}"},
        }
        for name in dict.fromkeys(names)
    ]


def gateway_class() -> dict[str, Any]:
    """Return Cilium's GatewayClass."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": gateways.CLASS},
        "spec": {"controllerName": gateways.CONTROLLER},
    }


def rights() -> list[dict[str, Any]]:
    """Return what KWOK and our kubelet may do: what nodes and operators may, and no more."""
    rules = [
        _rule("", "get list watch", "nodes pods services secrets configmaps persistentvolumes persistentvolumeclaims"),
        _rule("", "patch", "nodes/status pods/status services/status"),
        _rule("", "create patch", "events secrets persistentvolumes"),
        _rule("", "delete", "pods persistentvolumes"),
        _rule("networking.k8s.io", "get list watch", "ingresses"),
        _rule("networking.k8s.io", "patch", "ingresses/status"),
        _rule("gateway.networking.k8s.io", "get list watch", "*"),
        _rule("gateway.networking.k8s.io", "patch", "gatewayclasses/status gateways/status httproutes/status"),
        _rule("cert-manager.io", "get list watch", "*"),
        _rule("cert-manager.io", "create patch", "certificates"),
        _rule("cert-manager.io", "patch", "certificates/status issuers/status clusterissuers/status"),
        _rule("external-secrets.io", "get list watch", "*"),
        _rule(
            "external-secrets.io",
            "patch",
            "externalsecrets/status secretstores/status clustersecretstores/status",
        ),
    ]
    authorization, name = "rbac.authorization.k8s.io", "naru.local:nodes-and-operators"
    return [
        {
            "apiVersion": f"{authorization}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules,
        },
        {
            "apiVersion": f"{authorization}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": authorization, "kind": "ClusterRole", "name": name},
            "subjects": [
                {"apiGroup": authorization, "kind": "User", "name": user} for user in ("naru:kwok", "naru:kubelet")
            ],
        },
    ]


def _rule(group: str, verbs: str, resources: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "verbs": verbs.split(), "resources": resources.split()}


class Cluster:
    """One API server, filled with what belongs there from the start; doing so again changes nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = Api(transport)

    def trouble(self) -> str:
        """Return what keeps the API server from being ready, nothing if it is. Raises ApiError, Unreachable."""
        self._transport.request("GET", "/readyz")
        return ""

    def apply(self, objects: Sequence[Mapping[str, Any]]) -> str:
        """Apply objects, several at a time, and return what is missing then: nothing. Raises ApiError, Unreachable."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._apply, objects))
        return ""

    def _apply(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        return self._api.apply(obj, field_manager=FIELD_MANAGER, force=True, dry_run=False, warn=_unheard)

    def sealing_certificates(self) -> set[bytes]:
        """Return the certificates of the Sealed Secrets controller's keys. Raises ApiError, Unreachable."""
        return sealing.certificates(
            self._api.list(Type("", "v1", "Secret"), sealing.NAMESPACE, labelSelector=sealing.KEYS)
        )

    def mark(self) -> str:
        """Return which definitions were installed, as `set_mark` was told; empty before."""
        found = self._api.read(Type("", "v1", "ConfigMap"), "kube-system", _MARK)
        return str(found["data"]["definitions"]) if found else ""

    def set_mark(self, definitions: str) -> str:
        """Remember which definitions are installed, in the cluster itself, so that the two cannot drift apart."""
        metadata = {"name": _MARK, "namespace": "kube-system"}
        mark = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"definitions": definitions}}
        return self.apply([mark])

    def unserved(self, definitions: Sequence[Mapping[str, Any]]) -> str:
        """Return the names of the CustomResourceDefinitions that are not served yet, with commas.

        One that is established may still refuse requests for a while, so each is asked for. Raises Unreachable.
        """
        with ThreadPoolExecutor(4) as pool:
            served = pool.map(self._serves, definitions)
            missing = [one["metadata"]["name"] for one, there in zip(definitions, served, strict=True) if not there]
        return ", ".join(missing)

    def _serves(self, definition: Mapping[str, Any]) -> bool:
        spec = definition["spec"]
        versions = [version["name"] for version in spec["versions"] if version["served"]]
        try:
            for version in versions:
                path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
                self._transport.request("GET", path, query={"limit": "1"})
        except ApiError:
            return False
        return True

    def unready(self) -> str:
        """Return what a pod would still wait for, with commas: nodes that take none, the default service account."""
        listed = self._api.list(Type("", "v1", "Node"), "")
        ready = {node["metadata"]["name"] for node in listed if is_ready(node)}
        missing = [f"node {node['metadata']['name']}" for node in nodes() if node["metadata"]["name"] not in ready]
        account = self._api.read(Type("", "v1", "ServiceAccount"), "default", "default")
        return ", ".join(missing if account else [*missing, "the default service account"])


def is_ready(node: Mapping[str, Any]) -> bool:
    """Tell whether a node is ready and takes pods."""
    conditions = node.get("status", {}).get("conditions") or []
    up = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return up and not node.get("spec", {}).get("taints")


def _unheard(warning: str) -> None:
    """Warnings about definitions are for their authors."""
