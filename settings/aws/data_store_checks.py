"""What must hold of a data store that AWS runs: its engine, version, sizes, times, name and replicas."""

import re
from collections.abc import Iterator
from typing import Final

from settings.aws.data_store import Managed
from settings.aws.managed import PORTS, identifier, is_managed
from settings.data_store import DataStore, Engine
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.migration_targets import dumped_stores
from settings.service import Service
from settings.stack import Stack
from settings.system import System

_PRODUCT: Final = {Engine.POSTGRESQL: "db", Engine.REDIS: "cache", Engine.VALKEY: "cache"}
"""How the names of the instance classes begin that can run an engine."""
_VERSIONS: Final = {
    Engine.POSTGRESQL: (re.compile(r"(1[4-9]|[2-9]\d)(\.\d+)?"), "14 or later, such as 17 or 17.6"),
    Engine.REDIS: (re.compile(r"6\.[02]|7\.[01]"), "6.0, 6.2, 7.0 or 7.1, or the engine valkey for what came after"),
    Engine.VALKEY: (re.compile(r"7\.2|([89]|[1-9]\d)\.\d+"), "7.2 or later with its minor version, such as 8.1"),
}
"""Source: AWS, "Release calendars for Amazon RDS for PostgreSQL"; "Supported engines and versions" of ElastiCache."""
_LONGEST: Final = {"db": 63, "cache": 40}
"""Source: AWS, API references, `CreateDBInstance` and `CreateReplicationGroup`, which have the next one too."""
_IDENTIFIER: Final = re.compile(r"[a-z](-?[a-z0-9])*")
_DATABASE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,62}")
_SHORTEST_WINDOW: Final = {"db": 30, "cache": 60}
"""Minutes. Source: the same."""
_FIXED: Final = "rds.force_ssl"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 24 * 60


def check_managed(stack: Stack, system: System) -> Iterator[Finding]:
    """Yield what AWS would refuse, or what it could not be reached by, of each managed data store of a system."""
    for name, store in system.data_stores.items():
        if not is_managed(stack.environment, system, store) or store.managed is None:
            continue
        path: Path = ("dataStores", name, "managed")
        if store.engine not in PORTS:
            found = f"managed, but the engine is {store.engine.value}"
            yield Finding(path, found, f"expected {' or '.join(PORTS)}, or no managed", (*path[:-1], "engine"))
            continue
        if stack.environment.aws is not None and stack.environment.aws.private_zone is None:
            found = "a managed data store, and no privateZone in which it has a name"
            yield Finding(path, found, "expected one in the environment's aws")
        yield from _named(path, store, identifier(stack, system, store))
        yield from _engine(path, store, store.managed)
        yield from _windows(path, store.engine, store.managed)
        yield from _replicas(stack, path, store, store.managed)
        yield from _dumped(system, path, store, store.managed)


def _named(path: Path, store: DataStore, name: str) -> Iterator[Finding]:
    longest = _LONGEST[_PRODUCT[store.engine]]
    if len(name) > longest:
        found = f"{quoted(name)}, what it would be called in AWS, has {len(name)} characters"
        yield Finding(path, found, f"expected at most {longest}, of system, stack and data store with dashes between")
    if not _IDENTIFIER.fullmatch(name):
        found = f"{quoted(name)}, what it would be called in AWS"
        yield Finding(path, found, "expected a letter first, and no two dashes in a row")


def _engine(path: Path, store: DataStore, managed: Managed) -> Iterator[Finding]:
    product = _PRODUCT[store.engine]
    if not managed.instance_class.startswith(f"{product}."):
        found = f"{managed.instance_class} for {store.engine.value}"
        yield Finding((*path, "instanceClass"), found, f'expected one that begins with "{product}."')
        return  # all else is of the other product too
    pattern, expected = _VERSIONS[store.engine]
    if not pattern.fullmatch(managed.version):
        found = f"AWS runs no {store.engine.value} {managed.version}"
        yield Finding((*path, "version"), found, f"expected {expected}")
    if managed.plain_allowed and int(managed.version.partition(".")[0]) < 7:
        found = f"plainAllowed with {store.engine.value} {managed.version}, which takes either TLS alone or none"
        yield Finding((*path, "plainAllowed"), found, "expected version 7 or later", (*path, "version"))
    if _FIXED in managed.parameters and product == "db":
        found = f"{_FIXED} is 1 for every managed PostgreSQL"
        yield Finding((*path, "parameters", _FIXED), found, "leave it out")
    size, limit = managed.storage_gib, managed.storage_limit_gib
    if size and limit and limit * 10 < size * 11:
        # Source: AWS, "Managing capacity automatically with Amazon RDS storage autoscaling".
        found = f"storageLimitGib ({limit}) is not 10 % above storageGib ({size})"
        yield Finding((*path, "storageLimitGib"), found, f"expected at least {-(-size * 11 // 10)}, or none")
    if product == "db" and store.databases and not _DATABASE.fullmatch(store.databases[0]):
        found = f"RDS makes no database {quoted(store.databases[0])}"
        at = (*path[:-1], "databases", 0)
        yield Finding(at, found, "expected a letter, then letters, digits and _, at most 63 characters")


