"""Databases and their replicas, as moto has them: hardened, private, kept, and with passwords that nobody saw."""

import json
from typing import Any

import pytest

from tests.aws_stacks import SEOUL, TOKYO
from tests.moto.cloud import Account, Registration
from tests.moto.databases import ASKED, SECRET
from tests.moto.laws import untagged
from tests.unit.aws.data_stores.conftest import Made
from tests.unit.aws.data_stores.registering import aws_of, callers, group, instance, key_of
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import resource_findings

DB, BOOKS = "seoul/shop/aws/data-store/db", "seoul/shop/aws/data-store/books"
REPLICA = "tokyo/shop/aws/data-store/books"
INSTANCE = "aws:rds/instance:Instance"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
NAMES = {SEOUL: ("shop-prod-db", "shop-prod-books"), TOKYO: ("shop-prod-books",)}


def test_database_is_what_the_settings_say(made: Made) -> None:
    found = instance(SEOUL, "shop-prod-db")
    assert (found["Engine"], found["EngineVersion"], found["DBInstanceClass"]) == ("postgres", "17", "db.m7g.large")
    assert (found["AllocatedStorage"], found["MaxAllocatedStorage"], found["StorageType"]) == (100, 500, "gp3")
    assert (found["DBName"], found["MasterUsername"], found["Endpoint"]["Port"]) == ("orders", "postgres", 5432)
    assert found["DBInstanceArn"] == made.outputs[DB]["arn"]


def test_database_is_encrypted_by_its_systems_key(made: Made) -> None:
    found = instance(SEOUL, "shop-prod-db")
    assert found["StorageEncrypted"]
    assert found["KmsKeyId"] == key_of(SEOUL)
    assert made.cloud.named(DB, INSTANCE).region == SEOUL


def test_database_stands_in_two_zones_of_the_private_subnets(made: Made) -> None:
    found = instance(SEOUL, "shop-prod-db")
    assert found["MultiAZ"]
    assert not found["PubliclyAccessible"]
    subnets = found["DBSubnetGroup"]["Subnets"]
    assert {subnet["SubnetIdentifier"] for subnet in subnets} == set(aws_of(made.stack, "seoul").private_subnets)
    assert len({subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets}) == 2


def test_database_is_not_deleted_and_leaves_its_backups(made: Made) -> None:
    found = instance(SEOUL, "shop-prod-db")
    assert found["DeletionProtection"]
    assert found["CopyTagsToSnapshot"]
    resource = made.cloud.named(DB, INSTANCE)
    assert (resource.protect, resource.retain_on_delete) == (True, True)
    assert resource.inputs["skipFinalSnapshot"] is False
    assert resource.inputs["finalSnapshotIdentifier"] == "shop-prod-db-final"
    assert resource.inputs["deleteAutomatedBackups"] is False


def test_what_a_kept_data_store_stands_on_is_kept_too(made: Made) -> None:
    folders = ("aws:rds/", "aws:elasticache/", "aws:ec2/", "aws:vpc/", "aws:cloudwatch/")
    around = [one for one in made.cloud.resources if one.type.startswith(folders)]
    assert len(around) > 20
    assert all(one.retain_on_delete for one in around)


def test_backups_and_maintenance_are_at_the_times_of_the_settings(made: Made) -> None:
    assert made.stack.systems["shop"].data_stores["books"].managed is not None
    found = instance(SEOUL, "shop-prod-books")
    assert found["BackupRetentionPeriod"] == 30
    assert found["PreferredBackupWindow"] == "17:00-18:00"
    assert found["PreferredMaintenanceWindow"] == "sun:18:30-sun:19:30"


