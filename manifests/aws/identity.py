"""Which roles of IAM there are: one for each service that uses anything, and those of what works for services."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.accounts import backup_bucket
from manifests.aws.cert_manager import CERT_MANAGER, proving_accounts, proving_clusters, proving_permissions
from manifests.aws.names import role_name
from manifests.aws.permissions import (
    LONGEST_POLICY,
    Permissions,
    backup_permissions,
    permission_policy,
    reader_permissions,
    service_permissions,
    size,
)
from manifests.aws.reader import EXTERNAL_SECRETS, read_stores, reader_accounts
from manifests.aws.scope import Scope, has_aws, placed, systems
from manifests.aws.trust import LONGEST_TRUST, Account, Association, associations, oidc_trust, pod_identity_trust
from manifests.job import jobs_name
from settings.faults import Fault, SettingsError
from settings.service import Service
from settings.stack import Stack
from settings.system import System

# As long as any: the id of a key is a UUID, or `mrk-` and 32 digits.
_KEY_ARN = "arn:aws:kms:ap-northeast-0:000000000000:key/00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class RoleArgs:
    """A role of IAM, good for all regions that its system runs in."""

    key: str
    """The service, or what else takes it on."""
    name: str
    description: str
    trust: dict[str, Any]
    permissions: Permissions
    associations: tuple[Association, ...]
    """With EKS Pod Identity: whose pods get it, on each cluster."""
    tags: dict[str, str]


def roles(stack: Stack) -> Iterator[tuple[Scope, RoleArgs]]:
    """Yield the role of cert-manager, and those of each system that has AWS.

    Raises SettingsError for one whose policy is longer than IAM takes.
    """
    if has_aws(stack):
        common = Scope(stack)
        for role in _common_roles(common):
            _check(common, role)
            yield common, role
    for scope in systems(stack):
        for role in _roles(scope, scope.system) if scope.system is not None else ():
            _check(scope, role)
            yield scope, role


def _common_roles(scope: Scope) -> Iterator[RoleArgs]:
    permissions, clusters = proving_permissions(scope.environment), proving_clusters(scope)
    if permissions.statements and clusters:
        what = f"cert-manager of {scope.stack.name}"
        yield _of_accounts(scope, CERT_MANAGER, what, proving_accounts(), permissions, clusters)


def _roles(scope: Scope, system: System) -> Iterator[RoleArgs]:
    clusters = list(placed(scope))
    for service in system.services.values():
        if service.enabled and service.aws.used:
            yield _of_pods(scope, service, service.name, "", service_permissions(scope, service.aws), clusters)
        bucket = backup_bucket(scope, service)
        if service.enabled and bucket is not None:
            # It writes where the service may not: what runs all day is to reach no backup.
            permissions = backup_permissions(scope, *bucket)
            # Migrations run in the primary cluster alone.
            yield _of_pods(scope, service, jobs_name(service), "backups of ", permissions, clusters[:1])
    if read_stores(scope.stack, system):
        accounts = reader_accounts(scope.stack, system)
        what = f"External Secrets for {system.name} ({scope.stack.name})"
        trust = oidc_trust(clusters, accounts)
        yield _role(scope, EXTERNAL_SECRETS, what, trust, reader_permissions(scope))


def _of_pods(
    scope: Scope, service: Service, account_name: str, what: str, permissions: Permissions, clusters: list[Scope]
) -> RoleArgs:
    account = (Account(scope.system.namespace_name(service.namespace) if scope.system else "", account_name),)
    description = f"{what}{service.name} of {scope.system_name} ({scope.stack.name})"
    return _of_accounts(scope, account_name, description, account, permissions, clusters)


def _of_accounts(
    scope: Scope,
    key: str,
    description: str,
    accounts: tuple[Account, ...],
    permissions: Permissions,
    clusters: list[Scope],
) -> RoleArgs:
    if scope.aws.identity == "oidc":
        return _role(scope, key, description, oidc_trust(clusters, accounts), permissions)
    found = tuple(associations(clusters, accounts))
    return _role(scope, key, description, pod_identity_trust(clusters, accounts), permissions, found)


def _role(
    scope: Scope,
    key: str,
    description: str,
    trust: dict[str, Any],
    permissions: Permissions,
    associated: tuple[Association, ...] = (),
) -> RoleArgs:
    name = role_name(scope, key)
    return RoleArgs(key, name, description, trust, permissions, associated, scope.tags(name))


def _check(scope: Scope, role: RoleArgs) -> None:
    allowed = permission_policy(role.permissions, dict.fromkeys(role.permissions.key_regions, _KEY_ARN))
    for what, document, longest in (("policy", allowed, LONGEST_POLICY), ("trust policy", role.trust, LONGEST_TRUST)):
        if size(document) > longest:
            found = f"the {what} of the role {role.name} has {size(document)} characters"
            expected = f"IAM takes {longest}: expected fewer resources, or two services that share them"
            file = f"Pulumi.{scope.stack.name}.yaml" if scope.system is None else f"catalog/{scope.system_name}.yaml"
            raise SettingsError([Fault(file, 0, "aws", found, expected)])
