"""The private image registry (ECR) of a stack's account: one in each region, with repositories of the same names."""

import re
from dataclasses import dataclass
from typing import Final

from settings.environment import Environment

_ADDRESS: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.(?P<service>ecr|ecr-fips)\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<path>(?:/[^/]+)*)"
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry of ECR, and what the names of the repositories in it begin with."""

    account: str
    region: str
    path: str = ""
    """With the `/` that it begins with."""
    service: str = "ecr"

    @property
    def address(self) -> str:
        """What an image's name begins with, as `environment.registries` has it."""
        return f"{self.account}.dkr.{self.service}.{self.region}.amazonaws.com{self.path}"

    def repository(self, name: str) -> str:
        """Return the whole name in ECR of a repository that the catalog gives a name."""
        return f"{self.path[1:]}/{name}" if self.path else name


def own_registry(environment: Environment, name: str | None) -> Registry | None:
    """Return the registry of a name among `registries` where it is ECR's, of the stack's own account and regions."""
    registry = registry_at(environment.registries.get(name or "", ""))
    if registry is None or environment.aws is None or registry.account != environment.aws.account:
        return None
    return registry if registry.region in {cluster.region for cluster in environment.clusters.values()} else None


def registry_at(address: str) -> Registry | None:
    """Return the registry of an address where it is ECR's, whosever that is."""
    match = _ADDRESS.fullmatch(address)
    return None if match is None else Registry(match["account"], match["region"], match["path"], match["service"])


def regions(environment: Environment, registry: Registry) -> tuple[str, ...]:
    """Return the regions that have a registry's images: its own, then the others of the stack where they are copied."""
    copied = environment.aws is not None and environment.aws.images.replicate
    others = (cluster.region for cluster in environment.clusters.values()) if copied else ()
    return tuple(dict.fromkeys((registry.region, *others)))


def nearest(environment: Environment, name: str, region: str) -> str:
    """Return the address of the registry of a name, for a cluster in a region: that of the region where it has one."""
    registry = own_registry(environment, name)
    if registry is None or region not in regions(environment, registry):
        return environment.registries[name]
    return Registry(registry.account, region, registry.path, registry.service).address


def anywhere(reference: str) -> str:
    """Return the reference of an image without the region of ECR's registry, so that copies of one are the same."""
    match = _ADDRESS.match(reference)
    return reference if match is None else reference[: match.start("region")] + reference[match.end("region") + 1 :]
