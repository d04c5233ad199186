"""The kubeconfig files of the embedded control plane, one for each of its users."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from local.certificates import Pair

CONTEXT = "naru-local"


def text(server: str, authority: Path, user: str, pair: Pair) -> str:
    """Return a kubeconfig that stands by itself: certificates and key are in it, so the file is a credential."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": _base64(authority)}}
            ],
            "users": [
                {
                    "name": f"{CONTEXT}-{user}",
                    "user": {
                        "client-certificate-data": _base64(pair.certificate),
                        "client-key-data": _base64(pair.key),
                    },
                }
            ],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": f"{CONTEXT}-{user}"}}],
            "current-context": CONTEXT,
        },
        sort_keys=False,
    )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
