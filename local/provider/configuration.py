"""The provider's own configuration, as the official provider names it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.provider import kubeconfig
from local.provider.diff import Mutability, changes

# Known to the official provider and without a meaning here: there is nothing to suppress or to tune.
_WITHOUT_MEANING: Final = frozenset(
    {
        "helmReleaseSettings",
        "kubeClientSettings",
        "pluginDownloadURL",
        "suppressDeprecationWarnings",
        "suppressHelmHookWarnings",
        "version",
    }
)
_KNOWN: Final = frozenset(
    {
        "cluster",
        "clusterIdentifier",
        "context",
        "enableConfigMapMutable",
        "enableSecretMutable",
        "enableServerSideApply",
        "kubeconfig",
        "namespace",
        "renderYamlToDirectory",
    }
)
_NOT_WHEN_RENDERING: Final = ("cluster", "context", "kubeconfig")


@dataclass(frozen=True)
class Configuration:
    """Where objects go: to the cluster of a kubeconfig, or as files to a directory."""

    kubeconfig: str
    context: str
    cluster: str
    namespace: str
    directory: str
    mutability: Mutability


def configuration(inputs: Mapping[str, Any]) -> Configuration:
    """Return the configuration of provider inputs, which are plain values."""
    return Configuration(
        kubeconfig=_text(inputs, "kubeconfig"),
        context=_text(inputs, "context"),
        cluster=_text(inputs, "cluster"),
        namespace=_text(inputs, "namespace"),
        directory=_text(inputs, "renderYamlToDirectory"),
        mutability=Mutability(
            config_maps=_flag(inputs, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
            secrets=_flag(inputs, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
        ),
    )


def faults(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with provider inputs, by the input."""
    found = {
        key: "not known to this provider, which stands in for the official one on this machine"
        for key in inputs
        if key not in _KNOWN and key not in _WITHOUT_MEANING and not key.startswith("__")
    }
    if _text(inputs, "renderYamlToDirectory"):
        for key in _NOT_WHEN_RENDERING:
            if _text(inputs, key):
                found[key] = "not compatible with renderYamlToDirectory: a provider renders or applies, never both"
    if "enableServerSideApply" in inputs and not _flag(inputs, "enableServerSideApply"):
        found["enableServerSideApply"] = "this provider only applies on the server"
    return found


def replaced_by(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
    """Return which inputs differ, and which of them mean another cluster or directory, so that all objects move.

    A kubeconfig means another cluster when its active cluster entry differs, unless `clusterIdentifier` is the same on
    both sides: then only that one decides.
    """
    changed = sorted({str(change.path[0]) for change in changes(old, new)})
    before, after = _text(old, "clusterIdentifier"), _text(new, "clusterIdentifier")
    if after and before == after:
        return changed, []
    replaces = [key for key in changed if key == "renderYamlToDirectory"]
    if before and after:
        replaces.append("clusterIdentifier")
    if _identity(old) != _identity(new) and None not in (_identity(old), _identity(new)):
        replaces.extend(key for key in changed if key in _NOT_WHEN_RENDERING)
    return changed, replaces


def _identity(inputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        text = kubeconfig.read(_text(inputs, "kubeconfig"))
    except kubeconfig.KubeconfigError:
        return None
    return kubeconfig.identity(text, _text(inputs, "context"), _text(inputs, "cluster"))


def _text(inputs: Mapping[str, Any], key: str) -> str:
    value = inputs.get(key)
    return value if isinstance(value, str) else ""


def _flag(inputs: Mapping[str, Any], key: str, variable: str = "") -> bool:
    # SDKs send what is no text as JSON.
    value = inputs.get(key, os.environ.get(variable) if variable else None)
    return value is True or value == "true"
