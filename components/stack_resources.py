"""A whole stack: its systems on its clusters."""

import pulumi

from components.declare import Surroundings
from components.providers import Providers
from components.shared_resources import SharedResources
from components.system import System
from manifests.assembly import COMMON, assemble
from manifests.placed import Place
from settings.stack import Stack


def register(stack: Stack, *, rendered: str) -> dict[str, pulumi.Output[dict[str, list[str]]]]:
    """Register everything a stack has and return, by `cluster/system`, where its services answer from outside.

    Logical names start with the cluster's name, so that a second cluster renames nothing.
    """
    providers = Providers(stack, rendered)
    addresses = {}
    for cluster in stack.environment.clusters:
        for name, objects in assemble(stack, cluster).items():
            surroundings = Surroundings(stack.environment, providers.of(cluster, name))
            if name == COMMON:
                SharedResources(f"{cluster}/{name}", objects=objects, surroundings=surroundings)
                continue
            place = Place(stack, stack.systems[name], cluster)
            system = System(f"{cluster}/{name}", place, objects=objects, surroundings=surroundings)
            addresses[f"{cluster}/{name}"] = system.urls
    return addresses
