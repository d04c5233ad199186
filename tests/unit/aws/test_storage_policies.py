"""Who reaches buckets, queues and image repositories, and how: as a kept evaluator of policies has it."""

from typing import Any

import pytest

from manifests.aws.buckets import bucket_policy
from manifests.aws.images import repository_policy
from manifests.aws.queues import queue_policy
from tests.aws_stacks import ACCOUNT, SEOUL
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings

BUCKET = "arn:aws:s3:::shop-prod-data"
QUEUE = f"arn:aws:sqs:{SEOUL}:{ACCOUNT}:shop-prod-orders"
REPOSITORY = f"arn:aws:ecr:{SEOUL}:{ACCOUNT}:repository/shop/api"
OTHER = "999999999999"
STRANGER = f"arn:aws:iam::{OTHER}:role/stranger"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = ("ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy")


def allowing(*actions: str, principal: str = "") -> dict[str, Any]:
    whose = {"Principal": {"AWS": principal}} if principal else {}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*", **whose}],
    }


def with_more(policy: dict[str, Any], *, principal: str, action: str, resource: str) -> dict[str, Any]:
    """Return a policy to which somebody added that one more may do something."""
    more = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": resource}
    return {**policy, "Statement": [*policy["Statement"], more]}


@pytest.mark.parametrize(
    "policy",
    [
        bucket_policy(BUCKET),
        queue_policy(QUEUE, ACCOUNT),
        # A repository's policy says of no resource: it is the repository's.
        {"Statement": [{**one, "Resource": REPOSITORY} for one in repository_policy(ACCOUNT)["Statement"]]}
        | {"Version": "2012-10-17"},
    ],
    ids=["bucket", "queue", "repository"],
)
def test_policy_has_nothing_to_be_said_against_it(policy: dict[str, Any]) -> None:
    # The linter takes whole numbers only, and misses the version of TLS on what is called by no client.
    assert [one for one in findings(policy) if "s3:TlsVersion" not in one] == []


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"s3:TlsVersion": "1.3"}, True),
        ({"s3:TlsVersion": "1.2"}, True),
        ({"s3:TlsVersion": "1.1"}, False),
        ({"aws:SecureTransport": "false"}, False),
    ],
    ids=["TLS 1.3", "TLS 1.2", "TLS 1.1", "plain HTTP"],
)
def test_bucket_is_reached_by_tls_alone(action: str, context: dict[str, str], expected: bool) -> None:
    policy = bucket_policy(BUCKET)
    assert allowed([allowing("s3:*")], action, f"{BUCKET}/a", context=context, resource_policy=policy) is expected


def test_bucket_itself_is_reached_by_tls_alone() -> None:
    for secure in ("true", "false"):
        context = {"aws:SecureTransport": secure}
        found = allowed(
            [allowing("s3:*")], "s3:ListBucket", BUCKET, context=context, resource_policy=bucket_policy(BUCKET)
        )
        assert found is (secure == "true")


def test_bucket_lets_nobody_in_by_itself() -> None:
    policy = bucket_policy(BUCKET)
    assert not allowed([], "s3:GetObject", f"{BUCKET}/a", resource_policy=policy)
    assert not allowed([allowing("s3:*")], "s3:GetObject", f"{BUCKET}/a", principal=STRANGER, resource_policy=policy)


@pytest.mark.parametrize("action", ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"])
def test_queue_is_reached_by_tls_alone(action: str) -> None:
    for secure in ("true", "false"):
        context = {"aws:SecureTransport": secure}
        policy = queue_policy(QUEUE, ACCOUNT)
        found = allowed([allowing("sqs:*")], action, QUEUE, context=context, resource_policy=policy)
        assert found is (secure == "true")


def test_queue_lets_nobody_in_by_itself() -> None:
    assert not allowed([], "sqs:SendMessage", QUEUE, resource_policy=queue_policy(QUEUE, ACCOUNT))


def test_queue_refuses_other_accounts_though_somebody_lets_them() -> None:
    for principal, expected in ((STRANGER, False), (f"arn:aws:iam::{ACCOUNT}:role/own", True)):
        policy = with_more(queue_policy(QUEUE, ACCOUNT), principal=principal, action="sqs:SendMessage", resource=QUEUE)
        found = allowed(
            [allowing("sqs:SendMessage")], "sqs:SendMessage", QUEUE, principal=principal, resource_policy=policy
        )
        assert found is expected


@pytest.mark.parametrize("action", PULL)
def test_account_pulls_and_no_other_does(action: str) -> None:
    policy = repository_policy(ACCOUNT)
    identity = [allowing(*PULL)]
    assert allowed(identity, action, REPOSITORY, resource_policy=policy)
    assert not allowed(identity, action, REPOSITORY, principal=STRANGER, resource_policy=policy)


@pytest.mark.parametrize("action", PUSH)
def test_repository_lets_nobody_do_more_than_pull(action: str) -> None:
    policy = repository_policy(ACCOUNT)
    assert not allowed([allowing(*PULL)], action, REPOSITORY, resource_policy=policy)
    assert not allowed([allowing("ecr:*")], action, REPOSITORY, principal=STRANGER, resource_policy=policy)
