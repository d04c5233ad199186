"""Queues (SQS). moto forgets whose messages a dead-letter queue takes, so that it is noted here."""

import json
from typing import Any, Final

from tests.moto.cloud import Account, Inputs, Made, creates
from tests.moto.spelling import plain

_ATTRIBUTES = {
    "fifoQueue": "FifoQueue",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}

TAKEN: Final[dict[str, dict[str, Any]]] = {}
"""The redrive allow policy of each queue that has one, by its ARN."""


@creates("aws:sqs/queue:Queue")
def queue(account: Account, inputs: Inputs, _: str) -> Made:
    client, name = account.client("sqs"), inputs.take("name")
    given = {called: plain(inputs.take(key)) for key, called in _ATTRIBUTES.items() if key in inputs}
    for document in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
        json.loads(given.get(document, "{}"))
    known = client.meta.service_model.shape_for("QueueAttributeName").enum  # which botocore does not look at itself
    assert set(given) <= set(known)
    attributes = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    url = client.create_queue(QueueName=name, Attributes=attributes, tags=inputs.maybe("tags") or {})["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if "RedriveAllowPolicy" in attributes:
        TAKEN[arn] = json.loads(attributes["RedriveAllowPolicy"])
    return Made(url, {"arn": arn, "url": url})
