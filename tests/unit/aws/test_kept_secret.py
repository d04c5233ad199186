"""Secrets, as moto's Secrets Manager has them: a name and copies of it, and never a value."""

import json
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.kept_secret import KeptSecret
from manifests.aws.names import secret_arn
from manifests.aws.scope import systems
from manifests.aws.secrets import kept_secrets
from settings.stack import Stack
from tests.builders import a_service
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.moto.secrets import ROTATIONS
from tests.unit.aws.full_stack import KEYS, SEOUL, TOKYO, full_stack, shop
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings

SECRET = "aws:secretsmanager/secret:Secret"
ROTATED = {"rotation": {"function": f"arn:aws:lambda:{SEOUL}:{ACCOUNT}:function:rotate", "days": 7}}


def made(cloud: Cloud, stack: Stack | None = None) -> dict[str, str]:
    """Make what Secrets Manager keeps for a stack; return the ARNs by the names of the components."""

    def program() -> pulumi.Output[dict[str, str]]:
        found = {}
        for scope, args in kept_secrets(stack or full_stack()):
            opts = pulumi.ResourceOptions(providers=[aws.Provider(scope.logical("provider"), region=scope.region)])
            name = scope.logical("secret", args.key)
            found[name] = KeptSecret(name, args, keys=KEYS, opts=opts).arn
        return pulumi.Output.all(**found)

    return dict(run(cloud, program))


def described(name: str, region: str = SEOUL) -> dict[str, Any]:
    return dict(Account(region).client("secretsmanager").describe_secret(SecretId=name))


def with_secrets(**secrets: Any) -> Stack:
    """Return a stack of one system with these secrets."""
    stores = {
        "aws": {"provider": "aws-secrets-manager", "region": SEOUL},
        "theirs": {"provider": "aws-secrets-manager", "region": SEOUL, "role": "arn:aws:iam::999999999999:role/theirs"},
        "tree": {"provider": "aws-parameter-store", "region": SEOUL},
        "vault": {"provider": "vault", "server": "https://vault.example.com", "path": "kv", "role": "shop"},
    }
    given = {name: {"keys": {"PASSWORD": {}}, **secret} for name, secret in secrets.items()}
    kept = {"secrets": {"rotated": ROTATED}} if "rotated" in secrets else {}
    return full_stack(shop(a_service("web"), secretStores=stores, secrets=given, aws=kept))


def test_secret_is_called_what_external_secrets_and_policies_call_it(cloud: Cloud) -> None:
    arns = made(cloud)
    (scope, *_) = systems(full_stack())
    arn = arns["global/shop/aws/secret/db"]
    start, end = secret_arn(scope, "shop/prod/db").split("??????")
    assert (arn.startswith(start), end, len(arn)) == (True, "", len(start) + 6)
    assert described("shop/prod/db")["ARN"] == arn


def test_secret_has_no_value_and_no_version(cloud: Cloud) -> None:
    made(cloud)
    assert "VersionIdsToStages" not in described("shop/prod/db")
    client = Account(SEOUL).client("secretsmanager")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="shop/prod/db")
    assert {one.type for one in cloud.resources} == {SECRET, "aws:secretsmanager/secretPolicy:SecretPolicy"}


def test_secret_has_a_copy_by_the_key_of_each_other_region(cloud: Cloud) -> None:
    made(cloud)
    found = described("shop/prod/db")
    assert found["KmsKeyId"] == KEYS[SEOUL]
    assert [one["Region"] for one in found["ReplicationStatus"]] == [TOKYO]
    # moto does not tell by which key a copy is encrypted: botocore has checked what was asked.
    asked = cloud.named("global/shop/aws/secret/db", SECRET).inputs["replicas"]
    assert asked == [{"region": TOKYO, "kmsKeyId": KEYS[TOKYO]}]
    assert described("shop/prod/db", TOKYO)["Name"] == "shop/prod/db"


def test_secret_that_is_not_to_be_copied_stays_in_its_region(cloud: Cloud) -> None:
    made(cloud)
    assert "ReplicationStatus" not in described("shop/prod/local")
    client = Account(TOKYO).client("secretsmanager")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_secret(SecretId="shop/prod/local")


