"""What Argo CD itself has to be told for Naru's Applications: keys of the ConfigMap `argocd-cm`.

They hold for every Application of that Argo CD; of one that is not Naru's they say what Argo CD's documentation says.
Nothing is needed against objects that controllers make beside ours (certificates, the Ingress of a canary): Argo CD
tells by the annotation `argocd.argoproj.io/tracking-id`, its default, what is whose, and a copied one does not count.
"""

from typing import Final

from manifests.argocd import health

CONFIG_MAP: Final = "argocd-cm"

_HEALTH: Final = {
    "argoproj.io_AnalysisRun": health.ANALYSIS_RUN,
    "argoproj.io_Application": health.APPLICATION,
    "batch_Job": health.JOB,
    "bitnami.com_SealedSecret": health.SEALED,
    "external-secrets.io_ExternalSecret": health.EXTERNAL,
    "PersistentVolumeClaim": health.CLAIM,
}
_WITH_LIBRARIES: Final = ("external-secrets.io_ExternalSecret",)


def server_settings() -> dict[str, str]:
    """Return the data that the ConfigMap needs, beside whatever else it has."""
    return {
        **{f"resource.customizations.health.{kind}": program for kind, program in _HEALTH.items()},
        **{f"resource.customizations.useOpenLibs.{kind}": "true" for kind in _WITH_LIBRARIES},
    }
