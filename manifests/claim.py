"""PersistentVolumeClaims: of the system, of its services, and the templates that data stores claim by."""

from manifests.placed import Manifest, Part, Place, Placed
from manifests.volume import claim_name
from settings.service import Claim, Workload


def claim_spec(place: Place, claim: Claim) -> Manifest:
    """Return what is asked for, of the environment's class where the claim names none."""
    spec: Manifest = {
        "accessModes": [claim.access_mode],
        "resources": {"requests": {"storage": claim.size}},
        "volumeMode": "Filesystem",
    }
    storage_class = claim.storage_class or place.environment.storage_class
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return spec


def persistent_volume_claim(
    place: Place, namespace: str, name: str, claim: Claim, *, part: Part, component: str = ""
) -> Placed:
    """Return one claim."""
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": place.labels(name, component)},
        "spec": claim_spec(place, claim),
    }
    return Placed(manifest, part, component, keeps_data=True)


def claims(place: Place) -> list[Placed]:
    """Return the claims of the system itself."""
    return [
        persistent_volume_claim(place, place.namespace(claim.namespace), name, claim, part=Part.FOUNDATION)
        for name, claim in place.system.claims.items()
    ]


def claims_of(place: Place, workload: Workload, part: Part) -> list[Placed]:
    """Return the claims that a workload has to itself, `<workload>-<volume>`."""
    namespace, owner = place.namespace(workload.namespace), workload.name
    return [
        persistent_volume_claim(place, namespace, claim_name(owner, name), volume.claim, part=part, component=owner)
        for name, volume in workload.volumes.items()
        if volume.claim is not None
    ]
