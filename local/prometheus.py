"""The Prometheus of the control plane: what it scrapes, where it is found, when it can be used."""

from __future__ import annotations

import http.client
from typing import Final

import yaml

from local.ports import ADDRESS

NAME: Final = "prometheus"

TARGETS: Final = "targets"
"""The folder, beside the configuration, whose `*.json` files name what is scraped (`file_sd_config`)."""

_SECONDS: Final = 2.0  # for an answer from this machine


def url(port: int) -> str:
    """Return where it answers queries."""
    return f"http://{ADDRESS}:{port}"


def configuration() -> str:
    """Return its configuration: every target once a second, under the labels it gives itself.

    Whatever stands in for kube-state-metrics or for an application's pods speaks of others than itself.
    """
    targets = {"files": [f"{TARGETS}/*.json"], "refresh_interval": "1s"}
    scrape = {"job_name": "targets", "honor_labels": True, "file_sd_configs": [targets]}
    every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    return yaml.safe_dump({"global": every, "scrape_configs": [scrape]}, sort_keys=False)


def silence(port: int) -> str:
    """Return what keeps it from answering queries, nothing if it does."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/-/ready")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return "" if status == http.client.OK else f"/-/ready is answered with {status}"
