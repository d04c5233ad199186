"""All managed data stores of a stack, as they are registered together, and what moto then has of them."""

from typing import Any

import pulumi

from components.aws.cache import Cache
from components.aws.data_address import DataAddress
from components.aws.database import Database
from components.aws.database_replica import DatabaseReplica
from components.aws.encryption_key import EncryptionKey
from components.aws.providers import AwsProviders
from manifests.aws.data_stores import caches, data_addresses, databases, logical, replicas
from manifests.aws.keys import keys
from manifests.aws.scope import Scope
from settings.aws.environment import ClusterAws
from settings.stack import Stack
from tests.moto.cloud import Account, Cloud, run


def registered(cloud: Cloud, stack: Stack) -> dict[str, Any]:
    """Register the keys, databases, replicas, caches and names of a stack; return each one's outputs by its name."""

    def program() -> pulumi.Output[dict[str, Any]]:
        providers = AwsProviders()

        def of(scope: Scope) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(providers=[providers.of(scope)])

        key = {
            (scope.system_name, scope.region): EncryptionKey(scope.logical("key"), args, opts=of(scope)).arn
            for scope, args in keys(stack)
        }
        made: dict[str, Database | DatabaseReplica | Cache] = {}
        for scope, args in databases(stack):
            name = logical(scope, args.store)
            made[name] = Database(name, args, key=key[scope.system_name, scope.region], opts=of(scope))
        for scope, replica in replicas(stack):
            name, source = logical(scope, replica.store), made[replica.source].arn
            made[name] = DatabaseReplica(
                name, replica, source=source, key=key[scope.system_name, scope.region], opts=of(scope)
            )
        for scope, cache in caches(stack):
            name = logical(scope, cache.store)
            made[name] = Cache(name, cache, key=key[scope.system_name, scope.region], opts=of(scope))
        for scope, address in data_addresses(stack):
            DataAddress(
                scope.logical("data-address", address.store),
                address,
                target=made[address.target].address,
                opts=of(scope),
            )
        outputs = {
            name: {"address": one.address, "arn": one.arn, "secret": getattr(one, "secret", "")}
            for name, one in made.items()
        }
        return pulumi.Output.all(**outputs)

    return dict(run(cloud, program))


def instance(region: str, name: str) -> dict[str, Any]:
    """Return an instance of RDS as moto describes it."""
    (found,) = Account(region).client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return dict(found)


def key_of(region: str) -> str:
    """Return the ARN of the key of the system `shop` in a region."""
    return str(Account(region).client("kms").describe_key(KeyId="alias/shop-prod")["KeyMetadata"]["Arn"])


def group(region: str, name: str) -> dict[str, Any]:
    """Return the security group of a data store."""
    filters = [{"Name": "group-name", "Values": [name]}]
    (found,) = Account(region).client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(found)


def callers(region: str, name: str) -> tuple[set[tuple[str, int, int]], set[str]]:
    """Return the ports that the security group of a data store opens, and whom it opens them to."""
    rules = group(region, name)["IpPermissions"]
    assert not any(rule.get("Ipv6Ranges") or rule.get("PrefixListIds") for rule in rules)
    ports = {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules}
    groups = {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]}
    return ports, groups | {block["CidrIp"] for rule in rules for block in rule["IpRanges"]}


def aws_of(stack: Stack, cluster: str) -> ClusterAws:
    """Return where a cluster of a stack stands in AWS."""
    found = stack.environment.clusters[cluster].aws
    assert found is not None
    return found
