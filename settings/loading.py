"""From the project's files to one typed stack: which layers there are, in which order, and what they may say.

common → system → environment of common → environment of system → the stack's own config → release.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from settings.checks import check_stack
from settings.environment import Environment
from settings.faults import Fault, SettingsError, did_you_mean, dotted, quoted, shown, undotted
from settings.faults import Path as KeyPath
from settings.layers import Layer, Merged, Position, merge
from settings.source import Document, try_read
from settings.stack import Stack
from settings.system import System
from settings.validation import validate

COMMON = "common"
_STACK_FILE_KEYS = ("config", "secretsprovider", "encryptionsalt", "encryptedkey", "environment", "backend")
_CONFIG_KEYS = ("naru:environment", "naru:systems")
_DEFAULTS = {"namespace": "namespaces", "service": "services", "dataStore": "dataStores"}
_DECLARED_BY_SYSTEM = ("namespaces", "services", "dataStores", "claims", "secrets", "gateways")


@dataclass(frozen=True, slots=True)
class Origin:
    """One layer's say on a value; the file is empty for a default of the model."""

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
        """Tell what each layer says of a value, oldest first; the last one holds.

        `subject` is `SYSTEM/NAME` (a service, data store, claim, secret, namespace or gateway), `SYSTEM`, or
        `environment`; `path` is as files spell it, such as `resources.requests.cpu`. Raises SettingsError.
        """
        name, prefix = self._subject(subject)
        try:
            keys = (*prefix, *undotted(path))
        except ValueError as error:
            raise _unfit(subject, str(error), "expected a path such as resources.requests.cpu") from None
        merged = self.merged[name]
        origins = tuple(
            Origin(setting.value, setting.file, setting.line, setting.label) for setting in merged.history(keys)
        )
        model = self.stack.systems[name] if name else self.stack.environment
        dumped: object = model.model_dump(mode="json", by_alias=True)
        for length, key in enumerate(keys):
            known = dumped if isinstance(dumped, dict) else {}
            if isinstance(dumped, list) and isinstance(key, int) and key < len(dumped):
                dumped = dumped[key]
                continue
            if key not in known:
                if origins:  # a value some layer set and a later one took away
                    return origins
                found = f"no {quoted(str(key))} in {dotted(keys[len(prefix) : length]) or subject}"
                raise _unfit(subject, found, did_you_mean(str(key), map(str, known)))
            dumped = known[key]
        return origins or (Origin(dumped, "", 0, "default"),)

    def _subject(self, subject: str) -> tuple[str, tuple[str, ...]]:
        if subject == "environment":
            return "", ()
        system, _, name = subject.partition("/")
        if system not in self.stack.systems:
            raise _unfit(subject, "no such system", did_you_mean(system, (*self.stack.systems, "environment")))
        if not name:
            return system, ()
        data = self.merged[system].data
        owners = {
            key: kind
            for kind in reversed(_DECLARED_BY_SYSTEM)
            if isinstance(found := data.get(kind), dict)
            for key in found
        }
        if name not in owners:
            raise _unfit(subject, f"{system} has no {quoted(name)}", did_you_mean(name, owners))
        return system, (owners[name], name)


def _unfit(subject: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(subject, 0, "", found, expected)])


def find_root(start: Path) -> Path:
    """Return the folder with Pulumi.yaml at or above `start`. Raises SettingsError where there is none."""
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise SettingsError(
        [Fault(str(start), 0, "", "no Pulumi.yaml here or above", "run naru in the project, or give --root")]
    )


def stacks(root: Path) -> list[str]:
    """Return the names of the project's stacks: one for each Pulumi.<stack>.yaml, in alphabetical order."""
    return sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in root.glob("Pulumi.?*.yaml"))


def load(root: Path, stack: str) -> Loaded:
    """Read, layer, validate and check everything that decides what a stack is.

    Raises SettingsError with every fault of every file that takes part.
    """
    reading = _Reading(root)
    names = stacks(root)
    if stack not in names:
        raise SettingsError([Fault(f"Pulumi.{stack}.yaml", 0, "", "no such stack", did_you_mean(stack, names))])
    loaded = reading.stack(stack, names)
    if reading.faults or loaded is None:
        raise SettingsError(reading.faults)
    return loaded


