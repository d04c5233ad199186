"""A data store that AWS runs is to the clusters no more than names."""

from collections.abc import Iterable
from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.aws.data_stores import is_managed
from manifests.data_store import data_store
from manifests.network_graph import Edge, declared
from manifests.placed import Part, Place, Placed
from settings.stack import Stack
from tests.aws_stacks import an_aws_stack
from tests.builders import a_container, a_service, of_kind
from tests.managed_stores import ZONE, a_cache, a_database, a_managed_stack, a_shop

EXPORTER: dict[str, Any] = {
    "replicas": 3,
    "env": {"A": "1"},
    "sidecars": {"exporter": a_container(ports={"exporter": {"container": 9187}})},
    "exporterPort": "exporter",
    "backup": {"pre": ["dump"]},
    "volumes": {"more": {"claim": {"size": "1Gi"}}},
}


def hosts(objects: Iterable[Placed]) -> dict[str, str]:
    """Return the hosts that Services stand for, by the Services' names."""
    return {
        placed.manifest["metadata"]["name"]: placed.manifest["spec"]["externalName"]
        for placed in of_kind(list(objects), "Service")
        if placed.manifest["spec"]["type"] == "ExternalName"
    }


def objects_of(stack: Stack, cluster: str, name: str = "db") -> list[Placed]:
    system = stack.systems["shop"]
    return data_store(Place(stack, system, cluster), system.data_stores[name])


def edges_to(stack: Stack, cluster: str, source: str = "shop/api") -> set[tuple[str, int]]:
    return {
        (edge.target, edge.port)
        for edge in declared(stack, cluster)
        if edge.source == source and edge.target.startswith("external:")
    }


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_managed_store_is_one_name_on_every_cluster(cluster: str) -> None:
    (placed,) = objects_of(a_managed_stack(a_database()), cluster)
    assert placed.reference == "Service/shop/db"
    assert placed.manifest["spec"] == {"type": "ExternalName", "externalName": "db.shop.data.internal"}
    assert (placed.part, placed.component, placed.keeps_data) == (Part.FOUNDATION, "db", False)


def test_nothing_of_its_pods_is_left_in_the_system() -> None:
    store = a_database(changes=EXPORTER)
    found = {
        placed.reference for placed in assemble(a_managed_stack(store), "seoul")["shop"] if placed.component == "db"
    }
    assert found == {"Service/shop/db"}
    without = an_aws_stack(a_shop(store, aws=None))
    kinds = {placed.manifest["kind"] for placed in assemble(without, "seoul")["shop"] if placed.component == "db"}
    assert kinds >= {"StatefulSet", "PodDisruptionBudget", "PodMonitor", "ServiceAccount", "NetworkPolicy"}


def test_cluster_with_a_replica_has_a_name_for_it_beside() -> None:
    stack = a_managed_stack(a_database(replicas=["tokyo"]))
    assert hosts(objects_of(stack, "seoul")) == {"db": "db.shop.data.internal"}
    assert hosts(objects_of(stack, "tokyo")) == {
        "db": "db.shop.data.internal",
        "db-replica": "db-replica.tokyo.shop.data.internal",
    }


@pytest.mark.parametrize("missing", ["aws of the system", "managed"])
def test_without_either_a_store_runs_in_the_cluster(missing: str) -> None:
    store = a_database() if missing != "managed" else a_database(changes={"managed": None})
    stack = an_aws_stack(a_shop(store, aws=None if missing != "managed" else {}), aws=ZONE)
    assert not is_managed(stack, stack.systems["shop"], store)
    assert [placed.reference for placed in of_kind(objects_of(stack, "seoul"), "StatefulSet")] == [
        "StatefulSet/shop/db"
    ]
    assert hosts(objects_of(stack, "tokyo")) == {"db": "db.shop.data.example.com"}


def test_other_stores_of_the_system_stay_where_they_are() -> None:
    stack = a_managed_stack(a_database(), a_cache(changes={"managed": None}))
    assert hosts(assemble(stack, "seoul")["shop"]) == {"db": "db.shop.data.internal"}
    assert hosts(assemble(stack, "tokyo")["shop"]) == {
        "db": "db.shop.data.internal",
        "redis": "redis.shop.data.example.com",
    }


