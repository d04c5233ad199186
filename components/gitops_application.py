"""What Argo CD needs to deploy one system: its AppProject and Applications."""

from collections.abc import Collection, Sequence

import pulumi

from components.declare import Surroundings, declare
from manifests.placed import Placed


class GitOpsApplication(pulumi.ComponentResource):
    """Registers Argo CD's objects of a system: Pulumi applies some, and writes those that Argo CD applies to itself."""

    def __init__(
        self,
        name: str,
        *,
        objects: Sequence[Placed],
        applied: Collection[str],
        applying: Surroundings,
        writing: Surroundings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register `objects`, which `manifests.delivered.delivered` gave; `applied` are references of what is applied.

        Everything applied on a cluster shares `applying`: an Application goes before the AppProjects it is in.
        """
        super().__init__("naru:gitops:GitOpsApplication", name, None, opts)
        declare(self, name, [placed for placed in objects if placed.reference in applied], applying)
        declare(self, name, [placed for placed in objects if placed.reference not in applied], writing)
        self.register_outputs({})
