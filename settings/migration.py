"""How the schema of a service's databases is brought up to date before its code."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from settings.container import Resources
from settings.types import Duration, EnvironmentVariable, HostName, Name, Quantity, Settings


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
    """Lower waves run first; the next wave begins when all of a wave have completed."""
    directory: str | None = None
    """Where the image keeps this database's migrations."""
    url_key: str = "DATABASE_URL"
    """The key of the secret that holds the database's address."""
    engine: MigrationEngine | None = None
    """The migration's engine where none is given."""
    command: tuple[str, ...] = ()
    """The migration's command where none is given."""
    dry_run: tuple[str, ...] = ()
    """The migration's dry run where none is given."""
    data_store: Name | None = None
    """The data store of the system that a backup is made of."""


class Bucket(Settings):
    """Where a backup goes that is to outlive the cluster."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: str = ""
    region: str
    endpoint: HostName | None = None
    """Of an S3 that is not Amazon's."""


class MigrationBackup(Settings):
    """A dump of each database, made by a Job that has to succeed before the migration starts."""

    size: Quantity | None = None
    """Of the volume it is written to, `<service>-backup`, which is kept."""
    bucket: Bucket | None = None
    """In place of a volume."""
    keep: int = Field(default=5, ge=1)
    """How many dumps stay on the volume."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.size is None) == (self.bucket is None):
            message = "a backup has exactly one of size (of a volume) and bucket"
            raise ValueError(message)
        return self


class Migration(Settings):
    """The Jobs that run before the workload of the same release."""

    engine: MigrationEngine
    secret: Name
    """The secret whose keys the Job gets as variables."""
    databases: dict[str, MigrationTarget] = Field(min_length=1)
    command: tuple[str, ...] = ()
    """The command of the engine `command`; in place of an engine's own where one is given."""
    dry_run: tuple[str, ...] = ()
    """What tells, and changes nothing; in place of the engine's own where one is given."""
    env: dict[EnvironmentVariable, str] = {}
    backoff_limit: int = Field(default=3, ge=0)
    deadline: Duration = "30m"
    """After that a Job that still runs has failed."""
    resources: Resources | None = None
    """Of the Job's container; the service's where none is given."""
    backup: MigrationBackup | None = None
