"""Where External Secrets reads values: Vault, AWS Secrets Manager or AWS Parameter Store."""

from manifests.aws.reader import asks_as, store_region
from manifests.aws.scope import Scope
from manifests.placed import Manifest, Place
from settings.system import SecretStore

API_VERSION = "external-secrets.io/v1"

_AWS_SERVICES = {"aws-secrets-manager": "SecretsManager", "aws-parameter-store": "ParameterStore"}


def store_kind(store: SecretStore) -> str:
    """Return the kind of a store."""
    return "ClusterSecretStore" if store.cluster_wide else "SecretStore"


def secret_store(place: Place, name: str, store: SecretStore, namespace: str) -> Manifest:
    """Return the SecretStore of a namespace, or the ClusterSecretStore that all of them share.

    Two systems that declare a ClusterSecretStore of one name mean one object: that names differ is for the settings'
    checks to see to.
    """
    metadata: Manifest = {"name": name}
    if not store.cluster_wide:
        metadata["namespace"] = namespace
    metadata["labels"] = place.labels(name)
    provider = {"vault": _vault(place, name, store)} if store.provider == "vault" else {"aws": _aws(place, name, store)}
    return {
        "apiVersion": API_VERSION,
        "kind": store_kind(store),
        "metadata": metadata,
        "spec": {"provider": provider},
    }


def _vault(place: Place, name: str, store: SecretStore) -> Manifest:
    vault: Manifest = {"server": store.server, "path": store.path, "version": store.version or "v2"}
    if store.role is not None:
        kubernetes: Manifest = {"mountPath": store.auth_mount, "role": store.role}
        vault["auth"] = {"kubernetes": {**kubernetes, **_identity(place, name, store)}}
    return vault


def _aws(place: Place, name: str, store: SecretStore) -> Manifest:
    region = store_region(Scope(place.stack, place.system, place.cluster_name), name, store)
    aws: Manifest = {"service": _AWS_SERVICES[store.provider], "region": region}
    if store.role is not None:
        aws["role"] = store.role
    identity = _identity(place, name, store)
    if identity:
        aws["auth"] = {"jwt": identity}
    return aws


def _identity(place: Place, name: str, store: SecretStore) -> Manifest:
    """Return the reference of the ServiceAccount that asks; External Secrets asks as itself where there is none."""
    found = asks_as(place.stack, place.system, name, store)
    if found is None:
        return {}
    account = {"name": found}
    if store.cluster_wide:
        # It is in no namespace itself. That of the account would otherwise be each ExternalSecret's own.
        account["namespace"] = place.namespace(None)
    return {"serviceAccountRef": account}
