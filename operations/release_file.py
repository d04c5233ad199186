"""Changes of `releases/<stack>.yaml` that leave every other character of the file as it is.

ruamel.yaml, the library for this, takes the blanks out of every `{ tag: 1.0.0 }` of the file. So the parser of the
settings says where each value stands, and only that part of the text is replaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from operations.in_place import put_in_place
from operations.release_text import Unfit, changed
from settings.container import Version
from settings.faults import Fault, SettingsError, Value, dotted
from settings.service import Color
from settings.shape import RELEASE_OF_IMAGE, RELEASE_OF_SERVICE
from settings.source import parse, read

_ORDER: Final = (*RELEASE_OF_IMAGE, *RELEASE_OF_SERVICE)


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """The text of a release; every change gives another one. All raise SettingsError where the text cannot be used."""

    file: str
    """Relative to the project, as faults name it."""
    text: str

    def entry(self, system: str, target: str) -> Mapping[str, Any]:
        """Return what it says of a service (`api`) or of its sidecar (`api/proxy`); empty where it says nothing."""
        services = parse(self.text, self.file).data.get(system)
        found = services.get(target) if isinstance(services, dict) else None
        return found if isinstance(found, dict) else {}

    def set_version(self, system: str, target: str, version: Version) -> "ReleaseFile":
        """Give a service or sidecar another version: tag, digest and schemas together, as each belongs to the image."""
        said = said_of(version)
        return self._with((system, target), {key: said.get(key) for key in RELEASE_OF_IMAGE})

    def set_canary(self, system: str, service: str, version: Version | None) -> "ReleaseFile":
        """Say what a `canaryDeployment` tries; None ends it."""
        return self._with((system, service), {"canary": None if version is None else said_of(version)})

    def set_color(self, system: str, service: str, color: Color, version: Version | None) -> "ReleaseFile":
        """Give one Deployment of a `blueGreenIngress` its version; None for the service's own."""
        colors = dict(self.entry(system, service).get("colors") or {})
        colors.pop(color, None)
        if version is not None:
            colors[color] = said_of(version)
        return self._with((system, service), {"colors": colors or None})

    def set_live(self, system: str, service: str, color: Color) -> "ReleaseFile":
        """Say which Deployment of a `blueGreenIngress` traffic goes to."""
        return self._with((system, service), {"live": color})

    def write(self, root: Path) -> None:
        """Put it in place in one step, with the rights of the file that was there. Raises SettingsError."""
        put_in_place(root, self.file, self.text)

    def _with(self, place: tuple[str, str], values: Mapping[str, Value]) -> "ReleaseFile":
        before = parse(self.text, self.file).data
        try:
            text = changed(self.text, before, place, values, _ORDER)
        except Unfit as error:
            raise self._by_hand(place, str(error)) from None
        after = parse(text, self.file).data
        if after != _expected(before, place, values):
            raise self._by_hand(place, "its change would change something else too")
        return replace(self, text=text)

    def _by_hand(self, place: Sequence[str], found: str) -> SettingsError:
        line = parse(self.text, self.file).key_line(tuple(place))
        return SettingsError([Fault(self.file, line, dotted(tuple(place)), found, "change it by hand")])


def read_release(root: Path, stack: str) -> ReleaseFile:
    """Read the release of a stack. Raises SettingsError."""
    file = f"releases/{stack}.yaml"
    read(root / file, root)  # says in its own words what is wrong with the file
    with (root / file).open(encoding="utf-8", newline="") as opened:
        return ReleaseFile(file, opened.read())


def said_of(version: Version) -> dict[str, Value]:
    """Return what a release says of a version, without what it has none of."""
    said: dict[str, Value] = {"tag": version.tag, "digest": version.digest}
    for key, schemas in (("needsSchema", version.needs_schema), ("runsOnSchema", version.runs_on_schema)):
        if schemas:
            said[key] = {database: _number(found) for database, found in schemas.items()}
    return {key: value for key, value in said.items() if value is not None}


def _number(version: str) -> Value:
    """Return a schema's version as people write it: a number where it is one."""
    return int(version) if version.isascii() and version.isdigit() and str(int(version)) == version else version


def _expected(before: Mapping[str, Value], place: tuple[str, str], values: Mapping[str, Value]) -> dict[str, Value]:
    system, target = place
    after = dict(before)
    services = dict(_map(after.get(system)))
    entry = {**_map(services.get(target)), **values}
    services[target] = {key: value for key, value in entry.items() if value is not None}
    after[system] = services
    return after


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}
