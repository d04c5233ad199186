"""From the project's files to one typed stack: which layers there are, in which order, and what they may say.

common → system → environment of common → environment of system → the stack's own config → release.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from settings.checks import check_stack
from settings.environment import Environment
from settings.faults import Fault, SettingsError, did_you_mean, dotted, quoted, undotted
from settings.faults import Path as KeyPath
from settings.layers import Layer, Merged, Position, merge
from settings.loaded import Loaded, Origin
from settings.sealed import Sealed
from settings.sealed_checks import unsealed
from settings.sealed_files import sealed_of, strays
from settings.shape import (
    DECLARED,
    DEFAULTS,
    ENVIRONMENT,
    RELEASE_OF_IMAGE,
    RELEASE_OF_SERVICE,
    Files,
    faults_of_stack,
    faults_of_system,
    map_at,
    overrides,
    release_targets,
    usable,
)
from settings.source import Document, try_read
from settings.stack import Stack
from settings.system import System
from settings.validation import validate

__all__ = ["Loaded", "Origin", "check", "find_root", "load", "stacks"]

COMMON = "common"
KINDS = ("strategy",)
"""Maps of several kinds: a layer that names another `type` says all of it anew."""


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
    if stack not in reading.stacks:
        expected = did_you_mean(stack, reading.stacks)
        raise SettingsError([Fault(f"Pulumi.{stack}.yaml", 0, "", "no such stack", expected)])
    loaded, faults = reading.stack(stack)
    if loaded is None or reading.faults:
        raise SettingsError([*reading.faults, *faults])
    return loaded


def check(root: Path) -> dict[str, Loaded]:
    """Load all stacks. Raises SettingsError with the faults of all of them."""
    reading = _Reading(root)
    outcomes = {name: reading.stack(name) for name in reading.stacks}
    faults = [*reading.faults, *_told_apart({name: found for name, (_, found) in outcomes.items()})]
    if not outcomes:
        faults.append(Fault("Pulumi.yaml", 0, "", "the project has no stack", "add a Pulumi.<stack>.yaml"))
    for path in sorted((root / "releases").glob("*.yaml")):
        if path.stem not in outcomes:
            file = path.relative_to(root).as_posix()
            faults.append(Fault(file, 0, "", "a release for no stack", did_you_mean(path.stem, outcomes)))
    faults += strays(root, outcomes, reading.systems)
    faults += (fault for loaded, _ in outcomes.values() if loaded for fault in unsealed(loaded, {"sealed"}))
    if faults:
        raise SettingsError(faults)
    return {name: loaded for name, (loaded, _) in outcomes.items() if loaded is not None}


def _told_apart(found: Mapping[str, list[Fault]]) -> Iterator[Fault]:
    """Yield the faults of several stacks; one that only some have, in a line that all share, says which."""
    having: dict[Fault, list[str]] = {}
    for stack, faults in found.items():
        for fault in dict.fromkeys(faults):
            having.setdefault(fault, []).append(stack)
    for fault, names in having.items():
        shared = fault.file.startswith("catalog/") and not fault.path.startswith("environments.")
        if shared and len(names) < len(found):
            yield replace(fault, found=f"{fault.found} (on {', '.join(names)})")
        else:
            yield fault


class _Reading:
    """The files read so far, each once, and what is wrong with reading them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stacks = tuple(stacks(root))
        self.faults: list[Fault] = []
        self._documents: dict[str, Document | None] = {}
        self.systems = sorted(path.stem for path in (root / "catalog").glob("*.yaml") if path.stem != COMMON)
        if not self.systems:
            self.faults.append(Fault("catalog", 0, "", "no system", "add a file catalog/<system>.yaml"))

    def stack(self, name: str) -> tuple[Loaded | None, list[Fault]]:
        """Load one stack, or tell what is wrong in it beside what is wrong with its files."""
        files = Files(
            name,
            self.stacks,
            self._document(f"catalog/{COMMON}.yaml"),
            {system: self._document(f"catalog/{system}.yaml") for system in self.systems},
            self._document(f"Pulumi.{name}.yaml"),
            self._document(f"releases/{name}.yaml"),
        )
        faults = list(faults_of_stack(files))
        whole = not faults and None not in (files.common, files.config, files.release)
        merged: dict[str, Merged] = {}
        environment: Environment | None = None
        if files.config is not None and isinstance(map_at(files.config, "config").get(ENVIRONMENT[1]), dict):
            merged[""] = merge([Layer("stack", files.config, ENVIRONMENT)])
            environment, found = validate(Environment, merged[""], ENVIRONMENT)
            faults += found
        systems: dict[str, System] = {}
        for system, document in files.systems.items():
            found = list(faults_of_system(files, system))
            if document is not None and files.common is not None:
                merged[system] = merge(list(_layers(files, system, document, files.common)), kinds=KINDS)
                model, invalid = _validated(files, system, merged[system])
                told = {(fault.file, fault.path) for fault in found}
                found += (fault for fault in invalid if (fault.file, fault.path) not in told)
                if model is not None and not found:
                    systems[system] = model
            faults += found
        if environment is None or not whole:
            return None, faults
        sealed, found = self._sealed(name, environment, systems)
        faults += found
        stack = Stack(name, environment, systems, sealed)

        def locate(system: str, path: KeyPath) -> tuple[Position, str]:
            return merged[system].locate(path)

        faults += check_stack(stack, locate, unread=files.systems.keys() - systems)
        complete = not faults and len(systems) == len(files.systems) > 0
        return (Loaded(stack, merged) if complete else None), faults

    def _sealed(
        self, stack: str, environment: Environment, systems: Mapping[str, System]
    ) -> tuple[dict[str, dict[str, Sealed]], list[Fault]]:
        """Return the sealed secrets of a stack's systems, of those that have any."""
        sealed = {}
        faults = []
        for name, system in systems.items():
            found, wrong = sealed_of(self.root, stack, environment, system)
            faults += wrong
            if found:
                sealed[name] = found
        return sealed, faults

    def _document(self, file: str) -> Document | None:
        if file not in self._documents:
            self._documents[file], faults = try_read(self.root / file, self.root)
            self.faults += faults
        return self._documents[file]


