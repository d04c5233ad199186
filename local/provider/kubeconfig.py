"""Which API server a kubeconfig names, and how to show it who we are.

Client certificates and tokens are understood. What needs a program to be run (`exec`) is left to the official provider,
as is everything that is not a cluster of this machine.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class KubeconfigError(ValueError):
    """A kubeconfig that cannot be used, with the reason and what would be right."""


@dataclass(frozen=True)
class Cluster:
    """An API server and the credentials for it; certificates and keys are PEM, none of it is ever shown."""

    server: str
    namespace: str
    ca: str = ""
    insecure: bool = False
    server_name: str = ""
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)


def read(text_or_path: str) -> str:
    """Return the text of a kubeconfig given as text or path; for the empty string of the ambient one.

    Raises KubeconfigError where there is no such file.
    """
    if "\n" in text_or_path or text_or_path.lstrip().startswith("{"):
        return text_or_path
    ambient = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or "~/.kube/config"
    path = Path(text_or_path or ambient).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"kubeconfig {path}: {error.strerror}; give the provider's `kubeconfig` as text or as a path"
        raise KubeconfigError(message) from error


def parse(text: str, context: str = "", cluster: str = "") -> Cluster:
    """Return the cluster of a context, the current one where none is named.

    Raises KubeconfigError for a text that is no kubeconfig, and for a context, cluster or user it does not hold.
    """
    config = _load(text)
    current = context or config.get("current-context")
    if not current:
        raise KubeconfigError("the kubeconfig has no current-context; name one as the provider's `context`")
    chosen = _entry(config, "context", current)
    server = _entry(config, "cluster", cluster or chosen.get("cluster"))
    user = _entry(config, "user", chosen["user"]) if chosen.get("user") else {}
    for unknown in ("exec", "auth-provider"):
        if unknown in user:
            message = f"the user of context {current} has `{unknown}`; this provider takes certificates and tokens only"
            raise KubeconfigError(message)
    if not server.get("server"):
        message = f"the cluster of context {current} has no `server`"
        raise KubeconfigError(message)
    return Cluster(
        server=str(server["server"]).rstrip("/"),
        namespace=str(chosen.get("namespace") or "default"),
        ca=_pem(server, "certificate-authority"),
        insecure=bool(server.get("insecure-skip-tls-verify")),
        server_name=str(server.get("tls-server-name") or ""),
        certificate=_pem(user, "client-certificate"),
        key=_pem(user, "client-key"),
        authorization=_authorization(user),
    )


def identity(text: str, context: str = "", cluster: str = "") -> Mapping[str, Any] | None:
    """Return the cluster entry a provider is bound to, None where the text does not tell.

    Two configurations with another entry are taken for two clusters.
    """
    try:
        config = _load(text)
        chosen = _entry(config, "context", context or config.get("current-context"))
        return _entry(config, "cluster", cluster or chosen.get("cluster"))
    except KubeconfigError:
        return None


def tls(cluster: Cluster) -> ssl.SSLContext | None:
    """Return the TLS settings for a cluster, None for one that is spoken to in plain HTTP."""
    if urlsplit(cluster.server).scheme != "https":
        return None
    context = ssl.create_default_context(cadata=cluster.ca or None)
    if cluster.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cluster.certificate and cluster.key:
        # OpenSSL reads certificate and key from files only: pipes give it the names, and no disk sees the key.
        with _readable(cluster.certificate) as certificate, _readable(cluster.key) as key:
            context.load_cert_chain(certificate, key)
    return context


@contextmanager
def _readable(text: str) -> Iterator[str]:
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "w", encoding="ascii") as pipe:
            pipe.write(text)  # a chain of PEMs is far below the 64 KiB a pipe holds
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)


def _load(text: str) -> Mapping[str, Any]:
    config: Any
    if text.lstrip().startswith("{"):
        try:
            config = json.loads(text)
        except json.JSONDecodeError as error:
            message = f"the kubeconfig is no JSON: {error.msg}"
            raise KubeconfigError(message) from None
    else:
        import yaml  # noqa: PLC0415 - 30 ms that a preview without changes does not pay

        try:
            config = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        except yaml.YAMLError:
            raise KubeconfigError("the kubeconfig is no YAML") from None
    if not isinstance(config, Mapping):
        raise KubeconfigError("the kubeconfig is no map; expected apiVersion, clusters, contexts, users")
    return config


def _entry(config: Mapping[str, Any], kind: str, name: Any) -> Mapping[str, Any]:
    entries = config.get(f"{kind}s")
    found = [entry for entry in entries if entry.get("name") == name] if isinstance(entries, list) else []
    if not found:
        known = ", ".join(str(entry.get("name")) for entry in entries) if isinstance(entries, list) else ""
        message = f"the kubeconfig has no {kind} {name}; it has: {known or 'none'}"
        raise KubeconfigError(message)
    value = found[0].get(kind)
    return value if isinstance(value, Mapping) else {}


def _pem(entry: Mapping[str, Any], key: str) -> str:
    if data := entry.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            message = f"{key}-data of the kubeconfig is no base64 of a PEM"
            raise KubeconfigError(message) from None
    if path := entry.get(key):
        try:
            return Path(path).read_text(encoding="ascii")
        except OSError as error:
            message = f"{key} of the kubeconfig, {path}: {error.strerror}"
            raise KubeconfigError(message) from error
    return ""


def _authorization(user: Mapping[str, Any]) -> str:
    token = user.get("token")
    if not token and user.get("tokenFile"):
        token = Path(user["tokenFile"]).read_text(encoding="ascii").strip()
    return f"Bearer {token}" if token else ""
