"""A stack as it was loaded, and where each of its values comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

from settings.faults import Fault, Path, SettingsError, did_you_mean, dotted, quoted, undotted
from settings.layers import Merged
from settings.shape import DECLARED
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Origin:
    """One layer's say on a value; the file is empty, and the line 0, for a default of the model.

    `value` is as the file spells it, None where the layer takes the value away.
    """

    value: object
    file: str
    line: int
    layer: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stack, and where each of its values comes from."""

    stack: Stack
    merged: Mapping[str, Merged]
    """By system, and the environment under the empty name."""

    def explain(self, subject: str, path: str) -> tuple[Origin, ...]:
        """Tell what each layer says of a value, oldest first; the last one holds, but maps are put together.

        `subject` is `SYSTEM/NAME` (a service, data store, claim, secret, gateway or namespace), `SYSTEM`, or
        `environment`; `path` is as files spell it, such as `resources.requests.cpu`. Raises SettingsError for what
        does not exist.
        """
        name, prefix = self._subject(subject)
        try:
            keys = (*prefix, *undotted(path))
        except ValueError as error:
            raise _unfit(subject, str(error), "expected a path such as resources.requests.cpu") from None
        origins = tuple(
            Origin(setting.value, setting.file, setting.line, setting.label)
            for setting in self.merged[name].history(keys)
        )
        if origins and origins[-1].value is not None:
            return origins
        try:
            value = self._value(name, keys, len(prefix), subject)
        except SettingsError:
            if origins:  # a value that some layer set and a later one took away
                return origins
            raise
        return (*origins, Origin(value, "", 0, "default"))

    def _value(self, system: str, keys: Path, prefix: int, subject: str) -> object:
        model = self.stack.systems[system] if system else self.stack.environment
        value: object = model.model_dump(mode="json", by_alias=True)
        for length, key in enumerate(keys):
            inside: dict[str | int, object] = {}
            if isinstance(value, dict | list):
                inside = dict(value.items() if isinstance(value, dict) else enumerate(value))
            if key not in inside:
                found = f"no {quoted(str(key))} in {dotted(keys[prefix:length]) or subject}"
                wish = did_you_mean(str(key), map(str, inside))
                if isinstance(value, list) and value:
                    wish = f"expected a place in it, at most {dotted((*keys[prefix:length], len(value) - 1))}"
                raise _unfit(subject, found, wish)
            value = inside[key]
        return value

    def _subject(self, subject: str) -> tuple[str, tuple[str, ...]]:
        """Return the system that a subject is part of, and the path to it there."""
        if subject == "environment":
            return "", ()
        system, _, name = subject.partition("/")
        if system not in self.stack.systems:
            raise _unfit(subject, "no such system", did_you_mean(system, (*self.stack.systems, "environment")))
        if not name:
            return system, ()
        data = self.merged[system].data
        kinds = {kind: found for kind in DECLARED if isinstance(found := data.get(kind), dict)}
        for kind, found in kinds.items():
            if name in found:
                return system, (kind, name)
        known = [key for found in kinds.values() for key in found]
        raise _unfit(subject, f"{system} has no {quoted(name)}", did_you_mean(name, known))


def _unfit(subject: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(subject, 0, "", found, expected)])
