"""Which resources a command is about when systems are named."""

import pytest

from operations.selection import chosen, others, urns
from settings.faults import SettingsError
from tests.unit.operations.builders import stack, system

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
