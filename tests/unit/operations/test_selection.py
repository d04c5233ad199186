"""Which resources a command is about when systems or a service are named."""

from typing import Any

import pytest

from manifests.placed import Part, Placed
from operations.selection import all_but, belonging, chosen, declared, others, standing_on, urns
from settings.faults import SettingsError
from settings.service import Service
from tests.unit.operations.builders import manifest, stack, system

STACK = stack(system("ams"), system("plate"), system("old", enabled=False))


def test_every_enabled_system_is_chosen_where_none_is_named() -> None:
    assert list(chosen(STACK, ())) == ["ams", "plate"]


def test_systems_come_in_the_order_of_the_stack() -> None:
    assert list(chosen(STACK, ("plate", "ams", "plate"))) == ["ams", "plate"]


def test_all_unknown_systems_are_told_at_once_with_what_was_probably_meant() -> None:
    with pytest.raises(SettingsError) as error:
        chosen(STACK, ("plat", "old"))
    assert len(error.value.faults) == 2
    assert 'did you mean "plate"?' in str(error.value)


def test_nothing_is_excluded_from_an_update_of_everything() -> None:
    assert others(STACK, ["ams", "plate"], ["gone"]) == []


def test_an_update_of_one_system_leaves_the_others_alone_on_every_cluster() -> None:
    excluded = others(STACK, ["plate"])
    assert "**::seoul/ams" in excluded
    assert "**::tokyo/ams/**" in excluded
    assert not any("plate" in pattern for pattern in excluded)


def test_an_update_of_one_system_leaves_alone_what_was_deployed_and_is_in_no_catalog_any_more() -> None:
    assert "**::seoul/gone/**" in others(STACK, ["plate"], ["gone", "plate"])


def test_what_systems_share_is_in_every_update() -> None:
    assert not any("common" in pattern for pattern in others(STACK, ["plate"]))


def test_a_system_is_its_component_its_own_objects_and_its_children() -> None:
    assert urns(STACK, ["ams"])[:3] == ["**::seoul/ams", "**::seoul/ams:**", "**::seoul/ams/**"]


def service(name: str) -> Service:
    given: dict[str, Any] = {"name": name}
    return Service.model_construct(**given)


def config_map(name: str, component: str = "", *after: str) -> Placed:
    return Placed(manifest("ConfigMap", name, "shop"), Part.WORKLOADS, component, after)


OBJECTS = {
    "seoul": {
        "common": (config_map("issuer"),),
        "ams": (
            config_map("registry"),
            config_map("database", "store"),
            config_map("migration", "ams-migrate", "ConfigMap/shop/database"),
            config_map("web", "ams", "ConfigMap/shop/registry", "ConfigMap/shop/migration"),
            config_map("address", "ams", "ConfigMap/shop/web"),
            config_map("other", "mail", "ConfigMap/shop/registry"),
        ),
    }
}
WEB, ADDRESS = "seoul/ams/ams:configmap:web", "seoul/ams/ams:configmap:address"
MIGRATION, DATABASE = "seoul/ams/ams-migrate:configmap:migration", "seoul/ams/store:configmap:database"
REGISTRY, OTHER = "seoul/ams:configmap:shop/registry", "seoul/ams/mail:configmap:other"
DEPLOYED = frozenset({WEB, ADDRESS, MIGRATION, DATABASE, REGISTRY, OTHER})


def test_service_is_its_objects_and_its_migrations() -> None:
    assert belonging(OBJECTS, "ams", service("ams"), DEPLOYED) == {WEB, ADDRESS, MIGRATION}


def test_names_of_all_objects_are_known() -> None:
    assert declared(OBJECTS) == DEPLOYED | {"seoul/common:configmap:shop/issuer"}


def test_service_takes_along_what_it_stands_on_where_that_is_new() -> None:
    deployed = DEPLOYED - {DATABASE}
    assert belonging(OBJECTS, "ams", service("ams"), deployed) == {WEB, ADDRESS, MIGRATION, DATABASE}


def test_service_is_also_what_it_had_and_is_declared_no_more() -> None:
    gone = "seoul/ams/ams:rollout:ams"
    assert gone in belonging(OBJECTS, "ams", service("ams"), DEPLOYED | {gone, "seoul/ams/ams-2:rollout:x"})
    assert "seoul/ams/ams-2:rollout:x" not in belonging(
        OBJECTS, "ams", service("ams"), DEPLOYED | {gone, "seoul/ams/ams-2:rollout:x"}
    )


def test_workload_stands_on_what_is_its_services_and_on_what_is_new() -> None:
    web = {("ConfigMap", "web")}
    chosen = standing_on(OBJECTS, "seoul", "ams", service("ams"), web, DEPLOYED, themselves=True)
    assert chosen == {WEB, MIGRATION}
    assert standing_on(OBJECTS, "seoul", "ams", service("ams"), web, (), themselves=False) == {
        REGISTRY,
        MIGRATION,
        DATABASE,
    }


def test_update_of_some_objects_excludes_all_others_and_what_they_would_leave_empty() -> None:
    excluded = all_but(STACK, OBJECTS, ["ams"], {WEB}, DEPLOYED | {"seoul/ams/old:service:old", "seoul/ams/old"})
    named = {pattern.removeprefix("**::") for pattern in excluded}
    assert {ADDRESS, MIGRATION, DATABASE, REGISTRY, OTHER, "seoul/common:configmap:shop/issuer"} <= named
    assert {"seoul/ams/store", "seoul/ams/mail", "seoul/ams/old", "seoul/ams/old:service:old"} <= named
    assert not {WEB, "seoul/ams/ams", "seoul/ams", "seoul/common"} & named


def test_update_of_some_objects_leaves_other_systems_alone_whether_in_the_catalog_or_not() -> None:
    excluded = all_but(STACK, OBJECTS, ["ams"], {WEB}, DEPLOYED | {"seoul/gone/x:service:x"})
    assert {"**::seoul/plate", "**::tokyo/plate/**", "**::seoul/gone/**"} <= set(excluded)
