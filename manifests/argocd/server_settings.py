"""What Argo CD itself has to be told for Naru's Applications: keys of the ConfigMap `argocd-cm`."""

from typing import Final

CONFIG_MAP: Final = "argocd-cm"


def server_settings() -> dict[str, str]:
    """Return the data that the ConfigMap needs, beside whatever else it has."""
    return {}
