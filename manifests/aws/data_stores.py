"""Which databases (RDS) and caches (ElastiCache) there are in place of data stores in the cluster, and their names.

All of a stack's clusters call one by one name in the private hosted zone, `<data store>.<namespace>.<domain>`, which
leads to wherever the primary cluster has it. A replica has the name of its cluster in its own, as the pods of each
region want the one that is near: `<data store>-replica.<cluster>.<namespace>.<domain>`.
"""

from collections.abc import Iterator

from manifests.aws.scope import Scope, systems
from manifests.aws.store_args import AddressArgs, CacheArgs, DatabaseArgs, ReplicaArgs, StoreCare, StoreLogs
from manifests.aws.store_network import store_network
from settings.aws.data_store import Managed
from settings.aws.environment import PrivateZone
from settings.aws.managed import identifier
from settings.aws.managed import is_managed as is_managed_there
from settings.data_store import DataStore, Engine
from settings.stack import Stack
from settings.system import System

_FAMILIES = {"redis6": "redis6.x"}
"""Source: AWS, API reference of ElastiCache, `CreateCacheParameterGroup`; all others are engine and major version."""
_LOGS = ("postgresql", "upgrade")


def is_managed(stack: Stack, system: System, store: DataStore) -> bool:
    """Tell whether AWS runs a data store of a system, so that clusters have only names for it."""
    return is_managed_there(stack.environment, system, store)


def store_host(stack: Stack, system: System, store: DataStore) -> str:
    """Return the name by which every cluster calls a managed data store."""
    return f"{store.name}.{system.namespace_name(store.namespace)}.{_zone(stack).domain}"


def replica_host(stack: Stack, system: System, store: DataStore, cluster_name: str) -> str:
    """Return the name by which a cluster calls its read replica of a managed data store."""
    namespace = system.namespace_name(store.namespace)
    return f"{replica_name(store)}.{cluster_name}.{namespace}.{_zone(stack).domain}"


def replica_name(store: DataStore) -> str:
    """Return the name of the Service that leads to a read replica, beside the one of the data store's own name."""
    return f"{store.name}-replica"


def has_replica(store: DataStore, cluster_name: str) -> bool:
    """Tell whether a managed data store has a read replica in the region of a cluster."""
    return store.managed is not None and cluster_name in store.managed.replicas


def store_ranges(stack: Stack, store: DataStore, cluster_name: str) -> tuple[str, ...]:
    """Return the address ranges in which pods of a cluster find a managed data store, and its replica if they have one.

    These are of whole VPCs, as AWS gives and changes the addresses; the security group says who may call.
    """
    environment = stack.environment
    names = (environment.primary, *([cluster_name] if has_replica(store, cluster_name) else []))
    found = (environment.clusters[name].aws for name in names)
    return tuple(dict.fromkeys(aws.cidr for aws in found if aws is not None))


def databases(stack: Stack) -> Iterator[tuple[Scope, DatabaseArgs]]:
    """Yield the database of each managed PostgreSQL, in the primary region."""
    for scope, store, managed, name in _stores(stack):
        if store.engine is Engine.POSTGRESQL:
            args = DatabaseArgs(
                store=store.name,
                identifier=name,
                network=store_network(scope, store, name),
                care=_care(managed),
                logs=_logs(managed, name),
                version=managed.version,
                family=_family(store, managed),
                minor_upgrades=_minor_upgrades(managed),
                instance_class=managed.instance_class,
                multi_az=managed.multi_az,
                database=store.databases[0] if store.databases else None,
                storage_gib=managed.storage_gib or 0,
                storage_limit_gib=managed.storage_limit_gib,
                parameters=managed.parameters,
                replicated=bool(managed.replicas),
                tags=scope.tags(name),
                protect=stack.environment.policies.protect_data,
            )
            yield scope, args


def replicas(stack: Stack) -> Iterator[tuple[Scope, ReplicaArgs]]:
    """Yield each read replica, in the region of its cluster, whether or not the system runs there."""
    for primary, there, store, managed, name in _replicas(stack):
        args = ReplicaArgs(
            store=store.name,
            identifier=name,
            source=logical(primary, store.name),
            network=store_network(there, store, name),
            care=_care(managed),
            logs=_logs(managed, name),
            family=_family(store, managed),
            minor_upgrades=_minor_upgrades(managed),
            instance_class=managed.instance_class,
            storage_limit_gib=managed.storage_limit_gib,
            parameters=managed.parameters,
            tags=there.tags(name),
            protect=stack.environment.policies.protect_data,
        )
        yield there, args


