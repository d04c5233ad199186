"""What each file may have at its outer levels, before layers are merged and models ask about the rest.

A layer that is no map, or that changes what its system does not have, would otherwise vanish or be taken for something
new without all that belongs to it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from settings.data_store import Engine
from settings.faults import Fault, did_you_mean, dotted, nearest, quoted, shown
from settings.source import Document

DEFAULTS = {"namespace": "namespaces", "service": "services", "dataStore": "dataStores"}
"""What `defaults` of the common file are called, and the part of a system that has them."""
DECLARED = ("services", "dataStores", "claims", "secrets", "gateways", "namespaces")
"""What only a system's own file can bring into being."""
ENVIRONMENT = ("config", "naru:environment")
SYSTEMS = ("config", "naru:systems")

RELEASE_OF_IMAGE = ("tag", "digest", "needsSchema", "runsOnSchema")
"""What a release says of a service's image, and of a sidecar's."""
RELEASE_OF_SERVICE = ("canary", "colors", "live")
"""What a release says beside that of a service with two workloads."""

STACK_KEYS = ("config", "secretsprovider", "encryptionsalt", "encryptedkey", "environment", "backend")


@dataclass(frozen=True, slots=True)
class Files:
    """The documents that decide what one stack is; None stands for one that cannot be read."""

    stack: str
    stacks: tuple[str, ...]
    common: Document | None
    systems: Mapping[str, Document | None]
    config: Document | None
    release: Document | None


def map_at(document: Document | None, *path: str) -> Mapping[str, object]:
    """Return the map at a path of a document, empty where there is none."""
    data: object = {} if document is None else document.data
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def overrides(files: Files, system: str) -> Iterator[tuple[Document, tuple[str, ...]]]:
    """Yield where this stack may change a system: its block of the system's file, then its own file."""
    document = files.systems[system]
    if document is not None:
        yield document, ("environments", files.stack)
    if files.config is not None:
        yield files.config, (*SYSTEMS, system)


def release_targets(files: Files, system: str) -> tuple[str, ...]:
    """Return what this stack can give a version: its services, and sidecars as `service/sidecar`."""
    document = files.systems[system]
    found: dict[str, dict[str, None]] = {name: {} for name in map_at(document, "services")}
    for source, at in [(document, ()), *overrides(files, system)]:
        for name, service in map_at(source, *at, "services").items():
            if service is None:
                found.pop(name, None)
            for sidecar, settings in map_at(source, *at, "services", name, "sidecars").items():
                if settings is None:
                    found.get(name, {}).pop(sidecar, None)
                else:
                    found.get(name, {})[sidecar] = None
    return tuple(
        target for name, sidecars in found.items() for target in (name, *(f"{name}/{key}" for key in sidecars))
    )


def usable(files: Files, system: str, kind: str) -> frozenset[str]:
    """Return what of a kind a system has, but for what its shape is told of: what else that lacks is no news."""
    document = files.systems[system]
    names = {name for name, value in map_at(document, kind).items() if isinstance(value, dict)}
    for source, at in overrides(files, system):
        changed = map_at(source, *at, kind)
        names -= {name for name, value in changed.items() if value is not None and not isinstance(value, dict)}
    if kind == "dataStores" and document is not None:
        names -= _unknown_engines(document).keys()
    return frozenset(names)


def faults_of_stack(files: Files) -> Iterator[Fault]:
    """Yield what is wrong with the shape of the files that all systems of a stack share."""
    if files.common is not None:
        yield from _common(files.common, files.stacks)
    if files.config is not None:
        yield from _config(files.config, files.systems)
    if files.release is not None:
        for system in files.release.data:
            if system not in files.systems:
                found = f"a release for the unknown system {quoted(system)}"
                line = files.release.key_line((system,))
                yield Fault(files.release.file, line, dotted((system,)), found, did_you_mean(system, files.systems))


