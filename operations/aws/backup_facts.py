"""Backups as AWS tells of them: plain data, to be told by `backup_telling`."""

from dataclasses import dataclass
from datetime import datetime

from operations.aws.wanted import Database, Dumps


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a database or a cache."""

    name: str
    type: str
    """`automated`, `manual`, or `awsbackup`."""
    status: str
    created: datetime | None
    """None while it is being made."""
    size: str
    encrypted: bool | None


@dataclass(frozen=True, slots=True)
class StoreBackups:
    """What there is of one database, replica or cache."""

    database: Database
    status: str = ""
    """What AWS says of it; empty where it is not there."""
    days: int = 0
    """For how many days automated backups are kept."""
    encrypted: bool | None = None
    earliest: datetime | None = None
    """The first moment that can be restored; of RDS alone."""
    latest: datetime | None = None
    replication: str = ""
    """Of a read replica: `replicating`, `error`, `stopped`."""
    lag_seconds: float | None = None
    snapshots: tuple[Snapshot, ...] = ()
    endpoint: str = ""
    """The host name that AWS gave it, which its certificate is for; empty while it is being made."""
    master_secret: str = ""
    """The ARN of the secret that has the master's password, where RDS keeps that. Never its value."""

    @property
    def newest(self) -> Snapshot | None:
        """The newest snapshot that is complete."""
        made = [one for one in self.snapshots if one.created is not None and one.status == "available"]
        return max(made, key=lambda one: str(one.created), default=None)

    @property
    def ordered(self) -> tuple[Snapshot, ...]:
        """All snapshots, the newest first; those being made before them."""
        making = tuple(one for one in self.snapshots if one.created is None)
        made = (one for one in self.snapshots if one.created is not None)
        return (*making, *sorted(made, key=lambda one: (str(one.created), one.name), reverse=True))


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a bucket."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class DumpsFound:
    """What a bucket has of a service's dumps."""

    dumps: Dumps
    exists: bool = True
    count: int = 0
    newest: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Backups:
    """All of a stack's."""

    stack: str
    account: str
    stores: tuple[StoreBackups, ...] = ()
    dumps: tuple[DumpsFound, ...] = ()
