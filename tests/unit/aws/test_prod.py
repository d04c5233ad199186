"""Production as the project has it, made in moto: all of it, as it was foretold, and no region upon the other."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import pytest
from moto import mock_aws

from manifests.aws.plan import plan
from settings.stack import Stack
from tests import assembled
from tests.moto.cloud import ACCOUNT, Account, Cloud, Registration, paged
from tests.moto.laws import untagged
from tests.moto.network import records
from tests.unit.aws.whole import objects, production, registered

SEOUL, TOKYO = "ap-northeast-2", "ap-northeast-1"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Production in moto's account, on its own networks and zones."""
    with mock_aws():
        yield production()


@pytest.fixture(scope="module")
def made(stack: Stack) -> Cloud:
    """All that production registers, with what it has in AWS made."""
    return registered(stack)


def test_clients_that_can_say_so_take_a_database_by_tls_alone() -> None:
    ams = assembled.stack("prod").systems["ams"].services["ams"]
    assert ams.env["SPRING_DATASOURCE_HIKARI_DATASOURCEPROPERTIES_SSLMODE"] == "require"
    assert ams.migration is not None
    assert ams.migration.env["PGSSLMODE"] == "require"
    assert ams.migration.env["PGUSER"] == "$(DATABASE_USER)"


def test_every_planned_component_is_made_and_no_other(stack: Stack, made: Cloud) -> None:
    planned = {(name, one.component) for name, one in plan(stack).items() if one.component != "Tags"}
    found = {(one.name, one.type.rpartition(":")[2]) for one in made.registered if one.type.startswith("naru:aws:")}
    parts = {"ValidatedCertificate", "DatabaseSurroundings", "StoreSecurityGroup", "StoreNetwork", "TargetGroup"}
    assert planned
    assert {(name, kind) for name, kind in found if kind not in parts} == planned


def test_everything_carries_who_it_is_for(made: Cloud) -> None:
    assert untagged(made) == []


@pytest.mark.parametrize(
    ("system", "kinds"),
    [
        (
            "ams",
            {
                "ecr/repository",
                "ssm/parameter",
                "secretsmanager/secret",
                "rds/instance",
                "elasticache/replicationGroup",
                "s3/bucket",
                "iam/role",
                "acm/certificate",
                "route53/record",
                "kms/key",
                "budgets/budget",
            },
        ),
        (
            "immersiverse",
            {"rds/instance", "elasticache/replicationGroup", "acm/certificate", "route53/record", "kms/key"},
        ),
    ],
)
def test_system_has_what_its_guide_names(made: Cloud, system: str, kinds: set[str]) -> None:
    found = {
        one.type.removeprefix("aws:").rpartition(":")[0] for one in made.resources if one.name.split("/")[1] == system
    }
    assert kinds <= found


