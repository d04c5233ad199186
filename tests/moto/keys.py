"""Encryption keys (KMS)."""

import json

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list


@creates("aws:kms/key:Key")
def key(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("kms")
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tag_list(inputs.maybe("tags"))]
    policy = inputs.take("policy")
    json.loads(policy)
    made = client.create_key(Description=inputs.take("description"), Policy=policy, Tags=tags)["KeyMetadata"]
    if inputs.maybe("enableKeyRotation"):
        client.enable_key_rotation(KeyId=made["KeyId"])
    # Said when it is deleted: what the call would be given.
    assert 7 <= inputs.take("deletionWindowInDays") <= 30
    return Made(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]})


@creates("aws:kms/alias:Alias")
def alias(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("name")
    account.client("kms").create_alias(AliasName=name, TargetKeyId=inputs.take("targetKeyId"))
    return Made(name, {"arn": f"arn:aws:kms:{account.region}:123456789012:{name}"})
