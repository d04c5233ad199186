"""A whole stack: its systems on its clusters, and what Argo CD needs where that applies them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import pulumi

from components.declare import Surroundings
from components.gitops_application import GitOpsApplication
from components.providers import Providers
from components.shared_resources import SharedResources
from components.system import System, answering
from manifests.argocd.names import APPLIED, applications_folder
from manifests.assembly import COMMON, assemble
from manifests.aws.scope import has_aws
from manifests.delivered import argocd_objects, own_objects
from manifests.placed import Part, Place
from manifests.tree import Tree, tree
from settings.stack import Stack

ONLY = "NARU_ONLY"
"""The variable by which `naru` tells the program what to register: `STACK:SYSTEM,SYSTEM:CLUSTER,CLUSTER`.

All systems, or all clusters, where none is named. For `naru` alone, which has the engine leave the others as they are:
to the engine what is not registered is gone.
"""


def named(said: str, stack: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the systems and the clusters that the variable names; none of what it says of another stack."""
    about, systems, clusters = (*said.split(":"), "", "")[:3]
    if about != stack:
        return (), ()
    return tuple(filter(None, systems.split(","))), tuple(filter(None, clusters.split(",")))


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of registering a stack."""

    tree: Tree
    urls: dict[str, pulumi.Output[dict[str, list[str]]]] = field(default_factory=dict)
    """By `cluster/system`, where its services answer from outside."""
    resources: list[pulumi.Resource] = field(default_factory=list)
    """Every object."""

    def once_there(self, action: Callable[[], None]) -> pulumi.Output[None]:
        """Do something once every object is as it is to be; of an update that fails it is not done."""
        there: pulumi.Output[Collection[object]] = pulumi.Output.all(*(one.urn for one in self.resources))
        return there.apply(lambda _: action())


def register(stack: Stack, *, rendered: str, only: Collection[str] = (), clusters: Collection[str] = ()) -> Registered:
    """Register everything a stack has.

    With `only` these systems alone, and what is common to all; with `clusters` what is on these alone, and what is on
    none: for an update that excludes the others. What is excluded and registered all the same the engine (3.250,
    `step_generator.go`) writes together with what it stood on, and then refuses that in its own turn: a pending change
    of strategy of one system would keep all others up. Logical names start with the cluster's name, so that a second
    cluster renames nothing.

    What the stack has in AWS goes with the primary cluster, and whole: an update of some systems leaves it alone, as
    all of them share load balancers.
    """
    assembled = {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}
    found = tree(stack, assembled)
    providers = Providers(stack, found, rendered)
    made = Registered(found)
    if has_aws(stack) and not only and (not clusters or stack.environment.primary in clusters):
        from components.aws.stack_resources import AwsResources  # noqa: PLC0415 - nothing of AWS where there is none

        AwsResources(stack)
    for cluster, systems in own_objects(stack, assembled, found).items():
        here = not clusters or cluster in clusters
        for name, objects in systems.items():
            # Of a system that is left out the providers are there all the same, of a cluster not even those.
            surroundings = Surroundings(stack.environment, providers.of(cluster, name) if here else {})
            if name == COMMON:
                if objects and here:
                    SharedResources(f"{cluster}/{name}", objects=objects, surroundings=surroundings)
            elif not here or (only and name not in only):
                urls = answering(Place(stack, stack.systems[name], cluster))
                made.urls[f"{cluster}/{name}"] = pulumi.Output.from_input(urls)
            else:
                place = Place(stack, stack.systems[name], cluster)
                system = System(f"{cluster}/{name}", place, objects=objects, surroundings=surroundings)
                made.urls[f"{cluster}/{name}"] = system.urls
            made.resources.extend(surroundings.registered.values())
    _register_argocd(stack, made, providers, only)
    return made


def _register_argocd(stack: Stack, made: Registered, providers: Providers, only: Collection[str]) -> None:
    """Register what Argo CD needs, for the systems that are registered."""
    objects = argocd_objects(stack, made.tree)
    if not objects:
        return
    primary = stack.environment.primary
    applying = Surroundings(stack.environment, dict.fromkeys(Part, providers.of_cluster(primary)))
    applied = {placed.reference for placed in made.tree.applied}
    for name, members in objects.items():
        folder = applications_folder(stack, name)
        writing = providers.of_folder(folder) if folder in made.tree.folders else None
        if name == COMMON or not only or name in only:
            surroundings = Surroundings(stack.environment, dict.fromkeys(Part, writing) if writing else {})
            GitOpsApplication(
                f"{primary}/{name}/{APPLIED}",
                objects=members,
                applied=applied,
                applying=applying,
                writing=surroundings,
            )
            made.resources.extend(surroundings.registered.values())
    made.resources.extend(applying.registered.values())