def _layers(files: Files, system: str, document: Document, common: Document) -> Iterator[Layer]:
    """Yield the layers of a system, lowest first."""
    entities = {kind: tuple(map_at(document, kind)) for kind in DEFAULTS.values()}
    yield from _defaults("common", common, ("defaults",), entities)
    for name in entities["dataStores"]:
        engine = map_at(document, "dataStores", name).get("engine")
        if isinstance(engine, str):
            yield Layer("common", common, ("engines", engine), ("dataStores", name))
    yield Layer("system", document, omit=frozenset(["environments"]), declares=True)
    yield from _defaults("environment of common", common, ("environments", files.stack, "defaults"), entities)
    for (source, at), label in zip(overrides(files, system), ("environment of system", "stack"), strict=False):
        yield Layer(label, source, at)
    if files.release is not None:
        for target in release_targets(files, system):
            service, _, sidecar = target.partition("/")
            under = ("services", service, *(("sidecars", sidecar) if sidecar else ()))
            at = (system, target)
            yield Layer("release", files.release, at, (*under, "image"), omit=frozenset(RELEASE_OF_SERVICE))
            yield Layer("release", files.release, at, under, omit=frozenset(RELEASE_OF_IMAGE))


def _defaults(
    label: str, common: Document, at: tuple[str, ...], entities: Mapping[str, tuple[str, ...]]
) -> Iterator[Layer]:
    for default, kind in DEFAULTS.items():
        if map_at(common, *at, default):
            for name in entities[kind]:
                yield Layer(label, common, (*at, default), (kind, name))


def _validated(files: Files, system: str, merged: Merged) -> tuple[System | None, list[Fault]]:
    """Make a system's model of its merged data: the system is named by its file, its workloads by their keys."""
    named: dict[KeyPath, str] = {("name",): "the file's name is the name"} if "name" in merged.data else {}
    merged.data["name"] = system
    keys_are_names = set()
    for kind in DECLARED:
        found = merged.data.get(kind)
        if not isinstance(found, dict):
            continue
        known = usable(files, system, kind)
        for key, entity in list(found.items()):
            if key not in known:
                del found[key]
            elif kind in {"services", "dataStores"} and isinstance(entity, dict):
                if "name" in entity:
                    named[kind, key, "name"] = f"the key {quoted(key)} is the name"
                keys_are_names.add(dotted((kind, key, "name")))
                entity["name"] = key
    model, invalid = validate(System, merged)
    faults = []
    for fault in invalid:
        if fault.path == "name":
            faults.append(Fault(f"catalog/{system}.yaml", 0, "", f"the file's name {quoted(system)}", fault.expected))
        elif fault.path not in keys_are_names:  # the key itself is told of
            position = Position(fault.file, fault.line)
            faults.append(replace(fault, path=dotted(merged.as_written(position, undotted(fault.path)))))
    for path, wish in named.items():
        position, written = merged.locate(path)
        faults.append(Fault(*position, written, "a name of its own", f"leave it out: {wish}"))
    return model, faults
