"""A queue of SQS, encrypted by the system's key, and the queue beside it for what nobody could handle."""

import json

import pulumi
import pulumi_aws as aws

from manifests.aws.queues import (
    DEAD_LETTER_SECONDS,
    QueueArgs,
    queue_policy,
    redrive_allow_policy,
    redrive_policy,
)

_LONG_POLL_SECONDS = 20
"""The longest there is: who asks an empty queue waits, and pays once."""


class Queue(pulumi.ComponentResource):
    """Two queues with their policies: who reads a message needs the system's key as well as the queue."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: QueueArgs,
        *,
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:Queue", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect)
        # Policies stand in the queues themselves, so that none is ever without; they name each other by ARNs that are
        # known beforehand.
        dead = aws.sqs.Queue(
            f"{name}/dead-letter",
            name=args.dead_letter_name,
            fifo_queue=args.fifo or None,
            kms_master_key_id=key_arn,
            message_retention_seconds=DEAD_LETTER_SECONDS,
            receive_wait_time_seconds=_LONG_POLL_SECONDS,
            policy=json.dumps(queue_policy(args.dead_letter_arn, args.account)),
            redrive_allow_policy=json.dumps(redrive_allow_policy(args.arn)),
            tags=args.dead_letter_tags,
            opts=kept,
        )
        queue = aws.sqs.Queue(
            name,
            name=args.name,
            fifo_queue=args.fifo or None,
            kms_master_key_id=key_arn,
            visibility_timeout_seconds=args.visibility_seconds,
            message_retention_seconds=args.retention_seconds,
            receive_wait_time_seconds=_LONG_POLL_SECONDS,
            policy=json.dumps(queue_policy(args.arn, args.account)),
            redrive_policy=dead.arn.apply(lambda arn: json.dumps(redrive_policy(arn, args.receives))),
            tags=args.tags,
            opts=kept,
        )
        self.arn = queue.arn
        self.url = queue.url
        self.register_outputs({"arn": self.arn, "url": self.url})
