"""Where a live object differs from what it would be if ours were applied again. Pure.

What it would be is a server-side dry run of our fields alone: what others own is in both, and so is every default.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from operations.api_server import Object

_KEYS: Final = ("name", "mountPath", "containerPort", "port", "type", "host", "path", "topologyKey", "ip", "key")
_SERVER_METADATA: Final = frozenset({"generation", "managedFields", "resourceVersion", "creationTimestamp", "uid"})
_NOT_COMPARED: Final = frozenset({"apiVersion", "kind", "status"})
_HIDDEN: Final = "(not shown)"

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as it was rendered; None on the side that has none."""

    path: str
    live: Any
    rendered: Any
    by: str = ""
    """Who wrote it last, as its API server knows: the field manager, and when."""


def differences(live: Object, applied: Object, ignored: Iterable[str] = ()) -> tuple[Difference, ...]:
    """Return the fields in which two forms of one object differ, without its status and those at or below `ignored`.

    `ignored` are paths as `Difference` has them. Values of Secrets are not shown.
    """
    skipped = tuple(ignored)
    hidden = live.get("kind") == "Secret"
    found = []
    for key in dict.fromkeys((*live, *applied)):
        if key in _NOT_COMPARED:
            continue
        for path, old, new in _walk((key,), _plain(key, live), _plain(key, applied)):
            text = shown(path)
            if not any(_below(text, one) for one in skipped):
                live_value, rendered = (_HIDDEN, _HIDDEN) if hidden else (old, new)
                found.append(Difference(text, live_value, rendered, written_by(live, path)))
    return tuple(found)


def shown(path: Path) -> str:
    """Return a path as people read it: `spec.template.spec.containers[api].image`, `metadata.annotations["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.startswith("[") or not step:
            text += step
        elif any(character in step for character in './"'):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def written_by(live: Object, path: Path) -> str:
    """Return the manager that wrote a field last and when, empty where nobody is known to own it."""
    owners = [
        (entry.get("time") or "", entry.get("manager") or "")
        for entry in live.get("metadata", {}).get("managedFields") or ()
        if not entry.get("subresource") and _owns(entry.get("fieldsV1") or {}, path)
    ]
    if not owners:
        return ""
    when, who = max(owners)
    return f"{who}, {when}" if when else who


def _plain(key: str, obj: Object) -> Any:
    value = obj.get(key)
    if key == "metadata" and isinstance(value, Mapping):
        return {name: inside for name, inside in value.items() if name not in _SERVER_METADATA}
    return value


def _walk(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _walk((*path, str(key)), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        key = _merge_key(old, new)
        if key is not None:
            before, after = ({item[key]: item for item in items} for items in (old, new))
            for name in dict.fromkeys((*before, *after)):
                yield from _walk((*path, f"[{name}]"), before.get(name), after.get(name))
        elif len(old) == len(new):
            for index, (one, other) in enumerate(zip(old, new, strict=True)):
                yield from _walk((*path, index), one, other)
        else:
            yield path, old, new
    elif old != new:
        yield path, old, new


def _merge_key(*lists: Sequence[Any]) -> str | None:
    items = [item for one in lists for item in one]
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in _KEYS:
        values = [[item.get(key) for item in one] for one in lists]
        plain = all(isinstance(value, str | int) for one in values for value in one)
        if plain and all(len(set(one)) == len(one) for one in values):
            return key
    return None


def _below(text: str, ignored: str) -> bool:
    return text == ignored or text.startswith((f"{ignored}.", f"{ignored}["))


def _owns(fields: Mapping[str, Any], path: Path) -> bool:
    """Tell whether a manager owns a field, or a map or list item around it as a whole."""
    here: Any = fields
    for step in path:
        if not here:
            return True  # the owner of a whole value owns what is in it
        here = _inside(here, step)
        if here is None:
            return False
    return True


def _inside(fields: Mapping[str, Any], step: Step) -> Any:
    if isinstance(step, str) and not step.startswith("["):
        return fields.get(f"f:{step}")
    wanted = str(step).strip("[]")
    for key, below in fields.items():
        if key.startswith("k:") and wanted in {str(value) for value in json.loads(key[2:]).values()}:
            return below
    return None
