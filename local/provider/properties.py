"""Property values as they travel between the engine and a provider.

A map of properties is a protobuf Struct in which secrets are objects with a signature and unknown values are strings
with a reserved content (`sdk/go/common/resource/plugin/rpc.go` of Pulumi). Here they are Python values: mappings, lists
and scalars as in JSON, `Secret` and `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

JsonObject = dict[str, Any]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's signature of a secret, not a secret
_UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # of a string, and what the Python SDK always writes
_UNKNOWN_TEXTS: Final = frozenset(
    {
        _UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # of a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # of a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # of a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # of a map
    }
)


@dataclass(frozen=True)
class Secret:
    """A value the engine encrypts in its state and hides in its output."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


class Unknown:
    """A value that a preview cannot know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def read_struct(struct: struct_pb2.Struct) -> JsonObject:
    """Return the properties of a Struct, keys with null left out; whole numbers come as `int`."""
    return {
        key: value for key, value in ((key, _read(field)) for key, field in struct.fields.items()) if value is not None
    }


def _read(field: struct_pb2.Value) -> Any:
    match field.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if field.string_value in _UNKNOWN_TEXTS else field.string_value
        case "number_value":
            return int(field.number_value) if field.number_value.is_integer() else field.number_value
        case "bool_value":
            return field.bool_value
        case "struct_value":
            return _read_map(field.struct_value)
        case "list_value":
            return [_read(item) for item in field.list_value.values]
    return None


def _read_map(struct: struct_pb2.Struct) -> Any:
    if _SIGNATURE not in struct.fields:
        return read_struct(struct)
    if struct.fields[_SIGNATURE].string_value == _SECRET:
        return Secret(_read(struct.fields["value"]))
    raise ValueError("Kubernetes objects take no assets, archives or resource references")


def write_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the Struct of properties. Raises TypeError for what is no property value."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _write(struct.fields[key], value)
    return struct


def _write(field: struct_pb2.Value, value: Any) -> None:
    if isinstance(value, str):
        field.string_value = value
    elif isinstance(value, bool):
        field.bool_value = value
    elif isinstance(value, int | float):
        field.number_value = value
    elif isinstance(value, Mapping):
        field.struct_value.SetInParent()
        for key, item in value.items():
            _write(field.struct_value.fields[key], item)
    elif isinstance(value, list):
        field.list_value.SetInParent()
        for item in value:
            _write(field.list_value.values.add(), item)
    elif isinstance(value, Secret):
        field.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _write(field.struct_value.fields["value"], value.value)
    elif value is None:
        field.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, Unknown):
        field.string_value = _UNKNOWN_TEXT
    else:
        message = f"a {type(value).__name__} is no property value"
        raise TypeError(message)


def plain(value: Any) -> Any:
    """Return the value with every secret opened; unknown values stay."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknowns(value: Any) -> bool:
    """Tell whether any part of the value is unknown."""
    if isinstance(value, Secret):
        return has_unknowns(value.value)
    if isinstance(value, Mapping):
        return any(has_unknowns(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknowns(item) for item in value)
    return isinstance(value, Unknown)


def _has_secrets(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_secrets(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_secrets(item) for item in value)
    return isinstance(value, Secret)


def mark_secrets(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> JsonObject:
    """Return the plain outputs with those parts secret which are secret in the inputs.

    The data of a Secret is always secret. A list with one secret item is secret as a whole, since the API server may
    answer with its items in another order.
    """
    marked = dict(outputs)
    for key, value in inputs.items():
        if key not in marked:
            continue
        if isinstance(value, Mapping) and isinstance(marked[key], Mapping):
            marked[key] = mark_secrets(marked[key], value)
        elif _has_secrets(value):
            marked[key] = Secret(plain(marked[key]))
    if outputs.get("kind") == "Secret" and outputs.get("apiVersion") == "v1":
        for key in ("data", "stringData"):
            if key in marked:
                marked[key] = Secret(plain(marked[key]))
    return marked


def secret_texts(properties: Mapping[str, Any]) -> frozenset[str]:
    """Return every text that must not be shown: the strings in secrets and in the data of a Secret."""
    texts = set(_texts(properties, secret=False))
    if plain(properties.get("kind")) == "Secret":
        for key in ("data", "stringData"):
            texts.update(_texts(properties.get(key), secret=True))
    return frozenset(texts)


def _texts(value: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _texts(value.value, secret=True)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item, secret=secret)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, secret=secret)
    elif secret and isinstance(value, str) and value:
        yield value


def redact(message: str, texts: frozenset[str]) -> str:
    """Return the message with every secret text replaced by `[secret]`, the longest first."""
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "[secret]")
    return message
