"""A cluster's API server, asked with the credentials of a kubeconfig; the official client finds those."""

import json
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from settings.environment import Cluster

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_PATIENCE: Final = (5, 20)  # seconds to connect, and to wait for an answer
_AT_ONCE: Final = 8
NAMES_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""What to accept for lists without spec, status and data."""

MANAGER: Final = "naru"
"""The field manager of what is changed by a merge patch."""

Object = dict[str, Any]


class ContextError(Exception):
    """A kubeconfig that cannot be used, or a context that it does not have; the message says what to do."""


class UnreachableError(Exception):
    """An API server that does not answer."""


class ApiError(Exception):
    """An API server that says no: `status` is the HTTP code."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class ApiServer:
    """Plain requests and their JSON: what is asked for here is of too many kinds for typed clients."""

    def __init__(self, client: "ApiClient") -> None:
        self._client = client

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self._client.configuration.host)

    def get(self, path: str, accept: str = "application/json", **query: str) -> Object:
        """Read one object or list. Raises ApiError and UnreachableError."""
        return self._call("GET", path, query, {"Accept": accept})

    def text(self, path: str, **query: str) -> str:
        """Read what is no JSON, such as a log. Raises as `get` does."""
        return self._answer("GET", path, query, {"Accept": "*/*"}).decode("utf-8", "replace")

    def items(self, path: str, accept: str = "application/json", **query: str) -> list[Object]:
        """Read a whole list, page by page. Raises as `get` does."""
        found: list[Object] = []
        query["limit"] = "500"
        while True:
            page = self.get(path, accept, **query)
            found += page.get("items") or ()
            query["continue"] = page.get("metadata", {}).get("continue") or ""
            if not query["continue"]:
                return found

    def post(self, path: str, body: Mapping[str, Any]) -> Object:
        """Create one object. Raises as `get` does."""
        return self._call("POST", path, {}, {"Accept": "application/json"}, body)

    def apply(self, path: str, body: Mapping[str, Any], field_manager: str) -> Object:
        """Apply some fields of one object, server-side and without force. Raises as `get` does."""
        return self._apply(path, body, {"fieldManager": field_manager})

    def would_apply(self, path: str, body: Mapping[str, Any], field_manager: str) -> Object:
        """Return what an object would be if these fields were applied over whoever has them. Raises as `get` does."""
        return self._apply(path, body, {"fieldManager": field_manager, "force": "true", "dryRun": "All"})

    def _apply(self, path: str, body: Mapping[str, Any], query: Mapping[str, str]) -> Object:
        headers = {"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"}
        return self._call("PATCH", path, query, headers, body)

    def merge(self, path: str, body: Mapping[str, Any], field_manager: str = MANAGER) -> Object:
        """Change some fields of one object by a JSON merge patch; null takes a field away. Raises as `get` does."""
        headers = {"Accept": "application/json", "Content-Type": "application/merge-patch+json"}
        return self._call("PATCH", path, {"fieldManager": field_manager}, headers, body)

    def delete(self, path: str, metadata: Mapping[str, Any], *, unchanged: bool = False) -> None:
        """Delete the object that has this metadata, and no later one of its name. Raises as `get` does.

        With `unchanged` it must be as it was read.
        """
        keys = ("uid", "resourceVersion") if unchanged else ("uid",)
        body = {"preconditions": {key: metadata[key] for key in keys}}
        self._call("DELETE", path, {}, {"Accept": "application/json"}, body)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> Object:
        return dict(json.loads(self._answer(method, path, query, headers, body)))

    def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - a second of imports, once they are needed
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the client

        try:
            answer = self._client.call_api(
                path,
                method,
                query_params=[(key, value) for key, value in query.items() if value],
                header_params={**({"Content-Type": "application/json"} if body is not None else {}), **headers},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=_PATIENCE,
            )
            return bytes(answer.data)
        except ApiException as error:
            raise ApiError(error.status or 0, _reason(error.body) or str(error.reason)) from None
        except AttributeError as error:
            raise _handshake(self.url, error) from None
        except (HTTPError, OSError) as error:
            cause = getattr(error, "reason", error)
            message = f"{self.url} does not answer: {str(cause).rpartition(': ')[2]}"
            raise UnreachableError(message) from None


def connect(cluster: Cluster, root: Path) -> ApiServer:
    """Return the API server of exactly the context that the stack names.

    Raises ContextError, UnreachableError and ApiError.
    """
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - a second of imports, once they are needed
    from kubernetes.config import ConfigException, list_kube_config_contexts, load_kube_config  # noqa: PLC0415

    file = str(root / cluster.kubeconfig) if cluster.kubeconfig else None
    where = cluster.kubeconfig or "your kubeconfig"
    try:
        contexts, _ = list_kube_config_contexts(file)
        names = [context["name"] for context in contexts]
        if cluster.context not in names:
            message = (
                f"{where} has no context {cluster.context} (it has {', '.join(names) or 'none'}): get its credentials"
            )
            raise ContextError(message)
        configuration = Configuration()
        configuration.retries = False
        load_kube_config(file, cluster.context, client_configuration=configuration)
    except (ConfigException, OSError) as error:
        message = f"{where} cannot be used for the context {cluster.context}: {error}"
        raise ContextError(message) from None
    server = ApiServer(ApiClient(configuration))
    _look(server, "/version")
    if cluster.drained:  # a region that may be down: without its etcd too it tells its version to the last
        with suppress(ApiError):  # whom it does not tell whether it is ready it has answered
            _look(server, "/readyz")
    return server


def _look(server: ApiServer, path: str) -> None:
    """Ask for what every server has. Raises ApiError, and UnreachableError where it fails at that itself."""
    try:
        server.text(path)
    except ApiError as error:
        if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        message = f"{server.url} does not answer: {error.status} {error}"
        raise UnreachableError(message) from None


def connect_each(clusters: Mapping[str, Cluster], root: Path) -> tuple[dict[str, ApiServer], dict[str, Exception]]:
    """Return the API server of each cluster that can be asked, by its name, and the problem of each other one."""
    servers: dict[str, ApiServer] = {}
    problems: dict[str, Exception] = {}
    for name, cluster in clusters.items():
        try:
            servers[name] = connect(cluster, root)
        except (ContextError, UnreachableError, ApiError) as error:
            problems[name] = error
    return servers, problems


def all_of(server: ApiServer, paths: Mapping[str, str], **query: str) -> dict[str, list[Object]]:
    """Read several lists at once, by key, without those that are not served or not allowed. Raises UnreachableError."""

    def read(path: str) -> list[Object] | None:
        try:
            return server.items(path, **query)
        except ApiError:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        lists = zip(paths, threads.map(read, paths.values()), strict=True)
        return {key: found for key, found in lists if found is not None}


def each(server: ApiServer, path: str, bodies: Iterable[Mapping[str, Any]]) -> list[Object]:
    """Post several objects at once and return the answers in order. Raises ApiError and UnreachableError."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda body: server.post(path, body), bodies))


def _handshake(url: str, error: AttributeError) -> Exception:
    """Return what there is to say where TLS failed: the client (36.0) trips over it, as there is no body to decode."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ApiError(0, f"{url} is not the server that the kubeconfig trusts: {cause.verify_message}")
    return error if cause is None else UnreachableError(f"{url} does not answer: {cause.reason or cause}")


def _reason(body: str | bytes | None) -> str:
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return ""
