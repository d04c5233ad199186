"""Rules of WAF that are tried: moto has them as counting."""

from collections.abc import Iterator

import pulumi
import pulumi_aws as aws
import pytest
from moto import mock_aws

from components.aws.web_acl import WebAcl
from manifests.aws.entrances import web_acls
from tests.aws_stacks import SEOUL
from tests.moto.cloud import Account, Cloud, run
from tests.unit.aws.traffic.wired import open_stack


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with mock_aws():
        yield


def test_rules_that_are_tried_count_what_they_would_block() -> None:
    ec2, elb = Account(SEOUL).client("ec2"), Account(SEOUL).client("elbv2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    balancer = elb.create_load_balancer(Name="one", Subnets=[subnet])["LoadBalancers"][0]["LoadBalancerArn"]
    counting = ["common", "known-bad-inputs", "sql-injection", "rate"]
    (_, args), _ = web_acls(open_stack(aws={"webAcl": {"counting": counting}}))

    def program() -> pulumi.Output[str]:
        opts = pulumi.ResourceOptions(providers=[aws.Provider("aws", region=SEOUL)])
        return WebAcl("seoul/common/aws/web-acl", args, load_balancer_arn=balancer, opts=opts).arn

    arn = run(Cloud(), program)
    acl = Account(SEOUL).client("wafv2").get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]
    assert acl["ARN"] == arn
    found = {rule["Name"]: rule.get("Action") or rule["OverrideAction"] for rule in acl["Rules"]}
    assert found == {"reputation": {"None": {}}, **{name: {"Count": {}} for name in counting}}
