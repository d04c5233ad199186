"""Whose a resource of AWS is, where it stands, and what it is called: decided here for the whole of a stack."""

from collections.abc import Iterator
from dataclasses import dataclass

from settings.aws.environment import AwsEnvironment, ClusterAws
from settings.aws.system import SystemAws
from settings.environment import Cluster, Environment
from settings.stack import Stack
from settings.system import System

GLOBAL = "global"
"""In place of a cluster's name: what belongs to no region, or is shared by all of them."""
COMMON = "common"
"""In place of a system's name: what belongs to none."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A stack that has AWS, and one of its systems that has, or `common`; perhaps one of the clusters."""

    stack: Stack
    system: System | None = None
    cluster_name: str | None = None

    @property
    def environment(self) -> Environment:
        """The stack's environment."""
        return self.stack.environment

    @property
    def aws(self) -> AwsEnvironment:
        """What the environment has of AWS. Raises ValueError where it has none."""
        if self.stack.environment.aws is None:
            message = f"the stack {self.stack.name} has no AWS"
            raise ValueError(message)
        return self.stack.environment.aws

    @property
    def system_aws(self) -> SystemAws:
        """What the system has in AWS; nothing for `common`."""
        return SystemAws() if self.system is None or self.system.aws is None else self.system.aws

    @property
    def cluster(self) -> Cluster:
        """The cluster; the primary one for what belongs to none."""
        return self.environment.clusters[self.cluster_name or self.environment.primary]

    @property
    def cluster_aws(self) -> ClusterAws:
        """Where that cluster stands in AWS. Raises ValueError where that is not said."""
        if self.cluster.aws is None:
            message = f"the cluster {self.cluster_name or self.environment.primary} says nothing of aws"
            raise ValueError(message)
        return self.cluster.aws

    @property
    def region(self) -> str:
        """The region that resources of this scope are made in; the primary cluster's for what belongs to none."""
        return self.cluster.region

    @property
    def system_name(self) -> str:
        """The system's name, or `common`."""
        return COMMON if self.system is None else self.system.name

    def logical(self, *parts: str) -> str:
        """Return the logical name of a component: `<cluster or global>/<system or common>/aws/<parts>`."""
        return "/".join((self.cluster_name or GLOBAL, self.system_name, "aws", *parts))

    def name(self, *parts: str) -> str:
        """Return what something is called in AWS, `<system>-<stack>-<parts>`: unique in an account and region."""
        own = "naru" if self.system is None else self.system.name
        return "-".join((own, self.stack.name, *parts))

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """Return the ARN of something in the stack's account."""
        return f"arn:aws:{service}:{self.region if regional else ''}:{self.aws.account}:{resource}"

    def tags(self, name: str = "") -> dict[str, str]:
        """Return the tags that every resource of this scope has; this is the one place that says so."""
        return {
            "system": self.system_name,
            "environment": self.stack.name,
            "owner": self.system_aws.owner or self.aws.owner,
            "cost-centre": self.system_aws.cost_centre or self.aws.cost_centre,
            "managed-by": "naru",
            **({"Name": name} if name else {}),
        }


def has_aws(stack: Stack, system: System | None = None) -> bool:
    """Tell whether a stack has AWS, and the system too where one is given."""
    on = stack.environment.aws is not None
    return on and (system is None or (system.enabled and system.aws is not None))


def clusters_of(stack: Stack, system: System) -> tuple[str, ...]:
    """Return the names of the clusters that a system runs on, the primary one first."""
    primary = stack.environment.primary
    if system.clusters != "all":
        return (primary,)
    return (primary, *(name for name in stack.environment.clusters if name != primary))


def systems(stack: Stack) -> Iterator[Scope]:
    """Yield the scope of each system that has AWS, over all its regions; nothing where the stack has none."""
    for system in stack.systems.values():
        if has_aws(stack, system):
            yield Scope(stack, system)


def placed(scope: Scope) -> Iterator[Scope]:
    """Yield the scope of a system on each cluster that it runs on, the primary one first."""
    if scope.system is not None:
        for name in clusters_of(scope.stack, scope.system):
            yield Scope(scope.stack, scope.system, name)
