"""What holds of everything that is made in AWS."""

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Final

from tests.moto.cloud import Cloud, Registration

TAGS: Final = ("system", "environment", "owner", "cost-centre", "managed-by")
"""What every resource says of itself."""

UNTAGGABLE: Final = frozenset(
    {
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kms/alias:Alias",
        "aws:lb/listenerCertificate:ListenerCertificate",
        "aws:route53/record:Record",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:secretsmanager/secretRotation:SecretRotation",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    }
)
"""Types that take no tags: what they belong to has them."""


def untagged(cloud: Cloud) -> list[str]:
    """Return a line for each resource of AWS that does not carry all tags, and that could."""
    return without_tags(cloud.resources)


def without_tags(resources: Iterable[Registration]) -> list[str]:
    """Return a line for each of those resources that does not carry all tags, or whose type nobody looked at."""
    return [f"{one.name} ({one.type}): {said}" for one in resources if (said := _missing(one))]


def takes_tags(token: str) -> bool:
    """Tell whether a type such as `aws:sqs/queue:Queue` takes tags. Raises where there is no such type."""
    module, _, name = token.removeprefix("aws:").partition(":")
    declared = getattr(import_module(f"pulumi_aws.{module.partition('/')[0]}"), name)
    return "tags" in inspect.signature(declared._internal_init).parameters


def _missing(one: Registration) -> str:
    if one.type in UNTAGGABLE:
        return ""
    if not takes_tags(one.type):
        return "a type that takes no tags, and is not listed among those"
    found = one.inputs.get("tags") or {}
    lacking = [tag for tag in TAGS if not found.get(tag)]
    return f"without {', '.join(lacking)}" if lacking else ""
