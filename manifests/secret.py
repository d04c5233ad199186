"""What makes the Secrets that pods read: sealed in a file, fetched from a store, or none of our business."""

from dataclasses import replace

from manifests.account import service_account
from manifests.aws.accounts import reader_annotations
from manifests.aws.reader import EXTERNAL_SECRETS, namespace_of, read_stores
from manifests.container import all_containers
from manifests.external_secret import external_secret
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.sealed_secret import sealed_secret
from manifests.secret_checksum import reads_of
from manifests.secret_store import secret_store
from settings.secret_source import source_of
from settings.system import Secret, SecretStore

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
            stores |= {placed.reference: placed for placed in store}
            after.append(store[-1].reference)
            manifest = external_secret(place, name, secret)
        else:
            manifest = sealed_secret(place, name, secret)
        makers.append(Placed(_awaited(place, manifest), Part.FOUNDATION, after=tuple(after), keeps_data=name in kept))
    return [*stores.values(), *makers]


def _store(place: Place, secret: Secret) -> list[Placed]:
    """Return the store of a secret, and before it the account that it is asked as, where that is ours to make."""
    name = secret.store or ""
    store = place.system.secret_stores[name]
    ours = store.service_account is None and name in read_stores(place.stack, place.system)
    accounts = [_reader(place, secret, store)] if ours else []
    manifest = secret_store(place, name, store, place.namespace(secret.namespace))
    return [*accounts, Placed(manifest, Part.FOUNDATION, after=tuple(account.reference for account in accounts))]


def _reader(place: Place, secret: Secret, store: SecretStore) -> Placed:
    namespace, annotations = namespace_of(place.system, store, secret), reader_annotations(place.stack, place.system)
    account = service_account(place, namespace, EXTERNAL_SECRETS, Part.FOUNDATION, annotations)
    # It is of the system itself.
    return replace(account, component="")


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
