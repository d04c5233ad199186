"""Whether the stack file names another primary region than what the stack keeps in AWS was made for. Pure."""

from operations.deployed import Deployed
from settings.environment import Environment

_STORES = ("naru:aws:Cache", "naru:aws:Database")
_SHARED = "global/"
_REPLICATION = f"{_SHARED}common/aws/replication/"
"""A setting of the registry, in whichever region that is."""
_NAMED = 3


def moved(deployed: Deployed, environment: Environment) -> tuple[str, ...]:
    """Return the logical names of what AWS would have to make anew, elsewhere and empty; none where nothing moves.

    It is what all regions share and one region has (buckets, secrets, queues), by the region of its provider, and each
    database and cache, which stand with the primary cluster. A read replica stays where it is.
    """
    if environment.aws is None:
        return ()
    region = environment.clusters[environment.primary].region
    shared = (
        name
        for name, there in deployed.regions_of_aws().items()
        if name.startswith(_SHARED) and not name.startswith(_REPLICATION) and there not in (region, "global")
    )
    stores = (
        name for kind in _STORES for name in deployed.named(kind) if not name.startswith(f"{environment.primary}/")
    )
    return tuple(dict.fromkeys((*stores, *shared)))


def refusal(deployed: Deployed, environment: Environment) -> list[str]:
    """Return the lines that refuse an update, the first of them what was found; none where nothing moves."""
    found = moved(deployed, environment)
    if not found:
        return []
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    primary = environment.primary
    return [
        f"refused: {primary} ({environment.clusters[primary].region}) is the primary cluster now, where AWS would make "
        f"{', '.join(found[:_NAMED])}{more} anew, empty",
        "the primary cluster of a stack stays the same, when its region is lost too: docs/regions.md, "
        '"When the primary region is lost"',
    ]
