"""What outlives its declaration where Argo CD applies: Pulumi's protection reaches its files alone.

What is not pruned would leave its Application OutOfSync for ever, and hold up what comes after it: so it is left out
of the comparison once it is rendered no more.
"""

from dataclasses import replace

from manifests.placed import Placed
from settings.environment import Delivery, Environment

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
"""Source: Argo CD, "Sync Options": not deleted when it is no longer rendered, nor with its Application."""
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
"""Source: Argo CD, "Compare Options"."""


def protected(placed: Placed, environment: Environment) -> Placed:
    """Return an object that Argo CD keeps: data where the environment protects data, and what a revision may name."""
    if environment.delivery is not Delivery.GITOPS:
        return placed
    if placed.keeps_data and environment.policies.protect_data:
        options = "Prune=false,Delete=false"
    elif placed.kept:
        options = "Prune=false"
    else:
        return placed
    metadata = placed.manifest["metadata"]
    annotations = {
        **metadata.get("annotations", {}),
        SYNC_OPTIONS: options,
        COMPARE_OPTIONS: "IgnoreExtraneous",
    }
    return replace(placed, manifest={**placed.manifest, "metadata": {**metadata, "annotations": annotations}})
