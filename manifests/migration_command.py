"""What the container of a migration runs: the engine's own command line, or the one that the settings give.

An engine is told the database's address by a variable of the secret, which the shell fills in: no address stands in a
manifest. Where an engine reads its address from the environment it gets it there, since every process of a node may
read the arguments of a command; goose gets it as the guide writes it.

The command lines, and where they were read:
goose       `goose -dir DIR postgres URL up|status`: the guide, and pressly/goose, cmd/goose. `status` makes the table
            of versions where there is none.
flyway      `FLYWAY_URL`, `-locations=filesystem:DIR`: Flyway, "Environment variables", "Locations". `validate` counts
            pending migrations as faults unless `-ignoreMigrationPatterns` says otherwise; `*:future` is its default.
            The address is a JDBC one; user and password may come as `FLYWAY_USER` and `FLYWAY_PASSWORD`.
liquibase   `LIQUIBASE_COMMAND_URL`, the global `--search-path`, `update|update-sql --changelog-file`: Liquibase, "What
            are Liquibase environment variables?", "How Liquibase finds files". The address is a JDBC one; user and
            password may come as `LIQUIBASE_COMMAND_USERNAME` and `LIQUIBASE_COMMAND_PASSWORD`.
mongock     `mongock migrate all -aj JAR`: Mongock 5, "CLI operations". It starts the application's own jar in its CLI
            mode, so that Spring's variable has the address. Telling what would run (`state`) is its Professional
            edition's, so that there is no dry run unless the settings give one.
alembic     `alembic upgrade head`, `--sql`: Alembic, "Tutorial", "Generating SQL scripts (offline mode)". It knows no
            option for an address: the image's env.py reads DATABASE_URL. Offline it asks no database, so that its dry
            run is the SQL from the first revision on.
"""

import shlex

from settings.migration import Migration, MigrationEngine, MigrationTarget
from settings.migration_targets import command_of, engine_of

SPRING_JAR = "/app/app.jar"
"""Where mongock looks for the application, unless `directory` names another jar."""
CHANGELOG = "db.changelog-master.yaml"
"""The changelog in `directory`, unless that names a file itself; Spring Boot's own default."""

_CHANGELOG_ENDINGS = (".yaml", ".yml", ".xml", ".json", ".sql")


def command(migration: Migration, target: MigrationTarget) -> list[str]:
    """Return what brings one database up to date."""
    given = command_of(migration, target)
    if given:
        return list(given)
    directory, address = target.directory, f'"${target.url_key}"'
    match engine_of(migration, target):
        case MigrationEngine.GOOSE:
            return _shell(f"goose{_option(' -dir ', directory)} postgres {address} up")
        case MigrationEngine.FLYWAY:
            return _shell(f"FLYWAY_URL={address} flyway{_option(' -locations=filesystem:', directory)} migrate")
        case MigrationEngine.LIQUIBASE:
            return _liquibase(directory, address, "update")
        case MigrationEngine.MONGOCK:
            jar = shlex.quote(directory or SPRING_JAR)
            return _shell(f"SPRING_DATA_MONGODB_URI={address} mongock migrate all -aj {jar}")
        case MigrationEngine.ALEMBIC:
            return _alembic(target, "upgrade head")
        case MigrationEngine.COMMAND:
            message = "the engine command without a command"
            raise ValueError(message)


def dry_run(migration: Migration, target: MigrationTarget) -> list[str]:
    """Return what tells the state of one database and migrates nothing; empty where its engine has no such thing."""
    given = target.dry_run or migration.dry_run
    if given:
        return list(given)
    directory, address = target.directory, f'"${target.url_key}"'
    match engine_of(migration, target):
        case MigrationEngine.GOOSE:
            return _shell(f"goose{_option(' -dir ', directory)} postgres {address} status")
        case MigrationEngine.FLYWAY:
            pending = "-ignoreMigrationPatterns='*:pending,*:future'"
            locations = _option(" -locations=filesystem:", directory)
            return _shell(f"FLYWAY_URL={address} flyway{locations} {pending} validate")
        case MigrationEngine.LIQUIBASE:
            return _liquibase(directory, address, "update-sql")
        case MigrationEngine.ALEMBIC:
            return _alembic(target, "upgrade head --sql")
        case MigrationEngine.MONGOCK | MigrationEngine.COMMAND:
            return []


def _shell(line: str) -> list[str]:
    return ["/bin/sh", "-c", line]


def _option(name: str, value: str | None) -> str:
    return "" if value is None else f"{name}{shlex.quote(value)}"


def _liquibase(directory: str | None, address: str, what: str) -> list[str]:
    folder, changelog = directory, CHANGELOG
    if directory is not None and directory.endswith(_CHANGELOG_ENDINGS):
        folder, _, changelog = directory.rpartition("/")
    path = _option(" --search-path=", folder or None)
    return _shell(f"LIQUIBASE_COMMAND_URL={address} liquibase{path} {what} --changelog-file={shlex.quote(changelog)}")


def _alembic(target: MigrationTarget, what: str) -> list[str]:
    entered = f"cd {shlex.quote(target.directory)} && " if target.directory else ""
    renamed = "" if target.url_key == "DATABASE_URL" else f'DATABASE_URL="${target.url_key}" '
    return _shell(f"{entered}{renamed}alembic {what}")
