"""Secrets (Secrets Manager), never with a value."""

import json
from typing import Any, Final

from botocore.validate import ParamValidator

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list

ROTATIONS: Final[list[dict[str, Any]]] = []
"""What Secrets Manager was asked for: moto would start the function in Docker, with a value that there is not."""


@creates("aws:secretsmanager/secret:Secret")
def secret(account: Account, inputs: Inputs, _: str) -> Made:
    replicas = [
        {"Region": replica["region"], "KmsKeyId": replica["kmsKeyId"]} for replica in inputs.maybe("replicas", [])
    ]
    made = account.client("secretsmanager").create_secret(
        Name=inputs.take("name"),
        Description=inputs.take("description"),
        KmsKeyId=inputs.take("kmsKeyId"),
        Tags=tag_list(inputs.maybe("tags")),
        **({"AddReplicaRegions": replicas} if replicas else {}),
    )
    # Said when it is deleted: what the call would be given.
    assert 7 <= inputs.take("recoveryWindowInDays") <= 30
    return Made(made["ARN"], {"arn": made["ARN"]})


@creates("aws:secretsmanager/secretPolicy:SecretPolicy")
def secret_policy(account: Account, inputs: Inputs, _: str) -> Made:
    arn, policy = inputs.take("secretArn"), inputs.take("policy")
    json.loads(policy)
    account.client("secretsmanager").put_resource_policy(
        SecretId=arn, ResourcePolicy=policy, BlockPublicPolicy=inputs.take("blockPublicPolicy")
    )
    return Made(arn)


@creates("aws:secretsmanager/secretRotation:SecretRotation")
def secret_rotation(account: Account, inputs: Inputs, _: str) -> Made:
    arn, rules = inputs.take("secretId"), inputs.take("rotationRules")
    asked = {
        "SecretId": arn,
        "RotationLambdaARN": inputs.take("rotationLambdaArn"),
        "RotationRules": {"AutomaticallyAfterDays": int(rules["automaticallyAfterDays"])},
        "RotateImmediately": inputs.take("rotateImmediately"),
    }
    client = account.client("secretsmanager")
    # What the client itself puts into every request.
    shape = client.meta.service_model.operation_model("RotateSecret").input_shape
    report = ParamValidator().validate({**asked, "ClientRequestToken": "0" * 32}, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    client.describe_secret(SecretId=arn)
    ROTATIONS.append(asked)
    return Made(arn, {"rotationEnabled": True})