def test_pods_may_call_the_vpc_of_the_primary_and_nothing_else() -> None:
    stack = a_managed_stack(a_database(), a_cache())
    for cluster in ("seoul", "tokyo"):
        assert edges_to(stack, cluster) == {("external:10.64.0.0/16", 5432), ("external:10.64.0.0/16", 6379)}


def test_pods_may_call_the_replica_that_is_near_them() -> None:
    stack = a_managed_stack(a_database(replicas=["tokyo"]))
    assert edges_to(stack, "seoul") == {("external:10.64.0.0/16", 5432)}
    assert edges_to(stack, "tokyo") == {("external:10.64.0.0/16", 5432), ("external:10.65.0.0/16", 5432)}


def test_pods_of_another_system_may_call_it_too() -> None:
    other = a_shop(a_service("report", dependsOn=["shop/db"])).model_copy(update={"name": "books", "aws": None})
    stack = an_aws_stack(a_shop(a_database()), other, aws=ZONE)
    assert edges_to(stack, "seoul", "books/report") == {("external:10.64.0.0/16", 5432)}


def test_pods_that_do_not_depend_on_it_may_not_call_it() -> None:
    stack = an_aws_stack(a_shop(a_service("web"), a_database()), aws=ZONE)
    assert edges_to(stack, "seoul", "shop/web") == set()
    assert not any(edge.source == "shop/db" or edge.target == "shop/db" for edge in declared(stack, "seoul"))


def test_policies_open_the_range_at_the_port() -> None:
    objects = assemble(a_managed_stack(a_database()), "tokyo")["shop"]
    (policy,) = [placed.manifest for placed in of_kind(objects, "NetworkPolicy") if placed.component == "api"]
    rules = [rule for rule in policy["spec"]["egress"] if any("ipBlock" in peer for peer in rule["to"])]
    assert rules == [
        {"to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}], "ports": [{"port": 5432, "protocol": "TCP"}]},
    ]


def test_port_is_the_one_that_applications_call() -> None:
    ports = {"ports": {"postgresql": {"container": 5432, "service": 6432}}}
    stack = a_managed_stack(a_database(changes=ports))
    assert edges_to(stack, "seoul") == {("external:10.64.0.0/16", 6432)}


def test_workload_and_its_migration_come_after_the_name() -> None:
    api = a_service(
        "api",
        dependsOn=["db"],
        migration={"engine": "goose", "secret": "m", "databases": {"orders": {"directory": "/m"}}},
    )
    stack = an_aws_stack(a_shop(api, a_database()), aws=ZONE)
    after = {placed.reference: placed.after for placed in assemble(stack, "seoul")["shop"]}
    waiting = [name for name in after if name.startswith(("Deployment/", "Job/"))]
    assert {name.split("/")[0] for name in waiting} == {"Deployment", "Job"}
    assert all("Service/shop/db" in after[name] for name in waiting)
    assert Edge("shop/api-migrate", "external:10.64.0.0/16", 5432) in declared(stack, "seoul")


def test_secrets_that_its_pods_read_stay_for_the_services() -> None:
    secret = {"secretEnv": {"POSTGRES_PASSWORD": {"secret": "db", "key": "password"}}}
    secrets = {"secrets": {"db": {"source": "external", "store": "aws", "keys": {"password": {}}}}}
    stores = {"secretStores": {"aws": {"provider": "aws-secrets-manager", "region": "ap-northeast-2"}}}
    stack = an_aws_stack(a_shop(a_database(changes=secret), **secrets, **stores), aws=ZONE)
    assert [placed.reference for placed in of_kind(assemble(stack, "seoul")["shop"], "ExternalSecret")] == [
        "ExternalSecret/shop/db"
    ]


def test_without_a_private_zone_there_is_no_name_to_give() -> None:
    with pytest.raises(ValueError, match="prod has no private zone"):
        objects_of(a_managed_stack(a_database(), aws={}), "seoul")
