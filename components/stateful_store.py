"""A data store: its StatefulSet, volumes and addresses."""

from collections.abc import Iterable

import pulumi

from components.declare import Surroundings, declare
from manifests.assembly import stateful_store
from manifests.placed import Place, Placed
from settings.data_store import DataStore


class StatefulStore(pulumi.ComponentResource):
    """Keeps data behind a stable address in its namespace."""

    service_name: pulumi.Output[str]
    namespace: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: DataStore,
        *,
        place: Place,
        surroundings: Surroundings,
        objects: Iterable[Placed] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the store's objects: those given, which a system has put in order, else those of the settings."""
        super().__init__("naru:data:StatefulStore", name, None, opts)
        declare(self, name, stateful_store(place, args) if objects is None else objects, surroundings)
        self.service_name = pulumi.Output.from_input(args.name)
        self.namespace = pulumi.Output.from_input(place.namespace(args.namespace))
        self.register_outputs({"serviceName": self.service_name, "namespace": self.namespace})
