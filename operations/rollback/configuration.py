"""In what an earlier version's configuration differs from today's: keys and where they stand, never a value."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from manifests.placed import Placed
from manifests.secret_checksum import CHECKSUM
from operations.api_server import ApiError, ApiServer
from operations.collect import config_map_names
from operations.rollout.revision import Revision
from settings.loaded import Loaded

Object = Mapping[str, Any]

_HASH: Final = re.compile(r"-[0-9a-f]{8}$")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that is other now than it was with an earlier version."""

    key: str
    now: Literal["another", "new", "gone"]
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        at = f" ({self.file}:{self.line})" if self.line else f" ({self.file})" if self.file else ""
        return f"{self.key} is {self.now}{at}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """Return which keys are other, by name; `before` and `now` are all data of a version's ConfigMaps."""
    found = []
    for key in sorted(before.keys() | now.keys()):
        if key not in now:
            found.append(Difference(key, "gone"))
        elif key not in before:
            found.append(Difference(key, "new"))
        elif before[key] != now[key]:
            found.append(Difference(key, "another"))
    return found


def located(found: Iterable[Difference], loaded: Loaded, system: str, service: str) -> Iterator[Difference]:
    """Yield them with the file and line that sets each variable; of files in a ConfigMap, with the system's file."""
    merged = loaded.merged[system]
    for one in found:
        path = ("services", service, "env", one.key)
        history = merged.history(path) if _VARIABLE.fullmatch(one.key) else ()
        if history:
            yield Difference(one.key, one.now, history[-1].file, history[-1].line)
        else:
            yield Difference(one.key, one.now, f"catalog/{system}.yaml")


def today(objects: Iterable[Placed], service: str, workload: str) -> dict[str, str]:
    """Return all data of the ConfigMaps that a workload's pods are to have now, by key."""
    placed = [one.manifest for one in objects if one.component == service]
    named: set[str] = set()
    for manifest in placed:
        if manifest["kind"] in {"Deployment", "Rollout"} and manifest["metadata"]["name"] == workload:
            named = config_map_names({**manifest, "kind": "Deployment"})
    return _together(
        (one["metadata"]["name"], one["data"])
        for one in placed
        if one["kind"] == "ConfigMap" and one["metadata"]["name"] in named
    )


def then(server: ApiServer, namespace: str, revision: Revision) -> dict[str, str] | None:
    """Return all data of the ConfigMaps of a revision; None where one of them is no more. Raises UnreachableError."""
    found = []
    for name in revision.config_maps:
        try:
            found.append((name, server.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}").get("data") or {}))
        except ApiError:
            return None
    return _together(found)


def _together(maps: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Put ConfigMaps together; a key that several have is told apart by the map's name without its hash."""
    listed = list(maps)
    keys = [key for _, data in listed for key in data]
    return {
        key if keys.count(key) == 1 else f"{_HASH.sub('', name)}/{key}": value
        for name, data in listed
        for key, value in data.items()
    }


def beside(one: Object, other: Object) -> list[str]:
    """Return where two pod templates differ beside images and configuration: short paths, no values."""
    return sorted(set(_paths(_bare(one), _bare(other), ())))


def _bare(template: Object) -> Any:
    """Return a template without what a version and its configuration are: images, hashes of ConfigMaps, checksums."""

    def bare(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {name: bare(inner, name) for name, inner in value.items() if name not in {"image", CHECKSUM}}
        if isinstance(value, list):
            return [bare(inner, key) for inner in value]
        return _HASH.sub("", value) if key == "name" and isinstance(value, str) else value

    return bare(template, "")


def _paths(one: Any, other: Any, at: Sequence[str]) -> Iterator[str]:
    if one == other:
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in one.keys() | other.keys():
            yield from _paths(one.get(key), other.get(key), (*at, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _paths(left, right, (*at[:-1], f"{at[-1]}[{_name(left, index)}]"))
    else:
        yield ".".join(at[1:] if at[:1] == ("spec",) else at)


def _name(item: Any, index: int) -> str:
    return str(item.get("name", index)) if isinstance(item, Mapping) else str(index)
