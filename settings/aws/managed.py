"""Which data stores AWS runs in place of the cluster, and what is asked of those by everybody."""

from settings.data_store import DataStore, Engine
from settings.environment import Environment
from settings.stack import Stack
from settings.system import System

PORTS = {Engine.POSTGRESQL: 5432, Engine.REDIS: 6379, Engine.VALKEY: 6379}
"""The engines that AWS runs, and the port of each where a data store names none."""


def is_managed(environment: Environment, system: System, store: DataStore) -> bool:
    """Tell whether AWS runs a data store: it says how, and environment and system have AWS."""
    has_aws = environment.aws is not None and system.aws is not None
    return has_aws and system.enabled and store.enabled and store.managed is not None


def identifier(stack: Stack, system: System, store: DataStore) -> str:
    """Return what a managed data store is called in AWS, in every region that it is in.

    A replica has its name too, so that one that was promoted is called what the primary is called there.
    """
    return f"{system.name}-{stack.name}-{store.name}"


def managed_port(store: DataStore) -> int:
    """Return the port of a managed data store: that of its Service in the cluster, so that callers notice nothing."""
    for name, port in store.ports.items():
        if name != store.exporter_port:
            return port.container if port.service is None else port.service
    return PORTS[store.engine]
