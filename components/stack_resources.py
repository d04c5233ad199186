"""A whole stack: its systems on its clusters."""

from collections.abc import Collection

import pulumi

from components.declare import Surroundings
from components.providers import Providers
from components.shared_resources import SharedResources
from components.system import System, answering
from manifests.assembly import COMMON, assemble
from manifests.placed import Place
from settings.stack import Stack

ONLY = "NARU_ONLY"
"""The variable by which `naru` tells the program which systems to register, `STACK:SYSTEM,SYSTEM`: all if it is empty.

For `naru` alone, which has the engine leave the others as they are: to the engine what is not registered is gone.
"""


def register(
    stack: Stack, *, rendered: str, only: Collection[str] = ()
) -> dict[str, pulumi.Output[dict[str, list[str]]]]:
    """Register everything a stack has and return, by `cluster/system`, where its services answer from outside.

    With `only` these systems alone, and what is common to all: for an update that excludes the others. What is excluded
    and registered all the same the engine (3.250, `step_generator.go`) writes together with what it stood on, and then
    refuses that in its own turn: a pending change of strategy of one system would keep all others up. Logical names
    start with the cluster's name, so that a second cluster renames nothing.
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
            if only and name not in only:
                addresses[f"{cluster}/{name}"] = pulumi.Output.from_input(answering(place))
                continue
            system = System(f"{cluster}/{name}", place, objects=objects, surroundings=surroundings)
            addresses[f"{cluster}/{name}"] = system.urls
    return addresses
