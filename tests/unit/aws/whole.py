"""A whole stack, registered and made in moto's account; and the same stack a little otherwise."""

from dataclasses import replace
from typing import Any

import pulumi
from moto.moto_api._internal.models import moto_api_backend

from components.stack_resources import register
from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.stack import Stack
from tests import assembled
from tests.moto.cloud import Cloud, run
from tests.moto.network import on_moto


def registered(stack: Stack) -> Cloud:
    cloud = Cloud()

    def program() -> pulumi.Output[Any]:
        found = register(stack, rendered="rendered/test")
        return pulumi.Output.all(**found.urls)

    run(cloud, program)
    return cloud


def drained(stack: Stack, *clusters: str) -> Stack:
    """Return the stack with some clusters out of traffic, and nothing else changed."""
    environment = stack.environment
    found = {
        name: cluster.model_copy(update={"drained": name in clusters}) for name, cluster in environment.clusters.items()
    }
    return replace(stack, environment=environment.model_copy(update={"clusters": found}))


def objects(stack: Stack, cluster: str) -> dict[str, Manifest]:
    found = assemble(stack, cluster)
    return {placed.reference: placed.manifest for system in found.values() for placed in system}


def production() -> Stack:
    """Return production on an account of moto's that has nothing but networks and zones."""
    moto_api_backend.reset()
    return on_moto(assembled.stack("prod"))
