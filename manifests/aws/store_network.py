"""Where a managed data store stands, and who may call it."""

from collections.abc import Iterator

from manifests.aws.scope import Scope
from manifests.aws.store_args import StoreNetwork
from settings.aws.managed import managed_port
from settings.data_store import DataStore
from settings.service import Service
from settings.stack import Stack
from settings.system import System


def store_network(scope: Scope, store: DataStore, name: str) -> StoreNetwork:
    """Return where a data store of the scope's system stands in the scope's region: the primary's, or a replica's.

    Pods of the primary cluster always may call the primary, and those of another cluster where one of its services
    depends on it. A replica is for the pods of its own cluster alone, if any of them depends on the data store.
    """
    environment, here = scope.environment, scope.cluster_name or scope.environment.primary
    is_primary = here == environment.primary
    calling = {one for one in environment.clusters if any(_callers(scope, store, one))}
    ranges = {
        one: cluster.aws.cidr
        for one, cluster in environment.clusters.items()
        if is_primary and one != here and one in calling and cluster.aws is not None
    }
    aws = scope.cluster_aws
    return StoreNetwork(
        name=name,
        vpc=aws.vpc,
        subnets=aws.private_subnets,
        port=managed_port(store),
        groups={here: aws.security_group} if is_primary or here in calling else {},
        ranges=ranges,
        tags=scope.tags(name),
        protect=environment.policies.protect_data,
    )


def _callers(scope: Scope, store: DataStore, cluster_name: str) -> Iterator[Service]:
    """Yield the services of all systems that run on a cluster and depend on a data store of the scope's system."""
    wanted = f"{scope.system_name}/{store.name}"
    for system in _running(scope.stack, cluster_name):
        for service in system.services.values():
            called = (name if "/" in name else f"{system.name}/{name}" for name in service.depends_on)
            if service.enabled and wanted in called:
                yield service


def _running(stack: Stack, cluster_name: str) -> Iterator[System]:
    is_primary = cluster_name == stack.environment.primary
    return (one for one in stack.systems.values() if one.enabled and (is_primary or one.clusters == "all"))
