"""Merged settings as typed models, and what pydantic finds wrong with them as faults of the files.

Values are taken as YAML wrote them: no text becomes a number and no number becomes text (pydantic's strict JSON mode,
which still takes a list for a tuple and text for an enumeration), and keys are those of the files, not of Python.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.faults import Fault, Path, did_you_mean, dotted, is_secret, quoted, shown
from settings.layers import Merged, Position
from settings.places import Place, find_place

M = TypeVar("M", bound=BaseModel)

_KINDS = {
    "a whole number": ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
    "a number": ("float_type", "float_parsing", "finite_number", "decimal_type", "decimal_parsing"),
    "true or false": ("bool_type", "bool_parsing"),
    "text": ("string_type", "string_sub_type"),
    "a map": ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"),
    "a list": ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
    "at least {ge}": ("greater_than_equal",),
    "at most {le}": ("less_than_equal",),
    "more than {gt}": ("greater_than",),
    "less than {lt}": ("less_than",),
    "a multiple of {multiple_of}": ("multiple_of",),
    "at least {min_length} characters": ("string_too_short",),
    "at most {max_length} characters": ("string_too_long",),
    "text that matches {pattern}": ("string_pattern_mismatch",),
    "at least {min_length} of them": ("too_short",),
    "at most {max_length} of them": ("too_long",),
}
_WANTED = {kind: wanted for wanted, kinds in _KINDS.items() for kind in kinds}
_CHOICE = re.compile(r"'([^']*)'")
_EXPECTED = re.compile("^Input should (be )?")
_NEEDS_NO_QUOTES = re.compile(r"true|false|[-+]?[0-9]+(\.[0-9]+)?")
_UNQUOTED = {"a whole number", "a number", "true or false"}


class _Finding(NamedTuple):
    """A fault before the wishes of all members of a union are put together."""

    position: Position
    path: str
    found: str


def validate(model: type[M], merged: Merged, prefix: Path = ()) -> tuple[M | None, list[Fault]]:
    """Make a model of merged data; `prefix` is put before the paths in faults.

    The model is None where it cannot be made. The faults include those of merging, and with any of them the model is
    not to be used.
    """
    faults = list(merged.faults)
    try:
        text = json.dumps(merged.data)
        return model.model_validate_json(text, strict=True, by_alias=True, by_name=False), faults
    except ValidationError as error:
        details = error.errors(include_url=False)
    placed = [(detail, _place(model, detail, merged)) for detail in details]
    entered = {place.path[:length] for _, place in placed for length in range(len(place.path))}
    wishes: defaultdict[_Finding, dict[str, None]] = defaultdict(dict)
    for detail, place in placed:
        if detail["type"].endswith("_type") and place.path in entered:
            # The members of a union that do not fit at all, where another one fits but for something inside.
            continue
        for finding, wish in _findings(detail, place, merged, prefix):
            wishes[finding][wish] = None
    faults.extend(
        Fault(*finding.position, finding.path, finding.found, _joined(wished)) for finding, wished in wishes.items()
    )
    return None, faults


def _place(model: type[BaseModel], detail: ErrorDetails, merged: Merged) -> Place:
    return find_place(model, detail["loc"], merged.data, missing=detail["type"] == "missing")


def _findings(detail: ErrorDetails, place: Place, merged: Merged, prefix: Path) -> Iterable[tuple[_Finding, str]]:
    """Give what pydantic found, as often as a layer has it, with what would be right there."""
    kind, path = detail["type"], place.path
    way = dotted((*prefix, *path))
    if kind == "extra_forbidden":
        key = str(path[-1])
        wish = did_you_mean(key, place.keys)
        for setting in merged.history(path):
            if setting.value is not None:
                yield _Finding(Position(setting.file, setting.line), way, f"unknown key {quoted(key)}"), wish
        return
    if kind == "missing":
        yield _Finding(merged.position(path), way, f"the key {quoted(str(path[-1]))} is missing"), place.wanted
        return
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        yield _tag(detail, path, merged, prefix)
        return
    if kind == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
        # Items with faults of their own were not counted.
        return
    found, wish = _described(detail, (*prefix, *path))
    if place.is_key:
        yield _Finding(merged.key_position(path), way, f"found the key {quoted(str(path[-1]))}"), wish
    else:
        yield _Finding(merged.position(path), way, found), wish


def _tag(detail: ErrorDetails, path: Path, merged: Merged, prefix: Path) -> tuple[_Finding, str]:
    context = detail["ctx"]
    key = context["discriminator"].strip("'")
    way = dotted((*prefix, *path, key))
    position = merged.position((*path, key))
    if "tag" not in context:
        return _Finding(position, way, f"the key {quoted(key)} is missing"), "it says what kind of map this is"
    choices = _CHOICE.findall(context["expected_tags"])
    return _Finding(position, way, f"found text {quoted(context['tag'])}"), did_you_mean(context["tag"], choices)


def _described(detail: ErrorDetails, path: Path) -> tuple[str, str]:
    """Say what was found at `path` and what would be right, in the words of the file's author."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    secret = is_secret(path) and not isinstance(value, dict | list)
    found = "found a value that is not shown" if secret else f"found {shown(value)}"
    if kind in {"value_error", "assertion_error"}:
        wish = str(context["error"])
        if isinstance(value, dict | list):
            return wish, ""
    else:
        wish = _wish(kind, value, context, detail["msg"])
    return found, wish.replace(str(value), "…") if secret and str(value) else wish


def _wish(kind: str, value: object, context: dict[str, Any], message: str) -> str:
    if kind in {"literal_error", "enum"}:
        return did_you_mean(value if isinstance(value, str) else "", _CHOICE.findall(context["expected"]))
    wanted = _WANTED.get(kind)
    if wanted is None:
        said = _EXPECTED.sub("expected ", message)
        return said[:1].lower() + said[1:]
    if wanted == "text" and isinstance(value, int | float):
        return "expected text, in quotes"
    if wanted in _UNQUOTED and isinstance(value, str) and _NEEDS_NO_QUOTES.fullmatch(value):
        return f"expected {wanted}, without quotes"
    return "expected " + wanted.format_map(context)


def _joined(wishes: Iterable[str]) -> str:
    """Put together what the members of a union wish for."""
    first, *others = wishes
    return " or ".join((first, *(other.removeprefix("expected ") for other in others)))
