"""Property values survive the way to the engine and back, and secrets do not show."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from local.provider.properties import (
    UNKNOWN,
    Secret,
    has_unknowns,
    mark_secrets,
    plain,
    read_struct,
    redact,
    secret_texts,
    write_struct,
)

SCALARS = st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=8) | st.just(UNKNOWN)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | st.builds(Secret, SCALARS)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_what_is_written_is_read_again(properties: dict[str, Any]) -> None:
    assert read_struct(write_struct(properties)) == properties


def test_whole_numbers_are_read_as_integers_and_others_stay() -> None:
    struct = struct_pb2.Struct()
    struct.update({"whole": 3.0, "half": 0.5})
    read = read_struct(struct)
    assert read == {"whole": 3, "half": 0.5}
    assert isinstance(read["whole"], int)


def test_null_keys_are_left_out() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": None, "b": {"c": None}})
    assert read_struct(struct) == {"b": {}}


def test_an_asset_is_refused() -> None:
    struct = struct_pb2.Struct()
    struct.update({"file": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}})
    with pytest.raises(ValueError, match="no assets"):
        read_struct(struct)


def test_a_secret_is_written_with_the_signature_the_engine_knows() -> None:
    written = write_struct({"key": Secret("x")}).fields["key"].struct_value.fields
    assert written["4dabf18193072939515e22adb298388d"].string_value == "1b47061264138c4ac30d75fd1eb44270"
    assert written["value"].string_value == "x"


def test_a_secret_does_not_show_in_its_representation() -> None:
    assert "hunter2" not in repr({"key": Secret("hunter2")})


def test_plain_opens_secrets_at_every_depth() -> None:
    assert plain({"a": [Secret({"b": Secret("x")})]}) == {"a": [{"b": "x"}]}


def test_an_unknown_value_is_found_inside_a_secret() -> None:
    assert has_unknowns({"a": [Secret({"b": UNKNOWN})]})
    assert not has_unknowns({"a": [Secret({"b": "x"})]})


def test_outputs_are_secret_where_the_inputs_are() -> None:
    marked = mark_secrets({"spec": {"a": "x", "b": "y"}, "status": {}}, {"spec": {"a": Secret("x"), "b": "y"}})
    assert marked == {"spec": {"a": Secret("x"), "b": "y"}, "status": {}}


def test_a_list_with_one_secret_item_is_secret_as_a_whole() -> None:
    assert mark_secrets({"args": ["a", "b"]}, {"args": [Secret("b"), "a"]}) == {"args": Secret(["a", "b"])}


def test_the_data_of_a_secret_is_secret_even_when_the_program_gave_it_plainly() -> None:
    live = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "eA=="}}
    assert mark_secrets(live, {"stringData": {"password": "x"}})["data"] == Secret({"password": "eA=="})


def test_texts_of_secrets_are_redacted_the_longest_first() -> None:
    texts = secret_texts({"kind": "Secret", "stringData": {"a": "hunter"}, "metadata": {"x": Secret("hunter2")}})
    assert redact("hunter2 and hunter, not Secret", texts) == "[secret] and [secret], not Secret"


def test_a_custom_kind_that_is_called_secret_is_none() -> None:
    live = {"apiVersion": "example.org/v1", "kind": "Secret", "data": {"a": "b"}}
    assert mark_secrets(live, live) == live


def test_what_is_no_property_value_is_refused() -> None:
    with pytest.raises(TypeError, match="a set is no property value"):
        write_struct({"a": {1}})
