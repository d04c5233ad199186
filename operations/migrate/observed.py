"""The Jobs of a migration and their pods, as a cluster has them now."""

from collections.abc import Iterable

from operations.api_server import ApiError, ApiServer, Object
from operations.migrate.failure import with_logs
from operations.migrate.state import MigrationState, migration_state
from operations.migrate.step import Step


def observed(server: ApiServer, steps: Iterable[Step]) -> list[MigrationState]:
    """Return how each Job is, in order; raises ApiError and UnreachableError.

    Events only tell why a pod does not start; where they may not be read the reason is poorer.
    """
    wanted = list(steps)
    lists: dict[str, list[Object]] = {"Job": [], "Pod": [], "Event": []}
    for namespace in dict.fromkeys(step.namespace for step in wanted):
        lists["Job"] += server.items(f"/apis/batch/v1/namespaces/{namespace}/jobs")
        lists["Pod"] += server.items(
            f"/api/v1/namespaces/{namespace}/pods", labelSelector="batch.kubernetes.io/job-name"
        )
        lists["Event"] += _events(server, namespace)
    return with_logs(server, [migration_state(step, lists) for step in wanted])


def _events(server: ApiServer, namespace: str) -> list[Object]:
    try:
        return server.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector="type=Warning")
    except ApiError:
        return []
