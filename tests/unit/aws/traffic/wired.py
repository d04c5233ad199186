"""The ways in of a small stack, wired as a stack's resources are: in Seoul and Tokyo, on moto's networks and zones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pulumi
from moto import mock_aws

from components.aws.certificate import Certificate
from components.aws.certificate_records import CertificateRecords
from components.aws.entrance import Entrance
from components.aws.health_check import HealthCheck
from components.aws.log_bucket import LogBucket
from components.aws.providers import AwsProviders
from components.aws.public_records import PublicRecords
from components.aws.validated_certificate import ValidatedCertificate
from components.aws.web_acl import WebAcl
from components.aws.web_acl_logging import WebAclLogging
from components.aws.weighted_targets import WeightedTargets
from manifests.aws.certificates import certificate_records, certificates
from manifests.aws.entrances import entrances, web_acls
from manifests.aws.logs import log_buckets, web_acl_logs
from manifests.aws.records import health_checks, records
from manifests.aws.scope import Scope
from manifests.aws.target_groups import weighted_targets
from settings.stack import Stack
from settings.system import System
from tests.aws_stacks import an_aws_stack
from tests.builders import a_service, a_system
from tests.moto.cloud import Cloud, run
from tests.moto.network import on_moto

DOMAINS = {"www": "www.example.com", "app": "app.eu.example.com", "any": "*.example.com", "mail": "mail.example.org"}
ZONES = {"example.com": "Z0COM", "eu.example.com": "Z0EU", "example.org": "Z0ORG"}
OPEN: dict[str, Any] = {"exposure": {"web": {"hosts": ["www", "app"]}}}
COLORED: dict[str, Any] = {
    "strategy": {"type": "blueGreenIngress", "traffic": "target-groups"},
    "ports": {"http": {"container": 8080, "service": 80}, "rpc": {"container": 9090}},
    "exposure": {"web": {"hosts": ["www"], "paths": [{"path": "/"}, {"path": "/rpc", "port": "rpc"}]}},
}
MAIL = a_system(
    a_service("relay", exposure={"web": {"hosts": ["mail"]}}), name="mail", clusters="all", aws={"traffic": "latency"}
)


def a_way_in(service: Mapping[str, Any] = OPEN, *, traffic: str = "latency", clusters: str = "all") -> System:
    """Return the system `demo` with one such service."""
    return a_system(a_service(**service), clusters=clusters, aws={"traffic": traffic})


def open_stack(
    *systems: System, drained: tuple[str, ...] = (), aws: dict[str, Any] | None = None, **changes: Any
) -> Stack:
    """Return a stack of those systems, or of `demo`, whose hosts are in zones; some of its clusters are drained."""
    made = an_aws_stack(
        *(systems or (a_way_in(),)),
        aws={"zones": ZONES, **(aws or {})},
        **{"domains": DOMAINS, "issuers": {"self": {"server": "self-signed"}}, "defaultIssuer": "self", **changes},
    )
    return with_drained(made, *drained)


def with_drained(stack: Stack, *drained: str) -> Stack:
    """Return the same stack with those clusters drained, and no other."""
    clusters = {
        name: cluster.model_copy(update={"drained": name in drained})
        for name, cluster in stack.environment.clusters.items()
    }
    environment = stack.environment.model_copy(update={"clusters": clusters})
    return Stack(stack.name, environment, stack.systems)


@contextmanager
def an_account_with(stack: Stack) -> Iterator[tuple[Stack, Cloud]]:
    """Give a stack on moto's account, an empty one, and what was registered there."""
    with mock_aws():
        found, cloud = on_moto(stack), Cloud()
        run(cloud, lambda: ways_in(found))
        yield found, cloud


def ways_in(stack: Stack) -> None:
    """Register everything of a stack that the world comes in by."""
    providers = AwsProviders()

    def opts(scope: Scope) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(providers=[providers.of(scope)])

    asked = {
        (scope.system_name, scope.cluster_name): (
            scope,
            Certificate(scope.logical("certificate"), args, opts=opts(scope)),
        )
        for scope, args in certificates(stack)
    }
    proofs = {
        scope.system_name: CertificateRecords(
            scope.logical("certificate-records"),
            args,
            validation_options=asked[scope.system_name, stack.environment.primary][1].validation_options,
            opts=opts(scope),
        )
        for scope, args in certificate_records(stack)
    }
    valid = {
        key: ValidatedCertificate(
            scope.logical("validated-certificate"),
            certificate_arn=certificate.arn,
            record_names=proofs[scope.system_name].names,
            opts=opts(scope),
        )
        for key, (scope, certificate) in asked.items()
    }
    logs = {
        scope.cluster_name or "": LogBucket(scope.logical("log-bucket"), bucket, opts=opts(scope))
        for scope, bucket in log_buckets(stack)
    }
    made: dict[str, Entrance] = {}
    for scope, args in entrances(stack):
        cluster = scope.cluster_name or ""
        arns = {system: valid[system, cluster].arn for system in args.systems}
        bucket_name, name = logs[cluster].name, scope.logical("entrance")
        made[cluster] = Entrance(name, args, certificate_arns=arns, log_bucket=bucket_name, opts=opts(scope))
    acls = {
        scope.cluster_name or "": WebAcl(
            scope.logical("web-acl"), acl, load_balancer_arn=made[scope.cluster_name or ""].arn, opts=opts(scope)
        )
        for scope, acl in web_acls(stack)
    }
    for scope, logged in web_acl_logs(stack):
        acl_arn, bucket_arn = acls[scope.cluster_name or ""].arn, logs[scope.cluster_name or ""].arn
        name = scope.logical("web-acl-logging")
        WebAclLogging(name, logged, web_acl_arn=acl_arn, log_bucket_arn=bucket_arn, opts=opts(scope))
    for scope, targets in weighted_targets(stack):
        entrance = made[scope.cluster_name or ""]
        WeightedTargets(
            scope.logical("targets", targets.key),
            targets,
            http_listener_arn=entrance.http_listener_arn,
            https_listener_arn=entrance.https_listener_arn,
            opts=opts(scope),
        )
    checks = {
        scope.cluster_name or "": HealthCheck(
            scope.logical("health-check"), check, dns_name=made[scope.cluster_name or ""].dns_name, opts=opts(scope)
        )
        for scope, check in health_checks(stack)
    }
    for scope, found in records(stack):
        PublicRecords(
            scope.logical("records", found.key),
            found,
            dns_names={name: entrance.dns_name for name, entrance in made.items()},
            zone_ids={name: entrance.zone_id for name, entrance in made.items()},
            health_checks={name: check.id for name, check in checks.items()},
            opts=opts(scope),
        )
