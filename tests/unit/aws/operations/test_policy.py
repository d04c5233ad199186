"""The IAM policy of whoever runs the command: enough for all that it asks, nothing more, and each piece is needed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.core import set_initial_no_auth_action_count

from manifests.aws.scope import has_aws
from operations.aws import health_checks
from operations.aws.backups import gather as gather_backups
from operations.aws.calls import CALLS, call_of
from operations.aws.client import Aws
from operations.aws.errors import NotAllowed
from operations.aws.facts import account_of, gather
from operations.aws.health_checks import Health
from operations.aws.policy import FILE, LONGEST, policy, text, too_long
from operations.aws.preflight import findings
from operations.aws.wanted import Secret, Wanted, wanted
from settings.loading import load
from tests.assembled import ROOT
from tests.aws_projects import AwsProject
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.operations.account import BUCKET, COPY, IMAGE, NOW, SEOUL, TOKYO, WANTED, fill, health_check, push
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings as lint

POLICY = policy(WANTED)
ACTIONS = sorted({call.action for call in CALLS if call.action})
MOTOS = {"cloudwatch:GetMetricStatistics": "monitoring:GetMetricStatistics", "s3:ListBucket": "s3:HeadBucket"}
OF_BACKUPS = {
    action
    for action in ACTIONS
    if action.startswith(("cloudwatch:", "elasticache:DescribeS", "rds:DescribeDBS", "rds:DescribeDBInstanceA"))
}


def statement(sid: str, document: dict[str, Any] = POLICY) -> dict[str, Any]:
    (found,) = [one for one in document["Statement"] if one["Sid"] == sid]
    return dict(found)


def test_policy_has_the_calls_that_the_code_makes_and_no_other() -> None:
    assert ACTIONS == [
        "cloudwatch:GetMetricStatistics",
        "ecr:DescribeImages",
        "elasticache:DescribeReplicationGroups",
        "elasticache:DescribeSnapshots",
        "rds:DescribeDBInstanceAutomatedBackups",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSnapshots",
        "route53:GetHealthCheckStatus",
        "s3:ListBucket",
        "secretsmanager:DescribeSecret",
        "ssm:DescribeParameters",
    ]
    assert sorted({action for one in POLICY["Statement"] for action in one["Action"]}) == ACTIONS


def test_policy_names_what_the_stack_has() -> None:
    assert statement("EcrDescribeImages")["Resource"] == [
        f"arn:aws:ecr:{TOKYO}:{ACCOUNT}:repository/shop/api",
        f"arn:aws:ecr:{SEOUL}:{ACCOUNT}:repository/shop/api",
    ]
    assert statement("SecretsmanagerDescribeSecret")["Resource"] == [
        f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:shop/prod/api-??????"
    ]
    assert statement("S3ListObjectsV2") == {
        "Sid": "S3ListObjectsV2",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["arn:aws:s3:::shop-prod-files"],
        "Condition": {"StringEquals": {"s3:prefix": ["backup/"]}},
    }


def test_image_that_is_copied_may_be_asked_for_where_it_is_pushed() -> None:
    document = policy(Wanted("prod", ACCOUNT, SEOUL, images=(COPY,)))
    assert statement("EcrDescribeImages", document)["Resource"] == [
        f"arn:aws:ecr:{TOKYO}:{ACCOUNT}:repository/shop/api",
        f"arn:aws:ecr:{SEOUL}:{ACCOUNT}:repository/shop/api",
    ]


def test_everything_is_for_nothing_but_where_aws_knows_no_narrower() -> None:
    wide = {one["Action"][0] for one in POLICY["Statement"] if "*" in one["Resource"]}
    assert wide == {"ssm:DescribeParameters", "cloudwatch:GetMetricStatistics"}


def test_stack_without_any_of_it_needs_no_permission() -> None:
    assert policy(Wanted("prod", ACCOUNT, SEOUL))["Statement"] == []


def test_linter_of_policies_has_nothing_to_say() -> None:
    assert lint(POLICY) == []


def test_each_statement_has_a_name_of_its_own() -> None:
    names = [one["Sid"] for one in POLICY["Statement"]]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)


def test_policy_is_told_to_be_too_long_where_iam_would_not_take_it() -> None:
    assert not too_long(POLICY)
    many = tuple(Secret("shop", SEOUL, f"shop/prod/{number}") for number in range(100))
    assert too_long(policy(Wanted("prod", ACCOUNT, SEOUL, secrets=many)))
    assert LONGEST == 6144


ARNS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "cloudwatch.get_metric_statistics": lambda *_: "*",
    "ecr.describe_images": lambda at, given: f"arn:aws:ecr:{at}:{ACCOUNT}:repository/{given['repositoryName']}",
    "elasticache.describe_replication_groups": lambda at, given: (
        f"arn:aws:elasticache:{at}:{ACCOUNT}:replicationgroup:{given['ReplicationGroupId']}"
    ),
    "elasticache.describe_snapshots": lambda at, _: f"arn:aws:elasticache:{at}:{ACCOUNT}:snapshot:automatic.redis-1",
    "rds.describe_db_instances": lambda at, given: f"arn:aws:rds:{at}:{ACCOUNT}:db:{given['DBInstanceIdentifier']}",
    "rds.describe_db_snapshots": lambda at, given: f"arn:aws:rds:{at}:{ACCOUNT}:db:{given['DBInstanceIdentifier']}",
    "rds.describe_db_instance_automated_backups": lambda at, given: (
        f"arn:aws:rds:{at}:{ACCOUNT}:db:{given['DBInstanceIdentifier']}"
    ),
    "route53.get_health_check_status": lambda _, given: f"arn:aws:route53:::healthcheck/{given['HealthCheckId']}",
    "s3.head_bucket": lambda _, given: f"arn:aws:s3:::{given['Bucket']}",
    "s3.list_objects_v2": lambda _, given: f"arn:aws:s3:::{given['Bucket']}",
    "secretsmanager.describe_secret": lambda at, given: (
        f"arn:aws:secretsmanager:{at}:{ACCOUNT}:secret:{given['SecretId']}-AbCdEf"
    ),
    "ssm.describe_parameters": lambda *_: "*",
}
"""What of AWS a question is about, by its arguments."""

Asked = list[tuple[str, str, str, dict[str, str]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, aws: Aws) -> Asked:
    """Return all that was asked on the way through a check and a list of backups: call, action, ARN and context."""
    found: Asked = []

    def note(self: Aws, service: str, operation: str, given: dict[str, Any]) -> None:
        name = f"{service}.{operation}"
        call = call_of(service, operation)
        if call.action:
            context = {"s3:prefix": given["Prefix"]} if "Prefix" in given else {}
            found.append((name, call.action, ARNS[name](self.region, given), context))

    ask, pages = Aws.ask, Aws.pages

    def asking(self: Aws, service: str, operation: str, **given: Any) -> dict[str, Any]:
        note(self, service, operation, given)
        return ask(self, service, operation, **given)

    def paging(self: Aws, service: str, operation: str, key: str, **given: Any) -> Iterator[dict[str, Any]]:
        note(self, service, operation, given)
        return pages(self, service, operation, key, **given)

    monkeypatch.setattr(Aws, "ask", asking)
    monkeypatch.setattr(Aws, "pages", paging)
    fill(WANTED)
    push(IMAGE, tag="1.2.4", digest=f"sha256:{'3' * 64}")
    assert findings(gather(aws, WANTED)) == []
    gather_backups(aws, WANTED, NOW)
    assert health_checks.ask("prod", SEOUL, {"seoul": health_check()}) == {"seoul": Health(1, 1)}
    return found


def test_every_question_is_allowed_by_the_policy_on_just_what_it_is_about(asked: Asked) -> None:
    assert {name for name, *_ in asked} == set(ARNS)
    assert [one for one in asked if not allowed([POLICY], one[1], one[2], context=one[3])] == []


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecr:DescribeImages", f"arn:aws:ecr:{SEOUL}:{ACCOUNT}:repository/shop/api2"),
        ("ecr:BatchGetImage", f"arn:aws:ecr:{SEOUL}:{ACCOUNT}:repository/shop/api"),
        ("secretsmanager:DescribeSecret", f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:shop/prod/api2-AbCdEf"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:shop/prod/api-AbCdEf"),
        ("ssm:GetParameter", f"arn:aws:ssm:{SEOUL}:{ACCOUNT}:parameter/shop/prod/token"),
        ("s3:GetObject", "arn:aws:s3:::shop-prod-files/backup/a.dump"),
        ("s3:ListBucket", "arn:aws:s3:::shop-prod-other"),
        ("rds:DescribeDBInstances", f"arn:aws:rds:{SEOUL}:{ACCOUNT}:db:shop-dev-postgresql"),
        ("route53:GetHealthCheck", "arn:aws:route53:::healthcheck/one"),
        ("route53:DeleteHealthCheck", "arn:aws:route53:::healthcheck/one"),
        ("rds:DeleteDBInstance", f"arn:aws:rds:{SEOUL}:{ACCOUNT}:db:shop-prod-postgresql"),
        ("rds:RestoreDBInstanceToPointInTime", f"arn:aws:rds:{SEOUL}:{ACCOUNT}:db:shop-prod-postgresql"),
    ],
    ids=lambda value: str(value).rpartition(":")[2],
)
def test_nothing_else_is_allowed(action: str, resource: str) -> None:
    assert not allowed([POLICY], action, resource)


def test_dumps_are_listed_below_their_prefix_alone() -> None:
    dumps = policy(Wanted("prod", ACCOUNT, SEOUL, dumps=WANTED.dumps))
    bucket = f"arn:aws:s3:::{BUCKET.name}"
    assert allowed([dumps], "s3:ListBucket", bucket, context={"s3:prefix": "backup/"})
    assert not allowed([dumps], "s3:ListBucket", bucket, context={"s3:prefix": "private/"})
    assert not allowed([dumps], "s3:ListBucket", bucket)


@pytest.fixture
def kim(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Return what makes every question one of a user with a policy; moto then holds everybody to theirs.

    moto looks at actions, and neither at resources nor at conditions, so those are taken off. Two of them it calls by
    names that IAM does not have.
    """
    fill(WANTED)
    iam = Account(SEOUL).client("iam")
    iam.create_user(UserName="kim")
    key = iam.create_access_key(UserName="kim")["AccessKey"]

    def with_policy(document: dict[str, Any]) -> None:
        actions = [action for one in document["Statement"] for action in one["Action"]]
        names = sorted({name for action in actions for name in (action, MOTOS.get(action, action))})
        plain = [{"Effect": "Allow", "Action": names, "Resource": "*"}]
        iam.put_user_policy(
            UserName="kim",
            PolicyName="naru",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": plain}),
        )
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    return with_policy


