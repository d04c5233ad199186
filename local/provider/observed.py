"""What the state keeps of a live object, and what of it counts as our inputs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from local.provider.objects import type_of
from local.provider.properties import JsonObject

# What the API server fills in by itself; of no use as an input, and different at each look.
_SERVER_METADATA: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_SERVER_ANNOTATIONS: Final = frozenset(
    {"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"}
)

# What tells the items of a list apart where the API merges lists by a key.
_MERGE_KEYS: Final = ("name", "mountPath", "containerPort", "port", "topologyKey", "ip", "devicePath")

# Maps whose values are quantities, which the API server writes in its own way: `1000m` comes back as `1`.
_QUANTITIES: Final = frozenset(
    {"capacity", "default", "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio", "min", "requests"}
)
_SUFFIXES: Final[Mapping[str, Decimal]] = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
    "m": Decimal(1).scaleb(-3),
    "u": Decimal(1).scaleb(-6),
    "n": Decimal(1).scaleb(-9),
}


def outputs(live: Mapping[str, Any]) -> JsonObject:
    """Return the state of a live object: all of it but who owns which field and the counter of its writes."""
    metadata = {
        key: value for key, value in live["metadata"].items() if key not in ("managedFields", "resourceVersion")
    }
    return {**live, "metadata": metadata}


def planned(live: Mapping[str, Any]) -> JsonObject:
    """Return the state a dry run foretells: nothing that the real run would find otherwise."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in _SERVER_METADATA}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


def imported(live: Mapping[str, Any]) -> JsonObject:
    """Return the inputs of an object that came from elsewhere: what a user would have written to have it so."""
    obj = planned(live)
    annotations = {
        key: value for key, value in obj["metadata"].pop("annotations", {}).items() if key not in _SERVER_ANNOTATIONS
    }
    if annotations:
        obj["metadata"]["annotations"] = annotations
    return obj


def inputs(live: Mapping[str, Any], known: Mapping[str, Any]) -> JsonObject:
    """Return the known inputs with the values they have in the live object, which shows the drift in what is ours.

    What the API server adds is left out, and what it writes in another way is kept as it was. `stringData`, which is
    never read back, is compared with the `data` it became.
    """
    merged = _map(live, {key: value for key, value in known.items() if key != "stringData"}, type_of(known).is_own, ())
    if texts := known.get("stringData"):
        data = live.get("data") or {}
        merged["stringData"] = {key: _decoded(data[key]) for key in texts if key in data}
    return merged


def _map(live: Mapping[str, Any], known: Mapping[str, Any], merges: bool, path: tuple[str, ...]) -> JsonObject:  # noqa: FBT001
    result: JsonObject = {}
    for key, value in known.items():
        if key in live:
            result[key] = _value(live[key], value, merges, (*path, key))
        elif _is_empty(value):
            result[key] = value  # the API server leaves out what is empty
    return result


def _value(live: Any, known: Any, merges: bool, path: tuple[str, ...]) -> Any:  # noqa: FBT001
    if isinstance(live, Mapping) and isinstance(known, Mapping):
        return _map(live, known, merges, path)
    if isinstance(live, list) and isinstance(known, list):
        return _list(live, known, merges, path)
    if live != known and path[-2:-1] and path[-2] in _QUANTITIES and _same_quantity(live, known):
        return known
    return live


def _list(live: list[Any], known: list[Any], merges: bool, path: tuple[str, ...]) -> list[Any]:  # noqa: FBT001
    key = _merge_key(known) if merges else None
    if key is not None and (by_key := {item.get(key): item for item in live if isinstance(item, Mapping)}):
        # Items that others added are not ours; of ours, those that are gone are drift.
        return [_map(by_key[item[key]], item, merges, path) for item in known if item[key] in by_key]
    if len(live) == len(known):
        return [_value(there, ours, merges, path) for there, ours in zip(live, known, strict=True)]
    return live


def _merge_key(items: list[Any]) -> str | None:
    for key in _MERGE_KEYS:
        values = [item.get(key) if isinstance(item, Mapping) else None for item in items]
        if values and all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values):
            return key
    return None


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(item) for item in value.values())
    return value in (None, False, 0, "", [])


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return data


def _same_quantity(live: Any, known: Any) -> bool:
    first, second = _quantity(live), _quantity(known)
    return first is not None and first == second


def _quantity(value: Any) -> Decimal | None:
    text = str(value)
    digits = text.rstrip("numkKMGTPEi") if not text[-1:].isdigit() else text
    try:
        return Decimal(digits) * _SUFFIXES[text[len(digits) :]]
    except (InvalidOperation, KeyError):
        return None
