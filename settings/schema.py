"""JSON Schemas of the project's files, from the models: what gives editors completion, descriptions and red lines.

A file is one layer of several, so nothing is required and null takes away; what stands in a list is whole, as lists
replace. The schemas are of draft 7, which every editor's YAML support knows.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic.json_schema import models_json_schema

from settings.data_store import Engine
from settings.environment import Environment
from settings.service import Service
from settings.shape import DECLARED, DEFAULTS, ENVIRONMENT, RELEASE_OF_SERVICE, STACK_KEYS, SYSTEMS
from settings.system import System
from settings.types import Settings

Schema = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "#/definitions/"
_WHOLE = ".whole"
_NULL: Schema = {"type": "null"}
# Their names are their keys, a system's is its file's.
_NAMED_BY_KEY = frozenset({"System", "Service", "DataStore"})


def schemas() -> dict[str, Schema]:
    """Return the schema of each kind of file, by the file name that the files' first lines give."""
    return {
        "common.schema.json": _common(),
        "system.schema.json": _system(),
        "release.schema.json": _release(),
        "stack.schema.json": _stack(),
    }


def _common() -> Schema:
    models = _Definitions([System])
    system = models.of("System")["properties"]
    parts = {default: _values(system[kind]) for default, kind in DEFAULTS.items()}
    defaults = {**_map(parts), "description": "What every namespace, service and data store has, unless it says else."}
    engines = {engine.value: parts["dataStore"] for engine in Engine}
    block = _map({"defaults": defaults})
    properties = {
        "defaults": defaults,
        "engines": {**_map(engines), "description": "What every data store of an engine has, unless it says else."},
        "environments": {**_map_of(block), "description": "What differs, by the name of the stack."},
    }
    return models.root("What all systems share: catalog/common.yaml", _map(properties))


def _system() -> Schema:
    models = _Definitions([System])
    block = models.reference("System")
    system = models.of("System")
    own = {key: _without_null(part) if key in DECLARED else part for key, part in system["properties"].items()}
    environments = {**_map_of(block), "description": "What differs, by the name of the stack."}
    return models.root("One system: catalog/<system>.yaml", _map({**own, "environments": environments}))


def _release() -> Schema:
    models = _Definitions([Service])
    version, service = models.of("Version")["properties"], models.of("Service")["properties"]
    of_service = {key: service[key] for key in RELEASE_OF_SERVICE}
    services = {
        "type": "object",
        "patternProperties": {"^[^/]*$": _map({**version, **of_service}), "/": _map(version)},
        "description": "The version of each service, and of sidecars as `service/sidecar`.",
    }
    return models.root("Which version of what runs on a stack: releases/<stack>.yaml", _map_of(services))


def _stack() -> Schema:
    models = _Definitions([System, Environment])
    systems = {**_map_of(models.reference("System")), "description": "What differs on this stack alone."}
    config = {
        "type": "object",
        "properties": {ENVIRONMENT[1]: models.reference("Environment", whole=True), SYSTEMS[1]: systems},
        "required": [ENVIRONMENT[1]],
        # Every other key of ours is a mistake; those of others are none of our business.
        "patternProperties": {f"^naru:(?!({ENVIRONMENT[1][5:]}|{SYSTEMS[1][5:]})$)": False},
    }
    properties: Schema = {**{key: {} for key in STACK_KEYS}, "config": config}
    return models.root("One stack: Pulumi.<stack>.yaml", {**_map(properties), "required": ["config"]})