def check(root: Path) -> dict[str, Loaded]:
    """Load all stacks. Raises SettingsError with the faults of all of them."""
    reading = _Reading(root)
    names = stacks(root)
    loaded = {name: reading.stack(name, names) for name in names}
    if not names:
        reading.faults.append(Fault("Pulumi.yaml", 0, "", "the project has no stack", "add a Pulumi.<stack>.yaml"))
    for path in sorted((root / "releases").glob("*.yaml")):
        if path.stem not in names:
            file = path.relative_to(root).as_posix()
            reading.faults.append(Fault(file, 0, "", "a release for no stack", did_you_mean(path.stem, names)))
    if reading.faults:
        raise SettingsError(reading.faults)
    return {name: value for name, value in loaded.items() if value is not None}


class _Reading:
    """The files read so far, each once, and the faults found so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[Fault] = []
        self._documents: dict[str, Document | None] = {}

    def document(self, file: str) -> Document | None:
        if file not in self._documents:
            self._documents[file], faults = try_read(self.root / file, self.root)
            self.faults += faults
        return self._documents[file]

    def stack(self, name: str, stack_names: list[str]) -> Loaded | None:
        before = len(self.faults)
        common = self.document(f"catalog/{COMMON}.yaml")
        files = sorted(path.stem for path in (self.root / "catalog").glob("*.yaml") if path.stem != COMMON)
        if not files:
            self.faults.append(Fault("catalog", 0, "", "no system", "add a file catalog/<system>.yaml"))
        catalog = {system: self.document(f"catalog/{system}.yaml") for system in files}
        release = self.document(f"releases/{name}.yaml")
        config = self.document(f"Pulumi.{name}.yaml")
        if common is None or release is None or config is None or None in catalog.values():
            return None
        systems = {system: document for system, document in catalog.items() if document is not None}
        self.faults += _shape_of_common(common, stack_names)
        self.faults += _shape_of_config(config, systems)
        self.faults += _shape_of_release(release, systems)
        merged: dict[str, Merged] = {"": merge([Layer("stack", config, ("config", "naru:environment"))])}
        environment, faults = validate(Environment, merged[""], ("config", "naru:environment"))
        self.faults += faults
        models: dict[str, System] = {}
        for system, document in systems.items():
            self.faults += _unknown_overrides(system, document, config, stack_names)
            merged[system] = merge(list(_layers(system, name, common, document, config, release)))
            model, faults = _validated(system, merged[system])
            self.faults += faults
            if model is not None:
                models[system] = model
        if len(self.faults) > before or environment is None or len(models) < len(systems):
            return None
        stack = Stack(name, environment, models)

        def position(system: str, path: KeyPath) -> tuple[Position, str]:
            prefix = () if system else ("config", "naru:environment")
            return merged[system].position(path), dotted((*prefix, *path))

        self.faults += check_stack(stack, position)
        return Loaded(stack, merged)


def _at(document: Document, *path: str) -> dict[str, object]:
    """Return the map at a path of a document, empty where there is none."""
    data: object = document.data
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _layers(
    system: str, stack: str, common: Document, document: Document, config: Document, release: Document
) -> Iterator[Layer]:
    """Yield the layers of a system, lowest first."""
    entities = {kind: tuple(_at(document, kind)) for kind in _DEFAULTS.values()}
    yield from _defaults("common", common, ("defaults",), entities)
    for name in entities["dataStores"]:
        store = _at(document, "dataStores", name)
        engine = store.get("engine")
        if isinstance(engine, str):
            yield Layer("common", common, ("engines", engine), ("dataStores", name))
    yield Layer("system", document, omit=frozenset(["environments"]), declares=True)
    yield from _defaults("environment of common", common, ("environments", stack, "defaults"), entities)
    yield Layer("environment of system", document, ("environments", stack))
    yield Layer("stack", config, ("config", "naru:systems", system))
    for target in _at(release, system):
        service, _, sidecar = target.partition("/")
        under = ("services", service, *(("sidecars", sidecar) if sidecar else ()), "image")
        yield Layer("release", release, (system, target), under)


def _defaults(
    label: str, common: Document, at: tuple[str, ...], entities: Mapping[str, tuple[str, ...]]
) -> Iterator[Layer]:
    for default, kind in _DEFAULTS.items():
        if _at(common, *at, default):
            for name in entities[kind]:
                yield Layer(label, common, (*at, default), (kind, name))


def _validated(system: str, merged: Merged) -> tuple[System | None, list[Fault]]:
    faults = []
    merged.data["name"] = system
    for kind in ("services", "dataStores"):
        found = merged.data.get(kind)
        for name, entity in found.items() if isinstance(found, dict) else ():
            if not isinstance(entity, dict):
                continue
            if "name" in entity:
                place = merged.position((kind, name, "name"))
                path = dotted((kind, name, "name"))
                faults.append(Fault(*place, path, "a name beside the key", f"the key {quoted(name)} is the name"))
            entity["name"] = name
    model, found_faults = validate(System, merged)
    return model, faults + found_faults


def _unknown_keys(document: Document, path: tuple[str, ...], allowed: tuple[str, ...]) -> Iterator[Fault]:
    for key in _at(document, *path):
        if key not in allowed:
            line = document.key_line((*path, key))
            found = f"unknown key {quoted(key)}"
            yield Fault(document.file, line, dotted((*path, key)), found, did_you_mean(key, allowed))


def _maps_at(document: Document, *paths: tuple[str, ...]) -> Iterator[Fault]:
    """Yield a fault for everything at the paths that is there and is no map."""
    for path in paths:
        value = _at(document, *path[:-1]).get(path[-1])
        if value is not None and not isinstance(value, dict):
            yield Fault(document.file, document.line(path), dotted(path), f"found {shown(value)}", "expected a map")


def _shape_of_common(common: Document, stack_names: list[str]) -> Iterator[Fault]:
    yield from _unknown_keys(common, (), ("defaults", "engines", "environments"))
    yield from _maps_at(common, ("defaults",), ("engines",), ("environments",))
    yield from _unknown_keys(common, ("defaults",), tuple(_DEFAULTS))
    yield from _unknown_keys(common, ("environments",), tuple(stack_names))
    for stack in _at(common, "environments"):
        yield from _unknown_keys(common, ("environments", stack), ("defaults",))
        yield from _unknown_keys(common, ("environments", stack, "defaults"), tuple(_DEFAULTS))


def _shape_of_config(config: Document, systems: Mapping[str, Document]) -> Iterator[Fault]:
    yield from _unknown_keys(config, (), _STACK_FILE_KEYS)
    yield from _maps_at(config, ("config",), ("config", "naru:environment"), ("config", "naru:systems"))
    ours = _at(config, "config")
    if "naru:environment" not in ours:
        yield Fault(config.file, config.key_line(("config",)), "config", "no naru:environment", "say what it is")
    for key in ours:
        if key.startswith("naru:") and key not in _CONFIG_KEYS:
            line = config.key_line(("config", key))
            yield Fault(
                config.file,
                line,
                dotted(("config", key)),
                f"unknown key {quoted(key)}",
                did_you_mean(key, _CONFIG_KEYS),
            )
    yield from _unknown_keys(config, ("config", "naru:systems"), tuple(systems))


def _shape_of_release(release: Document, systems: Mapping[str, Document]) -> Iterator[Fault]:
    for system, targets in release.data.items():
        if system not in systems:
            found = f"a release for the unknown system {quoted(system)}"
            yield Fault(release.file, release.key_line((system,)), system, found, did_you_mean(system, systems))
            continue
        yield from _maps_at(release, (system,))
        if not isinstance(targets, dict):
            continue
        services = _at(systems[system], "services")
        known = [
            *services,
            *(
                f"{name}/{sidecar}"
                for name in services
                for sidecar in _at(systems[system], "services", name, "sidecars")
            ),
        ]
        for target in targets:
            path = (system, target)
            if target not in known:
                found = f"a release for the unknown service {quoted(target)}"
                yield Fault(release.file, release.key_line(path), dotted(path), found, did_you_mean(target, known))
            yield from _unknown_keys(release, path, ("tag", "digest"))


def _unknown_overrides(system: str, document: Document, config: Document, stack_names: list[str]) -> Iterator[Fault]:
    """Yield a fault for whatever an environment or a stack changes that the system itself does not have."""
    yield from _unknown_keys(document, ("environments",), tuple(stack_names))
    places = [(document, ("environments", stack)) for stack in _at(document, "environments")]
    for source, at in [*places, (config, ("config", "naru:systems", system))]:
        for kind in _DECLARED_BY_SYSTEM:
            known = _at(document, kind)
            for name in _at(source, *at, kind):
                if name not in known:
                    path = (*at, kind, name)
                    found = f"overrides {quoted(name)}, which {system} does not have"
                    yield Fault(source.file, source.key_line(path), dotted(path), found, did_you_mean(name, known))
