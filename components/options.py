"""Which resource options an object gets: decided here and tested here, since mocks do not see options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from manifests.placed import Placed
from settings.environment import Environment


@dataclass(frozen=True, slots=True)
class Protection:
    """What happens to an object that a program no longer declares, or that somebody asks to delete."""

    protect: bool
    """Pulumi refuses to delete it."""
    retain: bool
    """Pulumi forgets it, the cluster keeps it."""


def protection(placed: Placed, environment: Environment) -> Protection:
    """Decide an object's protection: data where the environment protects data, and what an earlier revision names."""
    keeps = placed.keeps_data and environment.policies.protect_data
    return Protection(protect=keeps, retain=keeps or placed.kept)


def options(
    placed: Placed,
    environment: Environment,
    *,
    parent: pulumi.Resource,
    provider: pulumi.ProviderResource,
    after: Sequence[pulumi.Resource] = (),
) -> pulumi.ResourceOptions:
    """Return the options of the resource that an object becomes."""
    decided = protection(placed, environment)
    return pulumi.ResourceOptions(
        parent=parent,
        provider=provider,
        depends_on=list(after),
        protect=decided.protect,
        retain_on_delete=decided.retain,
        ignore_changes=list(placed.not_ours) or None,
        additional_secret_outputs=["data", "stringData"] if placed.manifest["kind"] == "Secret" else None,
    )


def resolved(placed: Placed, registered: Mapping[str, pulumi.Resource]) -> list[pulumi.Resource]:
    """Return the resources an object comes after. Raises LookupError for one that is not registered yet."""
    missing = [reference for reference in placed.after if reference not in registered]
    if missing:
        message = f"{placed.reference} comes after {', '.join(missing)}, which is not registered before it"
        raise LookupError(message)
    return [registered[reference] for reference in placed.after]
