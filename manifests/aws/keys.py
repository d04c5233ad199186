"""Which encryption keys there are: one of each system in each of its regions, for all that it keeps there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.data_stores import replicated_to
from manifests.aws.scope import Scope, placed, systems
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class KeyArgs:
    """A key of KMS."""

    alias: str
    """Without `alias/`; with a dash after it, what the system's things in AWS begin with."""
    description: str
    account: str
    region: str
    tags: dict[str, str]
    protect: bool = True


def keys(stack: Stack) -> Iterator[tuple[Scope, KeyArgs]]:
    """Yield the key of each system that has AWS, in each of its regions: also where it only has a read replica."""
    for system in systems(stack):
        scopes = {scope.cluster_name: scope for scope in (*placed(system), *replicated_to(system))}
        for scope in scopes.values():
            alias = scope.name()
            what = f"What {scope.system_name} keeps in {scope.region} ({stack.name})"
            protect = stack.environment.policies.protect_data
            yield scope, KeyArgs(alias, what, scope.aws.account, scope.region, scope.tags(alias), protect)


def key_policy(account: str, region: str, alias: str) -> dict[str, Any]:
    """Return who may use a key: the account itself decides, by the policies of its identities.

    CloudWatch Logs is none of them: it may for the log groups of the system's databases. Those are told by how they
    begin, as one that was kept when its database left the files can be read by no other key.
    Source: AWS KMS, "Default key policy"; CloudWatch Logs, "Encrypt log data using AWS KMS".
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountDecides",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "LogsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": {
                    "StringLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:aws:logs:{region}:{account}:log-group:/aws/rds/instance/{alias}-*"
                        )
                    }
                },
            },
        ],
    }
