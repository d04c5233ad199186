"""Every call of AWS that the command makes: this table is what `Aws` lets through and what the IAM policy is made of.

All of them read. None reads the value of a secret or of a parameter (`GetSecretValue`, `GetParameter`).

Which resources an action can be narrowed to: AWS, "Service Authorization Reference", the page of each service.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from operations.aws.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of one service."""

    service: str
    """As boto3 names it."""
    operation: str
    """As boto3 names it."""
    action: str
    """The permission that it needs; empty where AWS asks for none."""
    resources: Callable[[Wanted], Iterable[str]] = lambda _: ()
    """The ARNs that a stack needs it for; none where it has no use for the call."""
    conditions: Callable[[Wanted], Mapping[str, Any]] = lambda _: {}
    """What the policy's statement asks for beside."""

    @property
    def sid(self) -> str:
        """The name of the statement, such as `EcrDescribeImages`."""
        return "".join(word.capitalize() for word in (self.service, *self.operation.split("_")))


def _images(wanted: Wanted) -> Iterable[str]:
    regions = {(one.region, one.repository) for one in wanted.images}
    # Where an image is pushed is asked as well, to tell one that is late from one that is not there.
    regions |= {(one.source, one.repository) for one in wanted.images if one.source}
    return (f"arn:aws:ecr:{region}:{wanted.account}:repository/{name}" for region, name in regions)


def _secrets(wanted: Wanted) -> Iterable[str]:
    # AWS adds six characters of its own to a secret's name. Source: AWS, "What's in a Secrets Manager secret?".
    return (f"arn:aws:secretsmanager:{one.region}:{wanted.account}:secret:{one.name}-??????" for one in wanted.secrets)


def _databases(wanted: Wanted) -> Iterable[str]:
    return (
        f"arn:aws:rds:{one.region}:{wanted.account}:db:{one.identifier}"
        for one in wanted.databases
        if one.kind == "rds"
    )


def _of_databases(resource: str) -> Callable[[Wanted], Iterable[str]]:
    """Return what gives the databases, and what was made of them: its names are AWS', or anybody's."""

    def resources(wanted: Wanted) -> Iterable[str]:
        regions = {one.region for one in wanted.databases if one.kind == "rds"}
        return (*_databases(wanted), *(f"arn:aws:rds:{region}:{wanted.account}:{resource}:*" for region in regions))

    return resources


def _caches(wanted: Wanted) -> Iterable[str]:
    return (
        f"arn:aws:elasticache:{one.region}:{wanted.account}:replicationgroup:{one.identifier}"
        for one in wanted.databases
        if one.kind == "elasticache"
    )


def _of_caches(wanted: Wanted) -> Iterable[str]:
    regions = {one.region for one in wanted.databases if one.kind == "elasticache"}
    return (f"arn:aws:elasticache:{region}:{wanted.account}:snapshot:*" for region in regions)


CALLS: Final = (
    # AWS lets everybody ask who they are, even where a policy denies it. Source: AWS STS, "GetCallerIdentity".
    Call("sts", "get_caller_identity", ""),
    Call("ecr", "describe_images", "ecr:DescribeImages", _images),
    Call("secretsmanager", "describe_secret", "secretsmanager:DescribeSecret", _secrets),
    # No list of parameters can be narrowed.
    Call("ssm", "describe_parameters", "ssm:DescribeParameters", lambda wanted: ("*",) if wanted.parameters else ()),
    # To ask whose a bucket is takes the permission to list it. Source: AWS S3, "HeadBucket".
    Call("s3", "head_bucket", "s3:ListBucket", lambda wanted: (f"arn:aws:s3:::{one.name}" for one in wanted.buckets)),
    Call(
        "s3",
        "list_objects_v2",
        "s3:ListBucket",
        lambda wanted: (f"arn:aws:s3:::{one.bucket}" for one in wanted.dumps),
        lambda wanted: {"StringEquals": {"s3:prefix": sorted({one.prefix for one in wanted.dumps})}},
    ),
    Call("rds", "describe_db_instances", "rds:DescribeDBInstances", _databases),
    Call("rds", "describe_db_snapshots", "rds:DescribeDBSnapshots", _of_databases("snapshot")),
    Call(
        "rds",
        "describe_db_instance_automated_backups",
        "rds:DescribeDBInstanceAutomatedBackups",
        _of_databases("auto-backup"),
    ),
    Call("elasticache", "describe_replication_groups", "elasticache:DescribeReplicationGroups", _caches),
    Call("elasticache", "describe_snapshots", "elasticache:DescribeSnapshots", _of_caches),
    # How far a read replica lags behind is known to CloudWatch alone, none of whose metrics can be narrowed.
    Call(
        "cloudwatch",
        "get_metric_statistics",
        "cloudwatch:GetMetricStatistics",
        lambda wanted: ("*",) if any(one.replica for one in wanted.databases) else (),
    ),
    # Route 53 gives a health check its id when it is made.
    Call(
        "route53",
        "get_health_check_status",
        "route53:GetHealthCheckStatus",
        lambda wanted: ("arn:aws:route53:::healthcheck/*",) if wanted.entrances else (),
    ),
)

_BY_NAME: Final = {(call.service, call.operation): call for call in CALLS}


def call_of(service: str, operation: str) -> Call:
    """Return an entry of the table. Raises LookupError for a call that it does not have."""
    try:
        return _BY_NAME[service, operation]
    except KeyError:
        message = f"{service}.{operation} is not in the table of calls, so no policy allows it"
        raise LookupError(message) from None
