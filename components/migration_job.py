"""The Jobs that bring a service's databases up to date."""

from collections.abc import Iterable

import pulumi

from components.declare import Surroundings, declare
from manifests.migration import migrations
from manifests.placed import Place, Placed
from settings.service import Service


class MigrationJob(pulumi.ComponentResource):
    """Migrates each database of a service once for what its Job is made of; the service's pods come after it."""

    jobs: pulumi.Output[list[str]]
    """The Jobs' names in the cluster, backups and lower waves first."""

    def __init__(
        self,
        name: str,
        args: Service,
        *,
        place: Place,
        surroundings: Surroundings,
        objects: Iterable[Placed] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the Jobs: those given, which a system has put in order, else all that the settings ask for."""
        super().__init__("naru:workload:MigrationJob", name, None, opts)
        members = list(migrations(place, args) if objects is None else objects)
        declare(self, name, members, surroundings)
        names = [placed.manifest["metadata"]["name"] for placed in members if placed.manifest["kind"] == "Job"]
        self.jobs = pulumi.Output.from_input(names)
        self.register_outputs({"jobs": self.jobs})
