"""What Prometheus is told to read, and that it may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.monitor import service_monitor, store_monitor
from manifests.placed import Manifest
from settings.service import Service
from settings.stack import Stack
from tests.assembled import STACKS, objects
from tests.builders import TWO_CLUSTERS, a_container, a_data_store, a_place, a_service, a_stack, a_system, the

CANARY = {"strategy": {"type": "canaryDeployment", "weight": 50}, "canary": {"tag": "2"}, "replicas": 2}
COLORS = {"strategy": {"type": "blueGreenIngress"}, "colors": {"green": {"tag": "2"}}}
EXPORTER = {"exporter": a_container(ports={"exporter": {"container": 9187}})}
WORKLOADS = ("Deployment", "Rollout", "StatefulSet")


def monitor_of(service: Service, **environment: Any) -> Manifest:
    return the(service_monitor(a_place(service, **environment), service), "PodMonitor")


def test_metrics_are_read_at_their_port_and_path() -> None:
    metrics = {"port": "admin", "path": "/actuator/prometheus"}
    ports = {"http": {"container": 8080}, "admin": {"container": 9000}}
    monitor = monitor_of(a_service(ports=ports, metrics=metrics))
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "admin", "path": "/actuator/prometheus"}]


def test_an_exporter_beside_a_data_store_is_read() -> None:
    store = a_data_store(sidecars=EXPORTER, exporterPort="exporter")
    monitor = the(store_monitor(a_place(system=a_system(store)), store), "PodMonitor")
    assert monitor["spec"] == {
        "selector": {"matchLabels": {"app.kubernetes.io/name": "store", "app.kubernetes.io/part-of": "demo"}},
        "podMetricsEndpoints": [{"port": "exporter", "path": "/metrics"}],
    }


def test_without_metrics_there_is_nothing_to_read() -> None:
    assert service_monitor(a_place(a_service()), a_service()) == []
    assert store_monitor(a_place(system=a_system(a_data_store())), a_data_store()) == []


def test_a_data_store_is_read_where_it_runs() -> None:
    store = a_data_store(sidecars=EXPORTER, exporterPort="exporter")
    system = a_system(store, clusters="all")
    found = {name: kinds(a_stack(system, clusters=TWO_CLUSTERS), name) for name in TWO_CLUSTERS}
    assert "PodMonitor" in found["seoul"]
    assert "PodMonitor" not in found["tokyo"]


def kinds(stack: Stack, cluster_name: str) -> set[str]:
    return {placed.manifest["kind"] for placed in assemble(stack, cluster_name)["demo"]}


def test_labels_that_prometheus_selects_by_stand_beside_our_own() -> None:
    labels = monitor_of(a_service(metrics={}), monitoringLabels={"release": "watcher"})["metadata"]["labels"]
    assert labels["release"] == "watcher"
    assert labels["app.kubernetes.io/managed-by"] == "naru"


@pytest.mark.parametrize("settings", [{}, CANARY, COLORS], ids=["one", "second Deployment", "two colours"])
def test_pods_of_all_versions_are_read_and_those_of_migrations_are_not(settings: Mapping[str, Any]) -> None:
    migration = {"engine": "goose", "secret": "db", "databases": {"main": {"wave": -1, "directory": "/m"}}}
    service = a_service(metrics={}, migration=migration, **settings)
    system = a_system(service, secrets={"db": {"keys": {"DATABASE_URL": {}}}})
    made = [placed.manifest for placed in assemble(a_stack(system), "main")["demo"]]
    (monitor,) = (found for found in made if found["kind"] == "PodMonitor")
    served = [found for found in made if found["kind"] in WORKLOADS]
    assert served
    assert all(is_read(monitor, found) for found in served)
    jobs = [found for found in made if found["kind"] == "Job"]
    assert jobs
    assert not any(is_read(monitor, found) for found in jobs)


def is_read(monitor: Manifest, workload: Manifest) -> bool:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    return set(monitor["spec"]["selector"]["matchLabels"].items()) <= set(labels.items())


@pytest.mark.parametrize("name", STACKS)
def test_what_prometheus_selects_by_is_on_all_that_a_stack_has_for_it(name: str) -> None:
    made = [found for found in objects(name).values() if found["apiVersion"].startswith("monitoring.coreos.com/")]
    assert {found["kind"] for found in made} == {"PodMonitor", "PrometheusRule"}
    wanted = set() if name == "local" else {"kube-prometheus-stack"}
    assert {found["metadata"]["labels"].get("release") for found in made} - {None} == wanted
    assert all(("release" in found["metadata"]["labels"]) == bool(wanted) for found in made)


@pytest.mark.parametrize("name", STACKS)
def test_each_monitor_of_a_stack_reads_pods_at_a_port_they_have_and_may_be_asked_at(name: str) -> None:
    made = objects(name).values()
    monitors = [found for found in made if found["kind"] == "PodMonitor"]
    assert monitors
    for monitor in monitors:
        namespace = monitor["metadata"]["namespace"]
        read = [
            found
            for found in made
            if found["kind"] in WORKLOADS and found["metadata"]["namespace"] == namespace and is_read(monitor, found)
        ]
        assert read, monitor["metadata"]["name"]
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        for workload in read:
            numbers = port_numbers(workload, endpoint["port"])
            assert numbers
            assert numbers <= asked_by_prometheus(list(made), workload)


def port_numbers(workload: Manifest, name: str) -> set[int]:
    containers = workload["spec"]["template"]["spec"]["containers"]
    return {port["containerPort"] for found in containers for port in found.get("ports", ()) if port["name"] == name}


def asked_by_prometheus(made: list[Manifest], workload: Manifest) -> set[int]:
    """Return at which ports policies let the monitoring namespace in to the pods of a workload."""
    labels, namespace = workload["spec"]["template"]["metadata"]["labels"], workload["metadata"]["namespace"]
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    return {
        port["port"]
        for policy in made
        if policy["kind"] == "NetworkPolicy" and policy["metadata"]["namespace"] == namespace
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
        for rule in policy["spec"].get("ingress", ())
        if prometheus in rule.get("from", ())
        for port in rule["ports"]
    }
