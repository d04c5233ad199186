"""The Argo Rollouts controller of the control plane: who it is, and what it may do."""

from __future__ import annotations

from typing import Any, Final

NAME: Final = "rollouts-controller"
NAMESPACE: Final = "argo-rollouts"
USER: Final = "naru:rollouts"

_AUTHORIZATION: Final = "rbac.authorization.k8s.io"

_READ: Final = "get list watch"
_CHANGE: Final = f"{_READ} update patch"
_OWN: Final = f"create {_CHANGE} delete"

# By API groups, verbs and resources: `manifests/role/argo-rollouts-clusterrole.yaml` of v1.9.1, in its order.
_RULES: Final = (
    ("argoproj.io", _CHANGE, "rollouts rollouts/status rollouts/finalizers"),
    ("argoproj.io", _OWN, "analysisruns analysisruns/finalizers experiments experiments/finalizers"),
    ("argoproj.io", _READ, "analysistemplates clusteranalysistemplates"),
    ("apps", _OWN, "replicasets"),
    (" apps", f"{_READ} update", "deployments podtemplates"),
    ("", f"{_READ} patch create delete", "services"),
    ("coordination.k8s.io", "create get update", "leases"),
    ("", _READ, "secrets configmaps"),
    ("", "list update watch", "pods"),
    ("", "create", "pods/eviction"),
    ("", "create update patch", "events"),
    ("networking.k8s.io extensions", f"create {_CHANGE}", "ingresses"),
    ("batch", _OWN, "jobs"),
    ("networking.istio.io", _CHANGE, "virtualservices destinationrules"),
    ("split.smi-spec.io", "create watch get update patch", "trafficsplits"),
    (
        "getambassador.io x.getambassador.io",
        "create watch get update list delete",
        "mappings ambassadormappings",
    ),
    ("", "get", "endpoints"),
    ("elbv2.k8s.aws eks.amazonaws.com", "list get", "targetgroupbindings"),
    ("appmesh.k8s.aws", _READ, "virtualservices"),
    ("appmesh.k8s.aws", _CHANGE, "virtualnodes virtualrouters"),
    ("traefik.containo.us traefik.io", "watch get update", "traefikservices"),
    ("apisix.apache.org", "watch get update", "apisixroutes"),
)


def objects() -> list[dict[str, Any]]:
    """Return its rights: those of its own manifests, neither more nor less."""
    rules = [
        {"apiGroups": groups.split(" "), "resources": resources.split(), "verbs": verbs.split()}
        for groups, verbs, resources in _RULES
    ]
    role, binding = (
        {"apiVersion": f"{_AUTHORIZATION}/v1", "kind": kind, "metadata": {"name": "argo-rollouts"}}
        for kind in ("ClusterRole", "ClusterRoleBinding")
    )
    return [
        {**role, "rules": rules},
        {
            **binding,
            "roleRef": {"apiGroup": _AUTHORIZATION, "kind": "ClusterRole", "name": "argo-rollouts"},
            "subjects": [{"apiGroup": _AUTHORIZATION, "kind": "User", "name": USER}],
        },
    ]
