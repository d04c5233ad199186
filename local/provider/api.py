"""The Kubernetes API as the provider needs it: where a kind is served, and apply, read, list and delete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.objects import Type, name_of, namespace_of, type_of
from local.provider.properties import JsonObject
from local.provider.transport import ApiError, Transport


class NotServed(Exception):  # noqa: N818 - a state of the API server more than a fault of ours
    """A kind the API server does not serve: its CustomResourceDefinition is not there, or not there yet."""

    def __init__(self, type_: Type) -> None:
        super().__init__(
            f"the API server serves no {type_.kind} in {type_.api_version}; "
            "is its CustomResourceDefinition installed, and does this resource depend on it?"
        )


@dataclass(frozen=True)
class Endpoint:
    """Where a kind is served: its plural, and whether its objects live in a namespace."""

    type: Type
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of a list for the empty name; no namespace means all of them."""
        root = f"/apis/{self.type.api_version}" if self.type.group else f"/api/{self.type.api_version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Api:
    """One API server. Discovery is read once for each group and version, and again where a kind is missing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._endpoints: dict[Type, Endpoint] = {}
        self._lock = threading.Lock()

    def endpoint(self, type_: Type) -> Endpoint:
        """Return where a kind is served. Raises NotServed."""
        if type_ not in self._endpoints:
            with self._lock:
                if type_ not in self._endpoints:
                    self._discover(type_.group, type_.version)
        if type_ not in self._endpoints:
            raise NotServed(type_)
        return self._endpoints[type_]

    def _discover(self, group: str, version: str) -> None:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            served, _ = self._transport.request("GET", path)
        except ApiError as error:
            if error.status != 404:
                raise
            return
        for resource in served.get("resources", []):
            if "/" not in resource["name"]:  # the others are subresources
                type_ = Type(group, version, resource["kind"])
                self._endpoints[type_] = Endpoint(type_, resource["name"], bool(resource["namespaced"]))

    def apply(
        self,
        obj: Mapping[str, Any],
        *,
        field_manager: str,
        force: bool,
        dry_run: bool,
        warn: Callable[[str], None],
    ) -> JsonObject:
        """Apply an object on the server and return what it is then.

        Raises NotServed, ApiError (409 `Conflict` where another field manager owns a field), Unreachable.
        """
        query = {"fieldManager": field_manager, "force": str(force).lower(), "fieldValidation": "Warn"}
        if dry_run:
            query["dryRun"] = "All"
        live, warnings = self._transport.request(
            "PATCH",
            self._path(obj),
            query=query,
            body=obj,
            content_type="application/apply-patch+yaml",  # JSON is YAML, and cheaper to write and read
        )
        for warning in warnings:
            warn(warning)
        return live

    def read(self, type_: Type, namespace: str, name: str) -> JsonObject | None:
        """Return an object, None where it or its kind is gone. Raises ApiError, Unreachable."""
        try:
            obj, _ = self._transport.request("GET", self.endpoint(type_).path(namespace, name))
        except NotServed:
            return None
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return obj

    def list(self, type_: Type, namespace: str, **selectors: str) -> list[JsonObject]:
        """Return the objects of a kind in a namespace, by `labelSelector` and `fieldSelector`.

        Raises NotServed, ApiError, Unreachable.
        """
        found, _ = self._transport.request("GET", self.endpoint(type_).path(namespace), query=selectors)
        items: list[JsonObject] = found.get("items") or []
        # The items of a list leave out what the list says for all of them.
        return [{"apiVersion": type_.api_version, "kind": type_.kind, **item} for item in items]

    def delete(self, type_: Type, namespace: str, name: str, *, propagation: str) -> bool:
        """Ask for the deletion of an object and tell whether it may still be there.

        `propagation` is `Foreground`, `Background` or `Orphan`. Raises ApiError, Unreachable.
        """
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        try:
            answer, _ = self._transport.request("DELETE", self.endpoint(type_).path(namespace, name), body=body)
        except NotServed:
            return False
        except ApiError as error:
            if error.status != 404:
                raise
            return False
        return answer.get("kind") != "Status"

    def _path(self, obj: Mapping[str, Any]) -> str:
        return self.endpoint(type_of(obj)).path(namespace_of(obj), name_of(obj))
