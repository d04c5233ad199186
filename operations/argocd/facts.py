"""What has to be known of Argo CD before it is given a stack, asked of the cluster it runs in."""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus

from manifests.argocd.server_settings import CONFIG_MAP
from operations.api_server import ApiError, ApiServer, Object
from operations.argocd.findings import ArgoFacts
from settings.environment import ArgoCD

_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def gather(server: ApiServer, argocd: ArgoCD) -> ArgoFacts:
    """Return what of it we may see. Raises ApiError and UnreachableError."""
    folder = f"/api/v1/namespaces/{argocd.namespace}"
    seen, namespace = _read(server, folder)
    if seen and namespace is None:
        return ArgoFacts(namespace=False, settings={}, clusters=frozenset())
    read, config = _read(server, f"{folder}/configmaps/{CONFIG_MAP}")
    return ArgoFacts(
        namespace=True if seen else None,
        settings=((config or {}).get("data") or {}) if read else None,
        clusters=_clusters(server, folder),
    )


def _read(server: ApiServer, path: str) -> tuple[bool, Object | None]:
    """Return whether we may see an object, and the object where it is there."""
    try:
        return True, server.get(path)
    except ApiError as error:
        if error.status in _DENIED:
            return False, None
        if error.status == HTTPStatus.NOT_FOUND:
            return True, None
        raise


def _clusters(server: ApiServer, folder: str) -> frozenset[str] | None:
    """Return the names of the clusters in Argo CD's Secrets; of each Secret nothing else is kept."""
    try:
        found = server.items(f"{folder}/secrets", labelSelector="argocd.argoproj.io/secret-type=cluster")
    except ApiError as error:
        if error.status in _DENIED:
            return None
        raise
    return frozenset(filter(None, (_name(secret.get("data") or {}) for secret in found)))


def _name(data: Mapping[str, str]) -> str:
    try:
        return base64.b64decode(data.get("name", "")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
