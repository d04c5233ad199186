"""From the parser's events to plain data and the line of every key, in one pass.

What is accepted is the part of YAML 1.2 that Kubernetes' files use: one map per file, string keys, and plain scalars
that are `null`, `~` or nothing, `true` or `false`, decimal numbers, else text (`no`, `on`, `0777`, `1:30`, `1e3` and
dates are text). Tags and merge keys are refused; aliases may repeat a value, within bounds.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from settings.faults import Fault, Value, dotted, is_secret, quoted, shown
from settings.syntax import USE_QUOTES, complaint, events

MAX_DEPTH = 100
# Counted with every alias written out, which is what merging and validating would have to walk.
MAX_NODES = 1_000_000

# Eighteen digits are what every reader of the rendered files can hold.
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")
_CONSTANTS: dict[str, Value] = {"": None, "~": None, "null": None, "true": True, "false": False}

Lines: TypeAlias = dict[int, dict[str, int] | list[int]]
"""The lines of the keys of each map and of the items of each list, by its `id`."""

_Node: TypeAlias = ScalarEvent | CollectionStartEvent | AliasEvent


class _StopReading(Exception):  # noqa: N818 - not an error: its fault is already noted
    """Nothing that follows can be understood."""


class _Anchor(NamedTuple):
    value: Value
    nodes: int
    height: int


class Composer:
    """Builds plain data and the lines of its keys in one pass over the parser's events."""

    def __init__(self, file: str, text: str, *, shows_names: bool = True) -> None:
        """Take a file's text; without `shows_names` faults repeat no tag, anchor or alias, which may be a value."""
        self.faults: list[Fault] = []
        self._file = file
        self._text = text
        self._shows_names = shows_names
        self._next: Callable[[], Any]
        self._path: list[str | int] = []
        self.lines: Lines = {}
        self.moved: dict[tuple[int, str], int] = {}
        # Both remember one text of each kind, since most are written many times.
        self._plain = dict(_CONSTANTS)
        self._keys: dict[str, str] = {}
        self._anchors: dict[str, _Anchor | None] = {}
        self._nodes = 0
        self._deepest = 0
        self._distorted = False

    def compose(self) -> dict[str, Value] | None:
        """Build the only document; None where a fault leaves data that does not say what was meant."""
        try:
            data = self._root()
        except yaml.YAMLError as error:
            self.faults.append(complaint(self._file, self._text, error))
            return None
        except _StopReading:
            return None
        return None if self._distorted else data

    def _root(self) -> dict[str, Value]:
        self._next = events(self._text)
        self._next()
        event = self._next()
        root = None if isinstance(event, StreamEndEvent) else self._next()
        if root is None or (isinstance(root, ScalarEvent) and root.implicit[0] and not root.value):
            self._fault(0, "an empty file", "expected a map")
            raise _StopReading
        data = self._node(root)
        if not isinstance(data, dict):
            found = "a list" if isinstance(data, list) else "a single value"
            self._fault(_line(root), f"found {found}", 'expected a map: lines of "key: value"')
            raise _StopReading
        self._next()
        event = self._next()
        if not isinstance(event, StreamEndEvent):
            self._fault(_line(event), "a second document", "keep one document in a file")
        return data

    def _node(self, event: _Node) -> Value:
        if isinstance(event, AliasEvent):
            return self._aliased(event)
        if event.tag is not None:
            tag = self._named(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._fault(_line(event), f"a tag{tag}", "write the value without a tag")
        name = event.anchor
        if name is None:
            return self._content(event)
        if name in self._anchors:
            self._fault(_line(event), f"an anchor that exists already{self._named('&' + name)}", "give it a new name")
        self._anchors[name] = None
        nodes, deepest, self._deepest = self._nodes, self._deepest, len(self._path)
        value = self._content(event)
        self._anchors[name] = _Anchor(value, self._nodes - nodes, self._deepest - len(self._path))
        self._deepest = max(deepest, self._deepest)
        return value

    def _aliased(self, event: AliasEvent) -> Value:
        alias = self._named(f"*{event.anchor}")
        if event.anchor not in self._anchors:
            self._distorted = True
            self._fault(_line(event), f"an alias{alias} without an anchor", f"if it is text, {USE_QUOTES}")
            return None
        anchor = self._anchors[event.anchor]
        if anchor is None:
            self._distorted = True
            self._fault(_line(event), f"an alias{alias} inside its own anchor", "a value cannot contain itself")
            return None
        self._enter(len(self._path) + anchor.height, event)
        self._count(anchor.nodes, event)
        return anchor.value

    def _content(self, event: _Node) -> Value:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        self._enter(len(self._path) + 1, event)
        return self._map(event) if isinstance(event, MappingStartEvent) else self._list(event)

    def _scalar(self, event: ScalarEvent) -> Value:
        text: str = event.value
        if not event.implicit[0]:
            return text
        try:
            return self._plain[text]
        except KeyError:
            value = self._plain[text] = _resolved(text)
            return value

    def _map(self, start: Event) -> dict[str, Value]:
        data: dict[str, Value] = {}
        lines: dict[str, int] = {}
        self.lines[id(data)] = lines
        following, scalar, keys, path = self._next, self._scalar, self._keys, self._path
        while True:
            event = following()
            if isinstance(event, MappingEndEvent):
                break
            line = event.start_mark.line + 1
            key = keys.get(event.value) if isinstance(event, ScalarEvent) else None
            if key is None:
                key = self._key(event)
            if key in lines:
                found = f"the key {quoted(key)} again, first on line {lines[key]}"
                self._fault(line, found, "expected each key once", key)
            lines[key] = line
            event = following()
            value_line = event.start_mark.line + 1
            if isinstance(event, ScalarEvent) and event.anchor is None and event.tag is None:
                data[key] = scalar(event)
                if value_line != line:
                    self.moved[id(data), key] = value_line
            else:
                path.append(key)
                data[key] = self._node(event)
                path.pop()
        self._count(len(data), start)
        return data

    def _list(self, start: Event) -> list[Value]:
        data: list[Value] = []
        lines: list[int] = []
        self.lines[id(data)] = lines
        following, path = self._next, self._path
        while not isinstance(event := following(), SequenceEndEvent):
            path.append(len(data))
            lines.append(event.start_mark.line + 1)
            data.append(self._node(event))
            path.pop()
        self._count(len(data), start)
        return data

    def _key(self, event: _Node) -> str:
        if not isinstance(event, ScalarEvent):
            self._fault(_line(event), "a map, a list or an alias as a key", "quote text that begins with {, [ or *")
            raise _StopReading
        key: str = event.value
        if event.tag is not None or event.anchor is not None:
            self._fault(_line(event), "a key with a tag or an anchor", "expected a plain key", key)
        value = _resolved(key)
        if not event.implicit[0]:
            return key
        if key == "<<":
            self._distorted = True
            self._fault(_line(event), "a merge key", "put what is shared into a lower layer", key)
        elif value != key or not isinstance(value, str):
            self._fault(_line(event), f"{shown(value)} as a key", f"put it in quotes: {quoted(key)}", key)
        else:
            self._keys[key] = key
        return key

    def _enter(self, depth: int, event: Event) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH:
            del self._path[3:]
            self._fault(_line(event), f"more than {MAX_DEPTH} levels of nesting", "expected fewer")
            raise _StopReading

    def _count(self, nodes: int, event: Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._fault(_line(event), f"aliases that unfold to more than {MAX_NODES:,} values", "expected fewer")
            raise _StopReading

    def _named(self, name: str) -> str:
        return f" {quoted(name)}" if self._shows_names and not is_secret(self._path) else ""

    def _fault(self, line: int, found: str, expected: str, *below: str) -> None:
        self.faults.append(Fault(self._file, line, dotted((*self._path, *below)), found, expected))


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _resolved(text: str) -> Value:
    """Give what an unquoted scalar stands for."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in "0123456789-+" and (number := _NUMBER.fullmatch(text)):
        return float(text) if number[1] else int(text)
    return text
