"""One explicit Kubernetes provider for each place that objects go to."""

from collections.abc import Mapping

import pulumi

from manifests.placed import Part
from settings.environment import Delivery
from settings.stack import Stack

KUBERNETES_VERSION = "4.34.2"
"""The version of the Kubernetes provider; an ordinary installation of Pulumi gets it by itself."""


class Providers:
    """The providers of a stack, each made when it is first asked for."""

    def __init__(self, stack: Stack, rendered: str) -> None:
        """Prepare providers of `stack`; `rendered` is the directory that the delivery `gitops` writes to."""
        self._stack = stack
        self._rendered = rendered
        self._made: dict[str, pulumi.ProviderResource] = {}

    def of(self, cluster: str, system: str) -> Mapping[Part, pulumi.ProviderResource]:
        """Return the provider of each part of a system: the cluster's own, or a directory for each."""
        if self._stack.environment.delivery is Delivery.GITOPS:
            return {
                part: self._provider(
                    f"{cluster}/{system}/{part.value}",
                    {"renderYamlToDirectory": f"{self._rendered}/{cluster}/{system}/{part.value}"},
                )
                for part in Part
            }
        settings = self._stack.environment.clusters[cluster]
        inputs: dict[str, str] = {
            "context": settings.context,
            # What the cluster is called here says which it is; its address may change and must replace nothing.
            "clusterIdentifier": f"{self._stack.name}/{cluster}",
            # A changed value updates a Secret where it stands; else it would be gone for a moment for new pods.
            "enableSecretMutable": "true",
            **({"kubeconfig": settings.kubeconfig} if settings.kubeconfig else {}),
        }
        return dict.fromkeys(Part, self._provider(cluster, inputs))

    def _provider(self, name: str, inputs: Mapping[str, str]) -> pulumi.ProviderResource:
        if name not in self._made:
            self._made[name] = pulumi.ProviderResource(
                "kubernetes", name, dict(inputs), pulumi.ResourceOptions(version=KUBERNETES_VERSION)
            )
        return self._made[name]
