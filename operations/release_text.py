"""Changes of one map in the text of a YAML file, by the places that its parser tells. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import yaml

from settings.faults import SettingsError, Value
from settings.source import parse
from settings.syntax import LOADER

_Entry: TypeAlias = tuple[yaml.Node, yaml.Node]


class Unfit(Exception):  # noqa: N818 - a text that no program should change
    """A text that is written in a way in which a change would take more than it should."""


def changed(
    text: str, data: Mapping[str, Value], place: Sequence[str], values: Mapping[str, Value], order: Sequence[str]
) -> str:
    """Return the text with these values in the map at `place`, which is made if need be; None takes a key away.

    `data` is what the text says, `order` how new keys stand among those there are. Raises Unfit.
    """
    for key, value in values.items():
        for path, told in _steps((*place, key), _at(data, (*place, key)), value):
            text = _step(text, path, told, order)
    return text


def _steps(path: tuple[str, ...], before: Value, after: Value) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Yield the single values to write or, where None, to take away."""
    if before == after:
        return
    if isinstance(before, dict) and before and isinstance(after, dict) and after:
        # What is added first keeps the map from being empty in between.
        for key, value in after.items():
            yield from _steps((*path, key), before.get(key), value)
        for key in before.keys() - after.keys():
            yield (*path, key), None
    else:
        yield path, after


def _step(text: str, path: tuple[str, ...], value: Value, order: Sequence[str]) -> str:
    node = yaml.compose(text, LOADER)
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            # Nothing stands there: the rest of the way is written with the value.
            return text if node is None or value is None else _filled(text, node, _nested(path[depth:], value))
        found = next((entry for entry in node.value if entry[0].value == key), None)
        if found is None:
            return text if value is None else _added(text, node, key, _nested(path[depth + 1 :], value), order)
        if depth == len(path) - 1:
            return _removed(text, node, found) if value is None else _replaced(text, found, value)
        node = found[1]
    return text


def _nested(path: Sequence[str], value: Value) -> Value:
    for key in reversed(path):
        value = {key: value}
    return value


def _filled(text: str, node: yaml.Node, value: Value) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    blank = " " if start == end and not text[:start].endswith((" ", "\n")) else ""
    return f"{text[:start]}{blank}{_inline(value)}{text[end:]}"


def _replaced(text: str, entry: _Entry, value: Value) -> str:
    _, node = entry
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        raise Unfit("it is written over several lines")
    return _filled(text, node, value)


def _added(text: str, node: yaml.MappingNode, key: str, value: Value, order: Sequence[str]) -> str:
    entries = node.value
    before = [entry for entry in entries if _rank(entry[0].value, order) <= _rank(key, order)]
    if node.flow_style:
        said = f"{key}: {_inline(value)}"
        if not entries:
            return f"{text[: node.start_mark.index]}{{ {said} }}{text[node.end_mark.index :]}"
        at = before[-1][1].end_mark.index if before else entries[0][0].start_mark.index
        return f"{text[:at]}, {said}{text[at:]}" if before else f"{text[:at]}{said}, {text[at:]}"
    indent = " " * node.start_mark.column
    line_end = "\r\n" if "\r\n" in text else "\n"
    said = f"{indent}{key}: {_inline(value)}"
    if not indent and isinstance(value, dict):  # a system: its services have a line each
        said = line_end.join((f"{key}:", *(f"  {name}: {_inline(inner)}" for name, inner in value.items())))
    if not before:
        at = _line_start(text, node.start_mark.index)
        return f"{text[:at]}{said}{line_end}{text[at:]}"
    at = _line_end(text, _last(before[-1]))
    return f"{text[:at]}{line_end}{said}{text[at:]}"


def _removed(text: str, node: yaml.MappingNode, entry: _Entry) -> str:
    entries = node.value
    index = entries.index(entry)
    start, end = entry[0].start_mark.index, entry[1].end_mark.index
    if not node.flow_style:
        start, end = _line_start(text, start), _line_end(text, _last(entry))
        if len(entries) == 1:
            return f"{text[:start]}{' ' * node.start_mark.column}{{}}{text[end:]}"
        return text[:start] + text[end:].removeprefix("\r").removeprefix("\n")
    if len(entries) == 1:
        start, end, kept = node.start_mark.index, node.end_mark.index, "{}"
    elif index:
        start, kept = entries[index - 1][1].end_mark.index, ""
    else:
        end, kept = entries[1][0].start_mark.index, ""
    if "#" in text[start:end]:
        raise Unfit("there is a comment beside what is to go")
    return text[:start] + kept + text[end:]


def _rank(key: str, order: Sequence[str]) -> int:
    return order.index(key) if key in order else len(order)


def _last(entry: _Entry) -> int:
    """Return where an entry ends: a map over several lines ends, for its parser, only where the next thing begins."""
    key, node = entry
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last(last if isinstance(last, tuple) else (key, last))
    return max(key.end_mark.index, node.end_mark.index)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[at:end].endswith("\r") else end


def _inline(value: Value) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{key}: {_inline(inner)}" for key, inner in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, bool):
        return str(value).lower()
    return _plain(value) if isinstance(value, str) else str(value)


def _plain(word: str) -> str:
    """Return a word without quotes, unless some reader would take it for a number, a date or anything but a word."""
    said = f"{{ word: {word} }}"
    try:
        kept = parse(said, "").data == yaml.safe_load(said) == {"word": word}
    except (SettingsError, yaml.YAMLError, ValueError):  # a date that does not exist is a ValueError
        kept = False
    return word if kept and not _is_number(word) else json.dumps(word)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _at(data: Mapping[str, Value], path: Sequence[str]) -> Value:
    found: Value = dict(data)
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found
