"""What all systems of a cluster share."""

from collections.abc import Sequence

import pulumi

from components.declare import Surroundings, declare
from manifests.placed import Placed


class SharedResources(pulumi.ComponentResource):
    """Registers the objects of a cluster that belong to no system: issuers and priority classes."""

    def __init__(
        self,
        name: str,
        *,
        objects: Sequence[Placed],
        surroundings: Surroundings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register `objects`, which `manifests.assembly.assemble` gave under `common`."""
        super().__init__("naru:system:SharedResources", name, None, opts)
        declare(self, name, objects, surroundings)
        self.register_outputs({})
