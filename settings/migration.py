"""How the schema of a service's databases is brought up to date before its code."""

from enum import StrEnum

from pydantic import Field

from settings.types import Name, Settings


class MigrationEngine(StrEnum):
    """The tool in the service's own image that migrates. Not the database: that is the data store's engine."""

    GOOSE = "goose"
    FLYWAY = "flyway"
    LIQUIBASE = "liquibase"
    MONGOCK = "mongock"
    ALEMBIC = "alembic"
    COMMAND = "command"


class MigrationTarget(Settings):
    """One database, one Job."""

    wave: int = -5
    """Lower waves run first."""
    directory: str | None = None
    """Where the image keeps this database's migrations."""
    url_key: str = "DATABASE_URL"
    """The key of the secret that holds the database's address."""
    engine: MigrationEngine | None = None
    """The migration's engine where none is given."""


class Migration(Settings):
    """The Jobs that run before the workload of the same release."""

    engine: MigrationEngine
    secret: Name
    """The secret whose keys the Job gets as variables."""
    databases: dict[str, MigrationTarget] = Field(min_length=1)
    command: tuple[str, ...] = ()
    """The command of the engine `command`."""
    backoff_limit: int = Field(default=3, ge=0)
    backup_before: bool = False