class _Definitions:
    """The schemas of models as one file has them: each as a layer and, below a list, whole."""

    def __init__(self, models: Iterable[type[Settings]]) -> None:
        _, found = models_json_schema(
            [(model, "validation") for model in models], ref_template=f"{_DEFINITIONS}{{model}}"
        )
        self._models: dict[str, Schema] = found["$defs"]
        self._comments = {model.__name__: dict(_comments(model)) for model in _models(Settings)}
        self._used: dict[str, Schema] = {}

    def root(self, title: str, schema: Schema) -> Schema:
        """Return the schema of a file, with the definitions that it refers to."""
        used = {name: self._used[name] for name in sorted(_referenced(schema, self._used))}
        return {"$schema": _DRAFT, "title": title, **schema, **({"definitions": used} if used else {})}

    def of(self, name: str) -> Schema:
        """Return the schema of a model as a layer."""
        self.reference(name)
        return self._used[name]

    def reference(self, name: str, *, whole: bool = False) -> Schema:
        """Return what refers to a model."""
        model = self._models[name]
        key = name + _WHOLE if whole and "properties" in model else name
        if key not in self._used:
            self._used[key] = {}
            self._used[key] = self._model(name, model, whole=whole) if "properties" in model else _untitled(model)
        return {"$ref": _DEFINITIONS + key}

    def _model(self, name: str, model: Schema, *, whole: bool) -> Schema:
        properties = {
            key: self._property(found, self._comments[name].get(key), whole=whole)
            for key, found in model["properties"].items()
            if not (key == "name" and name in _NAMED_BY_KEY)
        }
        schema = {**_map(properties), "description": _flat(model["description"])}
        if not whole:
            schema["type"] = ["object", "null"]
        elif "required" in model:
            schema["required"] = model["required"]
        return schema

    def _property(self, found: Schema, comment: str | None, *, whole: bool) -> Schema:
        schema = self._schema(found, whole=whole)
        if not whole:
            schema = self._or_null(schema)
        return {**schema, "description": comment} if comment else schema

    def _schema(self, found: Schema, *, whole: bool) -> Schema:
        if "$ref" in found:
            return self.reference(found["$ref"].removeprefix(_DEFINITIONS), whole=whole)
        members = found.get("anyOf") or found.get("oneOf")
        if members:
            return self._any_of(
                self._schema(member, whole=whole) for member in members if not (whole and member == _NULL)
            )
        schema = _untitled(found)
        if "items" in schema:
            schema["items"] = self._schema(schema["items"], whole=True)
        if schema["type"] == "object":
            names = schema.get("propertyNames", {})
            values = schema.get("additionalProperties", {})
            for pattern, values_there in schema.pop("patternProperties", {}).items():
                names, values = {**names, "pattern": pattern}, values_there
            inside = self._schema(values, whole=whole)
            schema["additionalProperties"] = inside if whole else self._or_null(inside)
            schema.update({"propertyNames": names} if names else {})
        return schema

    def _or_null(self, schema: Schema) -> Schema:
        return self._any_of([*schema.get("anyOf", [schema]), _NULL])

    def _any_of(self, members: Iterable[Schema]) -> Schema:
        found: list[Schema] = []
        for member in members:
            found += [member] if member not in found else []
        # Where a single member can take in null, an editor's complaint is about what is inside it.
        others = [member for member in found if member != _NULL]
        if len(others) < len(found) and any("null" in self._kinds(member) for member in others):
            found = others
        elif len(others) == 1 and len(found) == 2 and others[0].keys().isdisjoint({"$ref", "enum", "const"}):
            return {**others[0], "type": [*self._kinds(others[0]), "null"]}
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _kinds(self, schema: Schema) -> list[str]:
        """Return the types that a schema takes."""
        if "$ref" in schema:
            schema = self._used[schema["$ref"].removeprefix(_DEFINITIONS)]
        kinds = schema.get("type", [])
        return [kinds] if isinstance(kinds, str) else kinds


def _map(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _map_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _values(schema: Schema) -> Schema:
    values: Schema = schema["additionalProperties"]
    return values


def _without_null(schema: Schema) -> Schema:
    """Return the schema of a map whose values cannot be null, as there is nothing below to take away."""
    return {**schema, "additionalProperties": {"allOf": [_values(schema), {"type": "object"}]}}


def _untitled(schema: Schema) -> Schema:
    """Return a schema without the titles that say no more than the name, and without defaults that are no scalars."""
    found = {key: value for key, value in schema.items() if key != "title"}
    if isinstance(found.get("default"), dict | list | None):
        found.pop("default", None)
    if "description" in found:
        found["description"] = _flat(found["description"])
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())


def _referenced(schema: Any, definitions: dict[str, Schema]) -> set[str]:
    """Return the names of all definitions that a schema needs, those of its definitions included."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            name = node.get("$ref", "").removeprefix(_DEFINITIONS) if isinstance(node.get("$ref"), str) else ""
            if name and name not in found:
                found.add(name)
                waiting.append(definitions[name])
    return found


def _models(base: type[Settings]) -> Iterator[type[Settings]]:
    for model in base.__subclasses__():
        if model.__module__.startswith(f"{__package__}."):
            yield model
            yield from _models(model)


def _comments(model: type[Settings]) -> Iterator[tuple[str, str]]:
    """Yield each key of a model and the docstring of its attribute.

    They are read from the source, here alone: pydantic would read all of it at every start of the program.
    """
    for owner in reversed(model.__mro__):
        body = _classes(owner.__module__)[owner.__name__] if issubclass(owner, Settings) else []
        for attribute, after in pairwise(body):
            if (
                isinstance(attribute, ast.AnnAssign)
                and isinstance(attribute.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                field = model.model_fields[attribute.target.id]
                yield field.alias or attribute.target.id, _flat(str(after.value.value))


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
