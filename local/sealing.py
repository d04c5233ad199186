"""The Sealed Secrets controller of the control plane: what it may do, where it is found, when it can be used."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from local.ports import ADDRESS

NAME: Final = "sealed-secrets-controller"
NAMESPACE: Final = "kube-system"
USER: Final = f"system:serviceaccount:{NAMESPACE}:{NAME}"
GROUPS: Final = ("system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated")

URL: Final = "naru.local/url"
KEYS: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
"""The label of the Secrets with the controller's keys."""

_AUTHORIZATION: Final = "rbac.authorization.k8s.io"
_SECONDS: Final = 2.0  # for an answer from this machine


def url(port: int) -> str:
    """Return where the controller serves, from which its certificate is `/v1/cert.pem`."""
    return f"http://{ADDRESS}:{port}"


def objects(port: int) -> list[dict[str, Any]]:
    """Return its account, its rights and its address.

    The rights are those of its own chart (`helm/sealed-secrets/templates` of v0.31.0), neither more nor less. The
    Service has no pods: what is in the cluster could not reach this machine, and whoever is on it reads the annotation.
    """
    unsealer = [
        _rule("bitnami.com", "get list watch", "sealedsecrets"),
        _rule("bitnami.com", "update", "sealedsecrets/status"),
        _rule("", "get list create update delete watch", "secrets"),
        _rule("", "create patch", "events"),
    ]
    key_admin = [
        {**_rule("", "get", "secrets"), "resourceNames": ["sealed-secrets-key"]},
        _rule("", "create list", "secrets"),
    ]
    return [
        _object("v1", "ServiceAccount", NAME),
        {**_object(f"{_AUTHORIZATION}/v1", "ClusterRole", "secrets-unsealer", namespace=""), "rules": unsealer},
        _binding("ClusterRoleBinding", NAME, "ClusterRole", "secrets-unsealer", namespace=""),
        {**_object(f"{_AUTHORIZATION}/v1", "Role", "sealed-secrets-key-admin"), "rules": key_admin},
        _binding("RoleBinding", NAME, "Role", "sealed-secrets-key-admin"),
        {
            **_object("v1", "Service", NAME, annotations={URL: url(port)}),
            "spec": {"ports": [{"name": "http", "port": 8080, "targetPort": "http"}]},
        },
    ]


def certificates(secrets: Iterable[Mapping[str, Any]]) -> set[bytes]:
    """Return the certificates of the controller's keys, each a Secret."""
    return {base64.b64decode(secret["data"]["tls.crt"]).strip() for secret in secrets}


def silence(port: int, own: Collection[bytes]) -> str:
    """Return what keeps the controller from giving one of its `own` certificates, nothing if it gives one.

    Where its port is taken it only logs that, and another cluster's may answer in its place.
    """
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/v1/cert.pem")
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    if answer.status == http.client.OK and content.strip() in own:
        return ""
    if answer.status == http.client.OK and content.startswith(b"-----BEGIN CERTIFICATE-----"):
        return f"port {port} gives the certificate of another cluster's"
    return f"/v1/cert.pem is answered with {answer.status} and no certificate"


def _object(api_version: str, kind: str, name: str, *, namespace: str = NAMESPACE, **metadata: Any) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, **metadata}}


def _binding(kind: str, name: str, role_kind: str, role: str, *, namespace: str = NAMESPACE) -> dict[str, Any]:
    return {
        **_object(f"{_AUTHORIZATION}/v1", kind, name, namespace=namespace),
        "roleRef": {"apiGroup": _AUTHORIZATION, "kind": role_kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }


def _rule(group: str, verbs: str, resources: str) -> dict[str, Any]:
    return {"apiGroups": [group], "verbs": verbs.split(), "resources": resources.split()}
