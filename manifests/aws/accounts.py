"""What a ServiceAccount says of the role that its pods take on."""

from manifests.aws.names import bucket_name, role_arn
from manifests.aws.reader import reader_arn
from manifests.aws.scope import Scope, has_aws
from settings.service import Service
from settings.stack import Stack
from settings.system import System

ROLE = "eks.amazonaws.com/role-arn"
"""Source: AWS, "Assign IAM roles to Kubernetes service accounts"."""


def service_annotations(stack: Stack, system: System, service: Service) -> dict[str, str]:
    """Return the annotations of a service's account: its own, and its role where it has one of ours.

    EKS Pod Identity knows of a role by itself.
    """
    if not (has_aws(stack, system) and service.aws.used):
        return service.service_account_annotations
    return _with_role(Scope(stack, system), service, service.name)


def backup_annotations(stack: Stack, system: System, service: Service, account: str) -> dict[str, str]:
    """Return the annotations of the account of a service's migrations, where they back up to a bucket.

    A bucket of ours has a role for it. Else it has the rights of the service, as its annotations say.
    """
    if not has_aws(stack, system) or backup_bucket(Scope(stack, system), service) is None:
        return service.service_account_annotations
    return _with_role(Scope(stack, system), service, account)


def reader_annotations(stack: Stack, system: System) -> dict[str, str]:
    """Return the annotations of the account that External Secrets reads as."""
    return {ROLE: reader_arn(stack, system)}


def backup_bucket(scope: Scope, service: Service) -> tuple[str, str] | None:
    """Return the key of the bucket of ours that a service's migrations back up to, and the prefix."""
    backup = None if service.migration is None else service.migration.backup
    bucket = None if backup is None else backup.bucket
    if bucket is None or bucket.endpoint is not None:
        return None
    ours = (key for key in scope.system_aws.buckets if bucket_name(scope, key) == bucket.name)
    return next(((key, bucket.prefix) for key in ours), None)


def _with_role(scope: Scope, service: Service, account: str) -> dict[str, str]:
    if scope.aws.identity != "oidc":
        return service.service_account_annotations
    return {**service.service_account_annotations, ROLE: role_arn(scope, account)}