def test_secret_is_closed_to_other_accounts_and_to_plain_http(cloud: Cloud) -> None:
    arn = made(cloud)["global/shop/aws/secret/db"]
    policy = json.loads(Account(SEOUL).client("secretsmanager").get_resource_policy(SecretId=arn)["ResourcePolicy"])
    read, may = (
        "secretsmanager:GetSecretValue",
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]},
    )
    assert allowed([may], read, arn, resource_policy=policy)
    assert not allowed([may], read, arn, resource_policy=policy, context={"aws:SecureTransport": "false"})
    opened = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": read, "Resource": "*"}
    stranger = "arn:aws:iam::999999999999:role/stranger"
    alone = {**policy, "Statement": [opened]}
    assert allowed([may], read, arn, principal=stranger, resource_policy=alone)
    both = {**policy, "Statement": [opened, *policy["Statement"]]}
    assert not allowed([may], read, arn, principal=stranger, resource_policy=both)
    assert findings(policy) == []


def test_secret_is_protected_and_can_be_had_back_for_a_month(cloud: Cloud) -> None:
    made(cloud)
    found = cloud.named("global/shop/aws/secret/db", SECRET)
    assert (found.protect, found.retain_on_delete, found.inputs["recoveryWindowInDays"]) == (True, True, 30)


def test_secret_that_is_kept_stays_closed_and_goes_on_being_rotated(cloud: Cloud) -> None:
    made(cloud, with_secrets(rotated={"store": "aws"}))
    assert {one.type for one in cloud.resources} == {
        SECRET,
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:secretsmanager/secretRotation:SecretRotation",
    }
    assert [one.type for one in cloud.resources if not one.retain_on_delete] == []


def test_secret_that_need_not_be_kept_goes_with_its_policy(cloud: Cloud) -> None:
    ((_, args),) = kept_secrets(with_secrets(rotated={"store": "aws"}))

    def program() -> pulumi.Output[str]:
        provider = aws.Provider("aws", region=SEOUL)
        options = pulumi.ResourceOptions(providers=[provider])
        return KeptSecret("secret", replace(args, protect=False), keys=KEYS, opts=options).arn

    run(cloud, program)
    assert len(cloud.resources) == 3
    assert [one.type for one in cloud.resources if one.protect or one.retain_on_delete] == []


def test_rotation_is_by_the_function_that_is_named_and_never_at_once(cloud: Cloud) -> None:
    ROTATIONS.clear()
    arns = made(cloud, with_secrets(rotated={"store": "aws"}, plain={"store": "aws"}))
    (asked,) = ROTATIONS
    assert asked == {
        "SecretId": arns["global/shop/aws/secret/rotated"],
        "RotationLambdaARN": ROTATED["rotation"]["function"],
        "RotationRules": {"AutomaticallyAfterDays": 7},
        "RotateImmediately": False,
    }


KEPT_BY_OTHERS = {
    "sealed": {"source": "sealed"},
    "in-vault": {"store": "vault"},
    "in-parameter-store": {"store": "tree"},
    "in-another-account": {"store": "theirs"},
    "whose-keys-all-name-entries-of-their-own": {"store": "aws", "keys": {"PASSWORD": {"remoteKey": "team/password"}}},
}


@pytest.mark.parametrize("secret", KEPT_BY_OTHERS.values(), ids=list(KEPT_BY_OTHERS))
def test_secret_that_is_kept_elsewhere_is_not_made(secret: dict[str, Any]) -> None:
    stack = with_secrets(theirs=secret, ours={"store": "aws"})
    assert [args.key for _, args in kept_secrets(stack)] == ["ours"]


def test_secret_some_keys_of_which_are_elsewhere_is_made_for_the_others() -> None:
    mixed = {"store": "aws", "keys": {"PASSWORD": {}, "LICENCE": {"remoteKey": "team/licence"}}}
    assert [args.name for _, args in kept_secrets(with_secrets(mixed=mixed))] == ["shop/prod/mixed"]
