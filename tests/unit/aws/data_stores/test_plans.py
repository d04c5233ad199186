"""Which managed data stores there are, where, and whom each lets in: decided before anything is registered."""

from typing import Any

import pytest

from manifests.aws.data_stores import caches, data_addresses, databases, replicas
from manifests.aws.keys import keys
from settings.aws.managed import identifier
from tests.aws_stacks import SEOUL, TOKYO, an_aws_stack
from tests.builders import a_service
from tests.managed_stores import ZONE, a_cache, a_database, a_managed_stack, a_shop
from tests.moto.cloud import Cloud
from tests.moto.network import on_moto
from tests.unit.aws.data_stores.registering import callers, instance, registered

AWS_OFF: dict[str, Any] = {"aws": None}


def test_there_is_nothing_without_aws() -> None:
    stack = an_aws_stack(a_shop(a_database(replicas=["tokyo"]), a_cache(), **AWS_OFF), aws=ZONE)
    assert [*databases(stack), *replicas(stack), *caches(stack), *data_addresses(stack)] == []


def test_a_database_is_no_cache_and_a_cache_no_database() -> None:
    stack = a_managed_stack(a_database(), a_cache())
    assert [args.store for _, args in databases(stack)] == ["db"]
    assert [args.store for _, args in caches(stack)] == ["redis"]


@pytest.mark.parametrize(("version", "by_aws"), [("17", True), ("17.6", False)])
def test_minor_version_is_raised_by_aws_unless_it_is_named(version: str, *, by_aws: bool) -> None:
    stack = a_managed_stack(a_database(version=version, replicas=["tokyo"]))
    ((_, database),), ((_, replica),) = databases(stack), replicas(stack)
    assert (database.minor_upgrades, replica.minor_upgrades) == (by_aws, by_aws)
    assert database.family == replica.family == "postgres17"


@pytest.mark.parametrize(
    ("engine", "version", "family", "mode"),
    [
        ("redis", "6.2", "redis6.x", None),
        ("redis", "7.0", "redis7", "required"),
        ("valkey", "7.2", "valkey7", "required"),
        ("valkey", "8.1", "valkey8", "required"),
    ],
)
def test_cache_says_how_it_takes_tls_where_its_version_can(
    engine: str, version: str, family: str, mode: str | None
) -> None:
    ((_, args),) = caches(a_managed_stack(a_cache(changes={"engine": engine}, version=version)))
    assert (args.family, args.transit_mode) == (family, mode)


def test_replica_is_where_its_cluster_is_though_its_system_is_not() -> None:
    stack = an_aws_stack(a_shop(a_database(replicas=["tokyo"]), clusters="primary"), aws=ZONE)
    ((scope, args),) = replicas(stack)
    assert (scope.region, args.source) == (TOKYO, "seoul/shop/aws/data-store/db")
    assert [scope.region for scope, _ in keys(stack)] == [SEOUL, TOKYO]


def test_region_that_a_system_runs_in_has_one_key_with_a_replica_too() -> None:
    stack = a_managed_stack(a_database(replicas=["tokyo"]), a_database("books", replicas=["tokyo"]))
    assert [scope.region for scope, _ in keys(stack)] == [SEOUL, TOKYO]


def test_only_clusters_whose_services_depend_on_a_store_may_call_it() -> None:
    far = a_shop(a_service("report", dependsOn=["shop/db"])).model_copy(update={"name": "books"})
    near = a_shop(a_database(), a_service("api", dependsOn=["db"]), clusters="primary")
    ((_, args),) = databases(an_aws_stack(near, aws=ZONE))
    assert (set(args.network.groups), args.network.ranges) == ({"seoul"}, {})
    ((_, args),) = databases(an_aws_stack(near, far, aws=ZONE))
    assert (set(args.network.groups), args.network.ranges) == ({"seoul"}, {"tokyo": "10.65.0.0/16"})


def test_replica_that_nobody_calls_is_closed() -> None:
    stack = an_aws_stack(a_shop(a_database(replicas=["tokyo"]), clusters="primary"), aws=ZONE)
    ((_, args),) = replicas(stack)
    assert (args.network.groups, args.network.ranges) == ({}, {})


def test_name_of_a_replica_has_its_cluster_in_it() -> None:
    found = [
        (scope.cluster_name, args.host)
        for scope, args in data_addresses(a_managed_stack(a_database(replicas=["tokyo"])))
    ]
    assert found == [("seoul", "db.shop.data.internal"), ("tokyo", "db-replica.tokyo.shop.data.internal")]


def test_what_a_store_is_called_is_as_its_scope_names_things() -> None:
    stack = a_managed_stack(a_database())
    ((scope, args),) = databases(stack)
    system = stack.systems["shop"]
    assert args.identifier == scope.name("db") == identifier(stack, system, system.data_stores["db"])


def test_data_that_are_not_protected_can_be_deleted(cloud: Cloud) -> None:
    """On a system that runs in Seoul alone, so that nobody calls from Tokyo either; with a cache in one zone."""
    system = a_shop(a_database(replicas=["tokyo"]), a_cache(multiAz=False), clusters="primary")
    books = system.model_copy(update={"name": "books"})  # moto's account may have those of `shop` already
    registered(cloud, on_moto(an_aws_stack(books, aws=ZONE, policies={"protectData": False})))
    assert not instance(SEOUL, "books-prod-db")["DeletionProtection"]
    assert not any(one.protect or one.retain_on_delete for one in cloud.resources)
    assert callers(TOKYO, "books-prod-db") == (set(), set())
    assert not any("/" in caller for caller in callers(SEOUL, "books-prod-db")[1])
    (group,) = cloud.of_type("aws:elasticache/replicationGroup:ReplicationGroup")
    assert (group.inputs["numCacheClusters"], group.inputs["automaticFailoverEnabled"]) == (1, False)
