"""Requests to an API server that leave no connection behind."""

from __future__ import annotations

import http.client
from pathlib import Path
from types import TracebackType
from typing import Self

from local.provider import kubeconfig
from local.provider.transport import Transport


class Session(Transport):
    """A transport for the time of a `with` statement, to the cluster of a kubeconfig file."""

    def __init__(self, path: Path) -> None:
        super().__init__(kubeconfig.parse(path.read_text(encoding="utf-8")))
        self._opened: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._opened:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        connection = super()._connect()
        self._opened.append(connection)
        return connection
