"""HTTP to an API server over connections that are kept open, one for each request under way.

The standard library alone: a request costs no more than its JSON, and the provider starts without an HTTP framework.
"""

from __future__ import annotations

import http.client
import json
import queue
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from local.provider.kubeconfig import Cluster, tls
from local.provider.properties import JsonObject

_TIMEOUT: Final = 60.0  # seconds without a byte; the API server ends a request itself after 60


class ApiError(Exception):
    """A refusal of the API server, as its `Status` says it.

    `status` is the HTTP status, `reason` the machine-readable word (`NotFound`, `Invalid`, …), `causes` the fields.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.reason = str(body.get("reason") or "")
        self.details: Mapping[str, Any] = body.get("details") or {}
        self.causes: list[Mapping[str, Any]] = list(self.details.get("causes") or [])
        super().__init__(str(body.get("message") or f"the API server answered {status}"))


class Unreachable(Exception):  # noqa: N818 - a state of the cluster more than a fault of ours
    """An API server that did not answer; `asked` tells whether it may have seen the request."""

    def __init__(self, message: str, *, asked: bool) -> None:
        self.asked = asked
        super().__init__(message)


class Transport:
    """Requests to one API server, from any number of threads."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._address = urlsplit(cluster.server)
        self._tls = tls(cluster)
        self._idle: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()
        self._headers = {"Accept": "application/json", "User-Agent": "pulumi-resource-kubernetes"}
        if cluster.authorization:
            self._headers["Authorization"] = cluster.authorization

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> tuple[JsonObject, list[str]]:
        """Return the answer's JSON and the warnings that came with it.

        Raises ApiError for a status of 400 and more, Unreachable where no answer came.
        """
        url = self._address.path + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = self._headers if data is None else {**self._headers, "Content-Type": content_type}
        response, payload = self._exchange(method, url, data, headers)
        answer = _decode(payload)
        if response.status >= 400:
            raise ApiError(response.status, answer or {"message": payload.decode(errors="replace").strip()})
        return answer, [_warning(text) for text in response.headers.get_all("Warning", [])]

    def _exchange(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        while True:
            asked = False
            try:
                connection, reused = self._idle.get_nowait(), True
            except queue.Empty:
                connection, reused = self._connect(), False
            try:
                if not reused:
                    connection.connect()
                asked = True
                connection.request(method, url, body=data, headers=dict(headers))
                response = connection.getresponse()
                payload = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A server that restarts closes idle connections; nothing of the request was answered then.
                if reused and isinstance(error, _CLOSED):
                    continue
                message = f"the API server at {self._cluster.server} did not answer: {_cause(error)}"
                raise Unreachable(message, asked=asked) from error
            if not response.will_close:
                self._idle.put(connection)
            return response, payload

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port or 80, timeout=_TIMEOUT)
        return http.client.HTTPSConnection(host, port or 443, timeout=_TIMEOUT, context=self._tls)


_CLOSED: Final = (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What it is called where the other side has closed a connection, with TLS and without."""


def _decode(payload: bytes) -> JsonObject:
    try:
        answer = json.loads(payload)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _warning(header: str) -> str:
    """Return the text of a Warning header, `299 - "text"` (RFC 7234, section 5.5)."""
    start, end = header.find('"'), header.rfind('"')
    return header[start + 1 : end].replace('\\"', '"').replace("\\\\", "\\") if start < end else header


def _cause(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
