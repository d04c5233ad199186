"""What a stack's objects need of a cluster before they are applied: read off the objects themselves. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from manifests.placed import Manifest, Placed

Kind = tuple[str, str]
"""API version and kind, such as `("apps/v1", "Deployment")`."""

_CLASSES = {"Ingress": ("IngressClass", "ingressClassName"), "Gateway": ("GatewayClass", "gatewayClassName")}
# Each makes a Secret of its own name.
_SECRET_MAKERS = {"Secret", "SealedSecret", "ExternalSecret"}
_POD_OWNERS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Rollout")


@dataclass(frozen=True, slots=True)
class Needs:
    """What there has to be, and what we have to be allowed."""

    kinds: frozenset[Kind]
    rights: frozenset[tuple[Kind, str]]
    """Kinds by the namespace we make them in, empty for what has none."""
    classes: frozenset[tuple[str, str]]
    """`IngressClass`, `StorageClass` or `GatewayClass`, and a name; the empty name is the cluster's default."""
    namespaces: frozenset[str]
    """Those we make."""
    secrets: frozenset[tuple[str, str]]
    """Namespace and name of each Secret that pods name and we do not make."""


def needs(objects: Iterable[Placed]) -> Needs:
    """Return what these objects need together."""
    manifests = [placed.manifest for placed in objects]
    made = {(_namespace(m), m["metadata"]["name"]) for m in manifests if m["kind"] in _SECRET_MAKERS}
    named = {(_namespace(m), name) for m in manifests for name in secret_names(m)}
    return Needs(
        kinds=frozenset(_kind(m) for m in manifests),
        rights=frozenset((_kind(m), _namespace(m)) for m in manifests),
        classes=frozenset(found for m in manifests for found in _classes(m)),
        namespaces=frozenset(m["metadata"]["name"] for m in manifests if m["kind"] == "Namespace"),
        secrets=frozenset(named - made),
    )


def pod_spec(manifest: Manifest) -> Manifest | None:
    """Return the spec of the pods an object makes or is, None where there are none."""
    if manifest["kind"] == "Pod":
        found: Manifest = manifest["spec"]
        return found
    if manifest["kind"] == "CronJob":
        manifest = manifest["spec"]["jobTemplate"]
    elif manifest["kind"] not in _POD_OWNERS:
        return None
    template: Manifest | None = manifest["spec"].get("template", {}).get("spec")
    return template


def secret_names(manifest: Manifest) -> set[str]:
    """Return the Secrets that an object's pods cannot start without."""
    spec = pod_spec(manifest) or {}
    found = {reference["name"] for reference in spec.get("imagePullSecrets", ())}
    for volume in spec.get("volumes", ()):
        found.add(volume.get("secret", {}).get("secretName", ""))
        found.update(
            source.get("secret", {}).get("name", "") for source in volume.get("projected", {}).get("sources", ())
        )
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        found.update(source.get("secretRef", {}).get("name", "") for source in container.get("envFrom", ()))
        found.update(
            variable.get("valueFrom", {}).get("secretKeyRef", {}).get("name", "")
            for variable in container.get("env", ())
        )
    return found - {""}


def storage_classes(manifest: Manifest) -> Iterator[str]:
    """Yield the StorageClasses of the claims an object is or has; the empty name is the cluster's default."""
    claims = [manifest] if manifest["kind"] == "PersistentVolumeClaim" else []
    if manifest["kind"] == "StatefulSet":
        claims = manifest["spec"].get("volumeClaimTemplates", [])
    for claim in claims:
        yield claim["spec"].get("storageClassName") or ""


def _kind(manifest: Manifest) -> Kind:
    return manifest["apiVersion"], manifest["kind"]


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace", ""))


def _classes(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest["kind"] in _CLASSES:
        kind, key = _CLASSES[manifest["kind"]]
        yield kind, manifest["spec"].get(key) or ""
    for name in storage_classes(manifest):
        yield "StorageClass", name
