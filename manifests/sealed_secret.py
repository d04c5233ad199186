"""A secret whose values only the Sealed Secrets controller of a cluster can open."""

from manifests.placed import Manifest, Place
from settings.sealed_document import API_VERSION, KIND, SCOPES
from settings.system import Secret


def ciphertext(place: Place, name: str, secret: Secret) -> dict[str, str]:
    """Return the ciphertext of each declared key that has some; what a file has beside them is nobody's."""
    sealed = place.stack.sealed.get(place.system.name, {}).get(name)
    return {} if sealed is None else {key: sealed.values[key] for key in secret.keys if key in sealed.values}


def sealed_secret(place: Place, name: str, secret: Secret) -> Manifest:
    """Return the SealedSecret of one secret, without data as long as nothing is sealed.

    The controller reads the scope off the object, and kubeseal off the template: both say it.
    Source: sealed-secrets, `UpdateScopeAnnotations` and `NewSealedSecret`.
    """
    scope = {SCOPES[secret.scope]: "true"} if secret.scope in SCOPES else {}
    scoped = {"annotations": scope} if scope else {}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": name,
            "namespace": place.namespace(secret.namespace),
            "labels": place.labels(name),
            **({"annotations": dict(scope)} if scope else {}),
        },
        "spec": {
            "encryptedData": ciphertext(place, name, secret),
            "template": {"metadata": {"labels": place.labels(name), **scoped}, "type": "Opaque"},
        },
    }
