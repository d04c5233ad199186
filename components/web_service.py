"""A stateless service: its workload, address, scaling, budget and way in."""

from collections.abc import Iterable

import pulumi

from components.declare import Surroundings, declare
from manifests.assembly import web_service
from manifests.exposure import urls
from manifests.placed import Place, Placed
from settings.service import Service


class WebService(pulumi.ComponentResource):
    """Runs one image behind a stable address in its namespace."""

    urls: pulumi.Output[list[str]]
    """Where it answers from outside; empty for what is not exposed."""
    service_name: pulumi.Output[str]
    namespace: pulumi.Output[str]

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
        """Register the service's objects: those given, which a system has put in order, else those of the settings."""
        super().__init__("naru:workload:WebService", name, None, opts)
        declare(self, name, web_service(place, args) if objects is None else objects, surroundings)
        self.urls = pulumi.Output.from_input(urls(place, args))
        self.service_name = pulumi.Output.from_input(args.name)
        self.namespace = pulumi.Output.from_input(place.namespace(args.namespace))
        self.register_outputs({"urls": self.urls, "serviceName": self.service_name, "namespace": self.namespace})
