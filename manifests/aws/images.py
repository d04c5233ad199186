"""Which image repositories there are in ECR, who may pull from them, and to which regions images are copied.

A registry is of one account and region, and its replication is one setting of it: an account has one stack that has
the registry, which others only name among their `registries`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manifests.aws.scope import Scope, systems
from settings.aws.registry import Registry, own_registry, regions
from settings.container import Image
from settings.stack import Stack
from settings.system import System

_FILTERS = 100
"""Of a rule. Source: Amazon ECR API Reference, "ReplicationRule"."""


@dataclass(frozen=True, slots=True)
class RepositoryArgs:
    """A repository of ECR in one region."""

    name: str
    region: str
    account: str
    url: str
    """What images in it are called by, before `:tag` and `@digest`."""
    keep: int
    """How many tagged images stay."""
    untagged_days: int
    """After how many days an image without a tag goes."""
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class ReplicationArgs:
    """Where the registry of one region copies its images to: at most one of these in an account and region."""

    region: str
    cluster: str
    """A cluster in that region, whose provider reaches the registry."""
    account: str
    destinations: tuple[str, ...]
    """Other regions."""
    rules: tuple[tuple[str, ...], ...]
    """For each rule, what the names of the repositories that it copies begin with."""


def repositories(stack: Stack) -> Iterator[tuple[Scope, RepositoryArgs]]:
    """Yield each repository of the stack's own registry that its systems' images are in, in each region that has it.

    It belongs to the system whose images are in it, or to `common` where several systems share it. What is copied to
    another region gets its repository there beforehand: one that ECR makes by itself has neither tags nor a lifecycle,
    and a RepositoryCreationTemplate is only for repositories below a `prefix/`.
    Source: AWS, "Creating a repository creation template in Amazon ECR".
    """
    clusters = _clusters(stack)
    for (registry, name), owners in _owners(stack).items():
        for region in regions(stack.environment, registry):
            owner = owners[0].system if len(owners) == 1 else None
            scope = Scope(stack, owner, clusters[region])
            args = RepositoryArgs(
                name,
                region,
                registry.account,
                f"{Registry(registry.account, region, service=registry.service).address}/{name}",
                scope.aws.images.keep,
                scope.aws.images.untagged_days,
                scope.tags(name),
                stack.environment.policies.protect_data,
            )
            yield scope, args


def replications(stack: Stack) -> Iterator[tuple[Scope, ReplicationArgs]]:
    """Yield where each registry of the stack copies its images to; nothing for a stack of one region."""
    clusters = _clusters(stack)
    names: dict[Registry, list[str]] = {}
    for registry, name in _owners(stack):
        names.setdefault(Registry(registry.account, registry.region), []).append(name)
    for registry, found in names.items():
        destinations = tuple(one for one in regions(stack.environment, registry) if one != registry.region)
        if destinations:
            prefixes = tuple(sorted(set(found)))
            rules = tuple(prefixes[first : first + _FILTERS] for first in range(0, len(prefixes), _FILTERS))
            cluster = clusters[registry.region]
            yield Scope(stack), ReplicationArgs(registry.region, cluster, registry.account, destinations, rules)


def repository_policy(account: str) -> dict[str, Any]:
    """Return who may pull: identities of the account whose own policies let them, such as the role of EKS' nodes.

    Nobody of another account, and nothing but pulling: who pushes has that from a policy of its own.
    Source: AWS, "Private repository policies in Amazon ECR".
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountPulls",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            }
        ],
    }


def lifecycle_policy(keep: int, untagged_days: int) -> dict[str, Any]:
    """Return which images go by themselves: old ones without a tag, then the oldest of more than `keep` with one.

    Source: AWS, "Lifecycle policy properties in Amazon ECR".
    """
    expire = {"type": "expire"}
    return {
        "rules": [
            {
                "rulePriority": 1,
                "description": f"Without a tag for {untagged_days} days",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": untagged_days,
                },
                "action": expire,
            },
            {
                "rulePriority": 2,
                "description": f"All but the last {keep}",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": keep,
                },
                "action": expire,
            },
        ]
    }


def images(system: System) -> Iterator[Image]:
    """Yield the image of every container of a system; of what is not enabled too, so that it can be pushed before."""
    for workload in (*system.services.values(), *system.data_stores.values()):
        yield workload.image
        yield from (sidecar.image for sidecar in workload.sidecars.values())


def _owners(stack: Stack) -> Mapping[tuple[Registry, str], list[Scope]]:
    """Return the scopes of the systems that have images in each repository, by its registry and name."""
    found: dict[tuple[Registry, str], list[Scope]] = {}
    for scope in systems(stack):
        for registry, name in _named(scope, images(scope.system) if scope.system else ()):
            owners = found.setdefault((registry, name), [])
            if scope not in owners:
                owners.append(scope)
    return found


def _named(scope: Scope, used: Iterable[Image]) -> Iterator[tuple[Registry, str]]:
    for image in used:
        registry = own_registry(scope.environment, image.registry)
        if registry is not None:
            bare = Registry(registry.account, registry.region, service=registry.service)
            yield bare, registry.repository(image.repository)


def _clusters(stack: Stack) -> dict[str, str]:
    """Return a cluster of each region, the primary one before others."""
    environment = stack.environment
    order = sorted(environment.clusters, key=lambda name: name != environment.primary)
    return {environment.clusters[name].region: name for name in reversed(order)}
