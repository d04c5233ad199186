"""Small data stores that AWS runs: valid with nothing given, and different in what a test is about."""

from typing import Any

from settings.data_store import DataStore
from settings.service import Service
from settings.stack import Stack
from settings.system import System
from tests.aws_stacks import an_aws_stack
from tests.builders import a_data_store, a_service, a_system

ZONE = {"privateZone": {"id": "Z0PRIVATE", "domain": "data.internal"}}


def a_database(name: str = "db", *, changes: dict[str, Any] | None = None, **managed: Any) -> DataStore:
    """Return a PostgreSQL that RDS runs; `changes` are the data store's, all others its `managed`'s."""
    settings = {"version": "17", "instanceClass": "db.m7g.large", "storageGib": 100, **managed}
    return a_data_store(name, **{"databases": ["orders"], "managed": settings, **(changes or {})})


def a_cache(name: str = "redis", *, changes: dict[str, Any] | None = None, **managed: Any) -> DataStore:
    """Return a Redis that ElastiCache runs; `changes` are the data store's, all others its `managed`'s."""
    settings = {"version": "7.1", "instanceClass": "cache.t4g.small", **managed}
    ports = {"redis": {"container": 6379}}
    return a_data_store(name, **{"engine": "redis", "ports": ports, "managed": settings, **(changes or {})})


def a_shop(*workloads: Service | DataStore, **changes: Any) -> System:
    """Return the system `shop`, which runs in both regions; its service `api` depends on all of its data stores."""
    stores = [one for one in workloads if isinstance(one, DataStore)]
    services = [one for one in workloads if isinstance(one, Service)]
    if not services:
        services = [a_service("api", dependsOn=[store.name for store in stores])]
    return a_system(*services, *stores, name="shop", **{"clusters": "all", "aws": {}, **changes})


def a_managed_stack(*stores: DataStore, aws: dict[str, Any] | None = None, **changes: Any) -> Stack:
    """Return the stack `prod` of that system, with a private zone; `changes` are the environment's."""
    return an_aws_stack(a_shop(*stores), aws=ZONE if aws is None else aws, **changes)
