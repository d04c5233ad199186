"""What makes the Secrets that pods read: sealed in a file, fetched from a store, or none of our business."""

from manifests.container import all_containers
from manifests.external_secret import external_secret
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.sealed_secret import sealed_secret
from manifests.secret_checksum import reads_of
from manifests.secret_store import secret_store
from settings.secret_source import source_of
from settings.system import Secret

_MAKERS = {"sealed": "SealedSecret", "generated": "SealedSecret", "external": "ExternalSecret"}
# The condition that is true once the Secret itself is there.
_CONDITIONS = {"SealedSecret": "Synced", "ExternalSecret": "Ready"}
_PATIENCE = "120"  # seconds


def secret_reference(place: Place, name: str) -> str:
    """Return the reference of the object that makes one of the system's secrets, and that its readers come after.

    For one that others make it is the Secret itself, which no part of the stack is.
    """
    secret = place.system.secrets.get(name)
    kind = "Secret" if secret is None else _MAKERS.get(source_of(place.environment, secret), "Secret")
    return reference(kind, place.namespace(None if secret is None else secret.namespace), name)


def secrets(place: Place) -> list[Placed]:
    """Return a SealedSecret or ExternalSecret for each secret that we make, and before them the stores they ask.

    Deleting one deletes its Secret with it, so that what a data store reads is kept as its data is.
    """
    kept = _read_by_data_stores(place)
    stores: dict[str, Placed] = {}
    makers: list[Placed] = []
    for name, secret in place.system.secrets.items():
        source, after = source_of(place.environment, secret), list[str]()
        if source not in _MAKERS:
            continue
        if source == "external":
            store = _store(place, secret)
            stores[store.reference] = store
            after.append(store.reference)
            manifest = external_secret(place, name, secret)
        else:
            manifest = sealed_secret(place, name, secret)
        makers.append(Placed(_awaited(place, manifest), Part.FOUNDATION, after=tuple(after), keeps_data=name in kept))
    return [*stores.values(), *makers]


def _store(place: Place, secret: Secret) -> Placed:
    name = secret.store or ""
    manifest = secret_store(place, name, place.system.secret_stores[name], place.namespace(secret.namespace))
    return Placed(manifest, Part.FOUNDATION)


def _awaited(place: Place, manifest: Manifest) -> Manifest:
    """Have Pulumi wait for the Secret; the official provider waits for no custom resource unless told."""
    if place.direct:
        metadata = manifest["metadata"]
        metadata["annotations"] = {
            **metadata.get("annotations", {}),
            "pulumi.com/waitFor": f"condition={_CONDITIONS[manifest['kind']]}",
            "pulumi.com/timeoutSeconds": _PATIENCE,
        }
    return manifest


def _read_by_data_stores(place: Place) -> set[str]:
    if not place.is_primary:
        return set()
    stores = (store for store in place.system.data_stores.values() if store.enabled)
    return {name for store in stores for name in reads_of(all_containers(store))}
