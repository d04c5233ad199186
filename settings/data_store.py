"""What one data store is: an engine in a StatefulSet with volumes that outlive it."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from settings.aws.data_store import Managed
from settings.service import Claim, Workload
from settings.types import AbsolutePath, Duration, Name, Settings


class Engine(StrEnum):
    """The product that keeps the data."""

    POSTGRESQL = "postgresql"
    MONGODB = "mongodb"
    REDIS = "redis"
    VALKEY = "valkey"
    CLICKHOUSE = "clickhouse"
    KAFKA = "kafka"


class BackupHook(Settings):
    """Where a backup tool starts: commands it runs in a pod before and after it copies the volume.

    They stand on the pods as the annotations that Velero reads.
    """

    pre: tuple[str, ...] = Field(min_length=1)
    post: tuple[str, ...] = ()
    timeout: Duration = "3m"


class DataStore(Workload):
    """A StatefulSet behind a Service of its name and a headless one, `<name>-headless`."""

    enabled: bool = True
    engine: Engine
    data_path: AbsolutePath
    """Where the engine keeps its data: the mount of its claim."""
    storage: Claim
    databases: tuple[str, ...] = ()
    backup: BackupHook | None = None
    read_replica: bool = False
    """Whether there is a replica to fail over to."""
    pod_management_policy: Literal["Parallel", "OrderedReady"] = "Parallel"
    exporter_port: Name | None = None
    """The port that Prometheus scrapes."""
    managed: Managed | None = None
    """How AWS runs it in place of the cluster, where its environment and system have AWS."""
