"""Roles, as moto has them: what came out is what was planned, and about keys that are there."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.encryption_key import EncryptionKey
from components.aws.service_role import ServiceRole
from manifests.aws.identity import roles
from manifests.aws.keys import keys
from manifests.aws.names import role_arn
from manifests.aws.scope import Scope
from tests.builders import a_service
from tests.moto.cloud import Account, Cloud, run
from tests.moto.identity import ASSOCIATIONS
from tests.unit.aws.full_stack import SEOUL, TOKYO, full_stack, shop
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings, trust_findings

API = "global/shop/aws/role/api"
ROLE = "aws:iam/role:Role"


def made(cloud: Cloud, identity: str = "oidc") -> dict[str, str]:
    """Make the keys of a stack, and its roles by them; return the ARNs of all."""
    stack = full_stack(shop(), identity=identity)

    def program() -> pulumi.Output[dict[str, str]]:
        providers = {region: aws.Provider(region, region=region) for region in (SEOUL, TOKYO)}
        found: dict[str, pulumi.Output[str]] = {}
        for scope, args in keys(stack):
            opts = pulumi.ResourceOptions(providers=[providers[scope.region]])
            found[scope.region] = EncryptionKey(scope.logical("key"), args, opts=opts).arn
        by_region = dict(found)
        for scope, role in roles(stack):
            name = scope.logical("role", role.key)
            opts = pulumi.ResourceOptions(providers=[providers[scope.region]])
            found[name] = ServiceRole(name, role, keys=by_region, opts=opts).arn
        return pulumi.Output.all(**found)

    return dict(run(cloud, program))


def policy_of(name: str) -> dict[str, Any]:
    iam = Account(SEOUL).client("iam")
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    return dict(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])


def test_arn_of_every_role_is_the_one_that_manifests_name(cloud: Cloud) -> None:
    found = made(cloud)
    stack = full_stack(shop())
    scope = Scope(stack, stack.systems["shop"])
    for key in ("api", "worker", "api-migrate", "external-secrets"):
        arn = found[f"global/shop/aws/role/{key}"]
        assert arn == role_arn(scope, key)
        assert Account(SEOUL).client("iam").get_role(RoleName=f"shop-prod-{key}")["Role"]["Arn"] == arn


def test_role_decrypts_by_the_keys_of_its_own_system(cloud: Cloud) -> None:
    found = made(cloud)
    policy = policy_of("shop-prod-api")
    stranger = Account(SEOUL).client("kms").create_key()["KeyMetadata"]["Arn"]
    for region in (SEOUL, TOKYO):
        context = {"kms:ViaService": f"sqs.{region}.amazonaws.com"}
        assert allowed([policy], "kms:GenerateDataKey", found[region], context=context)
        assert not allowed([policy], "kms:GenerateDataKey", found[region])
        assert not allowed([policy], "kms:GenerateDataKey", stranger, context=context)


def test_policies_that_iam_has_are_without_fault(cloud: Cloud) -> None:
    made(cloud)
    names = [role["RoleName"] for role in Account(SEOUL).client("iam").list_roles()["Roles"]]
    assert len(names) == 4
    for name in names:
        role = Account(SEOUL).client("iam").get_role(RoleName=name)["Role"]
        assert findings(policy_of(name)) == []
        assert trust_findings(role["AssumeRolePolicyDocument"]) == []


def test_trust_of_a_role_is_the_planned_one(cloud: Cloud) -> None:
    made(cloud)
    trust = Account(SEOUL).client("iam").get_role(RoleName="shop-prod-api")["Role"]["AssumeRolePolicyDocument"]
    planned = {args.name: args.trust for _, args in roles(full_stack(shop()))}
    assert trust == json.loads(json.dumps(planned["shop-prod-api"]))


def test_role_has_the_tags_of_its_system(cloud: Cloud) -> None:
    made(cloud)
    tags = Account(SEOUL).client("iam").list_role_tags(RoleName="shop-prod-api")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "system": "shop",
        "environment": "prod",
        "owner": "platform",
        "cost-centre": "4711",
        "managed-by": "naru",
        "Name": "shop-prod-api",
    }


@pytest.fixture
def associations() -> list[dict[str, Any]]:
    ASSOCIATIONS.clear()
    return ASSOCIATIONS


def test_pod_identity_is_told_of_a_role_on_each_cluster_in_its_own_region(
    cloud: Cloud, associations: list[dict[str, Any]]
) -> None:
    found = made(cloud, identity="pod-identity")
    of_api = [one for one in associations if one["serviceAccount"] == "api"]
    # Nothing says which of the two is made first.
    assert sorted((one["region"], one["clusterName"], one["namespace"], one["roleArn"]) for one in of_api) == [
        (TOKYO, "prod-tokyo", "shop", found[API]),
        (SEOUL, "prod-seoul", "shop", found[API]),
    ]
    assert [one["clusterName"] for one in associations if one["serviceAccount"] == "api-migrate"] == ["prod-seoul"]
    assert "external-secrets" not in {one["serviceAccount"] for one in associations}


def test_no_association_is_made_where_pods_take_on_roles_by_oidc(
    cloud: Cloud, associations: list[dict[str, Any]]
) -> None:
    made(cloud)
    assert associations == []


def test_role_of_the_component_is_its_child(cloud: Cloud) -> None:
    made(cloud)
    component = cloud.named(API, "naru:aws:ServiceRole")
    assert cloud.named(API, ROLE).parent == component.urn
    assert cloud.named(API, "aws:iam/rolePolicy:RolePolicy").parent == component.urn


def test_role_that_decrypts_nothing_needs_no_key(cloud: Cloud) -> None:
    stack = full_stack(shop(a_service("web", aws={"parameters": ["flag"]}), secrets={}))
    ((_, args),) = roles(stack)

    def program() -> pulumi.Output[str]:
        opts = pulumi.ResourceOptions(providers=[aws.Provider("aws", region=SEOUL)])
        return ServiceRole("role", args, keys={}, opts=opts).arn

    run(cloud, program)
    actions = {action for statement in policy_of("shop-prod-web")["Statement"] for action in statement["Action"]}
    assert actions == {"ssm:GetParameter", "ssm:GetParameters"}
