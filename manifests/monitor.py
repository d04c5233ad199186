"""PodMonitors: from which pods the Prometheus Operator's Prometheus reads metrics, and where.

It sets the labels `namespace` and `pod` on what it reads, which the queries of objectives ask for.
Source: https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
"""

from manifests.placed import Manifest, Part, Place, Placed
from manifests.variant import all_pods
from settings.data_store import DataStore
from settings.service import Service, Workload

API_VERSION = "monitoring.coreos.com/v1"

_PATH = "/metrics"


def service_monitor(place: Place, service: Service) -> list[Placed]:
    """Return the PodMonitor of a service with metrics, of all its versions at once."""
    path = _PATH if service.metrics is None else service.metrics.path
    return _monitor(place, service, Part.WORKLOADS, all_pods(place, service), path)


def store_monitor(place: Place, store: DataStore) -> list[Placed]:
    """Return the PodMonitor of a data store with an exporter."""
    return _monitor(place, store, Part.FOUNDATION, place.selector(store.name), _PATH)


def scraped_port(workload: Workload) -> str | None:
    """Return the name of the port that Prometheus reads a workload's metrics at, None where it reads none."""
    if isinstance(workload, DataStore):
        return workload.exporter_port
    return workload.metrics.port if isinstance(workload, Service) and workload.metrics is not None else None


def monitoring_labels(place: Place, name: str, component: str) -> dict[str, str]:
    """Return the labels of an object that the operator reads: with those that its Prometheus selects by."""
    return {**place.environment.monitoring_labels, **place.labels(name, component)}


def _monitor(place: Place, workload: Workload, part: Part, selector: dict[str, str], path: str) -> list[Placed]:
    port = scraped_port(workload)
    if port is None:
        return []
    manifest: Manifest = {
        "apiVersion": API_VERSION,
        "kind": "PodMonitor",
        "metadata": {
            "name": workload.name,
            "namespace": place.namespace(workload.namespace),
            "labels": monitoring_labels(place, workload.name, workload.name),
        },
        "spec": {
            "selector": {"matchLabels": selector},
            "podMetricsEndpoints": [{"port": port, "path": path}],
        },
    }
    return [Placed(manifest, part, workload.name)]
