"""Records (Route 53) of public hosts: which clusters' entrances each leads to, and how a cluster's health is known.

A drained cluster has no record, but of systems that run there alone; all else stays as it is. Route 53 takes no two
records of a name by different policies, so that of a host in use changes while it has one record alone: where a second
cluster joins, goes, or traffic changes, the others are drained first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from manifests.aws.certificates import certified
from manifests.aws.entrances import HEALTH_PATH, entrance_scopes
from manifests.aws.scope import Scope, clusters_of
from manifests.aws.target_groups import divided
from settings.aws.traffic import public_hosts, zone_of
from settings.stack import Stack

CHECKERS: Final = ("ap-northeast-1", "ap-southeast-1", "eu-west-1", "us-west-2")
"""The regions that health is asked from, of those Route 53 has; three are the least."""


@dataclass(frozen=True, slots=True)
class HealthCheckArgs:
    """A question to an entrance from outside, over HTTPS. Route 53 does not look at the certificate."""

    tags: dict[str, str]
    path: str = HEALTH_PATH
    port: int = 443
    interval: Literal[10, 30] = 30
    failures: int = 3
    checkers: tuple[str, ...] = CHECKERS


@dataclass(frozen=True, slots=True)
class RecordArgs:
    """One record of a host, which leads to the entrance of one cluster."""

    key: str
    """Its set identifier: the cluster's name, or the role where one takes over from the other."""
    cluster: str
    asks_targets: bool
    """Whether it is given only while every target group of the entrance has a healthy target."""
    region: str | None = None
    """For the policy latency."""
    role: Literal["PRIMARY", "SECONDARY"] | None = None
    """For the policy failover."""
    was: str | None = None
    """What else it may have been called, under another policy."""

    @property
    def routed(self) -> bool:
        """Whether there may be more than one, so that health decides."""
        return self.region is not None or self.role is not None


@dataclass(frozen=True, slots=True)
class PublicRecordsArgs:
    """The records of one host."""

    key: str
    """Of the host, among the environment's domains."""
    host: str
    zone: str
    records: tuple[RecordArgs, ...]


def health_checks(stack: Stack) -> Iterator[tuple[Scope, HealthCheckArgs]]:
    """Yield the health check of each cluster's entrance, drained or not: one looks at it before a region comes back."""
    for scope in entrance_scopes(stack):
        yield scope, HealthCheckArgs(scope.tags(scope.name(scope.cluster_name or "")))


def records(stack: Stack) -> Iterator[tuple[Scope, PublicRecordsArgs]]:
    """Yield the records of each public host of each system that has `aws.traffic`."""
    asking = _asks_targets(stack)
    for scope in certified(stack):
        if scope.system is None:
            continue
        for key, host in public_hosts(stack.environment, scope.system).items():
            zone = zone_of(scope.aws.zones, host)
            if zone is None:
                message = f"{host} is in no hosted zone of the environment"
                raise ValueError(message)
            yield scope, PublicRecordsArgs(key, host, zone, tuple(_of(scope, asking)))


def _of(scope: Scope, asking: Sequence[str]) -> Iterator[RecordArgs]:
    if scope.system is None:
        return
    clusters = scope.environment.clusters
    every = clusters_of(scope.stack, scope.system)
    # What runs on one cluster alone has no other one to go to.
    live = [name for name in every if len(every) == 1 or not clusters[name].drained]
    if len(every) > 1 and scope.system_aws.traffic == "failover":
        # A role is not handed on: Route 53 takes no second record of one, and no change of two at once is asked of it.
        # So the first record leads to whichever cluster is first, and the second one is there or not.
        for name, key in zip(live, ("primary", "secondary"), strict=False):
            role: Literal["PRIMARY", "SECONDARY"] = "PRIMARY" if key == "primary" else "SECONDARY"
            was = every[0] if role == "PRIMARY" else None
            yield RecordArgs(key, name, name in asking, role=role, was=was)
        return
    for name in live:
        region = clusters[name].region if len(every) > 1 else None
        yield RecordArgs(name, name, name in asking, region=region)


def _asks_targets(stack: Stack) -> list[str]:
    """Return the clusters whose records may ask for the health of every target group: those of no idle colour.

    A group without a healthy target would take all hosts of a region out of traffic, though nobody is sent to it.
    Source: AWS, Route 53 API Reference, "AliasTarget", EvaluateTargetHealth.
    """
    weighted = {
        name
        for scope in certified(stack)
        if scope.system is not None and any(True for _ in divided(scope))
        for name in clusters_of(stack, scope.system)
    }
    return [name for name in stack.environment.clusters if name not in weighted]
