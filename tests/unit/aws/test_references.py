"""What services are told of AWS, held to what moto made: each name leads to the thing that it is said to."""

from typing import Any, Final

import pulumi
import pytest

from components.aws.stack_resources import AwsResources
from settings.stack import Stack
from tests.builders import a_service
from tests.moto.cloud import Account, Cloud, run
from tests.unit.aws.full_stack import SEOUL, TOKYO, full_stack, shop
from tests.unit.aws.whole import objects

TOLD: Final = {
    "BUCKET": "{bucket/media}",
    "BUCKET_REGION": "{bucketRegion/media}",
    "QUEUE": "{queue/orders}",
    "IN_ORDER": "{queue/audit}",
    "SECRET": "{secret/db}",
    "PARAMETER": "{parameter/api/url}",
    "FOLDER": "{parameters/api}/",
}
WEB: Final = a_service(
    "web",
    env=TOLD,
    aws={
        "secrets": ["db"],
        "parameters": ["api/url", "api/token"],
        "buckets": {"media": "read"},
        "queues": {"orders": "send", "audit": "send"},
    },
)


@pytest.fixture
def stack() -> Stack:
    found = full_stack(shop(WEB))

    def program() -> pulumi.Output[Any]:
        AwsResources(found)
        return pulumi.Output.from_input({})

    run(Cloud(), program)
    return found


def told(stack: Stack, cluster: str) -> dict[str, str]:
    (data,) = [
        one["data"]
        for reference, one in objects(stack, cluster).items()
        if reference.startswith("ConfigMap/shop/web-env-")
    ]
    return dict(data)


def test_every_name_that_a_service_is_told_is_one_that_aws_made(stack: Stack) -> None:
    for cluster, region in {"seoul": SEOUL, "tokyo": TOKYO}.items():
        env, account = told(stack, cluster), Account(region)
        where = Account(SEOUL).client("s3").get_bucket_location(Bucket=env["BUCKET"])["LocationConstraint"]
        assert where == env["BUCKET_REGION"]
        urls = account.client("sqs").list_queues(QueueNamePrefix="shop-prod-")["QueueUrls"]
        assert {env["QUEUE"], env["IN_ORDER"]} <= set(urls)
        assert account.client("secretsmanager").describe_secret(SecretId=env["SECRET"])["Name"] == env["SECRET"]
        ssm = account.client("ssm")
        assert ssm.get_parameter(Name=env["PARAMETER"])["Parameter"]["Value"]
        below = ssm.get_parameters_by_path(Path=env["FOLDER"], Recursive=True)["Parameters"]
        assert {one["Name"].removeprefix(env["FOLDER"]) for one in below} == {"url", "token"}
