"""The place in a model that an error of pydantic is about.

Pydantic's locations are mixed: keys and indexes of the data, names of the members of a union it tried, `[key]` for a
key itself. Walking the model's annotations beside the location tells them apart.
"""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from settings.faults import Path, Value, quoted

# What typing makes of annotations has no common type.
_Annotation: TypeAlias = Any
_WORDS: tuple[tuple[type, str], ...] = (
    (BaseModel, "a map"),
    (Mapping, "a map"),
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (tuple, "a list"),
    (set, "a list"),
    (frozenset, "a list"),
)


class Place(NamedTuple):
    """Where an error is, in the spelling of the files.

    `keys` are those that the map with the place in it may have; `wanted` says what belongs in the place, and `is_key`
    that it is the key that is wrong, not its value.
    """

    path: Path
    keys: tuple[str, ...]
    wanted: str
    is_key: bool


def find_place(model: type[BaseModel], location: Path, data: Value, *, missing: bool = False) -> Place:
    """Find the place of a location that pydantic gave for `data`; `missing` says that its last key is not in there."""
    path: list[str | int] = []
    holder: _Annotation = None
    at: _Annotation = model
    here: Value = data
    is_key = bool(location) and location[-1] == "[key]"
    for index, part in enumerate(location[:-1] if is_key else location):
        members = _members(at)
        if len(members) > 1:
            at = _tried(members, str(part))
            continue
        known, below = _step(here, part)
        if at is None and not known and not (missing and index == len(location) - 1):
            continue
        path.append(part)
        holder, at, here = at, _inside(members[0], part), below
    return Place(tuple(path), _keys(holder), _wanted(at), is_key)


def _step(data: Value, part: str | int) -> tuple[bool, Value]:
    if isinstance(data, dict) and part in data:
        return True, data[str(part)]
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return True, data[part]
    return False, None


def _members(annotation: _Annotation) -> tuple[_Annotation, ...]:
    """Give the members of a union but null, which pydantic does not name in locations; else the annotation itself."""
    while _origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if _origin(annotation) in {Union, UnionType}:
        return tuple(flat for member in get_args(annotation) if member is not NoneType for flat in _members(member))
    return (annotation,)


def _tried(members: tuple[_Annotation, ...], name: str) -> _Annotation:
    """Give the member of a union that pydantic names so: by its tag, its class, or the kind of collection."""
    for member in members:
        if _is_model(member) and (name == member.__name__ or name in _tags(member)):
            return member
    kinds = [(getattr(_origin(member) or member, "__name__", ""), member) for member in members]
    return next((member for kind, member in kinds if kind and name.startswith(kind)), None)


def _tags(model: type[BaseModel]) -> set[str]:
    literals = [get_args(field.annotation) for field in model.model_fields.values() if _is_literal(field.annotation)]
    return {str(values[0]) for values in literals if len(values) == 1}


def _inside(annotation: _Annotation, part: str | int) -> _Annotation:
    """Give the annotation of a key or an item; None where it is not known."""
    if _is_model(annotation):
        fields = annotation.model_fields.items()
        return next((field.annotation for name, field in fields if (field.alias or name) == part), None)
    origin, inner = _origin(annotation), get_args(annotation)
    if not isinstance(origin, type) or not inner:
        return None
    if issubclass(origin, Mapping):
        return inner[1]
    if issubclass(origin, tuple) and inner[-1] is not Ellipsis:
        return inner[part] if isinstance(part, int) and part < len(inner) else None
    return inner[0]


def _keys(annotation: _Annotation) -> tuple[str, ...]:
    models = [member for member in _members(annotation) if _is_model(member)]
    return tuple(field.alias or name for model in models for name, field in model.model_fields.items())


def _wanted(annotation: _Annotation) -> str:
    """Say what a value of this annotation is in a file."""
    words: list[str] = []
    for member in _members(annotation):
        if _is_literal(member):
            words.extend(quoted(str(value)) for value in get_args(member))
        elif isinstance(member, type) and issubclass(member, Enum):
            words.extend(quoted(str(choice.value)) for choice in member)
        else:
            kind = _origin(member) or member
            known = [word for base, word in _WORDS if isinstance(kind, type) and issubclass(kind, base)]
            words.append(known[0] if known else "a value")
    return f"expected {' or '.join(dict.fromkeys(words))}"


def _is_model(annotation: _Annotation) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_literal(annotation: _Annotation) -> bool:
    return _origin(annotation) is Literal


def _origin(annotation: _Annotation) -> _Annotation:
    return get_origin(annotation)