def test_what_the_clusters_were_told_is_what_aws_made(stack: Stack, made: Cloud) -> None:
    seoul, tokyo = objects(stack, "seoul"), objects(stack, "tokyo")
    roles = {role["Arn"] for role in paged(Account(SEOUL).client("iam"), "list_roles", "Roles")}
    accounts = [one for one in seoul.values() if one["kind"] == "ServiceAccount"]
    told = {one["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn") for one in accounts} - {None}
    # cert-manager runs beside what is declared here.
    assert told == {arn for arn in roles if not arn.endswith("/naru-prod-cert-manager")}
    repositories = paged(Account(SEOUL).client("ecr"), "describe_repositories", "repositories")
    image = seoul["Rollout/ams-prod/ams"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.rpartition(":")[0] in {one["repositoryUri"] for one in repositories}
    zone = stack.environment.aws.private_zone if stack.environment.aws else None
    assert zone is not None
    names = {str(record["Name"]).removesuffix(".") for record in records(zone.id)}
    hosts = {
        one["spec"]["externalName"]
        for one in (*seoul.values(), *tokyo.values())
        if one["kind"] == "Service" and str(one["spec"].get("externalName", "")).endswith(zone.domain)
    }
    assert hosts
    assert hosts <= names


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_host_of_several_regions_is_proven_by_a_record_that_cert_manager_may_write(stack: Stack, cluster: str) -> None:
    solvers = objects(stack, cluster)["ClusterIssuer//letsencrypt-prod"]["spec"]["acme"]["solvers"]
    (solver,) = [one for one in solvers if "auth.immersiverse.com" in one.get("selector", {}).get("dnsNames", ())]
    zone = solver["dns01"]["route53"]["hostedZoneID"]
    said = assembled.stack("prod").environment.aws
    assert said is not None
    assert zone == said.zones["immersiverse.com"]
    policy = Account(SEOUL).client("iam").get_role_policy(RoleName="naru-prod-cert-manager", PolicyName="declared")
    change = "route53:ChangeResourceRecordSets"
    (proving,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Resource"][0].endswith(f"/{zone}")]
    assert proving["Action"] == [change]
    names = proving["Condition"]["ForAllValues:StringLike"][f"{change}NormalizedRecordNames"]
    assert names == ["_acme-challenge.auth.immersiverse.com"]


@pytest.mark.usefixtures("made")
def test_parameters_of_ams_are_below_the_path_that_it_is_told(stack: Stack) -> None:
    (told,) = {
        one["data"]["SPRING_CONFIG_IMPORT"].removeprefix("aws-parameterstore:")
        for one in objects(stack, "seoul").values()
        if one["kind"] == "ConfigMap" and "SPRING_CONFIG_IMPORT" in one.get("data", {})
    }
    found = Account(SEOUL).client("ssm").get_parameters_by_path(Path=told, Recursive=True)["Parameters"]
    system = stack.systems["ams"].aws
    assert system is not None
    assert {one["Name"] for one in found} == {f"/ams/prod/{name}" for name in system.parameters}


def test_configuration_of_an_application_is_the_same_with_a_managed_data_store(stack: Stack) -> None:
    without = replace(stack, environment=stack.environment.model_copy(update={"aws": None}))
    for found in (stack, without):
        service = objects(found, "seoul")["Service/production/postgres-auth-service"]
        assert service["metadata"]["name"] == "postgres-auth-service"
    assert "StatefulSet/production/postgres-auth-service" not in objects(stack, "seoul")
    assert "StatefulSet/production/postgres-auth-service" in objects(without, "seoul")


def region_of(name: str) -> str:
    """Return the cluster that a logical name belongs to; empty for what is of none."""
    cluster = name.partition("/")[0]
    return cluster if cluster in {"seoul", "tokyo"} else ""


def reached(cloud: Cloud) -> Mapping[str, set[str]]:
    """Return, by the name of each resource, the names of all that it waits for, by whatever way."""
    by_urn = {one.urn: one for one in cloud.registered}
    children: dict[str, list[Registration]] = defaultdict(list)
    for one in cloud.registered:
        children[one.parent].append(one)

    def below(urn: str) -> Iterator[Registration]:
        for child in children[urn]:
            yield child
            yield from below(child.urn)

    @cache
    def needed(urn: str) -> frozenset[str]:
        found: set[str] = set()
        for dependency in by_urn[urn].dependencies:
            for one in (by_urn[dependency], *below(dependency)) if dependency in by_urn else ():
                found |= {one.name, *needed(one.urn)}
        return frozenset(found)

    return {one.name: {*needed(one.urn)} for one in cloud.registered if not one.type.startswith("pulumi:")}


def crossing(cloud: Cloud) -> dict[str, set[str]]:
    """Return what of one region waits for what of another, without numbers and systems' names."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, others in reached(cloud).items():
        for other in others:
            if region_of(name) and region_of(other) and region_of(name) != region_of(other):
                found[name].add(other)
    return found


def test_nothing_of_one_region_waits_for_the_other_but_what_is_shared(made: Cloud) -> None:
    found = crossing(made)
    shared = {
        # A replica follows its primary, which is in the subnets, groups and key that it is in.
        r"tokyo/(ams|immersiverse)/aws/data-(store|address)/.+": r"seoul/\1/aws/(data-store/.+|key)",
        # A certificate is validated by records that all regions have in common, and made from the first region's.
        r"tokyo/immersiverse/aws/validated-certificate|tokyo/common/aws/(entrance|web-acl|health-check).*": (
            r"seoul/immersiverse/aws/certificate"
        ),
    }
    unexplained = {
        f"{name} waits for {other}"
        for name, others in found.items()
        for other in others
        if not any(
            (match := re.fullmatch(here, name)) and re.fullmatch(match.expand(there), other)
            for here, there in shared.items()
        )
    }
    assert unexplained == set()
    # What the first region has waits for nothing of the second at all.
    assert {name for name in found if region_of(name) == "seoul"} == set()


def test_graph_of_the_regions_is_looked_at_whole(made: Cloud) -> None:
    """The walk finds what it is about: a replica's way to its primary's key."""
    names = reached(made)["tokyo/immersiverse/aws/data-store/postgres-auth-service"]
    assert {"seoul/immersiverse/aws/data-store/postgres-auth-service", "seoul/immersiverse/aws/key"} <= names


def test_moto_has_the_account_that_everything_is_in(made: Cloud) -> None:
    providers = [one for one in made.registered if one.type == "pulumi:providers:aws"]
    assert {one.name: one.inputs["region"] for one in providers} == {
        "aws/ap-northeast-2": SEOUL,
        "aws/ap-northeast-1": TOKYO,
        "aws/global": "us-east-1",
    }
    assert [json.loads(one.inputs["allowedAccountIds"]) for one in providers] == [[ACCOUNT]] * 3


def test_what_leads_traffic_away_is_asked_of_no_region_of_the_stack(made: Cloud) -> None:
    """A provider looks up its account in its own region first: a dead one would keep its traffic."""
    asked = defaultdict(set)
    for one in made.resources:
        asked[one.type.partition("/")[0]].add(one.region)
    assert asked["aws:route53"] == asked["aws:budgets"] == {"us-east-1"}
    assert {one.region for one in made.resources if one.type == "aws:iam/rolePolicy:RolePolicy"} == {"us-east-1"}
    assert asked["aws:rds"] == asked["aws:lb"] == asked["aws:acm"] == {SEOUL, TOKYO}
