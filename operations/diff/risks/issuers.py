"""Who issues certificates: another issuer, one that browsers do not trust, or none.

Sources: cert-manager, the annotations of `ingress-shim` and `spec.issuerRef`; Let's Encrypt, "Staging Environment".
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from manifests.placed import Manifest
from operations.diff.finding import Finding, listed
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import Sides, annotations

_ANNOTATIONS = {"cert-manager.io/cluster-issuer": "ClusterIssuer", "cert-manager.io/issuer": "Issuer"}
_UNTRUSTED = "browsers would refuse what it signs"

_Issuer: TypeAlias = tuple[str, str]
"""Kind and name; both empty for none."""
_NOBODY: _Issuer = ("", "")


def issuers(sides: Sides) -> Iterator[Finding]:
    """Yield each issuer that another one takes the place of, once for all its certificates, and issuers that change."""
    moved: defaultdict[tuple[str, _Issuer, _Issuer], list[tuple[Subject, Manifest]]] = defaultdict(list)
    for subject, before, after in sides.changed("Ingress", "Gateway", "Certificate"):
        was, now = _issuer(before), _issuer(after)
        if was not in (now, _NOBODY):
            moved[subject.cluster, was, now].append((subject, after))
    for (_, was, now), found in moved.items():
        yield _other(sides, was, now, found)
    for subject, before, after in sides.changed("ClusterIssuer", "Issuer"):
        servers = _server(before), _server(after)
        if servers[0] != servers[1]:
            bad = not _trusted(after) and _trusted(before)
            follows = _UNTRUSTED if bad else "certificates are asked for there from now on"
            reason = f"the server is {servers[1]} for {servers[0]}: {follows}"
            level = Level.HIGH if bad else Level.MEDIUM
            at = ("issuers", subject.name, "server")
            yield Finding(level, Danger.DOWNTIME, subject, reason, at, environment=True)


def _other(sides: Sides, was: _Issuer, now: _Issuer, found: list[tuple[Subject, Manifest]]) -> Finding:
    subject = found[0][0]
    hosts = listed(dict.fromkeys(host for _, manifest in found for host in _hosts(manifest))) or str(subject)
    at = ("defaultIssuer",)
    if now == _NOBODY:
        reason = f"certificates of {hosts} have no issuer any more: {was[1]} renews them no more"
        return Finding(Level.MEDIUM, Danger.DOWNTIME, subject, reason, at, environment=True)
    old, new = (
        side(subject.cluster, issuer[0], "" if issuer[0] == "ClusterIssuer" else subject.namespace, issuer[1])
        for side, issuer in ((sides.old, was), (sides.new, now))
    )
    bad = new is not None and not _trusted(new) and (old is None or _trusted(old))
    follows = _UNTRUSTED if bad else "they are issued anew"
    reason = f"certificates of {hosts} are issued by {now[1]} for {was[1]}: {follows}"
    level = Level.HIGH if bad else Level.MEDIUM
    return Finding(level, Danger.DOWNTIME, subject, reason, at, environment=True)


def _issuer(manifest: Manifest) -> _Issuer:
    if manifest["kind"] == "Certificate":
        said = (manifest.get("spec") or {}).get("issuerRef") or {}
        return (said.get("kind", "Issuer"), said["name"]) if said.get("name") else _NOBODY
    notes = annotations(manifest)
    return next(((kind, notes[key]) for key, kind in _ANNOTATIONS.items() if notes.get(key)), _NOBODY)


def _hosts(manifest: Manifest) -> list[str]:
    spec = manifest.get("spec") or {}
    named = [
        *(spec.get("dnsNames") or ()),
        *(host for entry in spec.get("tls") or () for host in entry.get("hosts", ())),
    ]
    listening = [found["hostname"] for found in spec.get("listeners") or () if found.get("hostname")]
    return [*named, *listening]


def _server(issuer: Manifest) -> str:
    spec = issuer.get("spec") or {}
    return str((spec.get("acme") or {}).get("server") or next(iter(spec), "none"))


def _trusted(issuer: Manifest) -> bool:
    """Tell whether browsers trust what an issuer signs, as far as that can be known: a CA of one's own may be."""
    server = _server(issuer)
    return server != "selfSigned" and "staging" not in server
