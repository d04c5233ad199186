"""Which layer wins, how layers merge, and where each value of the outcome came from."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from settings.layers import Layer, Merged, Position, Setting, merge
from settings.source import parse

COMMON = """\
replicas: 1
resources:
  requests: {cpu: 100m, memory: 128Mi}
  limits:
    cpu: 500m
hosts: [a, b]
"""
SYSTEM = """\
image: plate
replicas: 2
resources:
  requests:
    cpu: 250m
environments:
  prod:
    replicas: 5
    hosts:
      - c
    resources:
      limits:
  dev:
"""


def layer(text: str, label: str = "layer", **more: Any) -> Layer:
    return Layer(label, parse(text, f"{label}.yaml"), **more)


def stacked(*texts: str) -> Merged:
    """Merge texts as files named 0.yaml, 1.yaml, …, lowest first."""
    return merge([layer(text, str(number)) for number, text in enumerate(texts)])


@pytest.fixture
def prod() -> Merged:
    return merge(
        [
            layer(COMMON, "common"),
            layer(SYSTEM, "system", omit=frozenset({"environments"}), declares=True),
            layer(SYSTEM, "environment of system", at=("environments", "prod")),
        ]
    )


class TestPrecedence:
    def test_each_layer_overrides_those_below(self) -> None:
        labels = ["common", "system", "environment of common", "environment of system", "stack", "release"]
        layers = [layer(f"a: {label}\n{label.replace(' ', '-')}: 1", label) for label in labels]
        for count in range(1, len(layers) + 1):
            assert merge(layers[:count]).data["a"] == labels[count - 1]
            assert len(merge(layers[:count]).data) == count + 1

    def test_maps_merge(self) -> None:
        assert stacked("m: {a: 1, n: {b: 1}}", "m: {c: 2, n: {b: 2, d: 2}}").data == {
            "m": {"a": 1, "n": {"b": 2, "d": 2}, "c": 2}
        }

    def test_lists_replace(self) -> None:
        assert stacked("l: [1, 2, 3]", "l: [4]").data == {"l": [4]}

    def test_empty_list_replaces(self) -> None:
        assert stacked("l: [1]", "l: []").data == {"l": []}

    def test_empty_map_keeps_what_is_below(self) -> None:
        assert stacked("m: {a: 1}", "m: {}").data == {"m": {"a": 1}}

    @pytest.mark.parametrize("value", ["{x: 1}", "[1]", "text"])
    def test_null_removes_a_value_of_any_kind(self, value: str) -> None:
        merged = stacked(f"a: {value}\nb: 1", "a:")
        assert merged.data == {"b": 1}
        assert not merged.faults

    def test_a_removed_value_can_be_set_again(self) -> None:
        assert stacked("a: {x: 1}", "a: null", "a: {y: 2}").data == {"a": {"y": 2}}

    def test_null_in_a_list_stays(self) -> None:
        assert stacked("l: [null, {a: null}]").data == {"l": [None, {"a": None}]}

    def test_map_and_scalar_replace_each_other(self) -> None:
        assert stacked("a: 1\nb: {x: 1}", "a: {x: 1}\nb: 1").data == {"a": {"x": 1}, "b": 1}

    def test_false_and_zero_and_empty_text_are_values(self) -> None:
        assert stacked("a: 1\nb: 1\nc: 1", "a: false\nb: 0\nc: ''").data == {"a": False, "b": 0, "c": ""}

    def test_five_layers_of_a_real_service(self, prod: Merged) -> None:
        assert prod.data == {
            "replicas": 5,
            "image": "plate",
            "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}},
            "hosts": ["c"],
        }


class TestParts:
    def test_part_of_a_document_lands_under_a_path(self) -> None:
        release = layer("services: {plate/api: {tag: v2}}", at=("services", "plate/api"), under=("api", "image"))
        merged = merge([layer("api: {image: {name: plate}}"), release])
        assert merged.data == {"api": {"image": {"name": "plate", "tag": "v2"}}}

    @pytest.mark.parametrize("text", ["x: 1", "environments: {dev: {a: 1}}", "environments:", "environments: {prod: }"])
    def test_document_without_the_part_contributes_nothing(self, text: str) -> None:
        merged = merge([layer("a: 0"), layer(text, at=("environments", "prod"))])
        assert merged.data == {"a": 0}
        assert not merged.faults
        assert merged.history(("a",)) == (Setting("layer.yaml", 1, "layer", 0),)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x: 1\nenvironments: [1]", "layer.yaml:2: environments: found a list; expected a map"),
            ("environments:\n  prod: 1", "layer.yaml:2: environments.prod: found number 1; expected a map"),
        ],
    )
    def test_part_that_is_no_map_is_a_fault(self, text: str, said: str) -> None:
        merged = merge([layer("a: 0"), layer(text, at=("environments", "prod"))])
        assert [str(fault) for fault in merged.faults] == [said]
        assert merged.data == {"a": 0}


class TestRemoval:
    def test_removing_what_does_not_exist_is_a_fault(self) -> None:
        merged = stacked("m:\n  replicas: 1", "m:\n\n  replica: null\n  zzz: null")
        assert [str(fault) for fault in merged.faults] == [
            '1.yaml:3: m.replica: null removes what no lower layer sets; did you mean "replicas"?',
            "1.yaml:4: m.zzz: null removes what no lower layer sets; leave the key out, or write {} for an empty map",
        ]
        assert merged.data == {"m": {"replicas": 1}}

    def test_null_in_the_lowest_layer_is_a_fault(self) -> None:
        assert [fault.path for fault in stacked("a: {b: }").faults] == ["a.b"]

    def test_removing_twice_is_a_fault(self) -> None:
        assert [fault.file for fault in stacked("a: 1", "a:", "a:").faults] == ["2.yaml"]

    def test_fault_has_the_path_in_the_outcome_and_the_line_in_the_file(self) -> None:
        merged = merge([layer("a: 0"), layer("x:\n  y:\n    z: null", at=("x", "y"), under=("m",))])
        assert [(fault.path, fault.line) for fault in merged.faults] == [("m.z", 3)]

    def test_lenient_merging_lets_null_be(self) -> None:
        merged = merge([layer("a: {b: }")], lenient=True)
        assert merged.data == {"a": {}}
        assert not merged.faults


class TestProvenance:
    def test_history_has_every_setting_oldest_first(self, prod: Merged) -> None:
        assert prod.history(("replicas",)) == (
            Setting("common.yaml", 1, "common", 1),
            Setting("system.yaml", 2, "system", 2),
            Setting("environment of system.yaml", 8, "environment of system", 5),
        )

    def test_history_of_a_value_in_one_layer(self, prod: Merged) -> None:
        assert prod.history(("resources", "requests", "memory")) == (Setting("common.yaml", 3, "common", "128Mi"),)

    def test_history_ends_with_the_removal_of_what_the_value_stood_in(self, prod: Merged) -> None:
        assert prod.history(("resources", "limits", "cpu")) == (
            Setting("common.yaml", 5, "common", "500m"),
            Setting("environment of system.yaml", 12, "environment of system", None),
        )

    def test_history_of_an_item_knows_the_list_that_replaced_its_own(self, prod: Merged) -> None:
        assert prod.history(("hosts", 1)) == (
            Setting("common.yaml", 6, "common", "b"),
            Setting("environment of system.yaml", 9, "environment of system", None),
        )

    def test_history_knows_no_omitted_keys_and_no_unknown_ones(self, prod: Merged) -> None:
        assert prod.history(("environments", "prod", "replicas")) == ()
        assert prod.history(("nothing",)) == ()

    def test_history_follows_a_part_to_where_it_lands(self) -> None:
        part = layer("x:\n  y: 1", "part", at=("x",), under=("m", "n"))
        merged = merge([layer("m: {n: {y: 0}, o: 1}", "base"), part])
        assert merged.history(("m", "n", "y"))[1] == Setting("part.yaml", 2, "part", 1)
        assert len(merged.history(("m", "o"))) == 1

    def test_position_is_that_of_the_winning_layer(self, prod: Merged) -> None:
        assert prod.position(("replicas",)) == Position("environment of system.yaml", 8)
        assert prod.position(("resources", "requests", "cpu")) == Position("system.yaml", 5)
        assert prod.position(("hosts", 0)) == Position("environment of system.yaml", 10)

    def test_map_is_where_the_declaring_layer_has_it(self, prod: Merged) -> None:
        assert prod.position(("resources",)) == Position("system.yaml", 3)

    def test_map_is_in_the_lowest_layer_where_none_declares(self) -> None:
        assert stacked("a: 1", "b: 1\nm: {x: 1}", "m: {y: 1}").position(("m",)) == Position("1.yaml", 2)

    def test_map_that_came_back_is_not_where_it_was_removed(self) -> None:
        assert stacked("m: {x: 1}", "m:", "m: {y: 1}").position(("m",)) == Position("2.yaml", 1)

    def test_missing_key_has_the_position_of_its_map(self, prod: Merged) -> None:
        assert prod.position(("resources", "nothing", "here")) == Position("system.yaml", 3)
        assert prod.position(("nothing",)) == Position("system.yaml", 0)

    def test_null_in_a_list_has_its_own_line(self) -> None:
        assert stacked("l: [1]", "l:\n  - 1\n  - null").position(("l", 1)) == Position("1.yaml", 3)

    def test_key_has_its_own_line_where_the_value_is_further_down(self) -> None:
        merged = stacked("a:\n\n  1")
        assert merged.position(("a",)) == Position("0.yaml", 3)
        assert merged.key_position(("a",)) == Position("0.yaml", 1)


class TestKinds:
    """A map that its `type` tells apart from others shares nothing with one of another type."""

    BELOW = "s: {type: blue, show: {a: 1}, wait: 1}"

    def of_kinds(self, *texts: str) -> Merged:
        return merge([layer(text, str(number)) for number, text in enumerate(texts)], kinds=("s",))

    def test_map_of_another_type_replaces(self) -> None:
        merged = self.of_kinds(self.BELOW, "s: {type: green, wait: 2}")
        assert merged.data == {"s": {"type": "green", "wait": 2}}
        assert not merged.faults

    @pytest.mark.parametrize("above", ["s: {type: blue, wait: 2}", "s: {wait: 2}"])
    def test_map_of_the_same_type_or_of_none_merges(self, above: str) -> None:
        assert self.of_kinds(self.BELOW, above).data == {"s": {"type": "blue", "show": {"a": 1}, "wait": 2}}

    def test_other_maps_merge_whatever_their_type(self) -> None:
        assert stacked("m: {type: a, x: 1}", "m: {type: b}").data == {"m": {"type": "b", "x": 1}}

    def test_history_ends_where_another_type_took_the_value_away(self) -> None:
        merged = self.of_kinds(self.BELOW, "s:\n  type: green", "s: {wait: 3}")
        assert merged.history(("s", "show", "a")) == (
            Setting("0.yaml", 1, "0", 1),
            Setting("1.yaml", 1, "1", None),
        )
        assert [setting.value for setting in merged.history(("s", "wait"))] == [1, None, 3]
        assert [setting.value for setting in merged.history(("s", "type"))] == ["blue", "green"]

    def test_map_of_another_type_stands_where_that_type_is_named(self) -> None:
        merged = self.of_kinds(self.BELOW, "a: 1\ns: {type: green}", "s: {wait: 3}")
        assert merged.position(("s",)) == Position("1.yaml", 2)
        assert merged.position(("s", "show")) == Position("1.yaml", 2)


class TestOwnership:
    def test_changing_the_outcome_changes_no_document(self) -> None:
        base = layer("m: {l: [{a: 1}]}\ns: &s {x: [1]}\nt: *s")
        data: Any = merge([base]).data
        data["m"]["l"][0]["a"] = 2
        data["s"]["x"].append(2)
        assert base.document.data == {"m": {"l": [{"a": 1}]}, "s": {"x": [1]}, "t": {"x": [1]}}

    def test_repeated_values_are_separate_in_the_outcome(self) -> None:
        data: Any = stacked("s: &s {x: [{y: 1}]}\nt: *s\nl: [*s, *s]").data
        data["s"]["x"][0]["y"] = 2
        data["l"][0]["x"].clear()
        assert data["t"] == {"x": [{"y": 1}]}
        assert data["l"][1] == {"x": [{"y": 1}]}


# Whether a key holds a map is known by its name: replacing a map by a scalar and back is not associative, nor is null.
LEAVES = st.integers(-99, 99) | st.booleans() | st.text("xyz") | st.lists(st.integers(-99, 99), max_size=3)
MAPS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES),
    lambda inner: st.builds(
        lambda leaves, maps: leaves | maps,
        st.dictionaries(st.sampled_from("abc"), LEAVES),
        st.dictionaries(st.sampled_from("MNO"), inner),
    ),
    max_leaves=10,
).map(lambda data: data or {"a": 1})


def merged_data(*datas: Any) -> Any:
    return stacked(*map(yaml.safe_dump, datas)).data


@given(MAPS, MAPS, MAPS)
def test_merging_is_associative(low: Any, middle: Any, high: Any) -> None:
    outcome = merged_data(low, middle, high)
    assert merged_data(merged_data(low, middle), high) == outcome
    assert merged_data(low, merged_data(middle, high)) == outcome


@given(MAPS)
def test_merging_a_layer_with_itself_changes_nothing(data: Any) -> None:
    assert merged_data(data, data) == data


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in leaves(value, (*path, key))]
    return [(path, data)]


@given(st.lists(MAPS, min_size=1, max_size=4))
def test_the_last_setting_of_every_leaf_is_its_value_and_stands_on_its_line(datas: list[Any]) -> None:
    texts = {f"{number}.yaml": yaml.safe_dump(data) for number, data in enumerate(datas)}
    merged = stacked(*texts.values())
    for path, value in leaves(merged.data):
        setting = merged.history(path)[-1]
        assert setting.value == value
        assert merged.position(path) == (setting.file, setting.line)
        assert texts[setting.file].splitlines()[setting.line - 1].strip().startswith(f"{path[-1]}:")
