"""Caches, as moto has them: encrypted, in two zones, closed, and kept."""

from typing import Any

from tests.aws_stacks import SEOUL
from tests.moto.caches import ASKED
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.data_stores.conftest import Made
from tests.unit.aws.data_stores.registering import aws_of, callers, group, key_of

REDIS, VALKEY = "seoul/shop/aws/data-store/redis", "seoul/shop/aws/data-store/valkey"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def described(name: str) -> dict[str, Any]:
    client = Account(SEOUL).client("elasticache")
    (found,) = client.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    return dict(found)


def test_another_zone_takes_over_by_itself(made: Made) -> None:
    found = described("shop-prod-redis")
    assert (found["MultiAZ"], found["AutomaticFailover"]) == ("enabled", "enabled")
    assert ASKED[made.outputs[REDIS]["arn"]]["NumCacheClusters"] == 2  # of which moto makes one


def test_cache_is_encrypted_by_its_systems_key_and_on_its_way(made: Made) -> None:
    for name in ("shop-prod-redis", "shop-prod-valkey"):
        found = described(name)
        assert found["AtRestEncryptionEnabled"]
        assert found["KmsKeyId"] == key_of(SEOUL)
        assert found["TransitEncryptionEnabled"]
    assert made.cloud.named(REDIS, REPLICATION_GROUP).region == SEOUL


def test_clients_may_do_without_tls_only_where_that_is_allowed(made: Made) -> None:
    modes = {name: described(f"shop-prod-{name}")["TransitEncryptionMode"] for name in ("redis", "valkey")}
    assert modes == {"redis": "required", "valkey": "preferred"}
    assert made.stack.systems["shop"].data_stores.keys() >= modes.keys()


def test_cache_is_of_the_engine_and_version_of_the_settings(made: Made) -> None:
    assert {name: described(f"shop-prod-{name}")["Engine"] for name in ("redis", "valkey")} == {
        "redis": "redis",
        "valkey": "valkey",
    }
    redis, valkey = (ASKED[made.outputs[name]["arn"]] for name in (REDIS, VALKEY))
    assert (redis["EngineVersion"], valkey["EngineVersion"]) == ("7.1", "8.1")
    assert (redis["CacheNodeType"], redis["Port"]) == ("cache.t4g.small", 6379)


def test_parameters_are_of_the_engines_family(made: Made) -> None:
    used = {name: ASKED[made.outputs[name]["arn"]]["CacheParameterGroupName"] for name in (REDIS, VALKEY)}
    assert used == {REDIS: "shop-prod-redis-redis7", VALKEY: "shop-prod-valkey-valkey8"}
    prefix = f"arn:aws:elasticache:{SEOUL}:{ACCOUNT}:parametergroup:"
    assert ASKED[prefix + used[REDIS]]["CacheParameterGroupFamily"] == "redis7"
    assert ASKED[prefix + used[VALKEY]]["CacheParameterGroupFamily"] == "valkey8"
    assert ASKED[prefix + used[REDIS]]["ParameterNameValues"] == [
        {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}
    ]


def test_only_callers_reach_a_cache_at_its_port_alone(made: Made) -> None:
    ports, allowed = callers(SEOUL, "shop-prod-redis")
    assert ports == {("tcp", 6379, 6379)}
    assert allowed == {aws_of(made.stack, "seoul").security_group, aws_of(made.stack, "tokyo").cidr}
    found = group(SEOUL, "shop-prod-redis")
    assert found["IpPermissionsEgress"] == []
    assert ASKED[made.outputs[REDIS]["arn"]]["SecurityGroupIds"] == [found["GroupId"]]


def test_cache_stands_in_the_private_subnets(made: Made) -> None:
    name = ASKED[made.outputs[REDIS]["arn"]]["CacheSubnetGroupName"]
    client = Account(SEOUL).client("elasticache")
    (found,) = client.describe_cache_subnet_groups(CacheSubnetGroupName=name)["CacheSubnetGroups"]
    own = aws_of(made.stack, "seoul")
    assert found["VpcId"] == own.vpc
    assert {one["SubnetIdentifier"] for one in found["Subnets"]} == set(own.private_subnets)


def test_cache_has_backups_and_is_not_deleted_without_one(made: Made) -> None:
    found, asked = described("shop-prod-redis"), ASKED[made.outputs[REDIS]["arn"]]
    assert (found["SnapshotRetentionLimit"], found["SnapshotWindow"]) == (14, "17:00-18:00")
    assert asked["PreferredMaintenanceWindow"] == "sun:18:30-sun:19:30"
    assert asked["FinalSnapshotIdentifier"] == "shop-prod-redis-final"
    assert asked["AutoMinorVersionUpgrade"] is False
    resource = made.cloud.named(REDIS, REPLICATION_GROUP)
    assert (resource.protect, resource.retain_on_delete) == (True, True)


def test_cache_carries_its_owners_tags(made: Made) -> None:
    tags = {one["Key"]: one["Value"] for one in ASKED[made.outputs[REDIS]["arn"]]["Tags"]}
    assert (tags["system"], tags["environment"], tags["owner"]) == ("shop", "prod", "platform")
