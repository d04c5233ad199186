"""One explicit Kubernetes provider for each place that objects go to."""

from collections.abc import Mapping
from typing import Final

import pulumi

from manifests.placed import Part
from manifests.tree import Tree, argocd_of
from settings.environment import Delivery
from settings.stack import Stack

KUBERNETES_VERSION = "4.34.2"
"""The version of the Kubernetes provider; an ordinary installation of Pulumi gets it by itself."""

KUBECONFIG: Final = "NARU_KUBECONFIG"
"""The variable in which `naru` hands KUBECONFIG on, to the provider that applies where others write files.

Those are to know no cluster, so that the engine's own environment has no KUBECONFIG. What the state keeps is the name
of the variable, and no path of somebody's machine.
"""


class Providers:
    """The providers of a stack, each made when it is first asked for."""

    def __init__(self, stack: Stack, found: Tree, rendered: str) -> None:
        """Prepare providers of `stack` and its folders; `rendered` is where the delivery `gitops` writes these."""
        self._stack = stack
        self._tree = found
        self._rendered = rendered
        self._made: dict[str, pulumi.ProviderResource] = {}

    def of(self, cluster: str, system: str) -> Mapping[Part, pulumi.ProviderResource]:
        """Return the provider of each part of a system: the cluster's own, or that of its folder where it has one."""
        if self._stack.environment.delivery is Delivery.DIRECT:
            return dict.fromkeys(Part, self.of_cluster(cluster))
        folders = {part: f"{cluster}/{system}/{part.value}" for part in Part}
        return {part: self.of_folder(path) for part, path in folders.items() if path in self._tree.folders}

    def of_folder(self, path: str) -> pulumi.ProviderResource:
        """Return the provider that writes files below a folder. It has no other input, as it refuses to know a cluster.

        The class of the provider's SDK would give it KUBECONFIG as one.
        """
        return self._provider(path, {"renderYamlToDirectory": f"{self._rendered}/{path}"})

    def of_cluster(self, cluster: str) -> pulumi.ProviderResource:
        """Return the provider that applies to a cluster: to the context that the stack names, and no other."""
        settings = self._stack.environment.clusters[cluster]
        inputs: dict[str, str] = {
            "context": settings.context,
            # What the cluster is called here says which it is; its address may change and must replace nothing.
            "clusterIdentifier": f"{self._stack.name}/{cluster}",
            # A changed value updates a Secret where it stands; else it would be gone for a moment for new pods.
            "enableSecretMutable": "true",
            **({"kubeconfig": settings.kubeconfig} if settings.kubeconfig else {}),
        }
        return self._provider(cluster, inputs, {KUBECONFIG: "KUBECONFIG"} if argocd_of(self._stack) else None)

    def _provider(
        self, name: str, inputs: Mapping[str, str], variables: Mapping[str, str] | None = None
    ) -> pulumi.ProviderResource:
        if name not in self._made:
            self._made[name] = pulumi.ProviderResource(
                "kubernetes",
                name,
                dict(inputs),
                pulumi.ResourceOptions(version=KUBERNETES_VERSION, env_var_mappings=variables),
            )
        return self._made[name]
