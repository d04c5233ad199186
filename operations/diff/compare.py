"""What differs between two objects, without what says nothing: order, spelling, null for what is not there. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from manifests.placed import Manifest
from operations.diff import paths
from operations.diff.model import Field
from operations.diff.sealed import without_values
from operations.diff.spelling import same


def fields(before: Manifest, after: Manifest) -> tuple[Field, ...]:
    """Return the values that differ, each where it is innermost; never a value or ciphertext of a Secret."""
    kind = str(after.get("kind", ""))
    return tuple(without_values(kind, field) for field in _maps(before, after, "", ""))


def _values(before: Any, after: Any, path: str, parent: str, key: str) -> Iterator[Field]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _maps(before, after, path, key)
    elif isinstance(before, list) and isinstance(after, list):
        if before != after:
            yield from _lists(before, after, path, key)
    elif not same(before, after, parent, key):
        yield Field(path, before, after)


def _maps(before: Mapping[str, Any], after: Mapping[str, Any], path: str, key: str) -> Iterator[Field]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is not new:
            yield from _values(old, new, paths.below(path, name), key, name)


def _lists(before: Sequence[Any], after: Sequence[Any], path: str, key: str) -> Iterator[Field]:
    named = paths.labels(key, before, after)
    if named is not None:
        yield from _by_name(
            dict(zip(named[0], before, strict=True)), dict(zip(named[1], after, strict=True)), path, key
        )
    elif paths.is_set(key):
        yield from _sets(before, after, path, key)
    elif len(before) == len(after) and all(isinstance(one, Mapping) for one in (*before, *after)):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _values(old, new, paths.item(path, str(index)), key, "")
    else:
        yield Field(path, before, after)


def _by_name(before: Mapping[str, Any], after: Mapping[str, Any], path: str, key: str) -> Iterator[Field]:
    for name in dict.fromkeys((*before, *after)):
        yield from _values(before.get(name), after.get(name), paths.item(path, name), key, "")
    if paths.in_order(key, after.values()):
        old, new = [name for name in before if name in after], [name for name in after if name in before]
        if old != new:
            yield Field(path, old, new)


def _sets(before: Sequence[Any], after: Sequence[Any], path: str, key: str) -> Iterator[Field]:
    if not any(isinstance(one, Mapping | list) for one in (*before, *after)):
        if Counter(map(repr, before)) != Counter(map(repr, after)):
            yield Field(path, list(before), list(after))
        return
    gone, come = list(before), []
    for one in after:
        equal = next((index for index, other in enumerate(gone) if not any(_values(other, one, "", "", key))), None)
        if equal is None:
            come.append(one)
        else:
            del gone[equal]
    if len(gone) == len(come) == 1:
        yield from _values(gone[0], come[0], paths.item(path, ""), key, "")
    else:
        yield from (Field(paths.item(path, ""), one, None) for one in gone)
        yield from (Field(paths.item(path, ""), None, one) for one in come)
