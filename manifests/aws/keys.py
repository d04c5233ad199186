"""Which encryption keys there are: one of each system in each of its regions, for all that it keeps there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.data_stores import databases, replicas, replicated_to
from manifests.aws.scope import Scope, placed, systems
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class KeyArgs:
    """A key of KMS."""

    alias: str
    """Without `alias/`."""
    description: str
    account: str
    tags: dict[str, str]
    log_groups: tuple[str, ...] = ()
    """ARNs of those that CloudWatch Logs encrypts by it."""
    protect: bool = True


def keys(stack: Stack) -> Iterator[tuple[Scope, KeyArgs]]:
    """Yield the key of each system that has AWS, in each of its regions: also where it only has a read replica."""
    logging = _log_groups(stack)
    for system in systems(stack):
        scopes = {scope.cluster_name: scope for scope in (*placed(system), *replicated_to(system))}
        for scope in scopes.values():
            alias = scope.name()
            what = f"What {scope.system_name} keeps in {scope.region} ({stack.name})"
            protect = stack.environment.policies.protect_data
            groups = tuple(logging.get((scope.system_name, scope.cluster_name), ()))
            yield scope, KeyArgs(alias, what, scope.aws.account, scope.tags(alias), groups, protect)


def _log_groups(stack: Stack) -> dict[tuple[str, str | None], list[str]]:
    """Return the ARNs of the log groups of all databases and replicas, by their system and cluster."""
    logs = [(there, one.logs) for there, one in databases(stack)] + [
        (there, one.logs) for there, one in replicas(stack)
    ]
    found: dict[tuple[str, str | None], list[str]] = {}
    for there, one in logs:
        arns = found.setdefault((there.system_name, there.cluster_name), [])
        arns += (there.arn("logs", f"log-group:{group}") for group in one.groups.values())
    return found


def key_policy(account: str, log_groups: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return who may use a key: the account itself decides, by the policies of its identities.

    CloudWatch Logs is none of them: it may for the log groups of those ARNs, all of the key's own region.
    Source: AWS KMS, "Default key policy"; CloudWatch Logs, "Encrypt log data using AWS KMS".
    """
    decides = {
        "Sid": "AccountDecides",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [decides, *([_logs_encrypt(log_groups)] if log_groups else [])]}


def _logs_encrypt(log_groups: tuple[str, ...]) -> dict[str, Any]:
    region = log_groups[0].split(":")[3]
    return {
        "Sid": "LogsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:aws:logs:arn": list(log_groups)}},
    }