def caches(stack: Stack) -> Iterator[tuple[Scope, CacheArgs]]:
    """Yield the cache of each managed Redis and Valkey, in the primary region."""
    for scope, store, managed, name in _stores(stack):
        if store.engine is not Engine.POSTGRESQL:
            # Older ones know TLS alone or none at all. Source: AWS, "Enabling in-transit encryption" of ElastiCache.
            chooses = int(managed.version.partition(".")[0]) >= 7
            args = CacheArgs(
                store=store.name,
                identifier=name,
                description=f"{store.name} of {scope.system_name} ({stack.name})",
                network=store_network(scope, store, name),
                care=_care(managed),
                engine=store.engine.value,
                version=managed.version,
                family=_family(store, managed),
                instance_class=managed.instance_class,
                multi_az=managed.multi_az,
                parameters=managed.parameters,
                transit_mode=("preferred" if managed.plain_allowed else "required") if chooses else None,
                tags=scope.tags(name),
                protect=stack.environment.policies.protect_data,
            )
            yield scope, args


def data_addresses(stack: Stack) -> Iterator[tuple[Scope, AddressArgs]]:
    """Yield the name of each managed data store, and of each read replica."""
    for scope, store, _, _ in _stores(stack):
        if scope.system is not None:
            host = store_host(stack, scope.system, store)
            yield scope, AddressArgs(store.name, host, _zone(stack).id, logical(scope, store.name))
    for _, there, store, _, _ in _replicas(stack):
        if there.system is not None and there.cluster_name is not None:
            host = replica_host(stack, there.system, store, there.cluster_name)
            yield there, AddressArgs(replica_name(store), host, _zone(stack).id, logical(there, store.name))


def logical(scope: Scope, store: str) -> str:
    """Return the logical name of a database, replica or cache."""
    return scope.logical("data-store", store)


def replicated_to(scope: Scope) -> Iterator[Scope]:
    """Yield the scopes of the clusters in whose region a system has a read replica, each once."""
    scopes = (there for _, there, *_ in _replicas(scope.stack) if there.system is scope.system)
    yield from {there.cluster_name: there for there in scopes}.values()


def _stores(stack: Stack) -> Iterator[tuple[Scope, DataStore, Managed, str]]:
    """Yield each managed data store of a stack with the scope of the primary region and its name in AWS."""
    for scope in systems(stack):
        if scope.system is not None:
            primary = Scope(stack, scope.system, stack.environment.primary)
            for store in scope.system.data_stores.values():
                if store.managed is not None and is_managed(stack, scope.system, store):
                    yield primary, store, store.managed, identifier(stack, scope.system, store)


def _replicas(stack: Stack) -> Iterator[tuple[Scope, Scope, DataStore, Managed, str]]:
    """Yield the same for each read replica, with the scope of its cluster after that of the primary."""
    for primary, store, managed, name in _stores(stack):
        for cluster_name in managed.replicas:
            yield primary, Scope(stack, primary.system, cluster_name), store, managed, name


def _care(managed: Managed) -> StoreCare:
    return StoreCare(managed.maintenance_window, managed.backup_window, managed.backup_days)


def _logs(managed: Managed, name: str) -> StoreLogs:
    return StoreLogs({log: f"/aws/rds/instance/{name}/{log}" for log in _LOGS}, managed.log_days)


def _family(store: DataStore, managed: Managed) -> str:
    engine = "postgres" if store.engine is Engine.POSTGRESQL else store.engine.value
    family = f"{engine}{managed.version.partition('.')[0]}"
    return _FAMILIES.get(family, family)


def _minor_upgrades(managed: Managed) -> bool:
    # Whoever names a minor version holds to it: AWS raising it would be a difference at every update from then on.
    return "." not in managed.version


def _zone(stack: Stack) -> PrivateZone:
    aws = stack.environment.aws
    if aws is None or aws.private_zone is None:
        message = f"the stack {stack.name} has no private zone in which a managed data store has a name"
        raise ValueError(message)
    return aws.private_zone
