"""Objects as text: what Pulumi's Kubernetes provider would write, and where."""

from enum import StrEnum
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from manifests.key_order import compare_keys
from manifests.text import file_name, to_yaml
from tests.yaml_cases import BLOCKS, OBJECTS, SCALARS


@pytest.mark.parametrize("text", SCALARS, ids=ascii)
def test_text_on_one_line_is_plain_unless_it_would_be_read_as_something_else(text: str) -> None:
    assert to_yaml({"key": text, "list": [text]}) == f"key: {SCALARS[text]}\nlist:\n- {SCALARS[text]}\n"


@pytest.mark.parametrize("text", BLOCKS, ids=ascii)
def test_text_of_several_lines_is_a_block_where_one_can_hold_it(text: str) -> None:
    assert to_yaml({"key": text}) == f"key: {BLOCKS[text]}"


@pytest.mark.parametrize("name", OBJECTS)
def test_object_is_written_as_the_provider_does(name: str) -> None:
    manifest, text = OBJECTS[name]
    assert to_yaml(manifest) == text


@pytest.mark.parametrize("text", ["\x7f", "a\x80b", "a\x85b", "\x9f\n", "\ufffe", "a\uffff"], ids=ascii)
def test_text_that_the_provider_cannot_carry_keeps_its_value(text: str) -> None:
    assert yaml.safe_load(to_yaml({"key": text})) == {"key": text}


def test_kinds_of_text_maps_and_lists_are_written_as_what_they_are() -> None:
    class Kind(StrEnum):
        ALWAYS = "Always"

    assert to_yaml({"a": Kind.ALWAYS, "b": ("c",), "d": [("e",), Kind.ALWAYS]}) == (
        "a: Always\nb:\n- c\nd:\n- - e\n- Always\n"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_number_without_a_word_in_json_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a number that JSON can hold"):
        to_yaml({"a": value})


@pytest.mark.parametrize("value", [b"text", {"a"}, object()])
def test_value_without_a_word_in_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        to_yaml({"a": [{"b": value}]})


def test_writing_leaves_the_object_alone() -> None:
    manifest = {"b": [{"d": 1, "c": 2}], "a": "x"}
    to_yaml(manifest)
    assert list(manifest) == ["b", "a"]
    assert list(manifest["b"][0]) == ["d", "c"]


@given(st.text(), st.text())
def test_key_order_is_antisymmetric(one: str, other: str) -> None:
    ahead, behind = compare_keys(one, other), compare_keys(other, one)
    assert (ahead > 0) == (behind < 0)
    assert (ahead == 0) == (one == other)


def test_digits_beyond_64_bits_wrap_round() -> None:
    # 2**64 + 1 counts as 1, as it does in Go.
    assert compare_keys("18446744073709551617", "2") < 0


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "demo"}},
            "1-manifest/v1-secret-demo-x.yaml",
        ),
        (
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}},
            "1-manifest/rbac.authorization.k8s.io_v1-clusterrole-default-x.yaml",
        ),
        (
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "widgets.example.com"},
            },
            "0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-widgets.example.com.yaml",
        ),
    ],
    ids=["core group", "cluster-scoped", "definition of a resource"],
)
def test_file_is_named_by_version_kind_namespace_and_name(manifest: dict[str, Any], name: str) -> None:
    assert file_name(manifest) == name
