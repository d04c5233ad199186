"""Which buckets there are, who may not reach them, and what becomes of their objects with time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.names import bucket_arn, bucket_name
from manifests.aws.scope import Scope, systems
from settings.stack import Stack

UPLOAD_DAYS = 7
_ARCHIVE = "GLACIER_IR"
"""Glacier Instant Retrieval: cheaper to keep, dearer to read, and read as fast."""


@dataclass(frozen=True, slots=True)
class BucketArgs:
    """A bucket of S3."""

    key: str
    """Its name among those of its system."""
    name: str
    arn: str
    versioning: bool
    lock_mode: str | None
    """`GOVERNANCE` or `COMPLIANCE`; None without an object lock."""
    lock_days: int | None
    archive_after: int | None
    expire_after: int | None
    old_versions: int
    tags: dict[str, str]
    protect: bool = True


def buckets(stack: Stack) -> Iterator[tuple[Scope, BucketArgs]]:
    """Yield each bucket of each system, in the primary region."""
    for scope in systems(stack):
        for key, bucket in scope.system_aws.buckets.items():
            name, lock = bucket_name(scope, key), bucket.object_lock
            args = BucketArgs(
                key,
                name,
                bucket_arn(scope, key),
                bucket.versioning,
                lock.mode.upper() if lock else None,
                lock.days if lock else None,
                bucket.archive_after,
                bucket.expire_after,
                bucket.old_versions,
                scope.tags(name),
                stack.environment.policies.protect_data,
            )
            yield scope, args


def bucket_policy(arn: str) -> dict[str, Any]:
    """Return what nobody may do with a bucket, whatever else is allowed: reach it without TLS, or with an old one.

    Source: AWS, "Security best practices for Amazon S3"; AWS re:Post, "How do I enforce TLS 1.2 or later".
    """
    refused: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "NoPlainHttp", **refused, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "NoOldTls", **refused, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        ],
    }


def lifecycle_rules(args: BucketArgs) -> list[dict[str, Any]]:
    """Return what S3 does by itself, as the arguments of `BucketLifecycleConfiguration` have it.

    Where objects expire, S3 takes away delete markers with nothing behind them as well; else that is asked for, as
    one rule cannot have both. Source: AWS, "Expiring objects".
    """
    everything = {"prefix": ""}
    objects: dict[str, Any] = {
        "id": "objects",
        "status": "Enabled",
        "filter": everything,
        "noncurrent_version_expiration": {"noncurrent_days": args.old_versions},
        "expiration": {"expired_object_delete_marker": True}
        if args.expire_after is None
        else {"days": args.expire_after},
    }
    if args.archive_after is not None:
        objects["transitions"] = [{"days": args.archive_after, "storage_class": _ARCHIVE}]
    uploads = {
        "id": "uploads",
        "status": "Enabled",
        "filter": everything,
        "abort_incomplete_multipart_upload": {"days_after_initiation": UPLOAD_DAYS},
    }
    return [objects, uploads]
