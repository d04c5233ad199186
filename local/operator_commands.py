"""How each operator is started that runs beside the control plane's own processes, and the Prometheus they ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local import in_cluster, prometheus, rollouts, sealing
from local.places import Places
from local.ports import ADDRESS
from local.processes import Command


def sealed_secrets(ports: Mapping[str, int], launcher: tuple[str, ...], binary: Path, version: str) -> Command:
    """Run the Sealed Secrets controller, which `launcher` has find its service account."""
    return Command(
        sealing.NAME,
        (
            *launcher,
            str(binary),
            f"--listen-addr={ADDRESS}:{ports['sealing']}",
            # It cannot be told to serve no metrics; nobody reads them, so any free port will do.
            f"--listen-metrics-addr={ADDRESS}:0",
            # What was sealed once is kept under .naru/ and stays sealed with the newest key: none comes by itself.
            "--key-renew-period=0",
        ),
        version,
        ports["sealing"],
        environment=in_cluster.environment(ADDRESS, ports["api"], sealing.NAMESPACE),
    )


def scraper(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run Prometheus, which anybody on this machine may ask, and nobody change or end over the network."""
    return Command(
        prometheus.NAME,
        (
            str(binary),
            f"--config.file={places.scraped}",
            f"--web.listen-address={ADDRESS}:{ports['prometheus']}",
            f"--storage.tsdb.path={places.prometheus / 'data'}",
            # More than the longest window of an analysis; blocks are of two hours anyway.
            "--storage.tsdb.retention.time=2h",
            "--log.level=warn",
        ),
        version,
        ports["prometheus"],
    )


def argo_rollouts(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run the Argo Rollouts controller, whose analyses ask our Prometheus where they name no other."""
    return Command(
        rollouts.NAME,
        (
            str(binary),
            f"--kubeconfig={places.kubeconfig('rollouts')}",
            "--leader-elect=false",
            # It would serve metrics and its health on every address of this machine, and cannot be told otherwise:
            # with a port that does not exist it logs that, and serves nothing.
            "--metricsPort=-1",
            "--healthzPort=-1",
            "--qps=300",
            "--burst=600",
            "--loglevel=warn",
        ),
        version,
        environment={
            "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS": prometheus.url(ports["prometheus"]),
            "POD_NAMESPACE": rollouts.NAMESPACE,  # not that of a pod this machine may be
        },
    )
