"""What a stack wants of AWS, read off its settings and its objects."""

from dataclasses import replace
from typing import Any

import pytest

from manifests.aws.keys import keys
from operations.aws.wanted import Bucket, Database, Dumps, Image, Parameter, Secret, wanted
from settings.stack import Stack
from tests.builders import a_data_store, a_service, a_stack
from tests.moto.cloud import ACCOUNT
from tests.unit.aws.full_stack import SEOUL, TOKYO, shop, two_regions
from tests.unit.operations.region.stacks import a_led_stack

ECR = f"{ACCOUNT}.dkr.ecr.{SEOUL}.amazonaws.com"
DIGEST = f"sha256:{'1' * 64}"
POSTGRES: dict[str, Any] = {
    "version": "17",
    "instanceClass": "db.t4g.medium",
    "storageGib": 20,
    "replicas": ["tokyo"],
}
VALKEY = {"version": "8.0", "instanceClass": "cache.t4g.small"}


def registries(**changes: str) -> dict[str, str]:
    return {"harbor": "harbor.example.com", "ecr": ECR, **changes}


def stack(*services: Any, registry: str = ECR, private: bool = True, **changes: Any) -> Stack:
    environment = two_regions(**({"privateZone": {"id": "Z0PRIVATE", "domain": "prod.internal"}} if private else {}))
    environment = environment.model_copy(update={"registries": registries(ecr=registry)})
    system = shop(*services, **changes) if services else shop(an_api(), **changes)
    return a_stack(system, name="prod", environment=environment)


def an_api(**changes: Any) -> Any:
    image = {"registry": "ecr", "repository": "shop/api", "tag": "1.2.3", "digest": DIGEST}
    return a_service(image=image, **changes)


def images(of: Stack) -> list[Image]:
    return list(wanted(of).images)


def test_image_is_wanted_in_each_region_whose_cluster_pulls_it() -> None:
    assert images(stack()) == [
        Image("shop", SEOUL, "shop/api", "1.2.3", DIGEST),
        Image("shop", TOKYO, "shop/api", "1.2.3", DIGEST, source=SEOUL),
    ]


def test_image_that_is_not_copied_is_wanted_where_it_is_pushed() -> None:
    found = stack()
    assert found.environment.aws is not None
    kept = found.environment.aws.images.model_copy(update={"replicate": False})
    aws = found.environment.aws.model_copy(update={"images": kept})
    alone = replace(found, environment=found.environment.model_copy(update={"aws": aws}))
    assert images(alone) == [Image("shop", SEOUL, "shop/api", "1.2.3", DIGEST)]


def test_image_of_a_sidecar_is_wanted_too() -> None:
    proxy = {
        "image": {"registry": "ecr", "repository": "shop/proxy", "tag": "2"},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }
    found = images(stack(an_api(sidecars={"proxy": proxy})))
    assert {(one.repository, one.tag, one.region) for one in found} == {
        ("shop/api", "1.2.3", SEOUL),
        ("shop/api", "1.2.3", TOKYO),
        ("shop/proxy", "2", SEOUL),
        ("shop/proxy", "2", TOKYO),
    }


@pytest.mark.parametrize("registry", [f"999999999999.dkr.ecr.{SEOUL}.amazonaws.com", "ghcr.io"])
def test_image_of_another_registry_is_not_asked_for(registry: str) -> None:
    assert images(stack(registry=registry)) == []


def test_repository_below_a_path_is_asked_for_by_its_whole_name() -> None:
    assert {one.repository for one in images(stack(registry=f"{ECR}/team"))} == {"team/shop/api"}


def test_repositories_of_the_stack_are_ours() -> None:
    assert all(one.ours for one in images(stack()))


def test_secret_is_wanted_once_with_its_copies() -> None:
    found = {one.name: one for one in wanted(stack()).secrets}
    assert found["shop/prod/db"] == Secret("shop", SEOUL, "shop/prod/db", (TOKYO,))
    assert found["shop/prod/local"].replicas == ()


def test_entry_that_a_key_names_is_somebody_elses() -> None:
    secrets = {"db": {"store": "aws", "keys": {"A": {"remoteKey": "shared/token"}, "B": {}}}}
    found = wanted(stack(secrets=secrets, aws={}, services={"api": an_api()})).secrets
    assert found == (
        Secret("shop", SEOUL, "shared/token", ours=False),
        Secret("shop", SEOUL, "shop/prod/db", (TOKYO,)),
    )


def test_parameter_is_wanted_in_each_region_of_its_type() -> None:
    found = wanted(stack()).parameters
    assert Parameter("shop", SEOUL, "/shop/prod/api/token", "SecureString", "alias/shop-prod") in found
    assert Parameter("shop", TOKYO, "/shop/prod/api/token", "SecureString", "alias/shop-prod") in found
    assert Parameter("shop", TOKYO, "/shop/prod/api/url") in found
    assert len(found) == 10


def test_secret_parameters_are_encrypted_by_the_key_that_the_system_has() -> None:
    aliases = {(scope.region, f"alias/{args.alias}") for scope, args in keys(stack())}
    found = {(one.region, one.key) for one in wanted(stack()).parameters if one.type == "SecureString"}
    assert found == {(SEOUL, "alias/shop-prod"), (TOKYO, "alias/shop-prod")}
    assert found <= aliases


def test_bucket_is_wanted_in_the_primary_region() -> None:
    assert Bucket("shop", SEOUL, f"shop-prod-media-{ACCOUNT}") in wanted(stack()).buckets


def test_data_stores_that_aws_runs_are_wanted_with_their_replicas() -> None:
    stores = {
        "postgresql": a_data_store("postgresql", managed=POSTGRES),
        "valkey": a_data_store("valkey", engine="valkey", managed=VALKEY),
        "inside": a_data_store("inside"),
    }
    assert wanted(stack(dataStores=stores)).databases == (
        Database("shop", SEOUL, "postgresql", "shop-prod-postgresql"),
        Database("shop", TOKYO, "postgresql", "shop-prod-postgresql", replica=True),
        Database("shop", SEOUL, "valkey", "shop-prod-valkey", "elasticache"),
    )


def test_dumps_are_looked_for_where_the_migration_puts_them() -> None:
    bucket = {"name": "shop-dumps", "prefix": "/dumps/", "region": TOKYO}
    migration = {
        "engine": "goose",
        "secret": "db",
        "databases": {"shop": {"directory": "m"}},
        "backup": {"bucket": bucket},
    }
    store = {"postgresql": a_data_store("postgresql", databases=["shop"], managed=POSTGRES)}
    found = wanted(stack(an_api(migration=migration, dependsOn=["postgresql"]), dataStores=store)).dumps
    assert found == (Dumps("shop", TOKYO, "api", "shop-dumps", "dumps/"),)


def test_health_is_asked_for_where_public_hosts_lead_to_drained_or_not() -> None:
    assert wanted(a_led_stack(drained=("tokyo",))).entrances == ("seoul", "tokyo")
    assert wanted(stack()).entrances == (), "no system has public hosts"


def test_only_what_named_systems_want_is_asked_for() -> None:
    found = wanted(stack(), ["mail"])
    assert (found.images, found.secrets, found.parameters, found.buckets, found.databases) == ((), (), (), (), ())
    assert wanted(stack(), ["shop"]) == wanted(stack())


def test_stack_without_aws_wants_nothing() -> None:
    with pytest.raises(ValueError, match="the stack dev has no AWS"):
        wanted(a_stack(shop(a_service()), name="dev"))
