"""What roles may do: all that is declared, and nothing else."""

from typing import Final, NamedTuple

import pytest

from tests.moto.cloud import ACCOUNT
from tests.unit.aws.full_stack import KEYS, SEOUL, TOKYO
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings, trust_findings
from tests.unit.aws.policies.roles_of import roles_of

OTHER: Final = "999999999999"
OREGON: Final = "us-west-2"


class Question(NamedTuple):
    """Something that is done to a resource; of a key, through a service."""

    action: str
    resource: str
    via: str = ""


def secret(name: str, region: str = SEOUL, account: str = ACCOUNT) -> str:
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-Ab12Cd"


def parameter(name: str, region: str = SEOUL) -> str:
    return f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/{name}"


def queue(name: str, region: str = SEOUL) -> str:
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"


def bucket(name: str) -> str:
    return f"arn:aws:s3:::{name}-{ACCOUNT}"


READ_SECRET = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
READ_PARAMETER = ("ssm:GetParameter", "ssm:GetParameters")
KNOW_QUEUE = ("sqs:GetQueueUrl", "sqs:GetQueueAttributes")
RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
WRITE = ("s3:PutObject", "s3:AbortMultipartUpload")


def questions(actions: tuple[str, ...], *resources: str) -> set[Question]:
    return {Question(action, resource) for action in actions for resource in resources}


def by_key(actions: tuple[str, ...], region: str, *services: str) -> set[Question]:
    return {Question(action, KEYS[region], f"{one}.{region}.amazonaws.com") for action in actions for one in services}


MAY: Final[dict[str, set[Question]]] = {
    "shop-prod-api": {
        *questions(READ_SECRET, secret("shop/prod/db"), secret("shop/prod/db", TOKYO), secret("shop/prod/local")),
        *questions(
            READ_PARAMETER, *(parameter(f"shop/prod/api/{one}", region) for one in ("url", "token") for region in KEYS)
        ),
        *questions(
            ("ssm:GetParametersByPath",),
            *(parameter(f"shop/prod/api{end}", region) for end in ("", "/") for region in KEYS),
        ),
        *questions(("s3:GetObject", *WRITE), f"{bucket('shop-prod-media')}/a/b"),
        *questions(("s3:GetObject",), f"{bucket('shop-prod-reports')}/a/b"),
        *questions(("s3:ListBucket",), bucket("shop-prod-media"), bucket("shop-prod-reports")),
        *questions((*KNOW_QUEUE, "sqs:SendMessage"), queue("shop-prod-orders"), queue("shop-prod-orders", TOKYO)),
        *by_key(("kms:Decrypt",), SEOUL, "secretsmanager", "ssm", "s3", "sqs"),
        *by_key(("kms:GenerateDataKey",), SEOUL, "s3", "sqs"),
        *by_key(("kms:Decrypt",), TOKYO, "secretsmanager", "ssm", "sqs"),
        *by_key(("kms:GenerateDataKey",), TOKYO, "sqs"),
    },
    "shop-prod-worker": {
        *questions(
            READ_PARAMETER,
            *(parameter(f"shop/prod/{one}", region) for one in ("worker/limit", "flag") for region in KEYS),
        ),
        *questions(WRITE, f"{bucket('shop-prod-reports')}/a/b"),
        *questions(
            (*KNOW_QUEUE, *RECEIVE),
            *(queue(f"shop-prod-{one}", region) for one in ("orders", "audit.fifo") for region in KEYS),
        ),
        *questions(("sqs:SendMessage",), *(queue("shop-prod-audit.fifo", region) for region in KEYS)),
        *by_key(("kms:Decrypt", "kms:GenerateDataKey"), SEOUL, "s3", "sqs"),
        *by_key(("kms:Decrypt", "kms:GenerateDataKey"), TOKYO, "sqs"),
    },
    "shop-prod-api-migrate": {
        *questions(WRITE, f"{bucket('shop-prod-backups')}/dumps/shop.dump"),
        *by_key(("kms:Decrypt", "kms:GenerateDataKey"), SEOUL, "s3"),
    },
    "shop-prod-external-secrets": {
        *questions(READ_SECRET, *(secret(f"shop/prod/{one}") for one in ("db", "db-admin", "local"))),
        *by_key(("kms:Decrypt",), SEOUL, "secretsmanager"),
    },
    "post-prod-api": {
        *questions(READ_SECRET, secret("post/prod/db"), secret("post/prod/db", TOKYO)),
        *questions(("s3:GetObject",), f"{bucket('post-prod-media')}/a/b"),
        *questions(("s3:ListBucket",), bucket("post-prod-media")),
        *questions((*KNOW_QUEUE, *RECEIVE), queue("post-prod-orders"), queue("post-prod-orders", TOKYO)),
        *by_key(("kms:Decrypt",), SEOUL, "secretsmanager", "s3", "sqs"),
        *by_key(("kms:Decrypt",), TOKYO, "secretsmanager", "sqs"),
    },
    "post-prod-external-secrets": {
        *questions(READ_SECRET, secret("post/prod/db"), secret("post/prod/db", TOKYO)),
        *by_key(("kms:Decrypt",), SEOUL, "secretsmanager"),
        *by_key(("kms:Decrypt",), TOKYO, "secretsmanager"),
    },
}

