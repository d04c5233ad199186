"""What the cluster holds for Argo CD from the start: its settings, its rights, and the clusters it may deploy to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from local.argocd import names
from local.provider import kubeconfig
from manifests.argocd.server_settings import CONFIG_MAP, server_settings

_AUTHORIZATION: Final = "rbac.authorization.k8s.io"
_LABELS: Final = {"app.kubernetes.io/part-of": "argocd"}
_READ: Final = "get list watch"


def namespace() -> dict[str, Any]:
    """Return its namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.NAMESPACE}}


def settings(defaults: Path, session_key: str) -> list[dict[str, Any]]:
    """Return the ConfigMaps and the Secret of its settings: those of its release in `defaults`, ours, and Naru's."""
    own = {
        "timeout.reconciliation": f"{names.RECONCILIATION_SECONDS}s",
        "timeout.reconciliation.jitter": "0s",
        # It runs in no pod: a cluster it could reach as one is not there.
        "cluster.inClusterEnabled": "false",
    }
    released = yaml.safe_load(defaults.read_text(encoding="utf-8")).get("data") or {}
    data = {CONFIG_MAP: {**released, **own, **server_settings()}, "argocd-cmd-params-cm": {}, "argocd-rbac-cm": {}}
    return [
        *({**_object("v1", "ConfigMap", name), "data": content} for name, content in data.items()),
        {
            **_object("v1", "Secret", "argocd-secret"),
            "type": "Opaque",
            "data": _encoded({"server.secretkey": session_key}),
        },
    ]


def rights() -> list[dict[str, Any]]:
    """Return what it may do in its namespace: the Role of its own manifests, neither more nor less.

    Source: `manifests/base/application-controller-roles` of v3.3.0, as in an installation that deploys to clusters it
    was given (`manifests/namespace-install.yaml`).
    """
    rules = [
        _rule("", _READ, "secrets configmaps"),
        _rule("argoproj.io", f"create {_READ} update patch delete", "applications applicationsets appprojects"),
        _rule("", "create list", "events"),
        _rule("apps", _READ, "deployments"),
    ]
    role = {**_object(f"{_AUTHORIZATION}/v1", "Role", names.CONTROLLER), "rules": rules}
    return [role, _binding("Role", names.CONTROLLER, names.CONTROLLER_USER, names.NAMESPACE)]


def manager_rights() -> list[dict[str, Any]]:
    """Return what it may do in a cluster that it manages: everything, as `argocd cluster add` gives it.

    Source: `util/clusterauth/clusterauth.go` of v3.3.0.
    """
    name = "argocd-manager-role"
    anything = [_rule("*", "*", "*"), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    role = {**_object(f"{_AUTHORIZATION}/v1", "ClusterRole", name, namespace=""), "rules": anything}
    return [role, _binding("ClusterRole", name, names.CLUSTER_USER, "")]


def cluster_secret(name: str, credentials: Path) -> dict[str, Any]:
    """Return the Secret that has Argo CD know a cluster by a name, from the kubeconfig of its user there.

    Argo CD knows clusters by address and takes two with the same one for one. An address's fragment is never sent, so
    that several names may lead to one API server all the same.
    """
    known = kubeconfig.parse(credentials.read_text(encoding="utf-8"))
    tls = _encoded({"caData": known.ca, "certData": known.certificate, "keyData": known.key})
    content = {
        "name": name,
        "server": f"{known.server}#{name}",
        "config": json.dumps({"tlsClientConfig": tls}),
    }
    label = {"argocd.argoproj.io/secret-type": "cluster"}
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return {
        **_object("v1", "Secret", f"cluster-{digest}", labels=label),
        "type": "Opaque",
        "data": _encoded(content),
    }


def _object(
    api_version: str, kind: str, name: str, *, namespace: str = names.NAMESPACE, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    metadata = {"name": name, **place, "labels": {**_LABELS, **(labels or {})}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _binding(role_kind: str, role: str, user: str, namespace: str) -> dict[str, Any]:
    return {
        **_object(f"{_AUTHORIZATION}/v1", f"{role_kind}Binding", role, namespace=namespace),
        "roleRef": {"apiGroup": _AUTHORIZATION, "kind": role_kind, "name": role},
        "subjects": [{"apiGroup": _AUTHORIZATION, "kind": "User", "name": user}],
    }


def _rule(group: str, verbs: str, resources: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "verbs": verbs.split(), "resources": resources.split()}


def _encoded(data: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode("ascii") for key, value in data.items()}
