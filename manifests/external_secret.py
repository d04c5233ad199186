"""A secret whose values are in a store outside of the cluster, from where External Secrets brings them."""

import re

from manifests.placed import Manifest, Place
from manifests.secret_store import API_VERSION, store_kind
from settings.system import Secret, SecretKey
from settings.types import duration_seconds

# What a Go template takes after a dot; any other key needs `index`.
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def external_secret(place: Place, name: str, secret: Secret) -> Manifest:
    """Return the ExternalSecret of one secret, with all defaults of its CustomResourceDefinition spelled out.

    Argo CD would otherwise see them as differences. Source: external-secrets v1.3.2, `config/crds/bases`.
    """
    store = place.system.secret_stores[secret.store or ""]
    fetched = {key: setting for key, setting in secret.keys.items() if key not in secret.template}
    remote = _parameter if store.provider == "aws-parameter-store" else _property
    return {
        "apiVersion": API_VERSION,
        "kind": "ExternalSecret",
        "metadata": {"name": name, "namespace": place.namespace(secret.namespace), "labels": place.labels(name)},
        "spec": {
            "refreshInterval": _go_duration(secret.refresh_interval),
            "secretStoreRef": {"kind": store_kind(store), "name": secret.store},
            "target": {
                "name": name,
                "creationPolicy": "Owner",
                "deletionPolicy": "Retain",
                "template": _template(place, name, secret, list(fetched)),
            },
            "data": [
                {
                    "secretKey": key,
                    "remoteRef": {
                        **remote(place, name, key, setting),
                        "conversionStrategy": "Default",
                        "decodingStrategy": "None",
                        "metadataPolicy": "None",
                    },
                }
                for key, setting in fetched.items()
            ],
        },
    }


def _property(place: Place, name: str, key: str, setting: SecretKey) -> Manifest:
    """Return a field of the one entry that a secret has in Vault or in AWS Secrets Manager.

    A key with a dot is found by its name before the dot is taken for a path (providers `vault` and `aws`).
    """
    entry = f"{place.system.name}/{place.stack.name}/{name}"
    return {"key": setting.remote_key or entry, "property": setting.remote_property or key}


def _parameter(place: Place, name: str, key: str, setting: SecretKey) -> Manifest:
    """Return the parameter of its own that a key has in AWS Parameter Store, and a field of it where one is named."""
    parameter = {"key": setting.remote_key or f"/{place.system.name}/{place.stack.name}/{name}/{key}"}
    if setting.remote_property is not None:
        parameter["property"] = setting.remote_property
    return parameter


def _template(place: Place, name: str, secret: Secret, fetched: list[str]) -> Manifest:
    template: Manifest = {
        "engineVersion": "v2",
        "mergePolicy": "Replace",
        "type": "Opaque",
        "metadata": {"labels": place.labels(name)},
    }
    if secret.template:
        # A template with data replaces everything: what is only fetched has to be in it as well.
        template["data"] = {**{key: _value_of(key) for key in fetched}, **secret.template}
    return template


def _value_of(key: str) -> str:
    return f"{{{{ .{key} }}}}" if _FIELD.fullmatch(key) else f'{{{{ index . "{key}" }}}}'


def _go_duration(text: str) -> str:
    """Return a duration as Go writes it, and so as a controller would write it back: `1h0m0s`, `10m0s`, `45s`."""
    minutes, seconds = divmod(duration_seconds(text), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
