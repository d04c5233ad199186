"""What the container of a migration runs, by engine."""

from typing import Any

import pytest

from manifests.migration_command import command, dry_run
from settings.migration import Migration, MigrationEngine

ENGINES = [engine.value for engine in MigrationEngine]


def a_migration(**changes: Any) -> Migration:
    settings = {"engine": "goose", "secret": "db", "databases": {"main": {}}}
    return Migration.model_validate({**settings, **changes})


def run(target: dict[str, Any], **changes: Any) -> list[str]:
    migration = a_migration(databases={"main": target}, **changes)
    return command(migration, migration.databases["main"])


def tell(target: dict[str, Any], **changes: Any) -> list[str]:
    migration = a_migration(databases={"main": target}, **changes)
    return dry_run(migration, migration.databases["main"])


GOOSE = {"directory": "/app/services/auth/migrations"}
# Engine, database, what is run, what only tells.
LINES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "goose, as the guide has it": (
        "goose",
        GOOSE,
        'goose -dir /app/services/auth/migrations postgres "$DATABASE_URL" up',
        'goose -dir /app/services/auth/migrations postgres "$DATABASE_URL" status',
    ),
    "goose with another address": (
        "goose",
        {**GOOSE, "urlKey": "LEGAL_DATABASE_URL"},
        'goose -dir /app/services/auth/migrations postgres "$LEGAL_DATABASE_URL" up',
        'goose -dir /app/services/auth/migrations postgres "$LEGAL_DATABASE_URL" status',
    ),
    "flyway": (
        "flyway",
        {"directory": "/sql"},
        'FLYWAY_URL="$DATABASE_URL" flyway -locations=filesystem:/sql migrate',
        'FLYWAY_URL="$DATABASE_URL" flyway -locations=filesystem:/sql'
        " -ignoreMigrationPatterns='*:pending,*:future' validate",
    ),
    "liquibase": (
        "liquibase",
        {"directory": "/app/db/changelog"},
        'LIQUIBASE_COMMAND_URL="$DATABASE_URL" liquibase --search-path=/app/db/changelog'
        " update --changelog-file=db.changelog-master.yaml",
        'LIQUIBASE_COMMAND_URL="$DATABASE_URL" liquibase --search-path=/app/db/changelog'
        " update-sql --changelog-file=db.changelog-master.yaml",
    ),
    "liquibase with a changelog": (
        "liquibase",
        {"directory": "/app/changes.xml"},
        'LIQUIBASE_COMMAND_URL="$DATABASE_URL" liquibase --search-path=/app update --changelog-file=changes.xml',
        'LIQUIBASE_COMMAND_URL="$DATABASE_URL" liquibase --search-path=/app update-sql --changelog-file=changes.xml',
    ),
    "alembic": ("alembic", {}, "alembic upgrade head", "alembic upgrade head --sql"),
    "alembic with another address": (
        "alembic",
        {"directory": "/srv", "urlKey": "OTHER_URL"},
        'cd /srv && DATABASE_URL="$OTHER_URL" alembic upgrade head',
        'cd /srv && DATABASE_URL="$OTHER_URL" alembic upgrade head --sql',
    ),
    "directory with a blank": (
        "goose",
        {"directory": "/a b; rm -rf /"},
        "goose -dir '/a b; rm -rf /' postgres \"$DATABASE_URL\" up",
        "goose -dir '/a b; rm -rf /' postgres \"$DATABASE_URL\" status",
    ),
}


@pytest.mark.parametrize(("engine", "target", "runs", "tells"), LINES.values(), ids=LINES)
def test_engine_has_a_line_that_migrates_and_one_that_only_tells(
    engine: str, target: dict[str, Any], runs: str, tells: str
) -> None:
    assert run(target, engine=engine) == ["/bin/sh", "-c", runs]
    assert tell(target, engine=engine) == ["/bin/sh", "-c", tells]


@pytest.mark.parametrize(("directory", "jar"), [(None, "/app/app.jar"), ("/srv/ams.jar", "/srv/ams.jar")])
def test_mongock_starts_the_application_in_its_own_mode(directory: str | None, jar: str) -> None:
    target = {"directory": directory, "urlKey": "MONGODB_URI"}
    line = f'SPRING_DATA_MONGODB_URI="$MONGODB_URI" mongock migrate all -aj {jar}'
    assert run(target, engine="mongock") == ["/bin/sh", "-c", line]


@pytest.mark.parametrize("engine", ["mongock", "command"])
def test_engine_without_a_dry_run_has_none_unless_it_is_given(engine: str) -> None:
    assert tell({}, engine=engine, command=["migrate"]) == []
    assert tell({}, engine=engine, command=["migrate"], dryRun=["migrate", "--check"]) == ["migrate", "--check"]


@pytest.mark.parametrize("engine", ENGINES)
def test_own_command_is_run_as_it_is_given(engine: str) -> None:
    argv = ["bin/migrate", "--to", "a b"]
    assert run({}, engine=engine, command=argv) == argv
    assert run({"command": ["other"]}, engine=engine, command=argv) == ["other"]
    assert tell({"dryRun": ["other"]}, engine=engine, dryRun=argv) == ["other"]


def test_engine_of_a_database_wins_over_the_migrations() -> None:
    assert run({"engine": "alembic"}, engine="goose") == ["/bin/sh", "-c", "alembic upgrade head"]


def test_engine_command_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="without a command"):
        run({}, engine="command")