def faults_of_system(files: Files, system: str) -> Iterator[Fault]:
    """Yield what is wrong with the shape of what a stack's files say of one system."""
    document = files.systems[system]
    if document is None:
        return
    yield from _unknown_keys(document, ("environments",), files.stacks)
    for kind in DECLARED:
        yield from _not_maps(document, (kind, "*"), null="expected a map, for one without settings {}")
    for name, engine in _unknown_engines(document).items():
        chosen = ("dataStores", name, "engine")
        wish = did_you_mean(engine, set(Engine))
        yield Fault(document.file, document.line(chosen), dotted(chosen), f"found text {quoted(engine)}", wish)
    blocks: list[tuple[Document, tuple[str, ...]]] = []
    blocks += ((document, ("environments", stack)) for stack in map_at(document, "environments"))
    if files.config is not None:
        blocks.append((files.config, (*SYSTEMS, system)))
    for source, at in blocks:
        for kind in DECLARED:
            yield from _not_maps(source, (*at, kind, "*"))
            for name in map_at(source, *at, kind):
                if name not in (known := map_at(document, kind)):
                    path = (*at, kind, name)
                    found = f"overrides {quoted(name)}, which {system} does not have"
                    yield Fault(source.file, source.key_line(path), dotted(path), found, did_you_mean(name, known))
    if files.release is not None:
        yield from _release(files.release, system, release_targets(files, system))


def _unknown_engines(document: Document) -> dict[str, str]:
    """Return the data stores of a system whose engine nobody knows, and the engine."""
    engines = {name: map_at(document, "dataStores", name).get("engine") for name in map_at(document, "dataStores")}
    return {name: engine for name, engine in engines.items() if isinstance(engine, str) and engine not in set(Engine)}


def _common(common: Document, stacks: Collection[str]) -> Iterator[Fault]:
    yield from _unknown_keys(common, (), ("defaults", "engines", "environments"))
    yield from _not_maps(common, ("defaults", "*"))
    yield from _not_maps(common, ("engines", "*"))
    yield from _not_maps(common, ("environments", "*", "defaults", "*"))
    yield from _unknown_keys(common, ("defaults",), DEFAULTS)
    yield from _unknown_keys(common, ("engines",), set(Engine))
    yield from _unknown_keys(common, ("environments",), stacks)
    for stack in map_at(common, "environments"):
        yield from _unknown_keys(common, ("environments", stack), ("defaults",))
        yield from _unknown_keys(common, ("environments", stack, "defaults"), DEFAULTS)


def _config(config: Document, systems: Collection[str]) -> Iterator[Fault]:
    yield from _unknown_keys(config, (), STACK_KEYS)
    yield from _not_maps(config, ENVIRONMENT, null="expected a map")
    keys = map_at(config, "config")
    unknown = [key for key in keys if key.startswith("naru:") and key not in (ENVIRONMENT[1], SYSTEMS[1])]
    if (
        ENVIRONMENT[1] not in keys
        and nearest(ENVIRONMENT[1], unknown) is None
        and isinstance(config.data.get("config"), dict | None)
    ):
        found = f"the key {quoted(ENVIRONMENT[1])} is missing"
        yield Fault(config.file, config.key_line(("config",)), dotted(ENVIRONMENT), found, "expected a map")
    yield from _unknown_keys(config, ("config",), (ENVIRONMENT[1], SYSTEMS[1]), others=keys.keys() - set(unknown))
    yield from _unknown_keys(config, SYSTEMS, systems)


def _release(release: Document, system: str, targets: tuple[str, ...]) -> Iterator[Fault]:
    for target in map_at(release, system):
        path = (system, target)
        if target not in targets:
            found = f"a release for the unknown service {quoted(target)}"
            yield Fault(release.file, release.key_line(path), dotted(path), found, did_you_mean(target, targets))
        known = RELEASE_OF_IMAGE if "/" in target else (*RELEASE_OF_IMAGE, *RELEASE_OF_SERVICE)
        yield from _unknown_keys(release, path, known)


def _unknown_keys(
    document: Document, path: tuple[str, ...], known: Collection[str], others: Collection[str] = ()
) -> Iterator[Fault]:
    """Yield each key of the map at a path that is neither `known` nor one of the `others`, which nobody means."""
    for key in map_at(document, *path):
        if key not in known and key not in others:
            here = (*path, key)
            found = f"unknown key {quoted(key)}"
            yield Fault(document.file, document.key_line(here), dotted(here), found, did_you_mean(key, known))


def _not_maps(document: Document, path: tuple[str, ...], *, null: str = "") -> Iterator[Fault]:
    """Yield whatever is no map along a path, in which `*` stands for every key; null says nothing, unless told."""
    ways: list[tuple[str, ...]] = [()]
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        below: list[tuple[str, ...]] = []
        for way in ways:
            siblings = map_at(document, *way)
            for name in siblings if key == "*" else (key,) if key in siblings else ():
                here, value = (*way, name), siblings[name]
                if isinstance(value, dict):
                    below.append(here)
                elif value is not None or (last and null):
                    expected = null if value is None else "expected a map"
                    yield Fault(document.file, document.line(here), dotted(here), f"found {shown(value)}", expected)
        ways = below
