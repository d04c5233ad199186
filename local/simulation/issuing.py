"""The operators at work: cert-manager, External Secrets and Cilium's Gateway controller, as far as others see them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.certificates import self_signed
from local.provider.api import Api
from local.provider.objects import Type
from local.provider.transport import Transport
from local.simulation import gateways, operators
from local.simulation.node import now
from local.simulation.trouble import Trouble, may_pass
from local.simulation.watch import Event

KINDS: Final = {
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "gatewayclasses": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "gateways": "/apis/gateway.networking.k8s.io/v1/gateways",
    "httproutes": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "certificates": "/apis/cert-manager.io/v1/certificates",
    "issuers": "/apis/cert-manager.io/v1/issuers",
    "clusterissuers": "/apis/cert-manager.io/v1/clusterissuers",
    "externalsecrets": "/apis/external-secrets.io/v1/externalsecrets",
    "secretstores": "/apis/external-secrets.io/v1/secretstores",
    "clustersecretstores": "/apis/external-secrets.io/v1/clustersecretstores",
}

# The status of a kind that depends on nothing but the object.
_STATUS: Final[Mapping[str, Callable[[Mapping[str, Any], str], dict[str, Any] | None]]] = {
    "gatewayclasses": gateways.gateway_class,
    "gateways": gateways.gateway,
    "httproutes": gateways.route,
    "issuers": operators.source,
    "clusterissuers": operators.source,
    "secretstores": operators.source,
    "clustersecretstores": operators.source,
}

_SECRET: Final = Type("", "v1", "Secret")
_CERTIFICATE: Final = Type("cert-manager.io", "v1", "Certificate")


class Operators:
    """The objects of the operators, and which of them are to be looked at again."""

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
            except Trouble as error:
                if may_pass(error):
                    self._due.add(due)
                    raise

    def _look_at(self, kind: str, obj: dict[str, Any]) -> None:
        if kind in {"ingresses", "gateways"}:
            self._request(obj)
        elif kind == "certificates":
            self._issue(obj)
        elif kind == "externalsecrets" and not operators.synchronised(obj):
            self._synchronise(obj)
        status = _STATUS[kind](obj, now()) if kind in _STATUS else None
        if status is not None:
            self._status(kind, obj, status)

    def _request(self, source: dict[str, Any]) -> None:
        for certificate in operators.certificates(source):
            metadata = certificate["metadata"]
            there = self._api.read(_CERTIFICATE, metadata["namespace"], metadata["name"])
            # One that somebody declared is theirs.
            if there is None or operators.owned(there, source):
                self._apply(certificate)

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
        secret = self._secret(external, operators.external_target(external))
        if operators.makes_secret(external, secret):
            present = (secret or {}).get("data") or {}
            values = {
                key: present.get(key) or _base64(secrets.token_urlsafe(24).encode())
                for key in operators.secret_keys(external)
            }
            self._apply(operators.external_secret(external, values))
        self._status("externalsecrets", external, operators.external_status(external, now()))

    def _secret(self, beside: dict[str, Any], name: str) -> dict[str, Any] | None:
        return self._api.read(_SECRET, beside["metadata"]["namespace"], name)

    def _apply(self, obj: dict[str, Any]) -> None:
        self._api.apply(obj, field_manager="naru-operators", force=True, dry_run=False, warn=_unheard)

    def _status(self, plural: str, obj: dict[str, Any], status: dict[str, Any]) -> None:
        root, _, _ = KINDS[plural].rpartition("/")
        namespace = obj["metadata"].get("namespace")
        scope = f"{root}/namespaces/{namespace}" if namespace else root
        self._transport.request(
            "PATCH",
            f"{scope}/{plural}/{obj['metadata']['name']}/status",
            body={"status": status},
            content_type="application/merge-patch+json",
        )


def _unheard(warning: str) -> None:
    """Warnings are for whoever wrote the object this one was made from."""


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
