"""The gRPC service the engine speaks to: each call is read, handed to the provider, and answered."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from local.provider import VERSION
from local.provider.answering import answering
from local.provider.configuration import configuration, faults, replaced_by
from local.provider.diff import Change, property_path
from local.provider.engine import Engine
from local.provider.objects import type_of_urn
from local.provider.properties import plain, read_struct, redact, secret_texts, write_struct
from local.provider.provider import REPLACE_UNREADY, Plan, Provider
from local.provider.resources import Logs, Refused
from local.provider.stubs import plugin_pb2, provider_pb2

# One for each call under way, and most of them wait; the engine bounds their number by its `parallel`.
_THREADS: Final = 512
_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as the engine itself allows

_KINDS: Final = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class ProviderService:
    """One provider process: the engine configures it once, then asks it about any number of resources at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cancelled = threading.Event()
        self._provider: Provider | None = None

    @property
    def _configured(self) -> Provider:
        if self._provider is None:
            raise Refused("the provider was asked about a resource before it was configured")
        return self._provider

    def _logs(self, urn: str, properties: Mapping[str, Any]) -> Logs:
        warning, status = self._engine.warning(urn), self._engine.status(urn)
        texts = secret_texts(properties)
        return Logs(
            warning=lambda message: warning(redact(message, texts)),
            status=lambda message: status(redact(message, texts)),
        )

    def handshake(self, request: provider_pb2.ProviderHandshakeRequest) -> provider_pb2.ProviderHandshakeResponse:
        """Agree on what may be sent: secrets as such, nothing else that is special."""
        if request.engine_address:
            self._engine = Engine(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        """Take the address of an engine that found this process running."""
        self._engine = Engine(request.address)
        return empty_pb2.Empty()

    def get_plugin_info(self, _: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def get_schema(self, _: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """Tell the package's name; resources are registered by type token, without a generated SDK."""
        schema = {"name": "kubernetes", "version": VERSION, "resources": {}}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def check_config(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Check the provider's own inputs."""
        found = faults(plain(read_struct(request.news)))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(found))

    def diff_config(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tell whether changed provider inputs mean another cluster."""
        changed, replaces = replaced_by(plain(read_struct(request.old_inputs)), plain(read_struct(request.news)))
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=changed, replaces=replaces)

    def configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Take the provider's inputs; its cluster is not asked before a resource needs it."""
        self._provider = Provider(configuration(plain(read_struct(request.args))), self._cancelled)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Check a resource's inputs; those that were checked before are not looked at again."""
        if request.news == request.olds:
            return provider_pb2.CheckResponse(inputs=request.news)
        inputs, failures = self._configured.check(type_of_urn(request.urn), read_struct(request.news))
        return provider_pb2.CheckResponse(inputs=write_struct(inputs), failures=_failures(failures))

    def diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tell what an update would do; where the inputs are the same and no Job is to be replaced, at no cost."""
        type_ = type_of_urn(request.urn)
        if type_.kind != "Job" and request.old_inputs == request.news:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        olds, old, new = (read_struct(part) for part in (request.olds, request.old_inputs, request.news))
        return _diff_response(self._configured.diff(type_, request.id, old, new, olds))

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create a resource and wait until it is ready."""
        inputs = read_struct(request.properties)
        resource_id, state = self._configured.create(
            inputs, timeout=request.timeout, preview=request.preview, logs=self._logs(request.urn, inputs)
        )
        return provider_pb2.CreateResponse(id=resource_id, properties=write_struct(state))

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Read a resource for a refresh, or for an import where no inputs are known."""
        known, state = read_struct(request.inputs), read_struct(request.properties)
        found = self._configured.read(type_of_urn(request.urn), request.id, known, state)
        if not found.resource_id:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.resource_id, properties=write_struct(found.state), inputs=write_struct(found.inputs)
        )

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Bring a resource to its inputs and wait until it is ready."""
        inputs = read_struct(request.news)
        state = self._configured.update(
            request.id,
            inputs,
            list(request.ignoreChanges),
            timeout=request.timeout,
            preview=request.preview,
            logs=self._logs(request.urn, inputs),
        )
        return provider_pb2.UpdateResponse(properties=write_struct(state))

    def delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Delete a resource and wait until it is gone."""
        inputs = read_struct(request.old_inputs)
        logs = self._logs(request.urn, inputs)
        self._configured.delete(type_of_urn(request.urn), request.id, inputs, timeout=request.timeout, logs=logs)
        return empty_pb2.Empty()

    def invoke(self, request: provider_pb2.InvokeRequest) -> NoReturn:
        """Refuse: the functions of the official provider are helm, kustomize and YAML."""
        message = f"{request.tok} is not served by this provider; it needs the official one"
        raise Refused(message)

    def cancel(self, _: empty_pb2.Empty) -> empty_pb2.Empty:
        """Let every wait end now."""
        self._cancelled.set()
        return empty_pb2.Empty()


def _failures(found: Mapping[str, str]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in found.items()]


def _diff_response(plan: Plan) -> provider_pb2.DiffResponse:
    kinds = provider_pb2.DiffResponse
    paths = {property_path(change.path): change for change in plan.changes}
    detailed = {path: _property_diff(change, replaces=path in plan.replaces) for path, change in paths.items()}
    if REPLACE_UNREADY in plan.replaces:
        detailed[REPLACE_UNREADY] = provider_pb2.PropertyDiff(kind=_KINDS["update", True], inputDiff=True)
    return provider_pb2.DiffResponse(
        changes=kinds.DIFF_SOME if detailed else kinds.DIFF_NONE,
        diffs=sorted({str(change.path[0]) for change in plan.changes}),
        replaces=plan.replaces,
        deleteBeforeReplace=plan.delete_before_replace,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _property_diff(change: Change, *, replaces: bool) -> provider_pb2.PropertyDiff:
    return provider_pb2.PropertyDiff(kind=_KINDS[change.kind, replaces], inputDiff=True)


def handler(service: ProviderService) -> grpc.GenericRpcHandler:
    """Return the service as gRPC serves it: what each method reads, and what answers it."""
    methods: Mapping[str, tuple[type[Message], Callable[[Any], Message]]] = {
        "Attach": (plugin_pb2.PluginAttach, service.attach),
        "Cancel": (empty_pb2.Empty, service.cancel),
        "Check": (provider_pb2.CheckRequest, service.check),
        "CheckConfig": (provider_pb2.CheckRequest, service.check_config),
        "Configure": (provider_pb2.ConfigureRequest, service.configure),
        "Create": (provider_pb2.CreateRequest, service.create),
        "Delete": (provider_pb2.DeleteRequest, service.delete),
        "Diff": (provider_pb2.DiffRequest, service.diff),
        "DiffConfig": (provider_pb2.DiffRequest, service.diff_config),
        "GetPluginInfo": (empty_pb2.Empty, service.get_plugin_info),
        "GetSchema": (provider_pb2.GetSchemaRequest, service.get_schema),
        "Handshake": (provider_pb2.ProviderHandshakeRequest, service.handshake),
        "Invoke": (provider_pb2.InvokeRequest, service.invoke),
        "Read": (provider_pb2.ReadRequest, service.read),
        "Update": (provider_pb2.UpdateRequest, service.update),
    }
    return grpc.method_handlers_generic_handler(
        "pulumirpc.ResourceProvider",
        {
            name: grpc.unary_unary_rpc_method_handler(
                answering(call),
                request_deserializer=request.FromString,
                response_serializer=lambda response: response.SerializeToString(),
            )
            for name, (request, call) in methods.items()
        },
    )


def serve(engine_address: str, service: Callable[[Engine], ProviderService] = ProviderService) -> None:
    """Serve the engine on a free port of 127.0.0.1, written to standard output, until it or its process is gone."""
    engine_process = os.getppid()
    # The engine interrupts its plugins when it is done, and waits for them; a user's interrupt it takes itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = grpc.server(
        ThreadPoolExecutor(_THREADS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ],
    )
    server.add_generic_rpc_handlers((handler(service(Engine(engine_address))),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while server.wait_for_termination(timeout=1.0) and os.getppid() == engine_process:
        pass
    os._exit(0)  # threads that still wait for an object would keep the process alive
