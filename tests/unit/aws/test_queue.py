"""Queues, as moto has them."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.queue import Queue
from manifests.aws.names import queue_arn
from manifests.aws.queues import dead_letter_name, queues
from tests.aws_stacks import SEOUL, TOKYO, an_aws_stack
from tests.builders import a_system
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.moto.laws import untagged
from tests.moto.queues import TAKEN

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
NAME = "shop-prod-orders"


def made(cloud: Cloud, **queue: Any) -> list[dict[str, str]]:
    stack = an_aws_stack(a_system(name="shop", aws={"queues": {"orders": queue}}, clusters="all"))

    def program() -> pulumi.Output[list[dict[str, str]]]:
        providers = {region: aws.Provider(region, region=region) for region in (SEOUL, TOKYO)}
        found = [
            Queue(
                scope.logical("queue", args.key),
                args,
                key_arn=pulumi.Output.from_input(f"arn:aws:kms:{scope.region}:{ACCOUNT}:key/{KEY}"),
                opts=pulumi.ResourceOptions(providers=[providers[scope.region]]),
            )
            for scope, args in queues(stack)
        ]
        return pulumi.Output.all(*(pulumi.Output.all(url=one.url, arn=one.arn) for one in found))

    outputs: list[dict[str, str]] = run(cloud, program)
    assert [one["arn"] for one in outputs] == [queue_arn(scope, args.key) for scope, args in queues(stack)]
    return outputs


def attributes(name: str = NAME, region: str = SEOUL) -> dict[str, str]:
    client = Account(region).client("sqs")
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, str] = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_every_region_has_the_queue_that_was_foretold(cloud: Cloud) -> None:
    outputs = made(cloud)
    assert [one["url"].rpartition("/")[2] for one in outputs] == [NAME, NAME]
    assert [one["arn"].split(":")[3] for one in outputs] == [SEOUL, TOKYO]
    for region in (SEOUL, TOKYO):
        assert attributes(region=region)["QueueArn"] == f"arn:aws:sqs:{region}:{ACCOUNT}:{NAME}"


def test_messages_are_encrypted_by_the_key_of_the_system_in_their_region(cloud: Cloud) -> None:
    made(cloud)
    for region in (SEOUL, TOKYO):
        for name in (NAME, f"{NAME}-dead"):
            assert attributes(name, region)["KmsMasterKeyId"] == f"arn:aws:kms:{region}:{ACCOUNT}:key/{KEY}"


def test_message_that_nobody_handles_goes_to_the_dead_letter_queue(cloud: Cloud) -> None:
    made(cloud, receives=2, visibilitySeconds=0)
    sqs = Account(SEOUL).client("sqs")
    urls = {name: sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (NAME, f"{NAME}-dead")}
    sqs.send_message(QueueUrl=urls[NAME], MessageBody="an order")
    received = [sqs.receive_message(QueueUrl=urls[NAME], WaitTimeSeconds=0).get("Messages", []) for _ in range(3)]
    assert [len(messages) for messages in received] == [1, 1, 0]
    (dead,) = sqs.receive_message(QueueUrl=urls[f"{NAME}-dead"], WaitTimeSeconds=0)["Messages"]
    assert dead["Body"] == "an order"


def test_dead_letter_queue_takes_messages_of_its_queue_alone_and_keeps_them_longest(cloud: Cloud) -> None:
    made(cloud, retentionDays=14)
    for region in (SEOUL, TOKYO):
        found = attributes(f"{NAME}-dead", region)
        assert TAKEN[found["QueueArn"]] == {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [f"arn:aws:sqs:{region}:{ACCOUNT}:{NAME}"],
        }
        assert found["MessageRetentionPeriod"] == "1209600"


@pytest.mark.parametrize("name", [NAME, f"{NAME}-dead"])
def test_queue_refuses_plain_http_and_other_accounts(cloud: Cloud, name: str) -> None:
    made(cloud)
    statements = json.loads(attributes(name)["Policy"])["Statement"]
    assert {(one["Effect"], one["Principal"], one["Action"], one["Resource"]) for one in statements} == {
        ("Deny", "*", "sqs:*", f"arn:aws:sqs:{SEOUL}:{ACCOUNT}:{name}")
    }
    assert [one["Condition"] for one in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
    ]


def test_queue_is_as_patient_as_asked(cloud: Cloud) -> None:
    made(cloud, visibilitySeconds=120, retentionDays=2)
    found = attributes()
    assert (found["VisibilityTimeout"], found["MessageRetentionPeriod"]) == ("120", "172800")
    assert found["ReceiveMessageWaitTimeSeconds"] == "20"
    assert "FifoQueue" not in found


def test_dead_letters_keep_the_order_where_the_queue_does(cloud: Cloud) -> None:
    made(cloud, fifo=True)
    for name in (f"{NAME}.fifo", f"{NAME}-dead.fifo"):
        assert attributes(name)["FifoQueue"] == "true"


def test_queues_are_tagged_protected_and_kept(cloud: Cloud) -> None:
    made(cloud)
    assert untagged(cloud) == []
    sqs = Account(TOKYO).client("sqs")
    for name in (NAME, f"{NAME}-dead"):
        tags = sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])["Tags"]
        assert (tags["Name"], tags["cost-centre"]) == (name, "4711")
    assert len(cloud.resources) == 4
    assert all(one.protect and one.retain_on_delete for one in cloud.resources)


def test_queue_of_one_region_waits_for_no_other(cloud: Cloud) -> None:
    made(cloud)
    regions = {one.urn: one.region for one in cloud.resources}
    for one in cloud.resources:
        assert {regions[urn] for urn in one.dependencies if urn in regions} <= {one.region}


def test_system_of_one_region_has_its_queues_there() -> None:
    system = a_system(name="shop", aws={"queues": {"orders": {}}})
    ((scope, args),) = queues(an_aws_stack(system))
    assert (scope.region, args.dead_letter_name) == (SEOUL, dead_letter_name(scope, "orders"))