def without(action: str) -> dict[str, Any]:
    """Return the policy without an action."""
    return {**POLICY, "Statement": [one for one in POLICY["Statement"] if action not in one["Action"]]}


def enforced(ask: Callable[[], Any]) -> Any:
    return set_initial_no_auth_action_count(0)(ask)()


def test_policy_is_enough_for_all_that_is_asked(kim: Callable[[dict[str, Any]], None]) -> None:
    kim(POLICY)

    def ask() -> list[str]:
        aws = Aws("prod", SEOUL)
        assert account_of(aws) == ACCOUNT
        gather_backups(aws, WANTED, NOW)
        return [str(one) for one in findings(gather(aws, WANTED))]

    assert enforced(ask) == []


# moto takes no signature for right at an endpoint that is no region's, as that of Route 53.
@pytest.mark.parametrize("action", [action for action in ACTIONS if not action.startswith("route53:")])
def test_without_a_permission_its_question_is_refused_and_named(
    action: str, kim: Callable[[dict[str, Any]], None]
) -> None:
    kim(without(action))

    def check() -> list[str]:
        return [str(one) for one in findings(gather(Aws("prod", SEOUL), WANTED))]

    def backups() -> str:
        with pytest.raises(NotAllowed) as caught:
            gather_backups(Aws("prod", SEOUL), WANTED, NOW)
        return str(caught.value)

    found = enforced(backups) if action in OF_BACKUPS else enforced(check)
    lines = [found] if isinstance(found, str) else found
    assert lines
    assert all(action in line for line in lines)
    if action in OF_BACKUPS:
        assert enforced(check) == []


def test_committed_policy_is_what_the_code_needs(tmp_path: Path) -> None:
    stack = load(ROOT, "prod").stack
    if not has_aws(stack):
        stack = AwsProject(tmp_path).load("prod").stack
    document = policy(wanted(stack))
    assert (ROOT / FILE).read_text(encoding="utf-8") == text(document)
    assert lint(document) == []
    assert not too_long(document)
