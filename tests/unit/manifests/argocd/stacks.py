"""Stacks that an Argo CD syncs, and the objects of Argo CD that they need."""

from typing import Any

from manifests.argocd.objects import ArgoObjects, Assembled, argo_objects
from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.stack import Stack
from settings.system import System
from tests.builders import a_data_store, a_service, a_stack, a_system

ARGOCD: dict[str, Any] = {
    "repository": "https://git.example.com/platform/naru.git",
    "groups": {"developers": ["builders"], "operations": ["on-call", "platform"]},
}
REGIONS: dict[str, Any] = {
    "busan": {"context": "busan", "region": "busan", "dataDomain": "data.example.com"},
    "seoul": {"context": "seoul", "region": "seoul", "primary": True},
}
ISSUERS = {"self": {"server": "self-signed"}}


def synced(*systems: System, **changes: Any) -> Stack:
    """Return a stack of those systems (of one with a service and a data store where none is given) with Argo CD."""
    found = systems or (a_system(a_service(), a_data_store()),)
    return a_stack(*found, **{"delivery": "gitops", "argocd": ARGOCD, "issuers": ISSUERS, **changes})


def in_two_regions(**changes: Any) -> Stack:
    """Return a stack whose one system runs on two clusters, of which the primary one is named last."""
    return synced(a_system(a_service(), a_data_store(), clusters="all"), clusters=REGIONS, **changes)


def assembled(stack: Stack) -> Assembled:
    """Return the objects of a stack by cluster and system."""
    return {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}


def argo(stack: Stack) -> ArgoObjects:
    """Return the objects of Argo CD of a stack whose clusters share no folder."""
    return argo_objects(stack, assembled(stack), lambda cluster, system, part: f"{cluster}/{system}/{part.value}")


def named(stack: Stack) -> dict[str, Manifest]:
    """Return all of them by kind and name: `AppProject/dev`, `Application/dev-demo`."""
    found = argo(stack)
    every = (*found.applied, *(placed for children in found.children.values() for placed in children))
    return {f"{placed.manifest['kind']}/{placed.manifest['metadata']['name']}": placed.manifest for placed in every}
