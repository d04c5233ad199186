"""Which of a system's secrets Secrets Manager keeps, where, and who may not touch them. Never a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.names import secret_entries, secret_name
from manifests.aws.scope import Scope, placed, systems
from settings.aws.system import KeptSecret, Rotation
from settings.secret_source import source_of
from settings.stack import Stack
from settings.system import Secret, SecretStore, System


@dataclass(frozen=True, slots=True)
class KeptSecretArgs:
    """An entry of Secrets Manager, without its value."""

    key: str
    """Its name among the system's `secrets`."""
    name: str
    description: str
    region: str
    replicas: tuple[str, ...]
    """The other regions that have a copy."""
    recovery_days: int
    rotation: Rotation | None
    account: str
    tags: dict[str, str]
    protect: bool = True

    @property
    def key_regions(self) -> tuple[str, ...]:
        """The regions whose key of KMS has to be known."""
        return (self.region, *self.replicas)


def external(stack: Stack, system: System) -> Iterator[tuple[str, Secret, SecretStore]]:
    """Yield each secret of a system whose values are in a store, with the store."""
    for name, secret in system.secrets.items():
        store = system.secret_stores.get(secret.store or "")
        if store is not None and source_of(stack.environment, secret) == "external":
            yield name, secret, store


def in_secrets_manager(stack: Stack, system: System) -> Iterator[tuple[str, Secret]]:
    """Yield each secret of a system that is fetched from the Secrets Manager of the stack's account."""
    for name, secret, store in external(stack, system):
        if store.provider == "aws-secrets-manager" and in_account(stack, store):
            yield name, secret


def in_account(stack: Stack, store: SecretStore) -> bool:
    """Tell whether a store in AWS is the stack's account: not where it is asked by a role of another one."""
    aws = stack.environment.aws
    return aws is not None and (store.role is None or store.role.startswith(f"arn:aws:iam::{aws.account}:"))


def kept_secrets(stack: Stack) -> Iterator[tuple[Scope, KeptSecretArgs]]:
    """Yield the entry of each secret of each system that Secrets Manager keeps, with its copies in other regions.

    A secret all of whose keys name entries of their own (`remoteKey`) has none: somebody else keeps those.
    """
    for scope in systems(stack):
        system = scope.system
        for key, secret in () if system is None else in_secrets_manager(stack, system):
            name = secret_name(scope, key)
            if name not in secret_entries(scope, key, secret):
                continue
            kept = scope.system_aws.secrets.get(key, KeptSecret())
            regions = secret_regions(scope, key)
            yield (
                scope,
                KeptSecretArgs(
                    key,
                    name,
                    f"{key} of {scope.system_name} ({stack.name}), its keys {', '.join(secret.keys)}",
                    regions[0],
                    regions[1:],
                    kept.recovery_days,
                    kept.rotation,
                    scope.aws.account,
                    scope.tags(name),
                    stack.environment.policies.protect_data,
                ),
            )


def secret_regions(scope: Scope, key: str) -> tuple[str, ...]:
    """Return the regions that have an entry of a secret of the system, the primary cluster's first."""
    regions = tuple(dict.fromkeys(one.region for one in placed(scope)))
    return regions if scope.system_aws.secrets.get(key, KeptSecret()).replicate else regions[:1]


def secret_policy(account: str) -> dict[str, Any]:
    """Return what holds for a secret whatever else allows: nobody of another account, and nothing without TLS.

    AWS' own services, as the one that makes copies, are of no account.
    Source: AWS, "Resource-based policies" of Secrets Manager; "aws:PrincipalIsAWSService".
    """
    everybody = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NobodyElse",
                **everybody,
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalAccount": account},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
            {"Sid": "NothingInTheClear", **everybody, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ],
    }
