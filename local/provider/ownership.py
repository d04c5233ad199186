"""Fields that `ignoreChanges` leaves to others, so that applying neither takes them over nor drops them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.provider.diff import Path, parse_path
from local.provider.objects import dig
from local.provider.properties import JsonObject


def leave_ignored(
    obj: Mapping[str, Any], live: Mapping[str, Any], ignored: Sequence[str], field_manager: str
) -> JsonObject:
    """Return the object to apply: ignored fields of other managers left out, the rest of them as they are live.

    The replicas an autoscaler has set stay its own this way. Paths through lists are left as they are: which item they
    mean is not known.
    """
    result = dict(obj)
    for path in map(parse_path, ignored):
        keys = [part for part in path if isinstance(part, str)]
        if len(keys) != len(path) or dig(live, *keys) is None:
            continue
        owners = {entry.get("manager") for entry in _managed(live) if _owns(entry.get("fieldsV1"), path)}
        value = None if owners and field_manager not in owners else dig(live, *keys)
        result = _with(result, keys, value)
    return result


def _managed(live: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return dig(live, "metadata", "managedFields") or ()


def _owns(fields: Any, path: Path) -> bool:
    return dig(fields, *(f"f:{part}" for part in path)) is not None


def _with(obj: Mapping[str, Any], keys: Sequence[str], value: Any) -> JsonObject:
    """Return the object with a value at a path of keys, or without it for None."""
    result = dict(obj)
    if len(keys) > 1:
        below = obj.get(keys[0])
        result[keys[0]] = _with(below if isinstance(below, Mapping) else {}, keys[1:], value)
    elif value is None:
        result.pop(keys[0], None)
    else:
        result[keys[0]] = value
    return result
