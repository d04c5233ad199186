"""What cert-manager and External Secrets would make of their objects: decisions only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Object = Mapping[str, Any]

_ISSUERS: Final = {"cert-manager.io/cluster-issuer": "ClusterIssuer", "cert-manager.io/issuer": "Issuer"}


def certificates(source: Object) -> list[dict[str, Any]]:
    """Return the Certificates that an Ingress or Gateway asks for by its annotation, one for each Secret it names."""
    metadata = source["metadata"]
    annotations = metadata.get("annotations") or {}
    issuer = next(((kind, annotations[key]) for key, kind in _ISSUERS.items() if annotations.get(key)), None)
    if issuer is None:
        return []
    return [
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {
                "name": secret,
                "namespace": metadata["namespace"],
                "ownerReferences": [_owner(source)],
            },
            "spec": {
                "secretName": secret,
                "dnsNames": sorted(hosts),
                "issuerRef": {"group": "cert-manager.io", "kind": issuer[0], "name": issuer[1]},
                "usages": ["digital signature", "key encipherment"],
            },
        }
        for secret, hosts in _secrets(source).items()
        if hosts
    ]


def _secrets(source: Object) -> dict[str, set[str]]:
    """Return the TLS Secrets an Ingress or Gateway names, with the hosts each is for."""
    found: dict[str, set[str]] = {}
    for entry in source["spec"].get("tls") or []:
        if entry.get("secretName"):
            found.setdefault(entry["secretName"], set()).update(entry.get("hosts") or [])
    for listener in source["spec"].get("listeners") or []:
        for reference in (listener.get("tls") or {}).get("certificateRefs") or []:
            found.setdefault(reference["name"], set()).update([listener["hostname"]] if "hostname" in listener else [])
    return found


def _owner(source: Object) -> dict[str, Any]:
    return {
        "apiVersion": source["apiVersion"],
        "kind": source["kind"],
        "name": source["metadata"]["name"],
        "uid": source["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owned(obj: Object, owner: Object) -> bool:
    """Tell whether an object was made for another."""
    references = obj["metadata"].get("ownerReferences") or []
    return any(reference["uid"] == owner["metadata"]["uid"] for reference in references)


def hosts(certificate: Object) -> list[str]:
    """Return what a Certificate is to name."""
    spec = certificate["spec"]
    wanted = [*([spec["commonName"]] if spec.get("commonName") else []), *(spec.get("dnsNames") or [])]
    return list(dict.fromkeys([*wanted, *(spec.get("ipAddresses") or [])]))


def issuer(certificate: Object) -> tuple[str, str, str]:
    """Return kind, namespace and name of a Certificate's issuer; a ClusterIssuer has no namespace."""
    reference = certificate["spec"]["issuerRef"]
    kind = reference.get("kind") or "Issuer"
    return kind, "" if kind == "ClusterIssuer" else certificate["metadata"]["namespace"], reference["name"]


def tls_secret(certificate: Object, chain: str, key: str) -> dict[str, Any]:
    """Return the Secret of a Certificate, for base64 of its chain and key."""
    kind, _, name = issuer(certificate)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": certificate["spec"]["secretName"],
            "namespace": certificate["metadata"]["namespace"],
            "annotations": {
                "cert-manager.io/certificate-name": certificate["metadata"]["name"],
                "cert-manager.io/alt-names": ",".join(hosts(certificate)),
                "cert-manager.io/issuer-kind": kind,
                "cert-manager.io/issuer-name": name,
            },
        },
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": chain, "tls.key": key},
    }


def covers(secret: Object | None, certificate: Object) -> bool:
    """Tell whether a Secret is the one made for a Certificate as it is now."""
    annotations = (secret or {}).get("metadata", {}).get("annotations") or {}
    return bool(annotations.get("cert-manager.io/alt-names") == ",".join(hosts(certificate)))


