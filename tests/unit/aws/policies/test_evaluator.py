"""The evaluator that the tests of policies ask: it is right about what is known, and reaches nobody."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.aws.policies import evaluator
from tests.unit.aws.policies.evaluator import allowed, confinement, installed, trusted
from tests.unit.aws.policies.linting import findings, trust_findings

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/*"}
OBJECT = "arn:aws:s3:::mine/key"
ROLE = "arn:aws:iam::123456789012:role/tested"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/id/A"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_evaluator_allows_what_a_policy_says_and_nothing_else() -> None:
    policies = [document(READ)]
    assert allowed(policies, "s3:GetObject", OBJECT)
    assert not allowed(policies, "s3:PutObject", OBJECT)
    assert not allowed(policies, "s3:GetObject", "arn:aws:s3:::yours/key")


def test_evaluator_looks_at_conditions() -> None:
    conditioned = {**READ, "Condition": {"StringEquals": {"aws:ResourceAccount": "123456789012"}}}
    assert allowed([document(conditioned)], "s3:GetObject", OBJECT)
    assert not allowed([document(conditioned)], "s3:GetObject", OBJECT, account="999999999999")


def test_evaluator_heeds_a_resource_that_refuses() -> None:
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::mine/*"}
    assert not allowed([document(READ)], "s3:GetObject", OBJECT, resource_policy=document(refusal))


def test_evaluator_heeds_claims_of_an_issuer() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"issuer.example.com/id/A:sub": "me"}},
    }
    for subject in ("me", "you"):
        answer = trusted(
            document(statement),
            "sts:AssumeRoleWithWebIdentity",
            ROLE,
            principal=PROVIDER,
            context={"issuer.example.com/id/A:sub": subject},
        )
        assert answer == (subject == "me")


@pytest.mark.parametrize(
    ("action", "context"),
    [("s3:GetEverything", {}), ("s3:GetObject", {"kms:ViaService": "s3"})],
    ids=["action", "context"],
)
def test_question_that_aws_would_not_know_is_refused(action: str, context: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be asked"):
        allowed([document(READ)], action, OBJECT, context=context)


def test_evaluator_has_no_variables_no_network_and_no_files_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-somebody")
    assert confinement() == {"environment": [], "network": False, "write": False, "child": False}


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(evaluator, "directory", lambda: tmp_path / "naru")
    return tmp_path / "naru"


def test_of_two_that_install_at_once_both_find_one_folder(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def npm(folder: Path) -> None:
        (folder / "node_modules").mkdir()
        # In the meantime:
        other = empty_cache / evaluator.folder_name()
        other.mkdir()
        (other / "first").touch()

    monkeypatch.setattr(evaluator, "_npm_ci", npm)
    folder = installed()
    assert [path.name for path in folder.iterdir()] == ["first"]
    assert list(empty_cache.iterdir()) == [folder]


def test_installation_that_fails_leaves_nothing_behind(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def npm(folder: Path) -> None:
        (folder / "node_modules").mkdir()
        message = "the registry is away"
        raise RuntimeError(message)

    monkeypatch.setattr(evaluator, "_npm_ci", npm)
    with pytest.raises(RuntimeError, match="the registry is away"):
        installed()
    assert list(empty_cache.iterdir()) == []


def test_linter_finds_what_is_wrong_in_a_policy() -> None:
    assert findings(document(READ)) == []
    wrong = document({**READ, "Action": "s3:GetNothing"}, {**READ, "Action": "s3:ListBucket"})
    issues = [finding.partition(":")[0] for finding in findings(wrong)]
    assert issues == ["RESOURCE_MISMATCH", "UNKNOWN_ACTION"]


def test_linter_of_trust_accepts_its_shape_alone() -> None:
    statement = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    assert trust_findings(document(statement)) == []
    assert trust_findings(document({**statement, "Action": "sts:AssumeNothing"}))
    assert findings(document(statement))
