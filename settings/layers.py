"""Layers of settings merged into one, in which every value knows which file and line set it.

Maps merge, lists and maps of another `type` replace, null removes. Merging copies data and nothing else; where a
value came from is found out by walking the layers again, since only faults and `naru explain` ask.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from settings.faults import Fault, Path, Value, dotted, nearest, quoted, shown
from settings.source import Document


class Position(NamedTuple):
    """A line of a file; 0 is the whole file."""

    file: str
    line: int


class Setting(NamedTuple):
    """What one layer says about one value: where, and what it sets (None: it takes the value away)."""

    file: str
    line: int
    label: str
    value: Value


class _Reach(NamedTuple):
    """How far a path leads in a layer: the part known to the document, whether that is all, and what is there."""

    known: Path
    complete: bool
    value: Value
    replaces: bool = False
    """Whether the layer takes away what lower ones have there."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a document, and where it goes: the map at `at`, without its keys in `omit`, lands at `under`.

    `declares` marks the layer that says that the thing exists, where a missing key is to be added; without one it is
    the lowest layer that has the map. A document with nothing or null at `at` contributes nothing.
    """

    label: str
    document: Document
    at: Path = ()
    under: tuple[str, ...] = ()
    omit: frozenset[str] = frozenset()
    declares: bool = False

    def reach(self, path: Path) -> _Reach | None:
        """Follow a path of the merged data in this layer; None where the layer has no say about it."""
        depth = len(self.under)
        inner = path[depth:]
        if path[:depth] != self.under[: len(path)] or (inner and inner[0] in self.omit):
            return None
        length, data = _follow(self.document.data, self.at)
        if length < len(self.at) or not isinstance(data, dict):
            return None
        length, value = _follow(data, inner)
        return _Reach((*self.at, *inner[:length]), length == len(inner), value)


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """The outcome of `merge`: plain data of its own, the faults of merging, and the layers, lowest first."""

    data: dict[str, Value]
    layers: tuple[Layer, ...]
    faults: tuple[Fault, ...]
    replaced: frozenset[tuple[int, Path]] = frozenset()
    """Which layer, by its place, put a map of another `type` where."""

    def history(self, path: Path) -> tuple[Setting, ...]:
        """Give what each layer says about the value at `path`, oldest first; the last one holds.

        A layer that removes the value, or replaces a map or a list it stands in, is in it with None.
        """
        settings: list[Setting] = []
        for layer, reach in self._saying(path):
            value = reach.value if reach.complete else None
            if reach.complete or (settings and settings[-1].value is not None):
                line = layer.document.line(reach.known)
                settings.append(Setting(layer.document.file, line, layer.label, value))
        return tuple(settings)

    def position(self, path: Path) -> Position:
        """Give the line that set the value at `path`, or the deepest known part of the way to it."""
        layer, known = self._origin(path)
        return Position(layer.document.file, layer.document.line(known))

    def key_position(self, path: Path) -> Position:
        """Give the line of the key at `path`, or of the deepest known part of the way to it."""
        layer, known = self._origin(path)
        return Position(layer.document.file, layer.document.key_line(known))

    def locate(self, path: Path) -> tuple[Position, str]:
        """Give the line that set the value at `path`, and the path of that value in its file."""
        position = self.position(path)
        return position, dotted(self.as_written(position, path))

    def as_written(self, position: Position, path: Path) -> Path:
        """Give the path in the file of what stands at `path`, given the line that set it."""
        best, depth = path, 0
        for layer in self.layers:
            reach = layer.reach(path)
            document, under = layer.document, len(layer.under)
            if reach is None or document.file != position.file or len(path) < under:
                continue
            written = (*layer.at, *path[under:])
            known = under + len(reach.known) - len(layer.at)
            if known >= depth and position.line in {document.line(written), document.key_line(written)}:
                best, depth = written, known
        return best

    def _saying(self, path: Path) -> Iterator[tuple[Layer, _Reach]]:
        for place, layer in enumerate(self.layers):
            reach = layer.reach(path)
            replaces = any((place, path[:length]) in self.replaced for length in range(len(path) + 1))
            # A map on the way leaves what lower layers have in it, if it is of their kind.
            if reach is not None and (reach.complete or replaces or not isinstance(reach.value, dict)):
                yield layer, reach._replace(replaces=replaces)

    def _origin(self, path: Path) -> tuple[Layer, Path]:
        length, value = _follow(self.data, path)
        origins: list[tuple[Layer, Path]] = []
        for layer, reach in self._saying(path[:length]):
            unlike = not reach.complete or isinstance(reach.value, dict) != isinstance(value, dict)
            if unlike or reach.replaces:
                origins.clear()
            if not unlike:
                origins.append((layer, reach.known))
        if not origins:
            return self.layers[0], ()
        if not isinstance(value, dict):
            return origins[-1]
        return next((origin for origin in origins if origin[0].declares), origins[0])


def merge(layers: Sequence[Layer], *, lenient: bool = False, kinds: Collection[str] = ()) -> Merged:
    """Merge layers, lowest first, of which there is at least one; what is wrong is in the outcome's `faults`.

    A null for a key that no lower layer has is a fault unless `lenient`. `kinds` are the keys of maps that their `type`
    tells apart: one of another type shares nothing with those below.
    """
    data: dict[str, Value] = {}
    faults: list[Fault] = []
    replaced: set[tuple[int, Path]] = set()
    for place, layer in enumerate(layers):
        known, given = _follow(layer.document.data, layer.at)
        if not isinstance(given, dict):
            if given is not None:
                way = layer.at[:known]
                line = layer.document.line(way)
                faults.append(Fault(layer.document.file, line, dotted(way), f"found {shown(given)}", "expected a map"))
            continue
        if known < len(layer.at):
            continue
        if layer.omit:
            given = {key: value for key, value in given.items() if key not in layer.omit}
        overlay = _Overlay(kinds, [], [])
        target = data
        for part in layer.under:
            target = _map_at(target, part)
        overlay.put(target, given, ())
        replaced.update((place, (*layer.under, *path)) for path in overlay.replaced)
        if not lenient:
            faults.extend(_removes_nothing(layer, path, near) for path, near in overlay.unknown)
    return Merged(data, tuple(layers), tuple(faults), frozenset(replaced))


class _Overlay(NamedTuple):
    """Puts one layer over what is there, and notes what that removed for nothing or replaced."""

    kinds: Collection[str]
    unknown: list[tuple[Path, str | None]]
    replaced: list[Path]

    def put(self, target: dict[str, Value], given: dict[str, Value], path: Path) -> None:
        for key, value in given.items():
            if isinstance(value, dict):
                if key in self.kinds and _of_other_type(value, target.get(key)):
                    target[key] = {}
                    self.replaced.append((*path, key))
                self.put(_map_at(target, key), value, (*path, key))
            elif value is not None:
                target[key] = _copied(value)
            elif target.pop(key, _ABSENT) is _ABSENT:
                self.unknown.append(((*path, key), nearest(key, target)))


def _of_other_type(value: dict[str, Value], below: Value) -> bool:
    return isinstance(below, dict) and "type" in value and "type" in below and value["type"] != below["type"]


def _map_at(target: dict[str, Value], key: str) -> dict[str, Value]:
    below = target.get(key)
    if not isinstance(below, dict):
        below = target[key] = {}
    return below


def _copied(value: Value) -> Value:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value


def _follow(data: Value, path: Path) -> tuple[int, Value]:
    """Give how many parts of the path there are, and the value at the last of them."""
    for length, part in enumerate(path):
        if isinstance(part, str) and isinstance(data, dict) and part in data:
            data = data[part]
            continue
        if isinstance(part, int) and isinstance(data, list) and part < len(data):
            data = data[part]
            continue
        return length, data
    return len(path), data


def _removes_nothing(layer: Layer, path: Path, near: str | None) -> Fault:
    line = layer.document.key_line((*layer.at, *path))
    found = "null removes what no lower layer sets"
    expected = f"did you mean {quoted(near)}?" if near else "leave the key out, or write {} for an empty map"
    return Fault(layer.document.file, line, dotted((*layer.under, *path)), found, expected)


_ABSENT: Final = object()
