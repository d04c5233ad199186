"""What must hold between a migration, its databases, and the releases that know their schema."""

import re
from collections.abc import Iterator

from settings.container import Version
from settings.data_store import DataStore
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.migration import Migration, MigrationEngine, MigrationTarget
from settings.migration_targets import DUMPED, command_of, dumped_stores, engine_of, job_name
from settings.release_order import schema_of
from settings.secret_checks import check_secret
from settings.service import Service, Workload
from settings.system import System
from settings.types import schema_order

LONGEST_JOB_NAME = 54
"""A hash of eight characters and a dash follow, and the label `job-name` has at most 63."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def check_migration(system: System, path: Path, service: Service) -> Iterator[Finding]:
    """Yield what does not fit together in the migration of a service, where it has one."""
    migration = service.migration
    if migration is None:
        return
    here = (*path, "migration")
    yield from check_secret(system, service, (*here, "secret"), migration.secret)
    yield from _job_names(service.name, here, migration)
    addresses: dict[str, str] = {}
    for database, target in migration.databases.items():
        at = (*here, "databases", database)
        if migration.secret in system.secrets:
            keys = system.secrets[migration.secret].keys
            yield from unknown((*at, "urlKey"), target.url_key, keys, f"key of {migration.secret}")
        if not _VARIABLE.fullmatch(target.url_key):
            found = f"{quoted(target.url_key)} is no name of a variable"
            yield Finding((*at, "urlKey"), found, "expected letters, digits and _: the Job finds the address by it")
        first = addresses.setdefault(target.url_key, database)
        if first != database:
            found = f"{quoted(target.url_key)} is the address of {quoted(first)} already"
            other = (*here, "databases", first, "urlKey")
            yield Finding((*at, "urlKey"), found, "expected each database once", other)
        yield from _engine(at, migration, target)
        yield from _data_store(system, at, service, migration, target)


def check_schema(path: Path, workload: Workload) -> Iterator[Finding]:
    """Yield what a version says of the schema of databases that its service does not migrate, or against itself."""
    migration = workload.migration if isinstance(workload, Service) else None
    databases = () if migration is None else tuple(migration.databases)
    said: list[tuple[Path, Version, tuple[str, ...]]] = [((*path, "image"), workload.image, databases)]
    said += [((*path, "sidecars", name, "image"), sidecar.image, ()) for name, sidecar in workload.sidecars.items()]
    if isinstance(workload, Service):
        said += [((*path, "canary"), workload.canary, databases)] if workload.canary else []
        said += [((*path, "colors", color), version, databases) for color, version in workload.colors.items()]
    for here, version, known in said:
        for field, schemas in (("needsSchema", version.needs_schema), ("runsOnSchema", version.runs_on_schema)):
            for database in schemas:
                yield from unknown((*here, field, database), database, known, "migrated database")
        for database, accepted in version.runs_on_schema.items():
            needed = version.needs_schema.get(database)
            if needed is not None and schema_order(accepted) < schema_order(needed):
                at = (*here, "runsOnSchema", database)
                other = (*here, "needsSchema", database)
                yield Finding(at, f"{accepted} is below needsSchema {needed}", f"at least {needed}", other)
        if version is not workload.image and known:
            yield from _not_migrated(here, version, path, workload.image)


def _not_migrated(here: Path, version: Version, path: Path, own: Version) -> Iterator[Finding]:
    """Yield each schema that a second version needs and that the migration, the service's own, does not bring."""
    brought = schema_of(own)
    for database, needed in version.needs_schema.items():
        if database in brought and schema_order(brought[database]) < schema_order(needed):
            found = f"{needed}, and the service's own version, which migrates, brings {brought[database]}"
            expected = f"at least {needed} there, or runsOnSchema where the database has it already"
            key = "runsOnSchema" if database in own.runs_on_schema else "needsSchema"
            yield Finding((*here, "needsSchema", database), found, expected, (*path, "image", key, database))


def _job_names(service: str, path: Path, migration: Migration) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for database in migration.databases:
        at = path if len(migration.databases) == 1 else (*path, "databases", database)
        name = job_name(service, migration, database)
        if len(name) > LONGEST_JOB_NAME:
            found = f"a Job's name of {len(name)} characters, {quoted(name)}"
            yield Finding(at, found, f"expected at most {LONGEST_JOB_NAME}: its hash and labels are made of it")
        elif not _LABEL.fullmatch(name):
            found = f"the Job's name {quoted(name)}"
            yield Finding(at, found, "a database's name has lower-case letters, digits and between them _, . or -")
        first = taken.setdefault(name, database)
        if first != database:
            found = f"the Job's name {quoted(name)} is taken"
            yield Finding(at, found, f"{quoted(first)} has it", (*path, "databases", first))


def _engine(path: Path, migration: Migration, target: MigrationTarget) -> Iterator[Finding]:
    engine = engine_of(migration, target)
    if command_of(migration, target):
        return
    if engine is MigrationEngine.COMMAND:
        yield Finding(path, "the engine command without a command", "expected one, of the database or of the migration")
    # The others know a place of their own in the image.
    if engine is MigrationEngine.GOOSE and target.directory is None:
        yield Finding(path, "the engine goose without a directory", "expected where the image keeps the migrations")


def _data_store(
    system: System, path: Path, service: Service, migration: Migration, target: MigrationTarget
) -> Iterator[Finding]:
    here = (*path, "dataStore")
    yield from unknown(here, target.data_store, system.data_stores, "data store")
    if migration.backup is None:
        return
    stores = dumped_stores(system, service, migration, target)
    if len(stores) != 1:
        found = f"a backup, and {_several(stores)} among what {quoted(service.name)} depends on"
        yield Finding(path, found, "expected dataStore: the one that has this database")
    for store in (system.data_stores[name] for name in stores if name in system.data_stores and len(stores) == 1):
        yield from _dumped(here, store)


def _dumped(path: Path, store: DataStore) -> Iterator[Finding]:
    if store.engine not in DUMPED:
        found = f"a backup of {quoted(store.name)}, whose engine is {store.engine.value}"
        yield Finding(path, found, f"expected {' or '.join(DUMPED)}")
    elif not store.enabled:
        yield Finding(path, f"a backup of {quoted(store.name)}, which is not enabled", "enable it, or do without one")


def _several(stores: tuple[str, ...]) -> str:
    return " and ".join(map(quoted, stores)) or "no data store that a dump is made of"
