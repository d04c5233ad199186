"""`naru argocd config`: what the ConfigMap argocd-cm needs, as YAML to be applied."""

import sys
from pathlib import Path
from typing import Final

from manifests.argocd.server_settings import CONFIG_MAP, server_settings
from manifests.placed import Manifest
from manifests.text import to_yaml
from manifests.tree import argocd_of
from operations.exits import Exit, Stop
from settings.environment import ArgoCD
from settings.loading import load

# By these Argo CD finds its own ConfigMaps; without the second it would not read one that did not exist before.
_LABELS: Final = {"app.kubernetes.io/name": CONFIG_MAP, "app.kubernetes.io/part-of": "argocd"}


def config_map(argocd: ArgoCD) -> Manifest:
    """Return the part of Argo CD's ConfigMap that is ours."""
    metadata = {"name": CONFIG_MAP, "namespace": argocd.namespace, "labels": dict(_LABELS)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": server_settings()}


def config(root: Path, name: str) -> int:
    """Print it for a stack. Raises SettingsError and Stop."""
    argocd = argocd_of(load(root, name).stack)
    if argocd is None:
        raise Stop(Exit.USAGE, f"{name} is not delivered by Argo CD: give `delivery: gitops` and `argocd` in its file")
    sys.stdout.write(to_yaml(config_map(argocd)))
    return Exit.OK
