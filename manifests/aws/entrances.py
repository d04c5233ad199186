"""Entrances: the load balancer before each cluster's Ingress controller, and what AWS WAF lets through to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from manifests.aws.scope import Scope, clusters_of, systems
from manifests.aws.target_groups import HealthArgs, TargetGroupArgs, divided, fitted, pod_ports
from settings.aws.traffic import public_hosts
from settings.stack import Stack

TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
"""TLS 1.3 and 1.2, with suites that encrypt and authenticate at once alone: none that chains blocks (CBC).

Source: AWS, "Security policies for your Application Load Balancer".
"""
HEALTH_PATH: Final = "/healthz"
"""What ingress-nginx answers itself, for any host.

Source: ingress-nginx, rootfs/etc/nginx/template/nginx.tmpl, the default server.
"""
CONTROLLER: Final = "ingress-nginx-controller"
"""The Service of ingress-nginx. Source: its Helm chart, for a release called `ingress-nginx`."""
CONTROLLER_PORT: Final = 443
"""Of the controller's pods, and of its Service."""
SIGN_IN_HEADERS: Final = ("authorization", "cookie")
"""What somebody could sign in with who reads a request."""


@dataclass(frozen=True, slots=True)
class EntranceArgs:
    """An internet-facing load balancer in the public subnets of a cluster."""

    name: str
    vpc: str
    subnets: tuple[str, ...]
    pods: str
    """The security group of the cluster's pods."""
    ports: tuple[int, ...]
    """Of pods, all that it connects to."""
    controller: TargetGroupArgs
    systems: tuple[str, ...]
    """Whose certificates it shows; the first one's where a client names no host."""
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class ManagedRuleArgs:
    """A group of rules that AWS keeps."""

    name: str
    group: str
    priority: int
    counting: bool = False
    """Whether it counts what it would block."""
    only_counted: tuple[str, ...] = ()
    """Rules of the group that count for good."""


@dataclass(frozen=True, slots=True)
class WebAclArgs:
    """What is blocked before it reaches a load balancer."""

    name: str
    description: str
    managed: tuple[ManagedRuleArgs, ...]
    rate_limit: int
    rate_counting: bool
    rate_priority: int
    tags: dict[str, str]
    protected_headers: tuple[str, ...] = SIGN_IN_HEADERS
    """Seen by the rules, and shown to nobody: in samples of requests neither."""


def entered(stack: Stack, cluster_name: str) -> list[Scope]:
    """Return the scopes of the systems whose public hosts lead to the entrance of a cluster, on that cluster."""
    return [
        Scope(stack, scope.system, cluster_name)
        for scope in systems(stack)
        if scope.system is not None
        and scope.system_aws.traffic is not None
        and cluster_name in clusters_of(stack, scope.system)
        and public_hosts(stack.environment, scope.system)
    ]


def entrance_scopes(stack: Stack) -> Iterator[Scope]:
    """Yield the scope of each cluster that has an entrance."""
    for cluster_name in stack.environment.clusters:
        if entered(stack, cluster_name):
            yield Scope(stack, None, cluster_name)


def entrances(stack: Stack) -> Iterator[tuple[Scope, EntranceArgs]]:
    """Yield the entrance of each cluster that a system with `aws.traffic` runs on."""
    for scope in entrance_scopes(stack):
        here = entered(stack, scope.cluster_name or "")
        ports = {port for one in here for service in divided(one) for port in pod_ports(service)}
        cluster, name = scope.cluster_aws, entrance_name(scope)
        yield (
            scope,
            EntranceArgs(
                name,
                cluster.vpc,
                cluster.public_subnets,
                cluster.security_group,
                tuple(sorted({CONTROLLER_PORT, *ports})),
                controller_group(scope),
                tuple(one.system_name for one in here),
                scope.tags(name),
                stack.environment.policies.protect_data,
            ),
        )


def entrance_name(scope: Scope) -> str:
    """Return what the load balancer of a cluster is called."""
    return fitted(scope.name())


def controller_group(scope: Scope) -> TargetGroupArgs:
    """Return the target group of the cluster's Ingress controller."""
    name, health = fitted(scope.name(), "https"), HealthArgs(HEALTH_PATH, CONTROLLER_PORT, codes="200")
    return TargetGroupArgs(name, CONTROLLER_PORT, health, scope.cluster_aws.vpc, scope.tags(name), "HTTPS")


def web_acls(stack: Stack) -> Iterator[tuple[Scope, WebAclArgs]]:
    """Yield what AWS WAF lets through to each entrance."""
    for scope in entrance_scopes(stack):
        settings, name = scope.aws.web_acl, scope.name()
        managed = (
            ManagedRuleArgs("reputation", "AWSManagedRulesAmazonIpReputationList", 0),
            ManagedRuleArgs(
                "known-bad-inputs",
                "AWSManagedRulesKnownBadInputsRuleSet",
                2,
                counting="known-bad-inputs" in settings.counting,
            ),
            ManagedRuleArgs(
                "common",
                "AWSManagedRulesCommonRuleSet",
                3,
                counting="common" in settings.counting,
                # It blocks every body above 8 KiB, and so any upload; how long one may be the Ingress controller knows.
                # Source: AWS WAF, "Baseline rule groups".
                only_counted=("SizeRestrictions_BODY",),
            ),
            ManagedRuleArgs(
                "sql-injection", "AWSManagedRulesSQLiRuleSet", 4, counting="sql-injection" in settings.counting
            ),
        )
        yield (
            scope,
            WebAclArgs(
                name,
                f"What may reach {scope.cluster_name} of {stack.name}",
                managed,
                settings.rate_limit,
                "rate" in settings.counting,
                1,
                scope.tags(name),
            ),
        )
