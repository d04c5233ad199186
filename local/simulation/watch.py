"""Lists and watches of the API server, as one endless stream of events for each kind."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from local.provider.kubeconfig import Cluster, tls

_PAUSE: Final = 1.0  # seconds before the next try, where a kind is not served yet or the API server is away
_PERIOD: Final = 600  # seconds after which the API server ends a watch
_SILENCE: Final = 900.0  # seconds without a byte after which the connection is given up


@dataclass(frozen=True)
class Event:
    """`all` with every object of a kind, `set` with one that is there, `gone` with one that was deleted."""

    kind: str
    what: str
    objects: list[dict[str, Any]]


class Refused(Exception):  # noqa: N818 - the kind may come, the watch begin anew
    """The API server does not serve the list or the watch now."""


def follow(cluster: Cluster, kind: str, path: str, emit: Callable[[Event], None]) -> None:
    """Tell of every object at a path, now and from now on; never returns."""
    while True:
        try:
            version = _list(cluster, kind, path, emit)
            for event in _stream(cluster, path, version):
                emit(Event(kind, "gone" if event["type"] == "DELETED" else "set", [event["object"]]))
        except (OSError, http.client.HTTPException, ValueError, Refused):
            time.sleep(_PAUSE)


def _list(cluster: Cluster, kind: str, path: str, emit: Callable[[Event], None]) -> str:
    connection = _connect(cluster)
    try:
        found = json.loads(_get(connection, path, {}).read())
    finally:
        connection.close()
    named = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
    emit(Event(kind, "all", [{**named, **item} for item in found["items"]]))
    return str(found["metadata"]["resourceVersion"])


def _stream(cluster: Cluster, path: str, version: str) -> Iterator[dict[str, Any]]:
    """Yield events until the API server ends the watch or has forgotten where it began."""
    connection = _connect(cluster)
    try:
        while True:
            query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "1", "timeoutSeconds": _PERIOD}
            for line in _get(connection, path, query):
                event = json.loads(line)
                if event["type"] == "ERROR":  # 410 Gone: the list has to be read again
                    return
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event
    finally:
        connection.close()


def _connect(cluster: Cluster) -> http.client.HTTPSConnection:
    address = urlsplit(cluster.server)
    return http.client.HTTPSConnection(
        address.hostname or "", address.port or 443, timeout=_SILENCE, context=tls(cluster)
    )


def _get(connection: http.client.HTTPSConnection, path: str, query: dict[str, Any]) -> http.client.HTTPResponse:
    connection.request("GET", f"{path}?{urlencode(query)}", headers={"Accept": "application/json"})
    response = connection.getresponse()
    if response.status != 200:
        message = f"{path}: {response.status}"
        raise Refused(message)
    return response
