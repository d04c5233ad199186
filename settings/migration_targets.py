"""What is said of one database of a migration, once what all its databases share is put in."""

from settings.data_store import Engine
from settings.migration import Migration, MigrationEngine, MigrationTarget
from settings.service import Service
from settings.system import System

DUMPED = (Engine.POSTGRESQL, Engine.MONGODB)
"""The engines whose data a backup can dump."""

_MIGRATED_BY = {MigrationEngine.MONGOCK: (Engine.MONGODB,), MigrationEngine.COMMAND: DUMPED}


def engine_of(migration: Migration, target: MigrationTarget) -> MigrationEngine:
    """Return the engine that migrates one database."""
    return target.engine or migration.engine


def command_of(migration: Migration, target: MigrationTarget) -> tuple[str, ...]:
    """Return the command that is given for one database; none where the engine's own is run."""
    return target.command or migration.command


def job_name(service: str, migration: Migration, database: str) -> str:
    """Return the name of a database's Job: the service's alone where it has but one."""
    own = "" if len(migration.databases) == 1 else f"-{database.replace('_', '-').replace('.', '-')}"
    return f"{service}-migrate{own}"


def dumped_stores(system: System, service: Service, migration: Migration, target: MigrationTarget) -> tuple[str, ...]:
    """Return the data stores that a backup of one database may be made of: exactly one where that is clear.

    That is the one it names, else those that the service depends on whose engine the migration's can migrate.
    """
    if target.data_store is not None:
        return (target.data_store,)
    engine = engine_of(migration, target)
    fitting = _MIGRATED_BY.get(engine, (Engine.POSTGRESQL,))
    stores = (name for name in service.depends_on if name in system.data_stores)
    return tuple(dict.fromkeys(name for name in stores if system.data_stores[name].engine in fitting))
