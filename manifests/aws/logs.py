"""Logs of what comes in: who asked an entrance for what, and what AWS WAF made of it. One bucket a region has both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from manifests.aws.buckets import UPLOAD_DAYS, bucket_policy
from manifests.aws.entrances import SIGN_IN_HEADERS, entrance_name, entrance_scopes
from manifests.aws.scope import Scope
from manifests.aws.target_groups import fitted
from settings.stack import Stack

_START: Final = "aws-waf-logs"
"""Source: AWS WAF, "Sending web ACL traffic logs to an Amazon S3 bucket": no other bucket is taken."""
_LONGEST: Final = 63
"""Of a bucket's name. Source: AWS, "General purpose bucket naming rules"."""
_OF_ENTRANCES: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
_OF_WEB_ACLS: Final = "delivery.logs.amazonaws.com"


@dataclass(frozen=True, slots=True)
class LogBucketArgs:
    """A bucket that the load balancer and the web ACL of one region write their logs to, and nobody else."""

    name: str
    arn: str
    account: str
    region: str
    load_balancer: str
    """Its name, by which it is known before it is there."""
    days: int
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class WebAclLoggingArgs:
    """What a web ACL logs of each request: all that it saw, but for what somebody could sign in with."""

    redacted_headers: tuple[str, ...] = SIGN_IN_HEADERS


def log_buckets(stack: Stack) -> Iterator[tuple[Scope, LogBucketArgs]]:
    """Yield the bucket for the logs of each entrance."""
    for scope in entrance_scopes(stack):
        name = fitted(f"{_START}-{scope.name(scope.region)}", scope.aws.account, _LONGEST)
        yield (
            scope,
            LogBucketArgs(
                name,
                f"arn:aws:s3:::{name}",
                scope.aws.account,
                scope.region,
                entrance_name(scope),
                scope.aws.log_days,
                scope.tags(name),
                stack.environment.policies.protect_data,
            ),
        )


def web_acl_logs(stack: Stack) -> Iterator[tuple[Scope, WebAclLoggingArgs]]:
    """Yield what the web ACL before each entrance logs."""
    for scope in entrance_scopes(stack):
        yield scope, WebAclLoggingArgs()


def log_policy(args: LogBucketArgs) -> dict[str, Any]:
    """Return who may write to a bucket of logs: the services of AWS that deliver them, for our account alone.

    Nobody else may, whatever their own policies allow: who could write a log could write another over it.
    The path has the account's number, which keeps load balancers of others out. That Elastic Load Balancing also says
    whom it writes for is written nowhere: where it does, it is to be ours. Sources: AWS, "Enable access logs for your
    Application Load Balancer", whose older way (an account of each region) is not needed; AWS WAF, "Sending web ACL
    traffic logs to an Amazon S3 bucket".
    """
    objects, place = f"{args.arn}/AWSLogs/{args.account}/*", f"{args.region}:{args.account}"
    balancer = f"arn:aws:elasticloadbalancing:{place}:loadbalancer/app/{args.load_balancer}/*"
    delivered = {
        "StringEquals": {"aws:SourceAccount": args.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{place}:*"},
    }
    owned = {**delivered, "StringEquals": {**delivered["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"}}
    refusing = bucket_policy(args.arn)
    return {
        **refusing,
        "Statement": [
            *refusing["Statement"],
            # The account itself allows its own identities more than this policy does.
            {
                "Sid": "ServicesAloneWrite",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"{args.arn}/*",
                "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
            },
            {
                "Sid": "LoadBalancerWrite",
                "Effect": "Allow",
                "Principal": {"Service": _OF_ENTRANCES},
                "Action": "s3:PutObject",
                "Resource": objects,
                "Condition": {
                    "StringEqualsIfExists": {"aws:SourceAccount": args.account},
                    "ArnLikeIfExists": {"aws:SourceArn": balancer},
                },
            },
            # Called as AWS WAF calls them, which adds its own where it does not find them.
            {
                "Sid": "AWSLogDeliveryWrite",
                "Effect": "Allow",
                "Principal": {"Service": _OF_WEB_ACLS},
                "Action": "s3:PutObject",
                "Resource": objects,
                "Condition": owned,
            },
            {
                "Sid": "AWSLogDeliveryAclCheck",
                "Effect": "Allow",
                "Principal": {"Service": _OF_WEB_ACLS},
                "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
                "Resource": args.arn,
                "Condition": delivered,
            },
        ],
    }


def log_lifecycle(args: LogBucketArgs) -> list[dict[str, Any]]:
    """Return what S3 does by itself, as the arguments of `BucketLifecycleConfiguration` have it."""
    return [
        {
            "id": "logs",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"days": args.days},
            "abort_incomplete_multipart_upload": {"days_after_initiation": UPLOAD_DAYS},
        }
    ]