def test_database_takes_tls_alone_and_knows_iam(made: Made) -> None:
    assert made.stack.systems["shop"].data_stores["db"].managed is not None
    found = instance(SEOUL, "shop-prod-db")
    assert found["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert found["IAMDatabaseAuthenticationEnabled"]
    (used,) = found["DBParameterGroups"]
    client, name = Account(SEOUL).client("rds"), {"DBParameterGroupName": used["DBParameterGroupName"]}
    parameters = client.describe_db_parameters(**name)["Parameters"]
    assert {one["ParameterName"]: (one["ParameterValue"], one["ApplyMethod"]) for one in parameters} == {
        "rds.force_ssl": ("1", "pending-reboot"),
        "log_min_duration_statement": ("500", "pending-reboot"),
    }
    (described,) = client.describe_db_parameter_groups(**name)["DBParameterGroups"]
    assert described["DBParameterGroupFamily"] == "postgres17"


def test_database_tells_what_goes_on_in_it(made: Made) -> None:
    assert instance(SEOUL, "shop-prod-db")["EnabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    asked = ASKED[made.outputs[DB]["arn"]]
    assert asked["EnablePerformanceInsights"]
    assert asked["PerformanceInsightsKMSKeyId"] == key_of(SEOUL)
    assert asked["PerformanceInsightsRetentionPeriod"] == 7


def log_groups(region: str, name: str) -> dict[str, Any]:
    """Return the log groups of an instance by their logs."""
    below = f"/aws/rds/instance/{name}/"
    found = Account(region).client("logs").describe_log_groups(logGroupNamePrefix=below)["logGroups"]
    return {one["logGroupName"].removeprefix(below): one for one in found}


@pytest.mark.parametrize(
    ("region", "name", "days"),
    [(SEOUL, "shop-prod-db", 90), (SEOUL, "shop-prod-books", 30), (TOKYO, "shop-prod-books", 30)],
)
def test_logs_are_encrypted_by_the_systems_key_and_end(made: Made, region: str, name: str, days: int) -> None:
    found = log_groups(region, name)
    assert sorted(found) == sorted(instance(region, name)["EnabledCloudwatchLogsExports"])
    assert {(one["kmsKeyId"], one["retentionInDays"]) for one in found.values()} == {(key_of(region), days)}


@pytest.mark.parametrize("name", [DB, BOOKS, REPLICA])
def test_log_groups_are_there_before_rds_would_make_them(made: Made, name: str) -> None:
    groups = {one.urn for one in made.cloud.of_type(LOG_GROUP) if one.name.startswith(f"{name}/")}
    assert len(groups) == 2
    assert groups <= made.cloud.named(name, INSTANCE).dependencies


@pytest.mark.parametrize("region", [SEOUL, TOKYO])
def test_cloudwatch_logs_may_use_the_key_for_log_groups_of_the_systems_databases_alone(made: Made, region: str) -> None:
    answer = Account(region).client("kms").get_key_policy(KeyId=key_of(region), PolicyName="default")
    # The evaluator knows no context of an encryption: it is asked about another ARN that a request has.
    policy = json.loads(answer["Policy"].replace("kms:EncryptionContext:aws:logs:arn", "aws:SourceArn"))
    assert "aws:SourceArn" in str(policy)
    arns = [one["arn"].removesuffix(":*") for name in NAMES[region] for one in log_groups(region, name).values()]
    assert len(arns) == 2 * len(NAMES[region])

    def may(action: str, group: str, service: str = "logs") -> bool:
        asked, context = f"{service}.{region}.amazonaws.com", {"aws:SourceArn": group}
        return allowed([], action, key_of(region), principal=asked, context=context, resource_policy=policy)

    uses = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom")
    assert all(may(action, arn) for action in uses for arn in arns)
    # One that was kept when its database left the files.
    assert may("kms:Decrypt", arns[0].replace(NAMES[region][0], "shop-prod-gone"))
    others = (("prod", "test"), ("shop-", "shopping-"), ("/aws/rds/", "/aws/eks/"), (region, "eu-west-1"))
    assert not any(may(action, arns[0].replace(*other)) for action in uses for other in others)
    assert not may("kms:Decrypt", arns[0], "rds")
    assert not may("kms:ScheduleKeyDeletion", arns[0])
    _, statement = json.loads(answer["Policy"])["Statement"]
    assert resource_findings({"Version": "2012-10-17", "Statement": [statement]}, key_of(region)) == []


def test_rds_keeps_the_password_by_the_systems_key(made: Made) -> None:
    secret = instance(SEOUL, "shop-prod-db")["MasterUserSecret"]
    assert secret["KmsKeyId"] == key_of(SEOUL)
    assert made.outputs[DB]["secret"] == secret["SecretArn"]


def passwords(resource: Registration) -> list[str]:
    return sorted(name for name in resource.inputs if "password" in name.lower() and name != "manageMasterUserPassword")


def test_no_password_that_rds_keeps_is_in_the_program(made: Made) -> None:
    arn = instance(SEOUL, "shop-prod-db")["MasterUserSecret"]["SecretArn"]
    kept = json.loads(Account(SEOUL).client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert not any(kept["password"] in str(one.inputs) for one in made.cloud.registered)
    assert made.cloud.named(DB, INSTANCE).inputs["manageMasterUserPassword"] is True
    assert [one.name for one in made.cloud.registered if passwords(one)] == [BOOKS]


def test_replicated_database_begins_with_a_password_that_only_the_engine_knows(made: Made) -> None:
    """AWS makes no replica of an instance whose password RDS keeps, and the mocks refuse it as AWS does."""
    assert "MasterUserSecret" not in instance(SEOUL, "shop-prod-books")
    holder = made.cloud.named(BOOKS, INSTANCE)
    assert passwords(holder) == ["passwordWo", "passwordWoVersion"]
    assert SECRET in holder.inputs["passwordWo"]
    assert holder.ignore_changes == ("passwordWo",)
    password = ASKED[made.outputs[BOOKS]["arn"]]["MasterUserPassword"]
    assert 32 <= len(password) <= 128
    assert not set(password) & set('/"@ ')
    assert made.outputs[BOOKS]["secret"] == ""
    assert password not in str(made.outputs)


def test_only_callers_reach_a_database_at_its_port_alone(made: Made) -> None:
    ports, allowed = callers(SEOUL, "shop-prod-db")
    assert ports == {("tcp", 5432, 5432)}
    assert allowed == {aws_of(made.stack, "seoul").security_group, aws_of(made.stack, "tokyo").cidr}
    found = group(SEOUL, "shop-prod-db")
    assert found["IpPermissionsEgress"] == []
    assert [one["VpcSecurityGroupId"] for one in instance(SEOUL, "shop-prod-db")["VpcSecurityGroups"]] == [
        found["GroupId"]
    ]


def test_replica_follows_the_primary_of_the_other_region(made: Made) -> None:
    asked = ASKED[made.outputs[REPLICA]["arn"]]
    assert asked["SourceDBInstanceIdentifier"] == made.outputs[BOOKS]["arn"]
    assert asked["SourceRegion"] == SEOUL
    assert instance(SEOUL, "shop-prod-books")["ReadReplicaDBInstanceIdentifiers"] == [made.outputs[REPLICA]["arn"]]
    assert instance(TOKYO, "shop-prod-books")["DBInstanceArn"] == made.outputs[REPLICA]["arn"]
    assert made.cloud.named(REPLICA, INSTANCE).region == TOKYO


def test_replica_has_key_subnets_and_parameters_of_its_own_region(made: Made) -> None:
    found, asked = instance(TOKYO, "shop-prod-books"), ASKED[made.outputs[REPLICA]["arn"]]
    assert found["KmsKeyId"] == asked["PerformanceInsightsKMSKeyId"] == key_of(TOKYO) != key_of(SEOUL)
    assert [one["VpcSecurityGroupId"] for one in found["VpcSecurityGroups"]] == [
        group(TOKYO, "shop-prod-books")["GroupId"]
    ]
    client = Account(TOKYO).client("rds")
    (subnets,) = client.describe_db_subnet_groups(DBSubnetGroupName=asked["DBSubnetGroupName"])["DBSubnetGroups"]
    own = aws_of(made.stack, "tokyo")
    assert subnets["VpcId"] == own.vpc
    assert {one["SubnetIdentifier"] for one in subnets["Subnets"]} == set(own.private_subnets)
    parameters = client.describe_db_parameters(DBParameterGroupName=asked["DBParameterGroupName"])["Parameters"]
    assert [(one["ParameterName"], one["ParameterValue"]) for one in parameters] == [("rds.force_ssl", "1")]


def test_replica_is_hardened_as_the_primary_is(made: Made) -> None:
    asked = ASKED[made.outputs[REPLICA]["arn"]]  # moto begins a replica as a copy of its source
    assert (asked["DeletionProtection"], asked["CopyTagsToSnapshot"]) == (True, True)
    assert (asked["MultiAZ"], asked["PubliclyAccessible"]) == (False, False)
    assert asked["EnableIAMDatabaseAuthentication"]
    assert asked["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert asked["EnableCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    assert asked["BackupRetentionPeriod"] == 30
    assert instance(TOKYO, "shop-prod-books")["StorageEncrypted"]
    resource = made.cloud.named(REPLICA, INSTANCE)
    assert (resource.protect, resource.retain_on_delete) == (True, True)
    assert resource.inputs["skipFinalSnapshot"] is True


def test_replica_that_was_promoted_is_not_made_a_replica_again(made: Made) -> None:
    assert made.cloud.named(REPLICA, INSTANCE).ignore_changes == ("replicateSourceDb",)


def test_replica_lets_in_the_pods_of_its_own_cluster_alone(made: Made) -> None:
    ports, allowed = callers(TOKYO, "shop-prod-books")
    assert ports == {("tcp", 5432, 5432)}
    assert allowed == {aws_of(made.stack, "tokyo").security_group}


def test_nothing_of_the_primary_region_depends_on_a_replica(made: Made) -> None:
    tokyo = {one.urn for one in made.cloud.registered if one.name.startswith("tokyo/")}
    seoul = [one for one in made.cloud.registered if one.name.startswith("seoul/")]
    assert tokyo
    assert seoul
    assert not any(one.dependencies & tokyo for one in seoul)


def test_everything_carries_its_owners_tags(made: Made) -> None:
    assert untagged(made.cloud) == []
    for region in (SEOUL, TOKYO):
        tags = {one["Key"]: one["Value"] for one in instance(region, "shop-prod-books")["TagList"]}
        assert tags == {
            "system": "shop",
            "environment": "prod",
            "owner": "platform",
            "cost-centre": "4711",
            "managed-by": "naru",
            "Name": "shop-prod-books",
        }
