"""What there is to say of a database, a replica, a cache and their names, as plain data."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """Where a data store stands, and who may call it."""

    name: str
    vpc: str
    subnets: tuple[str, ...]
    port: int
    groups: dict[str, str]
    """Security groups that may, by the name of their cluster."""
    ranges: dict[str, str]
    """Address ranges that may, by the name of the cluster whose VPC they are: groups do not reach over regions."""
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class StoreCare:
    """When AWS may touch a data store, and how long its backups last; times are UTC."""

    maintenance_window: str
    backup_window: str
    backup_days: int


@dataclass(frozen=True, slots=True)
class StoreLogs:
    """What an instance of RDS hands to CloudWatch Logs."""

    groups: dict[str, str]
    """The log group of each of its logs."""
    days: int
    """How long they are kept."""


@dataclass(frozen=True, slots=True)
class DatabaseArgs:
    """An instance of RDS for PostgreSQL."""

    store: str
    identifier: str
    network: StoreNetwork
    care: StoreCare
    logs: StoreLogs
    version: str
    family: str
    """Of its parameter group: engine and major version."""
    minor_upgrades: bool
    """Whether AWS raises the minor version."""
    instance_class: str
    multi_az: bool
    database: str | None
    storage_gib: int
    storage_limit_gib: int | None
    parameters: dict[str, str]
    replicated: bool
    """Whether it has read replicas, and so cannot have a password that RDS keeps."""
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class ReplicaArgs:
    """A read replica of an instance in another region."""

    store: str
    identifier: str
    source: str
    """The logical name of the database it follows."""
    network: StoreNetwork
    care: StoreCare
    logs: StoreLogs
    family: str
    minor_upgrades: bool
    instance_class: str
    storage_limit_gib: int | None
    parameters: dict[str, str]
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class CacheArgs:
    """A replication group of ElastiCache."""

    store: str
    identifier: str
    description: str
    network: StoreNetwork
    care: StoreCare
    engine: str
    version: str
    family: str
    instance_class: str
    multi_az: bool
    parameters: dict[str, str]
    transit_mode: Literal["preferred", "required"] | None
    """Whether clients may do without TLS; None where the version knows no such choice, and so takes TLS alone."""
    tags: dict[str, str]
    protect: bool = True


@dataclass(frozen=True, slots=True)
class AddressArgs:
    """A name in the private hosted zone."""

    store: str
    host: str
    zone: str
    target: str
    """The logical name of the database, replica or cache that it leads to."""
    seconds: int = 60
    """How long resolvers keep it, and so how long some still go to the one before."""
