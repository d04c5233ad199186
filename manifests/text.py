"""Objects as text: the bytes and the file name that Pulumi's Kubernetes provider gives the same object.

The provider writes with Go's `sigs.k8s.io/yaml`: keys in an order of its own, lists not indented, text of several
lines as a block, quotes only where plain text would be read as something else, long lines folded.
`tests/integration/test_yaml_text.py` holds the two to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cmp_to_key, lru_cache
from typing import TYPE_CHECKING, Any

from manifests.key_order import compare_keys
from manifests.scalar import is_simple_key, number, one_line, placed, simple_key

if TYPE_CHECKING:  # a provider that renders needs no settings, and pydantic is half a second
    from manifests.placed import Manifest

_STEP = "  "
_LARGE = 1 << 63


def to_yaml(manifest: Manifest) -> str:
    """Write one object as the provider does. Raises TypeError for what JSON has no word for."""
    if not manifest:
        return "{}\n"
    lines: list[str] = []
    _write_map(manifest, "", lines)
    return "".join(lines)


def file_name(manifest: Manifest) -> str:
    """Return where an object goes below its part's folder, such as `1-manifest/v1-service-demo-api.yaml`."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    folder = "0-crd" if kind == "CustomResourceDefinition" else "1-manifest"
    version = manifest["apiVersion"].replace("/", "_")
    return f"{folder}/{version}-{kind.lower()}-{metadata.get('namespace') or 'default'}-{metadata['name']}.yaml"


_order = cmp_to_key(compare_keys)


@lru_cache(maxsize=1 << 14)
def _keys(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Give the keys in order, each with how it is written before its value; nothing where it needs its own line."""
    return tuple((key, f"{simple_key(key)}:" if is_simple_key(key) else "") for key in sorted(keys, key=_order))


def _write_map(data: Mapping[str, Any], margin: str, lines: list[str]) -> None:
    # Most lines are a key and a short text, so this loop is where the time of rendering goes: it looks at the exact
    # type first, and leaves the rest to `_write_value`.
    add = lines.append
    for key, head in _keys(tuple(data)):
        value = data[key]
        kind = type(value)
        if not head:
            _write_item("?", key, margin, lines)
            _write_item(":", value, margin, lines)
        elif kind is str and (text := one_line(value)):
            add(f"{margin}{head} {text}\n")
        elif kind is dict and value:
            add(f"{margin}{head}\n")
            _write_map(value, margin + _STEP, lines)
        elif kind is list and value:
            add(f"{margin}{head}\n")
            _write_list(value, margin, lines)
        elif kind is int and -_LARGE < value < _LARGE:
            add(f"{margin}{head} {value}\n")
        else:
            _write_value(f"{margin}{head}", value, margin, lines)


def _write_list(data: Sequence[Any], margin: str, lines: list[str]) -> None:
    add = lines.append
    for value in data:
        kind = type(value)
        if kind is dict and value:
            # The first line of a map stands beside the dash that takes the place of its margin.
            first = len(lines)
            _write_map(value, margin + _STEP, lines)
            lines[first] = f"{margin}- {lines[first][len(margin) + 2 :]}"
        elif kind is str and (text := one_line(value)):
            add(f"{margin}- {text}\n")
        else:
            _write_item("-", value, margin, lines)


def _write_item(mark: str, value: Any, margin: str, lines: list[str]) -> None:
    """Write a value beside a mark: an item of a list, a long key or what belongs to one."""
    if isinstance(value, Mapping | list | tuple) and value:
        first = len(lines)
        if isinstance(value, Mapping):
            _write_map(value, margin + _STEP, lines)
        else:
            _write_list(value, margin + _STEP, lines)
        lines[first] = f"{margin}{mark} {lines[first][len(margin) + 2 :]}"
    else:
        _write_value(f"{margin}{mark}", value, margin, lines)


def _write_value(head: str, value: Any, margin: str, lines: list[str]) -> None:
    """Write any value behind what its line begins with."""
    if isinstance(value, str):
        value = str(value)
        text = one_line(value)
        lines.append(f"{head} {text}\n" if text else f"{head} {placed(value, len(head) + 1, len(margin) + 2)}")
    elif value is None or isinstance(value, bool):
        lines.append(f"{head} {'null' if value is None else str(value).lower()}\n")
    elif isinstance(value, int | float):
        lines.append(f"{head} {number(value)}\n")
    elif isinstance(value, Mapping):
        if value:
            lines.append(f"{head}\n")
            _write_map(value, margin + _STEP, lines)
        else:
            lines.append(f"{head} {{}}\n")
    elif isinstance(value, list | tuple):
        if value:
            lines.append(f"{head}\n")
            _write_list(value, margin, lines)
        else:
            lines.append(f"{head} []\n")
    else:
        message = f"neither text, number, truth value, map, list nor null: {type(value).__name__}"
        raise TypeError(message)
