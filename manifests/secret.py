"""The Secrets whose values this project makes: their objects, never their values."""

from manifests.placed import Manifest, Part, Place, Placed
from settings.system import Secret


def source_of(place: Place, secret: Secret) -> str:
    """Return where a secret's values come from: what it says itself, else what the environment says."""
    return secret.source or place.environment.policies.secrets


def secrets(place: Place) -> list[Placed]:
    """Return a Secret without data for each that is generated.

    The values are added where the objects are registered, and so reach neither rendered files nor tests.
    """
    return [
        Placed(_secret(place, name, secret), Part.FOUNDATION)
        for name, secret in place.system.secrets.items()
        if source_of(place, secret) == "generated"
    ]


def _secret(place: Place, name: str, secret: Secret) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": place.namespace(secret.namespace), "labels": place.labels(name)},
        "type": "Opaque",
    }