def _windows(path: Path, engine: Engine, managed: Managed) -> Iterator[Finding]:
    shortest = _SHORTEST_WINDOW[_PRODUCT[engine]]
    begin, length = _span(managed.backup_window, _DAY)
    weekly, lasting = _span(managed.maintenance_window, 7 * _DAY)
    for key, minutes in (("backupWindow", length), ("maintenanceWindow", lasting)):
        if minutes < shortest:
            yield Finding((*path, key), f"a window of {minutes} minutes", f"expected {shortest} or more")
    meets = any(_meet(weekly, lasting, begin + day * _DAY, length) for day in range(7))
    if meets:
        found = f"{managed.maintenance_window} overlaps the backups at {managed.backup_window}"
        yield Finding((*path, "maintenanceWindow"), found, "expected times apart", (*path, "backupWindow"))


def _span(window: str, cycle: int) -> tuple[int, int]:
    """Return the minute at which a window begins, from that of its day or week, and how many minutes it lasts."""
    begin, end = (_minute(edge) for edge in window.split("-"))
    return begin, (end - begin) % cycle


def _minute(edge: str) -> int:
    *day, hour, minute = edge.split(":")
    return sum(_DAYS.index(name) * _DAY for name in day) + int(hour) * 60 + int(minute)


def _meet(first: int, lasting: int, second: int, length: int) -> bool:
    week = 7 * _DAY
    return (second - first) % week < lasting or (first - second) % week < length


def _replicas(stack: Stack, path: Path, store: DataStore, managed: Managed) -> Iterator[Finding]:
    clusters = stack.environment.clusters
    if store.read_replica:
        found = "a replica in the cluster of a data store that AWS runs"
        yield Finding((*path[:-1], "readReplica"), found, "expected multiAz or replicas of managed in its place", path)
    primary = stack.environment.primary
    taken: dict[str, tuple[str, Path | None]] = {clusters[primary].region: (primary, None)}
    for index, name in enumerate(managed.replicas):
        here = (*path, "replicas", index)
        # A cluster that the system does not run on may have one: it is there for the day the system has to move.
        yield from unknown(here, name, clusters, "cluster")
        if name not in clusters:
            continue
        holder, other = taken.setdefault(clusters[name].region, (name, here))
        if name == primary:
            yield Finding(here, f"{quoted(name)} is the primary cluster", "expected another one, or multiAz alone")
        elif other != here:
            has = "the data store itself" if holder == primary else f"the replica of {quoted(holder)}"
            found = f"a replica in {clusters[name].region}, which has {has}"
            yield Finding(here, found, "expected one in another region", other)


def _dumped(system: System, path: Path, store: DataStore, managed: Managed) -> Iterator[Finding]:
    """Yield a finding where the image that dumps a database before its migration is older than its server."""
    image, major = re.match(r"\d+", store.image.tag or ""), int(managed.version.partition(".")[0])
    dumping = next((one.name for one in system.services.values() if _dumps(system, one, store)), None)
    if store.engine is Engine.POSTGRESQL and image is not None and int(image[0]) < major and dumping is not None:
        # Source: PostgreSQL, "pg_dump", which refuses servers of a newer major version.
        found = f"PostgreSQL {managed.version}, which pg_dump {image[0]} of the backup of {quoted(dumping)} refuses"
        yield Finding((*path, "version"), found, f"expected an image of {major}", (*path[:-1], "image", "tag"))


def _dumps(system: System, service: Service, store: DataStore) -> bool:
    migration = service.migration
    if not service.enabled or migration is None or migration.backup is None:
        return False
    targets = migration.databases.values()
    return any(dumped_stores(system, service, migration, target) == (store.name,) for target in targets)
