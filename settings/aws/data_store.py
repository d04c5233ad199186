"""A data store that AWS runs, in place of one in the cluster."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.types import Name, Settings

Window = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, UTC, such as `18:00-19:00`."""
WeeklyWindow = Annotated[
    str,
    Field(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$"
    ),
]
"""A time of the week, UTC, such as `sun:18:30-sun:19:30`."""
LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip
"""For how many days CloudWatch Logs can keep what it is given. Source: AWS, API reference, PutRetentionPolicy."""


class Managed(Settings):
    """How RDS (for PostgreSQL) or ElastiCache (for Redis and Valkey) runs a data store where the stack has AWS.

    Where it has none, as on `local`, the data store runs in the cluster, and only there its image, replicas, storage,
    resources and backup commands count.
    """

    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    """Of the engine. A minor version of PostgreSQL is kept until another is given here; without one AWS raises it."""
    instance_class: Annotated[str, Field(pattern=r"^(db|cache)\.[a-z0-9]+\.[a-z0-9]+$")]
    multi_az: bool = True
    """Whether another zone takes over by itself."""
    maintenance_window: WeeklyWindow = "sun:18:30-sun:19:30"
    backup_window: Window = "17:00-18:00"
    backup_days: int = Field(default=14, ge=1, le=35)
    """For how many days automated backups are kept, and so how far back a point in time can be restored."""
    replicas: tuple[Name, ...] = ()
    """RDS alone: the clusters that have a read replica in their region."""
    storage_gib: int | None = Field(default=None, ge=20, le=65536)
    """RDS alone: gp3 storage, encrypted."""
    storage_limit_gib: int | None = Field(default=None, ge=20, le=65536)
    """RDS alone: how far it grows by itself; not at all where none is given."""
    parameters: dict[str, str] = {}
    """Of the parameter group, beside `rds.force_ssl`; they count once the instance was restarted."""
    log_days: LogDays = 90
    """RDS alone: for how many days the database's logs are kept."""
    plain_allowed: bool = False
    """ElastiCache alone: whether clients may connect without TLS as well, while they are moved to it."""

    @model_validator(mode="after")
    def _fits_engine(self) -> Self:
        database = self.instance_class.startswith("db.")
        if database and self.storage_gib is None:
            message = f"instanceClass is {self.instance_class}, so storageGib is needed"
            raise ValueError(message)
        only_rds = {
            "replicas": self.replicas,
            "storageGib": self.storage_gib,
            "storageLimitGib": self.storage_limit_gib,
            "logDays": "log_days" in self.model_fields_set,
        }
        given = [name for name, value in only_rds.items() if value]
        if not database and given:
            message = (
                f"instanceClass is {self.instance_class} (ElastiCache), which has no use for {' and '.join(given)}"
            )
            raise ValueError(message)
        if database and self.plain_allowed:
            message = f"instanceClass is {self.instance_class} (RDS), which has no use for plainAllowed"
            raise ValueError(message)
        if self.storage_gib and self.storage_limit_gib and self.storage_limit_gib < self.storage_gib:
            message = f"storageLimitGib ({self.storage_limit_gib}) is below storageGib ({self.storage_gib})"
            raise ValueError(message)
        return self
