"""Encryption keys, as moto has them."""

import json

import pulumi
import pulumi_aws as aws

from components.aws.encryption_key import EncryptionKey
from manifests.aws.keys import KeyArgs, key_policy, keys
from tests.aws_stacks import an_aws_stack
from tests.builders import a_system
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.unit.aws.policies.evaluator import allowed

SEOUL = "ap-northeast-2"
ARGS = KeyArgs("shop-prod", "What shop keeps", ACCOUNT, SEOUL, {"system": "shop"})


def made(cloud: Cloud) -> str:
    def program() -> pulumi.Output[str]:
        provider = aws.Provider("aws", region=SEOUL)
        return EncryptionKey("seoul/shop/aws/key", ARGS, opts=pulumi.ResourceOptions(providers=[provider])).arn

    return str(run(cloud, program))


def test_key_rotates_and_goes_by_its_alias(cloud: Cloud) -> None:
    arn = made(cloud)
    kms = Account(SEOUL).client("kms")
    found = kms.describe_key(KeyId="alias/shop-prod")["KeyMetadata"]
    assert found["Arn"] == arn
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]


def test_key_leaves_who_may_use_it_to_the_account_and_cloudwatch_logs(cloud: Cloud) -> None:
    arn = made(cloud)
    policy = json.loads(Account(SEOUL).client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    assert policy == key_policy(ACCOUNT, SEOUL, "shop-prod")
    assert [statement["Principal"] for statement in policy["Statement"]] == [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"Service": f"logs.{SEOUL}.amazonaws.com"},
    ]


def test_logs_of_a_database_that_left_the_files_can_be_read() -> None:
    ((scope, args),) = keys(an_aws_stack(a_system(name="shop", aws={})))
    group = scope.arn("logs", "log-group:/aws/rds/instance/shop-prod-gone/postgresql")

    def may(arn: str) -> bool:
        # The evaluator knows no context of an encryption: it is asked about another ARN that a request has.
        said = json.dumps(key_policy(args.account, args.region, args.alias))
        policy = json.loads(said.replace("kms:EncryptionContext:aws:logs:arn", "aws:SourceArn"))
        key, service = scope.arn("kms", "key/one"), f"logs.{SEOUL}.amazonaws.com"
        return allowed(
            [], "kms:Decrypt", key, principal=service, context={"aws:SourceArn": arn}, resource_policy=policy
        )

    assert may(group)
    assert not may(group.replace("shop-prod-", "shop-test-"))
    assert not may(group.replace(ACCOUNT, "999999999999"))


def test_key_is_protected_and_kept(cloud: Cloud) -> None:
    made(cloud)
    key = cloud.named("seoul/shop/aws/key", "aws:kms/key:Key")
    assert (key.protect, key.retain_on_delete, key.region) == (True, True, SEOUL)


def test_key_that_is_kept_keeps_its_alias(cloud: Cloud) -> None:
    made(cloud)
    assert cloud.named("seoul/shop/aws/key", "aws:kms/alias:Alias").retain_on_delete
