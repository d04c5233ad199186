"""How an exception answers a gRPC call, in a way the engine understands and without showing a secret."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf import struct_pb2
from google.protobuf.message import Message

from local.provider.awaiting import StillThere
from local.provider.conditions import ConditionError
from local.provider.kubeconfig import KubeconfigError
from local.provider.properties import read_struct, redact, secret_texts, write_struct
from local.provider.provider import InitFailed
from local.provider.resources import Refused
from local.provider.stubs import provider_pb2, status_pb2
from local.provider.transport import ApiError, Unreachable

# Of these the engine knows that the resource is as it was; of UNKNOWN and INTERNAL it takes that to be open.
_EXPECTED: Final = (ApiError, ConditionError, KubeconfigError, Refused, StillThere)


class _Status(grpc.Status):  # type: ignore[misc] # grpc has no types here
    def __init__(self, code: grpc.StatusCode, details: str, metadata: tuple[tuple[str, bytes], ...] = ()) -> None:
        self.code = code
        self.details = details
        self.trailing_metadata = metadata


def answering(call: Callable[[Any], Message]) -> Callable[[Message, grpc.ServicerContext], Message]:
    """Return the gRPC method that answers with what the call returns, or with a status for what it raises."""

    def answer(request: Message, context: grpc.ServicerContext) -> Message:
        try:
            return call(request)
        except Exception as error:
            context.abort_with_status(_status(error, _secrets(request)))
            raise AssertionError("abort_with_status raises") from error

    return answer


def _status(error: Exception, texts: frozenset[str]) -> _Status:
    message = redact(str(error), texts)
    if isinstance(error, InitFailed):
        return _init_failed(error, message, texts)
    if isinstance(error, _EXPECTED) or (isinstance(error, Unreachable) and not error.asked):
        return _Status(grpc.StatusCode.FAILED_PRECONDITION, message)
    if isinstance(error, Unreachable):
        return _Status(grpc.StatusCode.UNKNOWN, message)
    # A fault of this provider: its place in the code goes to the engine's debug log.
    sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
    return _Status(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {message}")


def _init_failed(error: InitFailed, message: str, texts: frozenset[str]) -> _Status:
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=write_struct(error.state),
        inputs=None if error.inputs is None else write_struct(error.inputs),
        reasons=[redact(reason, texts) for reason in error.reasons],
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=message)
    status.details.add().Pack(detail)
    return _Status(code, message, (("grpc-status-details-bin", status.SerializeToString()),))


def _secrets(request: Message) -> frozenset[str]:
    """Return the texts that must not be shown of all properties a request carries."""
    structs = (value for _, value in request.ListFields() if isinstance(value, struct_pb2.Struct))
    return frozenset(text for struct in structs for text in secret_texts(read_struct(struct)))
