"""Encryption keys, as moto has them."""

import json

import pulumi
import pulumi_aws as aws

from components.aws.encryption_key import EncryptionKey
from manifests.aws.keys import KeyArgs
from tests.moto.cloud import ACCOUNT, Account, Cloud, run

SEOUL = "ap-northeast-2"
ARGS = KeyArgs("shop-prod", "What shop keeps", ACCOUNT, {"system": "shop"})


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


def test_key_leaves_who_may_use_it_to_the_account(cloud: Cloud) -> None:
    arn = made(cloud)
    policy = json.loads(Account(SEOUL).client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    assert [statement["Principal"] for statement in policy["Statement"]] == [{"AWS": f"arn:aws:iam::{ACCOUNT}:root"}]


def test_key_is_protected_and_kept(cloud: Cloud) -> None:
    made(cloud)
    key = cloud.named("seoul/shop/aws/key", "aws:kms/key:Key")
    assert (key.protect, key.retain_on_delete, key.region) == (True, True, SEOUL)


def test_key_that_is_kept_keeps_its_alias(cloud: Cloud) -> None:
    made(cloud)
    assert cloud.named("seoul/shop/aws/key", "aws:kms/alias:Alias").retain_on_delete
