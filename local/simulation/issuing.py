"""cert-manager and External Secrets at work: Certificates for Ingresses and Gateways, and the Secrets they make."""

from __future__ import annotations

import base64
import secrets
from typing import Any, Final

from local.certificates import self_signed
from local.provider.api import Api
from local.provider.objects import Type
from local.provider.transport import ApiError, Transport, Unreachable
from local.simulation import operators
from local.simulation.node import now
from local.simulation.watch import Event

KINDS: Final = {
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "gateways": "/apis/gateway.networking.k8s.io/v1/gateways",
    "certificates": "/apis/cert-manager.io/v1/certificates",
    "issuers": "/apis/cert-manager.io/v1/issuers",
    "clusterissuers": "/apis/cert-manager.io/v1/clusterissuers",
    "externalsecrets": "/apis/external-secrets.io/v1/externalsecrets",
}

_SECRET: Final = Type("", "v1", "Secret")


class Operators:
    """The objects of the two operators, and which of them are to be looked at again."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = Api(transport)
        self._objects: dict[str, dict[tuple[str, str], dict[str, Any]]] = {kind: {} for kind in KINDS}
        self._due: set[tuple[str, str, str]] = set()

    def see(self, event: Event) -> None:
        """Take in an event of one of the kinds."""
        held = self._objects[event.kind]
        if event.what == "all":
            held.clear()
        for obj in event.objects:
            key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
            if event.what == "gone":
                held.pop(key, None)
            else:
                held[key] = obj
                self._due.add((event.kind, *key))
        if event.kind in {"issuers", "clusterissuers"}:
            self._due.update(("certificates", *key) for key in self._objects["certificates"])

    def work(self) -> None:
        """Do what the objects that changed ask for."""
        while self._due:
            kind, *key = due = self._due.pop()
            obj = self._objects[kind].get((key[0], key[1]))
            if obj is None or "deletionTimestamp" in obj["metadata"]:
                continue
            try:
                self._look_at(kind, obj)
            except (ApiError, Unreachable) as error:
                if isinstance(error, ApiError) and error.status in {404, 409}:
                    continue  # a later event of the watch tells what became of it
                self._due.add(due)
                raise

    def _look_at(self, kind: str, obj: dict[str, Any]) -> None:
        if kind in {"ingresses", "gateways"}:
            for certificate in operators.certificates(obj):
                self._apply(certificate)
        elif kind == "certificates":
            self._issue(obj)
        elif kind == "externalsecrets" and operators.ready(obj)[0] != "True":
            self._synchronise(obj)

    def _issue(self, certificate: dict[str, Any]) -> None:
        issuer_kind, *issuer = operators.issuer(certificate)
        known = self._objects["clusterissuers" if issuer_kind == "ClusterIssuer" else "issuers"]
        issued = (issuer[0], issuer[1]) in known
        status, generation = operators.ready(certificate)
        if status == str(issued) and generation == certificate["metadata"].get("generation", 1):
            return
        if issued and not operators.covers(self._secret(certificate, certificate["spec"]["secretName"]), certificate):
            chain, key = (_base64(part) for part in self_signed(operators.hosts(certificate)))
            self._apply(operators.tls_secret(certificate, chain, key))
        self._status("certificates", certificate, operators.certificate_status(certificate, issued=issued, now=now()))

    def _synchronise(self, external: dict[str, Any]) -> None:
        present = (self._secret(external, operators.external_target(external)) or {}).get("data") or {}
        missing = operators.lacking(external, present)
        if missing or not present:
            values = {key: _base64(secrets.token_urlsafe(24).encode()) for key in missing}
            self._apply(operators.external_secret(external, {**present, **values}))
        self._status("externalsecrets", external, operators.external_status(external, now()))

    def _secret(self, beside: dict[str, Any], name: str) -> dict[str, Any] | None:
        return self._api.read(_SECRET, beside["metadata"]["namespace"], name)

    def _apply(self, obj: dict[str, Any]) -> None:
        self._api.apply(obj, field_manager="naru-operators", force=True, dry_run=False, warn=_unheard)

    def _status(self, plural: str, obj: dict[str, Any], status: dict[str, Any]) -> None:
        root, _, _ = KINDS[plural].rpartition("/")
        self._transport.request(
            "PATCH",
            f"{root}/namespaces/{obj['metadata']['namespace']}/{plural}/{obj['metadata']['name']}/status",
            body=status,
            content_type="application/merge-patch+json",
        )


def _unheard(warning: str) -> None:
    """Warnings are for whoever wrote the object this one was made from."""


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
