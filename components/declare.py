"""From the list of objects to registered resources."""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field

import pulumi

from components.options import options, resolved
from manifests.placed import Manifest, Part, Placed
from settings.environment import Environment


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the objects of one system on one cluster share when they are registered."""

    environment: Environment
    providers: Mapping[Part, pulumi.ProviderResource]
    registered: MutableMapping[str, pulumi.Resource] = field(default_factory=dict)
    """What is registered so far, by reference; it grows."""


def resource_type(manifest: Manifest) -> str:
    """Return the type token of an object: `kubernetes:apps/v1:Deployment`, `kubernetes:core/v1:Service`."""
    version = manifest["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest['kind']}"


def resource_name(component: str, placed: Placed) -> str:
    """Return the logical name of an object: its component, kind and name, without the hash that a name ends in.

    What belongs to a system itself may have one name in several namespaces, and so is named with its own.
    """
    metadata = placed.manifest["metadata"]
    name = metadata["name"].rpartition("-")[0] if placed.hashed else metadata["name"]
    if not placed.component and "namespace" in metadata:
        name = f"{metadata['namespace']}/{name}"
    return f"{component}:{placed.manifest['kind'].lower()}:{name}"


def declare(
    parent: pulumi.Resource, component: str, objects: Iterable[Placed], surroundings: Surroundings
) -> dict[str, pulumi.Resource]:
    """Register objects as children of a component, in order, and return them by reference."""
    declared: dict[str, pulumi.Resource] = {}
    for placed in objects:
        declared[placed.reference] = surroundings.registered[placed.reference] = pulumi.CustomResource(
            resource_type(placed.manifest),
            resource_name(component, placed),
            placed.manifest,
            options(
                placed,
                surroundings.environment,
                parent=parent,
                provider=surroundings.providers[placed.part],
                after=resolved(placed, surroundings.registered),
            ),
        )
    return declared
