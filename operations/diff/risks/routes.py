"""Ways in from outside, whichever kind of object declares them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from manifests.placed import Manifest
from operations.diff.model import Objects, Subject
from operations.diff.pairs import annotations, component

_NGINX = "nginx.ingress.kubernetes.io/"
ANY = "*"
"""A host: every one that no other rule names."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path of a host that leads to a Service."""

    cluster: str
    host: str
    path: str
    backend: str
    """The Service; empty for none."""
    encrypted: bool
    """Whether it answers by TLS."""
    plain: bool
    """Whether it also answers, and does not redirect, without."""
    subject: Subject
    component: str


def routes(objects: Objects) -> list[Route]:
    """Return all ways in of one side; what only redirects is none."""
    gateways = {
        (subject.cluster, subject.namespace, subject.name): manifest
        for subject, manifest in objects.items()
        if subject.kind == "Gateway" and str(manifest.get("apiVersion", "")).startswith("gateway.networking.k8s.io/")
    }
    found: list[Route] = []
    for subject, manifest in objects.items():
        if subject.kind == "Ingress":
            found += _of_ingress(subject, manifest)
        elif subject.kind == "HTTPRoute":
            found += _of_route(subject, manifest, gateways)
    return found


def _of_ingress(subject: Subject, manifest: Manifest) -> Iterator[Route]:
    spec, notes = manifest["spec"], annotations(manifest)
    if notes.get(f"{_NGINX}canary") == "true":
        return  # a share of what the Ingress beside it lets in
    secured = {host for entry in spec.get("tls") or () for host in entry.get("hosts") or (ANY,)}
    redirects = notes.get(f"{_NGINX}ssl-redirect") != "false"
    for rule in spec.get("rules") or ():
        host = rule.get("host") or ANY
        encrypted = host in secured or ANY in secured or f"*.{host.partition('.')[2]}" in secured
        for path in (rule.get("http") or {}).get("paths") or ():
            backend = ((path.get("backend") or {}).get("service") or {}).get("name", "")
            plain = not encrypted or not redirects
            yield _route(subject, manifest, host, path.get("path") or "/", backend, encrypted=encrypted, plain=plain)


def _of_route(
    subject: Subject, manifest: Manifest, gateways: Mapping[tuple[str, str, str], Manifest]
) -> Iterator[Route]:
    spec = manifest["spec"]
    listeners = [
        listener
        for parent in spec.get("parentRefs") or ()
        for listener in (
            gateways.get((subject.cluster, parent.get("namespace", subject.namespace), parent["name"]), {}).get("spec")
            or {}
        ).get("listeners", ())
        if parent.get("sectionName", listener["name"]) == listener["name"]
    ]
    encrypted = any(listener.get("tls") for listener in listeners)
    plain = any(not listener.get("tls") for listener in listeners)
    for rule in spec.get("rules") or ():
        if any(item["type"] == "RequestRedirect" for item in rule.get("filters") or ()):
            continue
        backend = next((found["name"] for found in rule.get("backendRefs") or ()), "")
        matches: list[Manifest] = rule.get("matches") or [{}]
        for match in matches:
            path = (match.get("path") or {}).get("value", "/")
            for host in spec.get("hostnames") or (ANY,):
                yield _route(subject, manifest, host, path, backend, encrypted=encrypted, plain=plain)


def _route(
    subject: Subject, manifest: Manifest, host: str, path: str, backend: str, *, encrypted: bool, plain: bool
) -> Route:
    return Route(subject.cluster, host, path, backend, encrypted, plain, subject, component(manifest))
