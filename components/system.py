"""One system on one cluster: what it stands on, its data stores, its migrations, its services."""

from collections.abc import Sequence
from itertools import groupby

import pulumi

from components.declare import Surroundings, declare
from components.migration_job import MigrationJob
from components.stateful_store import StatefulStore
from components.web_service import WebService
from manifests.exposure import urls
from manifests.job import jobs_name
from manifests.placed import Place, Placed


def component_name(name: str, placed: Placed) -> str:
    """Return the logical name of the component that registers an object of the system of this name."""
    # A policy stands before the pods it is for, so it belongs to the system and not to their component.
    own = "" if placed.manifest["kind"] in {"NetworkPolicy", "CiliumNetworkPolicy"} else placed.component
    return f"{name}/{own}" if own else name


def answering(place: Place) -> dict[str, list[str]]:
    """Return where the services of a system answer from outside, by service."""
    return {name: urls(place, service) for name, service in place.system.services.items() if service.enabled}


class System(pulumi.ComponentResource):
    """Registers a system's objects in the order `manifests` gives, each below the component it belongs to."""

    urls: pulumi.Output[dict[str, list[str]]]
    """Service to where it answers from outside."""

    def __init__(
        self,
        name: str,
        place: Place,
        *,
        objects: Sequence[Placed],
        surroundings: Surroundings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register `objects`, which `manifests.assembly.assemble` gave for this place."""
        super().__init__("naru:system:System", name, None, opts)
        system = place.system
        migrating = {jobs_name(service): service for service in system.services.values() if service.migration}
        for child, group in groupby(objects, key=lambda placed: component_name(name, placed)):
            members = list(group)
            owner = child.removeprefix(name).removeprefix("/")
            below = pulumi.ResourceOptions(parent=self)
            if owner in system.services:
                WebService(
                    child, system.services[owner], place=place, surroundings=surroundings, objects=members, opts=below
                )
            elif owner in migrating:
                MigrationJob(
                    child, migrating[owner], place=place, surroundings=surroundings, objects=members, opts=below
                )
            elif owner in system.data_stores:
                StatefulStore(
                    child,
                    system.data_stores[owner],
                    place=place,
                    surroundings=surroundings,
                    objects=members,
                    opts=below,
                )
            else:
                declare(self, name, members, surroundings)
        self.urls = pulumi.Output.from_input(answering(place))
        self.register_outputs({"urls": self.urls})
