"""What stands in the policy of a role, in the cases that a full stack does not have."""

from typing import Any

import pytest

from manifests.aws.identity import roles
from manifests.aws.permissions import (
    LONGEST_POLICY,
    backup_permissions,
    literal,
    permission_policy,
    service_permissions,
    size,
)
from manifests.aws.scope import Scope, systems
from settings.aws.system import ServiceAws
from settings.faults import SettingsError
from settings.stack import Stack
from settings.system import System
from tests.builders import a_service
from tests.unit.aws.full_stack import KEYS, SEOUL, full_stack, shop


def of(system: System) -> Scope:
    (scope,) = systems(full_stack(system))
    return scope


def resources(scope: Scope, action: str, **used: Any) -> set[str]:
    """Return what an action is allowed on, for a service that uses this."""
    statements = service_permissions(scope, ServiceAws.model_validate(used)).statements
    return {arn for one in statements if action in one["Action"] for arn in one["Resource"]}


def folders(used: list[str], *known: str, **secrets: Any) -> list[str]:
    """Return the folders below the tree that a service that uses parameters may ask for as a whole."""
    changes = {"secretStores": {"tree": {"provider": "aws-parameter-store", "region": SEOUL}}} if secrets else {}
    given = {name: {"keys": {"TOKEN": {}}, "store": "tree"} for name in secrets}
    scope = of(shop(a_service("web"), **changes, secrets=given, aws={"parameters": {name: {} for name in known}}))
    arns = resources(scope, "ssm:GetParametersByPath", parameters=used)
    start = f"arn:aws:ssm:{SEOUL}:123456789012:parameter/shop/prod/"
    return sorted(arn.removeprefix(start) for arn in arns if arn.startswith(start) and not arn.endswith("/"))


def test_folder_that_is_all_of_a_service_may_be_asked_for_as_a_whole() -> None:
    assert folders(["api/a", "api/b"], "api/a", "api/b", "worker/c") == ["api"]


def test_folder_with_a_parameter_that_is_not_declared_may_not() -> None:
    assert folders(["api/a"], "api/a", "api/b") == []


def test_folder_inside_one_that_is_shared_may_be_asked_for() -> None:
    assert folders(["api/own/a", "api/shared"], "api/own/a", "api/shared", "api/other") == ["api/own"]


def test_whole_tree_may_never_be_asked_for() -> None:
    assert folders(["a", "b"], "a", "b") == []


def test_folder_that_external_secrets_reads_may_not_be_asked_for() -> None:
    assert folders(["db/url"], "db/url") == ["db"]
    assert folders(["db/url"], "db/url", db={}) == []


def test_queue_of_a_region_is_used_in_that_region_alone() -> None:
    arns = resources(of(shop()), "sqs:SendMessage", queues={"orders": "send"})
    assert arns == {f"arn:aws:sqs:{region}:123456789012:shop-prod-orders" for region in KEYS}


def test_bucket_with_a_name_of_its_own_goes_by_that() -> None:
    scope = of(shop(a_service("web"), aws={"buckets": {"media": {"name": "media.example.com"}}}, secrets={}))
    assert resources(scope, "s3:GetObject", buckets={"media": "read"}) == {"arn:aws:s3:::media.example.com/*"}


def test_key_is_not_needed_for_what_is_not_encrypted_by_it() -> None:
    assert service_permissions(of(shop()), ServiceAws(parameters=("api/url",))).key_uses == ()


@pytest.mark.parametrize(
    ("prefix", "objects"), [("", "*"), ("dumps", "dumps/*"), ("/dumps/", "dumps/*"), ("a*b?", "a${*}b${?}/*")]
)
def test_backup_writes_below_its_prefix_alone(prefix: str, objects: str) -> None:
    (statement,) = backup_permissions(of(shop()), "backups", prefix).statements
    assert statement["Resource"] == [f"arn:aws:s3:::shop-prod-backups-123456789012/{objects}"]


def test_characters_that_stand_for_others_are_taken_as_they_are() -> None:
    assert literal("a*?${aws:username}") == "a${*}${?}${$}{aws:username}"


def test_policy_needs_the_key_of_every_region() -> None:
    permissions = service_permissions(of(shop()), ServiceAws(queues={"orders": "send"}))
    assert set(permissions.key_regions) == set(KEYS)
    with pytest.raises(KeyError):
        permission_policy(permissions, {SEOUL: KEYS[SEOUL]})


def many(count: int) -> Stack:
    names = [f"{'p' * 100}{number}" for number in range(count)]
    service = a_service("api", aws={"parameters": names})
    return full_stack(shop(service, aws={"parameters": {name: {} for name in names}}, secrets={}))


def test_policy_that_iam_does_not_take_is_refused_before_anything_is_made() -> None:
    (role,) = [role for _, role in roles(many(20))]
    assert size(permission_policy(role.permissions, {})) < LONGEST_POLICY
    with pytest.raises(SettingsError) as error:
        list(roles(many(60)))
    (fault,) = error.value.faults
    assert str(fault).startswith("catalog/shop.yaml: aws: the policy of the role shop-prod-api has ")
    assert str(fault).endswith(
        " characters; IAM takes 10240: expected fewer resources, or two services that share them"
    )


def test_trust_policy_that_iam_does_not_take_is_refused() -> None:
    namespaces = {f"n{number}": {"name": f"{'n' * 50}{number}"} for number in range(40)}
    secrets = {f"s{number}": {"store": "aws", "namespace": f"n{number}", "keys": {"TOKEN": {}}} for number in range(40)}
    stack = full_stack(shop(a_service("web", namespace="n0"), namespaces=namespaces, secrets=secrets, aws={}))
    with pytest.raises(SettingsError, match="the trust policy of the role shop-prod-external-secrets has"):
        list(roles(stack))
