"""Data that must outlive its declaration where Argo CD applies: Pulumi's protection reaches its files alone."""

from dataclasses import replace

from manifests.placed import Placed
from settings.environment import Delivery, Environment

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
"""Source: Argo CD, "Sync Options": not deleted when it is no longer rendered, nor with its Application."""


def protected(placed: Placed, environment: Environment) -> Placed:
    """Return an object that Argo CD keeps, where it holds data and the environment protects data."""
    if not (placed.keeps_data and environment.policies.protect_data and environment.delivery is Delivery.GITOPS):
        return placed
    metadata = placed.manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), SYNC_OPTIONS: "Prune=false,Delete=false"}
    return replace(placed, manifest={**placed.manifest, "metadata": {**metadata, "annotations": annotations}})
