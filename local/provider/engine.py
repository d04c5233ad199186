"""Messages to the engine, which shows them beside the resource they are about."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc

from local.provider.stubs import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from pulumi.runtime.proto.engine_pb2 import LogSeverity


Log = Callable[[str], None]


class Engine:
    """The engine that started this provider; a message that does not reach it is dropped."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def warning(self, urn: str) -> Log:
        """Return how to warn about a resource: shown at the end, too."""
        return lambda message: self._log(urn, message, engine_pb2.WARNING, ephemeral=False)

    def status(self, urn: str) -> Log:
        """Return how to tell what a resource is waiting for: each message replaces the one before."""
        return lambda message: self._log(urn, message, engine_pb2.INFO, ephemeral=True)

    def _log(self, urn: str, message: str, severity: LogSeverity.ValueType, *, ephemeral: bool) -> None:
        if self._stub is None:
            return
        with contextlib.suppress(grpc.RpcError):  # an engine that is leaving needs no messages
            self._stub.Log(
                engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral), timeout=5.0
            )