NEVER: Final = {
    # Of another system, another stack, another region, another account, or only called alike.
    *questions(
        READ_SECRET,
        secret("shop/staging/db"),
        secret("mail/prod/db"),
        secret("shop/prod/db", OREGON),
        secret("shop/prod/db", account=OTHER),
        secret("shop/prod/local", TOKYO),
        secret("shop/prod/dbs"),
        secret("shop/prod/db-other"),
        secret("shop/prod"),
        f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:shop/prod/db",
    ),
    *questions(
        READ_PARAMETER,
        parameter("shop/prod/api/url2"),
        parameter("shop/prod/api"),
        parameter("shop/prod/worker/pace"),
        parameter("shop/staging/api/url"),
        parameter("shop/prod/api/url", OREGON),
    ),
    *questions(
        ("ssm:GetParametersByPath",),
        parameter("shop/prod"),
        parameter("shop/prod/"),
        parameter("shop"),
        parameter("shop/prod/worker"),
        parameter("shop/prod/api2"),
    ),
    *questions(
        ("s3:GetObject", "s3:PutObject"),
        f"{bucket('shop-prod-backups')}/other/shop.dump",
        f"{bucket('shop-prod-backups')}/dumps2/shop.dump",
        f"{bucket('shop-staging-media')}/a",
        "arn:aws:s3:::shop-prod-media/a",
        f"arn:aws:s3:::shop-prod-media-{OTHER}/a",
    ),
    *questions(("s3:GetObject",), f"{bucket('shop-prod-backups')}/dumps/shop.dump"),
    *questions(("s3:ListBucket",), bucket("shop-prod-backups"), bucket("shop-staging-media")),
    *questions(
        ("sqs:SendMessage", "sqs:ReceiveMessage"),
        queue("shop-prod-orders2"),
        queue("shop-staging-orders"),
        queue("shop-prod-orders", OREGON),
        queue("shop-prod-audit"),
    ),
    # Changes to the things themselves, and to what was.
    *questions(
        ("secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy"),
        secret("shop/prod/db"),
    ),
    *questions(("ssm:PutParameter", "ssm:DeleteParameter", "ssm:GetParameterHistory"), parameter("shop/prod/api/url")),
    *questions(
        (
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:PutObjectAcl",
            "s3:GetObjectVersion",
            "s3:BypassGovernanceRetention",
        ),
        f"{bucket('shop-prod-media')}/a/b",
        f"{bucket('shop-prod-backups')}/dumps/shop.dump",
    ),
    *questions(
        ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:ListBucketVersions"),
        bucket("shop-prod-media"),
    ),
    *questions(("sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes"), queue("shop-prod-orders")),
    *questions(("kms:ScheduleKeyDeletion", "kms:Encrypt", "kms:PutKeyPolicy", "kms:CreateGrant"), *KEYS.values()),
    *questions(("sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy"), f"arn:aws:iam::{ACCOUNT}:role/shop-prod-api"),
    # The key, but through no service, through one of another region, and another key through the right one.
    *questions(("kms:Decrypt", "kms:GenerateDataKey"), *KEYS.values()),
    Question("kms:Decrypt", KEYS[SEOUL], f"secretsmanager.{TOKYO}.amazonaws.com"),
    Question("kms:Decrypt", KEYS[SEOUL], f"rds.{SEOUL}.amazonaws.com"),
    Question(
        "kms:Decrypt",
        f"arn:aws:kms:{SEOUL}:{ACCOUNT}:key/33333333-3333-3333-3333-333333333333",
        f"s3.{SEOUL}.amazonaws.com",
    ),
}


def answer(role: str, question: Question) -> bool:
    found = roles_of()[role]
    context = {"kms:ViaService": question.via} if question.via else {}
    return allowed([found.policy], question.action, question.resource, principal=found.arn, context=context)


def test_roles_are_those_of_what_uses_something() -> None:
    assert set(roles_of()) == set(MAY)


@pytest.mark.parametrize("role", MAY)
def test_role_may_do_what_is_declared(role: str) -> None:
    assert {question for question in MAY[role] if not answer(role, question)} == set()


@pytest.mark.parametrize("role", MAY)
def test_role_may_not_do_what_others_may(role: str) -> None:
    of_others = set[Question]().union(*MAY.values()) - MAY[role]
    # Of one key's uses: who may through one service may not through another.
    assert {question for question in of_others if answer(role, question)} == set()


@pytest.mark.parametrize("role", MAY)
def test_role_may_not_do_what_nobody_may(role: str) -> None:
    assert {question for question in NEVER if answer(role, question)} == set()


def test_objects_of_a_bucket_that_somebody_else_took_are_left_alone() -> None:
    role = roles_of()["shop-prod-api"]
    objects = f"{bucket('shop-prod-media')}/a"
    assert allowed([role.policy], "s3:PutObject", objects)
    for action in ("s3:PutObject", "s3:GetObject"):
        foreign = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
        }
        assert not allowed([role.policy], action, objects, account=OTHER, principal=role.arn, resource_policy=foreign)


@pytest.mark.parametrize("identity", ["oidc", "pod-identity"])
def test_linter_has_nothing_against_any_role(identity: str) -> None:
    for role in roles_of(identity).values():
        assert findings(role.policy) == []
        assert trust_findings(role.trust) == []
