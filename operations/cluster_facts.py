"""What `preflight` has to know of a cluster, found out with few requests, several at a time."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from operations.api_server import NAMES_ONLY, ApiError, ApiServer, Object, all_of, each
from operations.needs import Kind, Needs
from operations.preflight import Facts

_DISCOVERY: Final = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)
_CLASS_PATHS: Final = {
    "IngressClass": "/apis/networking.k8s.io/v1/ingressclasses",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "GatewayClass": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
}
_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_VERBS: Final = ("create", "patch")  # server-side apply is a patch that may create


def gather(server: ApiServer, needed: Needs) -> Facts:
    """Ask a cluster for what its `Needs` are compared with. Raises ApiError and UnreachableError."""
    served_kinds = resources(server)
    kinds = {kind for kind, _ in needed.classes}
    lists = {kind: path for kind, path in _CLASS_PATHS.items() if kind in kinds}
    found = all_of(server, lists)
    namespaces = _namespaces(server, needed)
    return Facts(
        server=server.url,
        resources=served_kinds,
        classes={
            kind: {item["metadata"]["name"]: item["metadata"].get("annotations") or {} for item in items}
            for kind, items in found.items()
        },
        namespaces=namespaces,
        refused=_refused(server, needed, served_kinds),
        secrets=_secrets(server, {namespace for namespace, _ in needed.secrets}),
    )


def resources(server: ApiServer) -> dict[Kind, str]:
    """Return the plural of each kind that a cluster serves. Raises ApiError and UnreachableError."""
    return served(server.get("/api", _DISCOVERY), server.get("/apis", _DISCOVERY))


def _namespaces(server: ApiServer, needed: Needs) -> dict[str, tuple[str, str]] | None:
    try:
        items = server.items("/api/v1/namespaces")
    except ApiError:
        items = []
        for name in sorted(needed.namespaces):
            try:
                items.append(server.get(f"/api/v1/namespaces/{name}"))
            except ApiError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    return None
    return {
        item["metadata"]["name"]: (item["metadata"]["uid"], item.get("status", {}).get("phase", "")) for item in items
    }


def served(*discoveries: Object) -> dict[Kind, str]:
    """Return the plural of each kind in answers of aggregated discovery."""
    found = {}
    for group in (group for discovery in discoveries for group in discovery.get("items") or ()):
        name = group["metadata"].get("name", "")
        for version in group.get("versions") or ():
            api_version = f"{name}/{version['version']}" if name else version["version"]
            for resource in version.get("resources") or ():
                found[api_version, resource["responseKind"]["kind"]] = resource["resource"]
    return found


def _refused(server: ApiServer, needed: Needs, resources: dict[Kind, str]) -> frozenset[tuple[Kind, str, str]]:
    if _allowed(each(server, _REVIEWS, [_review("*", "*", "", "*")])[0]):
        return frozenset()
    asked = [
        (kind, namespace, verb) for kind, namespace in sorted(needed.rights) for verb in _VERBS if kind in resources
    ]
    reviews = [_review(kind[0].rpartition("/")[0], resources[kind], where, verb) for kind, where, verb in asked]
    answers = each(server, _REVIEWS, reviews)
    return frozenset(what for what, answer in zip(asked, answers, strict=True) if not _allowed(answer))


def _review(group: str, resource: str, namespace: str, verb: str) -> Object:
    attributes = {"group": group, "resource": resource, "namespace": namespace, "verb": verb}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


def _allowed(answer: Object) -> bool:
    return bool(answer["status"].get("allowed"))


def _secrets(server: ApiServer, namespaces: Iterable[str]) -> dict[str, frozenset[str]]:
    found = {}
    for namespace in sorted(set(namespaces)):
        try:
            # Names are all that is asked for: no value leaves the API server.
            items = server.items(f"/api/v1/namespaces/{namespace}/secrets", NAMES_ONLY)
        except ApiError:
            continue
        found[namespace] = frozenset(item["metadata"]["name"] for item in items)
    return found
