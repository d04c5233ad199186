"""The conditions of `pulumi.com/waitFor`: JSONPath expressions and status conditions, as `kubectl wait --for` has them.

One expression or a JSON list of them, all of which must hold: `jsonpath={.status.phase}=Running`, `jsonpath={.spec.x}`
(exists), `condition=Ready`, `condition=Ready=False`. Of JSONPath, keys, quoted keys, indices, `[*]` and filters
`[?(@.type=="Ready")]` are understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from local.provider.objects import dig


class ConditionError(ValueError):
    """An expression that cannot be read, with what would be right."""


@dataclass(frozen=True)
class Filter:
    """The items of a list whose value at a path of keys is a text, or is anything at all for None."""

    keys: tuple[str, ...]
    equals: str | None


Step = str | int | None | Filter  # a key, an index, every item, or those a filter lets through


class Condition(Protocol):
    """Something that is to hold for an object before it counts as ready."""

    @property
    def text(self) -> str:
        """The expression, as it was written."""

    def holds(self, obj: Mapping[str, Any]) -> bool:
        """Tell whether the condition holds for a live object."""

    def found(self, obj: Mapping[str, Any]) -> str:
        """Return what is there instead."""


@dataclass(frozen=True)
class Place:
    """A place in the object and the text that must stand there, anything at all for None."""

    text: str
    steps: tuple[Step, ...]
    equals: str | None

    def holds(self, obj: Mapping[str, Any]) -> bool:
        """Tell whether the text stands there."""
        found = self._find(obj)
        return bool(found) if self.equals is None else self.equals in found

    def found(self, obj: Mapping[str, Any]) -> str:
        """Return the texts that stand there."""
        return ", ".join(self._find(obj)) or "nothing"

    def _find(self, obj: Mapping[str, Any]) -> list[str]:
        values: list[Any] = [obj]
        for step in self.steps:
            values = [item for value in values for item in _follow(value, step)]
        return [_text(value) for value in values]


@dataclass(frozen=True)
class Status:
    """A condition of `.status.conditions` and the status it must have, about the object as it is now.

    As `kubectl wait` has it, and with it the official provider: case does not matter, and what a controller said of an
    earlier generation does not count, where it tells which one that was, as a number. Argo Rollouts tells it as a text,
    which both leave unread: of a changed Rollout they see what was so before.
    """

    text: str
    type: str
    status: str

    def holds(self, obj: Mapping[str, Any]) -> bool:
        """Tell whether the condition has the status."""
        condition = self._find(obj)
        return str(condition.get("status")).lower() == self.status.lower() and not self._is_outdated(obj, condition)

    def found(self, obj: Mapping[str, Any]) -> str:
        """Return the condition's status, with reason and message, where there is one."""
        condition = self._find(obj)
        if not condition:
            return "nothing"
        told = [str(condition[key]) for key in ("status", "reason", "message") if condition.get(key)]
        return ": ".join(told) + (" (of an earlier generation)" if self._is_outdated(obj, condition) else "")

    def _find(self, obj: Mapping[str, Any]) -> Mapping[str, Any]:
        conditions: Iterable[Mapping[str, Any]] = dig(obj, "status", "conditions") or ()
        return next((one for one in conditions if str(one.get("type")).lower() == self.type.lower()), {})

    def _is_outdated(self, obj: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
        observed = condition.get("observedGeneration", dig(obj, "status", "observedGeneration"))
        generation = dig(obj, "metadata", "generation")
        return isinstance(observed, int) and isinstance(generation, int) and observed < generation


_TOKEN: Final = re.compile(
    r"""\.(?P<key>(?:\\.|[^.\[\]{}\\])+)
      | \['(?P<single>[^']*)'\] | \["(?P<double>[^"]*)"\]
      | \[(?P<index>-?\d+)\] | (?P<every>\[\*\])
      | \[\?\(@\.(?P<field>[\w.]+)(?:\s*==\s*(?P<quote>["'])(?P<value>.*?)(?P=quote))?\)\]""",
    re.VERBOSE,
)


def parse(annotation: str) -> list[Condition]:
    """Return the conditions of a `pulumi.com/waitFor` annotation. Raises ConditionError."""
    expressions: Any = [annotation]
    if annotation.lstrip().startswith("["):
        try:
            expressions = json.loads(annotation)
        except json.JSONDecodeError as error:
            message = f"pulumi.com/waitFor is no JSON list: {error.msg}"
            raise ConditionError(message) from None
    if not expressions or not all(isinstance(expression, str) for expression in expressions):
        raise ConditionError("pulumi.com/waitFor: expected one expression or a list of them")
    return [_parse(expression) for expression in expressions]


def _parse(expression: str) -> Condition:
    kind, _, rest = expression.partition("=")
    if kind == "condition" and rest:
        name, _, status = rest.partition("=")
        return Status(expression, name, status or "True")
    if kind != "jsonpath" or not rest:
        message = f"pulumi.com/waitFor: {expression!r} has neither the prefix jsonpath= nor condition="
        raise ConditionError(message)
    path, separator, value = _split(rest)
    if separator and not value:
        message = f"pulumi.com/waitFor: {expression!r} has no value after ="
        raise ConditionError(message)
    return Place(expression, _steps(path, expression), value if separator else None)


def _split(text: str) -> tuple[str, str, str]:
    """Split a path in braces, or a bare one, from the value after it."""
    if text.startswith("{"):
        path, closed, rest = text[1:].rpartition("}")
        if not closed:
            path, rest = text[1:], ""
        return path, rest[:1], rest[1:].strip("\"'")
    end = re.search(r"=(?![^\[]*\])", text)  # not the == of a filter
    path, rest = (text[: end.start()], text[end.start() :]) if end else (text, "")
    return path, rest[:1], rest[1:].strip("\"'")


def _steps(path: str, expression: str) -> tuple[Step, ...]:
    text = path if path[:1] in (".", "[") else f".{path}"
    steps: list[Step] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            message = f"pulumi.com/waitFor: {expression!r} is not understood at {text[position:]!r}"
            raise ConditionError(message)
        steps.append(_step(token))
        position = token.end()
    return tuple(steps)


def _step(token: re.Match[str]) -> Step:
    if token["index"] is not None:
        return int(token["index"])
    if token["every"] is not None:
        return None
    if token["field"] is not None:
        return Filter(tuple(token["field"].split(".")), token["value"])
    if token["key"] is not None:
        return re.sub(r"\\(.)", r"\1", token["key"])
    return token["single"] if token["single"] is not None else token["double"]


def _follow(value: Any, step: Step) -> Iterable[Any]:
    if isinstance(step, str):
        return [value[step]] if isinstance(value, Mapping) and step in value else []
    items = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    if isinstance(step, int):
        return items[step : step + 1 or None]
    if isinstance(step, Filter):
        found = ((item, dig(item, *step.keys)) for item in items)
        return [item for item, at in found if at is not None and step.equals in (None, _text(at))]
    return items


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
