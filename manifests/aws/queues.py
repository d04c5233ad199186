"""Which queues there are, who may not reach them, and where messages go that nobody could handle."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manifests.aws.names import queue_arn, queue_name
from manifests.aws.scope import Scope, placed, systems
from settings.stack import Stack

_FIFO = ".fifo"
_DAY = 24 * 60 * 60
DEAD_LETTER_SECONDS = 14 * _DAY
"""The longest there is: a message keeps the age that it had. Source: AWS, "Using dead-letter queues in Amazon SQS"."""


@dataclass(frozen=True, slots=True)
class QueueArgs:
    """A queue of SQS, and the one beside it for messages that were received too often."""

    key: str
    """Its name among those of its system."""
    name: str
    arn: str
    dead_letter_name: str
    dead_letter_arn: str
    account: str
    fifo: bool
    visibility_seconds: int
    retention_seconds: int
    receives: int
    tags: dict[str, str]
    dead_letter_tags: dict[str, str]
    protect: bool = True


def queues(stack: Stack) -> Iterator[tuple[Scope, QueueArgs]]:
    """Yield each queue of each system, in each region it runs in.

    A message is received in the region where it was sent, so that no region waits for another.
    """
    for system in systems(stack):
        for scope in placed(system):
            for key, queue in scope.system_aws.queues.items():
                name, dead = queue_name(scope, key), dead_letter_name(scope, key)
                args = QueueArgs(
                    key,
                    name,
                    queue_arn(scope, key),
                    dead,
                    scope.arn("sqs", dead),
                    scope.aws.account,
                    queue.fifo,
                    queue.visibility_seconds,
                    queue.retention_days * _DAY,
                    queue.receives,
                    scope.tags(name),
                    scope.tags(dead),
                    stack.environment.policies.protect_data,
                )
                yield scope, args


def dead_letter_name(scope: Scope, key: str) -> str:
    """Return the name of the queue beside one of the system's: of a queue that keeps the order it does so too."""
    return f"{queue_name(scope, key).removesuffix(_FIFO)}-dead{_FIFO if scope.system_aws.queues[key].fifo else ''}"


def queue_policy(arn: str, account: str) -> dict[str, Any]:
    """Return what nobody may do with a queue, whatever else is allowed: reach it without TLS, or from elsewhere.

    Identities of the account reach it by policies of their own; nothing is allowed here, and no service of AWS sends.
    Source: AWS, "Amazon SQS security best practices".
    """
    refused: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "NoPlainHttp", **refused, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {
                "Sid": "NoOtherAccount",
                **refused,
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account}},
            },
        ],
    }


def redrive_policy(dead_letter_arn: str, receives: int) -> dict[str, Any]:
    """Return where a message goes, and after how many times that it was received."""
    return {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": receives}


def redrive_allow_policy(arn: str) -> dict[str, Any]:
    """Return whose messages a dead-letter queue takes: those of one queue."""
    return {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
