"""The Prometheus of the control plane: what it scrapes, where it is found, when it can be used."""

from __future__ import annotations

from typing import Final

import yaml

from local import health
from local.ports import ADDRESS

NAME: Final = "prometheus"

TARGETS: Final = "targets"
"""The folder, beside the configuration, whose `*.json` files name what is scraped (`file_sd_config`)."""


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
    return health.silence(port, "/-/ready")