def certificate_status(certificate: Object, *, issued: bool, now: str) -> dict[str, Any]:
    """Return the status of a Certificate that is issued, or of one whose issuer is not there."""
    kind, _, name = issuer(certificate)
    condition = {
        "type": "Ready",
        "status": "True" if issued else "False",
        "reason": "Ready" if issued else "Pending",
        "message": "Certificate is up to date and has not expired"
        if issued
        else f'Referenced "{kind}" not found: {kind.lower()}.cert-manager.io "{name}" not found',
        "observedGeneration": certificate["metadata"].get("generation", 1),
        "lastTransitionTime": now,
    }
    return {"conditions": [condition]}


def ready(custom: Object) -> tuple[str, int]:
    """Return the status of an object's condition Ready, and the generation it is about."""
    conditions = (custom.get("status") or {}).get("conditions") or []
    found: Object = next((one for one in conditions if one["type"] == "Ready"), {})
    return str(found.get("status", "")), int(found.get("observedGeneration") or 0)


def source(obj: Object, now: str) -> dict[str, Any] | None:
    """Return the status of an issuer or a secret store, None for one that has it: each can be used at once."""
    if ready(obj)[0] == "True":
        return None
    reason, message = (
        ("Valid", "store validated")
        if obj["kind"].endswith("SecretStore")
        else ("ACMEAccountRegistered", "The ACME account was registered with the ACME server")
    )
    condition = {"type": "Ready", "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
    return {"conditions": [condition]}


def secret_keys(external: Object) -> list[str]:
    """Return the keys an ExternalSecret declares; what `dataFrom` finds in the store is known to the store alone.

    A template with keys of its own takes the place of those of `data`, unless its `mergePolicy` is Merge.
    """
    template = _template(external)
    made = list(template.get("data") or {})
    if not made or template.get("mergePolicy") == "Merge":
        made += [entry["secretKey"] for entry in external["spec"].get("data") or []]
    return list(dict.fromkeys(made))


def _template(external: Object) -> Object:
    found: Object = (external["spec"].get("target") or {}).get("template") or {}
    return found


def _creation_policy(external: Object) -> str:
    return str((external["spec"].get("target") or {}).get("creationPolicy") or "Owner")


def makes_secret(external: Object, present: Object | None) -> bool:
    """Tell whether an ExternalSecret is to write its Secret: it may be told never to, or only to add to one."""
    policy = _creation_policy(external)
    return policy != "None" and (policy != "Merge" or present is not None)


def external_target(external: Object) -> str:
    """Return the name of the Secret an ExternalSecret makes."""
    return str((external["spec"].get("target") or {}).get("name") or external["metadata"]["name"])


def external_secret(external: Object, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the Secret of an ExternalSecret, for base64 of its values; labels and type as its template has them.

    Without a template the labels and annotations are those of the ExternalSecret.
    """
    template = _template(external)
    source = template.get("metadata") or {} if template else external["metadata"]
    metadata = {
        "name": external_target(external),
        "namespace": external["metadata"]["namespace"],
        "labels": {**(source.get("labels") or {}), "reconcile.external-secrets.io/managed": "true"},
        **({"annotations": dict(source["annotations"])} if source.get("annotations") else {}),
        **({"ownerReferences": [_owner(external)]} if _creation_policy(external) == "Owner" else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        **({"type": template["type"]} if template.get("type") else {}),
        "data": dict(values),
    }


def synchronised(external: Object) -> bool:
    """Tell whether an ExternalSecret has the status of its generation."""
    return bool((external.get("status") or {}).get("syncedResourceVersion") == _version(external))


def _version(external: Object) -> str:
    return f"{external['metadata'].get('generation', 1)}-naru"


def external_status(external: Object, now: str) -> dict[str, Any]:
    """Return the status of an ExternalSecret whose Secret is there."""
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "SecretSynced",
        "message": "secret synced",
        "lastTransitionTime": now,
    }
    return {
        "conditions": [condition],
        "refreshTime": now,
        "syncedResourceVersion": _version(external),
        "binding": {"name": external_target(external)},
    }
