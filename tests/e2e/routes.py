"""Where requests go: from a host through Ingresses, or straight to a Service, to the pods behind it. Decisions only.

Ingresses are read as ingress-nginx reads them: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/
annotations/#canary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Object = Mapping[str, Any]

_ANNOTATION: Final = "nginx.ingress.kubernetes.io"


@dataclass(frozen=True)
class Live:
    """What there is in the namespaces that are looked at."""

    pods: Sequence[Object] = ()
    slices: Sequence[Object] = ()
    ingresses: Sequence[Object] = ()


@dataclass(frozen=True)
class Route:
    """How ingress-nginx counts a request: by the Ingress and the Service that are asked for, and the canary it took."""

    namespace: str
    ingress: str
    service: str
    path: str
    canary: str = ""


@dataclass(frozen=True)
class Part:
    """A share of the requests, the pod that answers it (None where nobody does), and how it came there."""

    share: float
    pod: tuple[str, str] | None
    route: Route | None = None


@dataclass(frozen=True)
class _Backend:
    namespace: str
    ingress: str
    host: str
    path: str
    service: str
    port: str
    annotations: Mapping[str, str]

    @property
    def is_canary(self) -> bool:
        return self.annotations.get(f"{_ANNOTATION}/canary") == "true"

    @property
    def weight(self) -> float:
        """The share a canary takes: none while it has no weight."""
        total = float(self.annotations.get(f"{_ANNOTATION}/canary-weight-total", "100"))
        return float(self.annotations.get(f"{_ANNOTATION}/canary-weight", "0")) / total

    @property
    def upstream(self) -> str:
        return f"{self.namespace}-{self.service}-{self.port}"


def visits(live: Live, host: str) -> Iterator[Part]:
    """Yield the parts of the requests for a host: each of its paths gets as many.

    A canary without ready pods gets none (`rootfs/etc/nginx/lua/balancer.lua`); where nobody is left, nginx answers.
    """
    every = [backend for ingress in live.ingresses for backend in _backends(ingress) if backend.host == host]
    canaries = {one.path: one for one in every if one.is_canary}
    for main in every:
        if main.is_canary:
            continue
        route = Route(main.namespace, main.ingress, main.service, main.path)
        canary = canaries.get(main.path)
        share = 0.0
        if canary is not None and ready_pods(live, canary.namespace, canary.service):
            share = canary.weight
            yield from _through(live, replace(route, canary=canary.upstream), canary.service, share)
        yield from _through(live, route, main.service, 1 - share)


def calls(live: Live, namespace: str, service: str) -> Iterator[Part]:
    """Yield the parts of the requests that go straight to a Service."""
    pods = ready_pods(live, namespace, service)
    for pod in pods:
        yield Part(1 / len(pods), (namespace, pod))


def ready_pods(live: Live, namespace: str, service: str) -> list[str]:
    """Return the names of the pods that serve a Service, by its EndpointSlices."""
    return sorted(
        endpoint["targetRef"]["name"]
        for one in live.slices
        if one["metadata"]["namespace"] == namespace
        and one["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service
        for endpoint in one.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready") and endpoint.get("targetRef", {}).get("kind") == "Pod"
    )


def tag(pod: Object) -> str:
    """Return the tag of a pod's main container, which is its first."""
    image: str = pod["spec"]["containers"][0]["image"]
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _through(live: Live, route: Route, service: str, share: float) -> Iterator[Part]:
    parts = list(calls(live, route.namespace, service))
    if share and not parts:
        yield Part(share, None, route)
    for part in parts if share else ():
        yield Part(part.share * share, part.pod, route)


def _backends(ingress: Object) -> Iterator[_Backend]:
    metadata = ingress["metadata"]
    annotations = metadata.get("annotations") or {}
    for rule in ingress["spec"].get("rules") or []:
        for path in rule.get("http", {}).get("paths", []):
            service = path["backend"]["service"]
            port = service["port"].get("number") or service["port"].get("name")
            yield _Backend(
                metadata["namespace"],
                metadata["name"],
                rule.get("host", ""),
                path.get("path", "/"),
                service["name"],
                str(port),
                annotations,
            )
