"""The provider as the engine sees it: over gRPC, with a small API server or a directory behind it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from local.provider import PLUGIN, VERSION, awaiting, install
from local.provider.engine import Engine
from local.provider.properties import UNKNOWN, Secret, read_struct, write_struct
from local.provider.server import ProviderService, handler
from local.provider.stubs import engine_pb2, plugin_pb2, provider_pb2, status_pb2
from tests.unit.local.provider.fake_cluster import FakeCluster

URN = "urn:pulumi:local::naru::"
SECRET_URN = f"{URN}kubernetes:core/v1:Secret::token"
MAP_URN = f"{URN}kubernetes:core/v1:ConfigMap::map"
WEB_URN = f"{URN}kubernetes:apps/v1:Deployment::web"
JOB_URN = f"{URN}kubernetes:batch/v1:Job::migrate"


def config_map(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map", "namespace": "demo"}, "data": data}


def secret(password: Any) -> dict[str, Any]:
    metadata = {"name": "token", "namespace": "demo"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": password}}


def deployment(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "demo"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def job(**annotations: str) -> dict[str, Any]:
    metadata = {"name": "migrate", "namespace": "demo", "annotations": annotations}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": {}}}}


class Plugin:
    """A provider behind gRPC, and what it told its engine."""

    def __init__(self, channel: grpc.Channel, logged: list[Any]) -> None:
        self._channel = channel
        self.logged = logged

    def call(self, method: str, request: Message, response: type[Any]) -> Any:
        """Call a method and return its answer."""
        return self._channel.unary_unary(
            f"/pulumirpc.ResourceProvider/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )(request, timeout=10)

    def configure(self, **inputs: Any) -> None:
        request = provider_pb2.ConfigureRequest(args=write_struct(inputs), acceptSecrets=True)
        self.call("Configure", request, provider_pb2.ConfigureResponse)

    def check(self, urn: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(urn=urn, news=write_struct(news), olds=write_struct(olds or {}))
        return self.call("Check", request, provider_pb2.CheckResponse)

    def diff(self, urn: str, resource_id: str, old: Any, new: Any, state: Any = None) -> Any:
        request = provider_pb2.DiffRequest(
            urn=urn,
            id=resource_id,
            old_inputs=write_struct(old),
            olds=write_struct(state or old),
            news=write_struct(new),
        )
        return self.call("Diff", request, provider_pb2.DiffResponse)

    def create(self, urn: str, inputs: dict[str, Any], **more: Any) -> Any:
        request = provider_pb2.CreateRequest(urn=urn, properties=write_struct(inputs), **more)
        return self.call("Create", request, provider_pb2.CreateResponse)

    def update(self, urn: str, resource_id: str, old: Any, new: Any, **more: Any) -> Any:
        request = provider_pb2.UpdateRequest(
            urn=urn, id=resource_id, old_inputs=write_struct(old), news=write_struct(new), **more
        )
        return self.call("Update", request, provider_pb2.UpdateResponse)

    def read(self, urn: str, resource_id: str, inputs: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.ReadRequest(urn=urn, id=resource_id)
        if inputs is not None:
            request.inputs.CopyFrom(write_struct(inputs))
        return self.call("Read", request, provider_pb2.ReadResponse)

    def delete(self, urn: str, resource_id: str, old: dict[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=urn, id=resource_id, old_inputs=write_struct(old))
        self.call("Delete", request, empty_pb2.Empty)


def serving(generic: grpc.GenericRpcHandler) -> tuple[grpc.Server, str]:
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((generic,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    """A provider that is not configured yet, whose engine keeps what it is told."""
    logged: list[Any] = []

    def log(request: Any, _: grpc.ServicerContext) -> Any:
        logged.append(request)
        return empty_pb2.Empty()

    method = grpc.unary_unary_rpc_method_handler(
        log, engine_pb2.LogRequest.FromString, lambda answer: answer.SerializeToString()
    )
    engine, engine_address = serving(grpc.method_handlers_generic_handler("pulumirpc.Engine", {"Log": method}))
    provider, address = serving(handler(ProviderService(Engine(engine_address))))
    with grpc.insecure_channel(address) as channel:
        yield Plugin(channel, logged)
    provider.stop(None)
    engine.stop(None)


@pytest.fixture
def applying(plugin: Plugin, cluster: FakeCluster) -> Plugin:
    """A provider with an API server."""
    plugin.configure(kubeconfig=Secret(cluster.kubeconfig))
    return plugin


@pytest.fixture
def rendering(plugin: Plugin, tmp_path: Path) -> Plugin:
    """A provider with a directory."""
    plugin.configure(renderYamlToDirectory=str(tmp_path / "out"))
    return plugin


def init_failure(error: grpc.RpcError) -> Any:
    """Return the detail by which the engine records a resource that is there but not ready."""
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail


def test_secrets_are_agreed_on(plugin: Plugin) -> None:
    answer = plugin.call("Handshake", provider_pb2.ProviderHandshakeRequest(), provider_pb2.ProviderHandshakeResponse)
    assert answer.accept_secrets
    assert not answer.accept_resources


def test_version_and_schema_are_those_of_the_package(plugin: Plugin) -> None:
    assert plugin.call("GetPluginInfo", empty_pb2.Empty(), plugin_pb2.PluginInfo).version == VERSION
    schema = plugin.call("GetSchema", provider_pb2.GetSchemaRequest(), provider_pb2.GetSchemaResponse).schema
    assert json.loads(schema)["name"] == "kubernetes"


def test_bad_configuration_is_refused_by_input(plugin: Plugin) -> None:
    request = provider_pb2.CheckRequest(news=write_struct({"kubeconifg": "x"}))
    answer = plugin.call("CheckConfig", request, provider_pb2.CheckResponse)
    assert [failure.property for failure in answer.failures] == ["kubeconifg"]


def test_another_directory_replaces_the_provider(plugin: Plugin) -> None:
    old, new = (write_struct({"renderYamlToDirectory": name}) for name in ("a", "b"))
    answer = plugin.call("DiffConfig", provider_pb2.DiffRequest(old_inputs=old, news=new), provider_pb2.DiffResponse)
    assert list(answer.replaces) == ["renderYamlToDirectory"]


def test_inputs_that_did_not_change_cost_no_request(applying: Plugin, cluster: FakeCluster) -> None:
    inputs = config_map(a="1")
    checked = read_struct(applying.check(MAP_URN, inputs, inputs).inputs)
    answer = applying.diff(MAP_URN, "demo/map", inputs, checked)
    assert checked == inputs
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert cluster.requests == []


def test_checking_new_inputs_costs_no_request_either(applying: Plugin, cluster: FakeCluster) -> None:
    inputs = config_map(a="1")
    del inputs["metadata"]["namespace"]
    answer = applying.check(MAP_URN, inputs)
    assert read_struct(answer.inputs)["metadata"] == {"name": "map", "namespace": "default"}
    assert cluster.requests == []


def test_bad_inputs_are_refused_by_property(applying: Plugin) -> None:
    answer = applying.check(MAP_URN, {**config_map(), "kind": "Secret"})
    assert [failure.property for failure in answer.failures] == ["kind"]


def test_a_change_is_shown_by_its_path(applying: Plugin) -> None:
    answer = applying.diff(WEB_URN, "demo/web", deployment(replicas=1), deployment(replicas=2, paused=True))
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(diff.kind) for path, diff in answer.detailedDiff.items()}
    assert kinds == {"spec.replicas": "UPDATE", "spec.paused": "ADD"}
    assert all(diff.inputDiff for diff in answer.detailedDiff.values())
    assert not answer.replaces


def test_an_immutable_field_replaces_an_object_of_fixed_name_after_deleting_it(applying: Plugin) -> None:
    old, new = (deployment(selector={"matchLabels": {"app": name}}) for name in ("a", "b"))
    answer = applying.diff(WEB_URN, "demo/web", old, new)
    assert list(answer.replaces) == ["spec.selector.matchLabels.app"]
    assert answer.deleteBeforeReplace


def test_another_name_replaces_an_object_without_deleting_it_first(applying: Plugin) -> None:
    new = config_map()
    new["metadata"] = {"name": "other", "namespace": "demo"}
    answer = applying.diff(MAP_URN, "demo/map", config_map(), new)
    assert list(answer.replaces) == ["metadata.name"]
    assert not answer.deleteBeforeReplace


def test_a_field_only_the_server_calls_immutable_replaces_too(applying: Plugin, cluster: FakeCluster) -> None:
    cause = {"field": "spec.strategy", "message": "field is immutable"}
    path = "/apis/apps/v1/namespaces/demo/deployments/web"
    cluster.refuse("PATCH", path, 422, reason="Invalid", details={"causes": [cause]})
    old, new = (deployment(strategy={"type": kind}, replicas=n) for n, kind in enumerate(("Recreate", "Rolling")))
    assert list(applying.diff(WEB_URN, "demo/web", old, new).replaces) == ["spec.strategy.type"]


def test_a_change_to_an_unknown_value_asks_nobody(applying: Plugin, cluster: FakeCluster) -> None:
    answer = applying.diff(WEB_URN, "demo/web", deployment(replicas=1), deployment(replicas=UNKNOWN))
    assert list(answer.detailedDiff) == ["spec.replicas"]
    assert cluster.requests == []


def test_a_namespace_left_out_is_the_one_the_object_has(applying: Plugin) -> None:
    old, new = config_map(), config_map()
    old["metadata"] = {"name": "map", "namespace": "default"}
    new["metadata"] = {"name": "map"}
    assert applying.diff(MAP_URN, "default/map", old, new).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_job_that_failed_is_replaced_where_it_asks_for_it(applying: Plugin, cluster: FakeCluster) -> None:
    path = "/apis/batch/v1/namespaces/demo/jobs/migrate"
    inputs = job(**{"pulumi.com/replaceUnready": "true"})
    cluster.objects[path] = {**inputs, "status": {"conditions": [{"type": "Failed", "status": "True"}]}}
    answer = applying.diff(JOB_URN, "demo/migrate", inputs, inputs)
    assert list(answer.replaces) == ['metadata.annotations["pulumi.com/replaceUnready"]']
    assert answer.deleteBeforeReplace
    assert applying.diff(JOB_URN, "demo/migrate", job(), job()).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_job_that_completed_is_not_asked_about_again(applying: Plugin, cluster: FakeCluster) -> None:
    inputs = job(**{"pulumi.com/replaceUnready": "true"})
    state = {**inputs, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    answer = applying.diff(JOB_URN, "demo/migrate", inputs, inputs, state)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert cluster.requests == []


def test_creating_returns_id_and_state(applying: Plugin) -> None:
    answer = applying.create(MAP_URN, config_map(a="1"))
    state = read_struct(answer.properties)
    assert answer.id == "demo/map"
    assert state["data"] == {"a": "1"}
    assert state["metadata"]["uid"]


def test_the_data_of_a_secret_comes_back_as_a_secret(applying: Plugin, cluster: FakeCluster) -> None:
    state = read_struct(applying.create(SECRET_URN, secret(Secret("hunter2"))).properties)
    assert state["stringData"] == Secret({"password": "hunter2"})
    assert cluster.requests[-1].body["stringData"] == {"password": "hunter2"}


def test_a_secret_in_a_refusal_or_a_warning_is_redacted(applying: Plugin, cluster: FakeCluster) -> None:
    cluster.warnings = ["odd value hunter2"]
    applying.create(SECRET_URN, secret("hunter2"))
    assert [(request.message, request.ephemeral) for request in applying.logged] == [("odd value [secret]", False)]
    path = "/api/v1/namespaces/demo/secrets/token"
    cluster.refuse("PATCH", path, 400, message='cannot convert "hunter2"')
    with pytest.raises(grpc.RpcError) as caught:
        applying.create(SECRET_URN, secret("hunter2"))
    assert caught.value.details() == 'cannot convert "[secret]"'


def test_an_object_that_is_not_ready_is_recorded_with_its_reasons(
    applying: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "_FIRST_PAUSE", 0.001)
    with pytest.raises(grpc.RpcError) as caught:
        applying.create(WEB_URN, deployment(replicas=1), timeout=0.02)
    detail = init_failure(caught.value)
    assert detail.id == "demo/web"
    assert read_struct(detail.properties)["spec"] == {"replicas": 1}
    assert list(detail.reasons) == ["not ready after 0 s: waiting for the controller to see the change"]
    assert applying.logged[0].ephemeral
    assert applying.logged[0].urn == WEB_URN


def test_a_preview_creates_nothing(applying: Plugin, cluster: FakeCluster) -> None:
    answer = applying.create(MAP_URN, config_map(a="1"), preview=True)
    assert answer.id == ""
    assert read_struct(answer.properties) == config_map(a="1")
    assert cluster.requests[-1].query["dryRun"] == "All"


def test_a_preview_with_unknown_values_asks_nobody(applying: Plugin, cluster: FakeCluster) -> None:
    answer = applying.create(MAP_URN, config_map(a=UNKNOWN), preview=True)
    assert read_struct(answer.properties) == config_map(a=UNKNOWN)
    assert cluster.requests == []


def test_updating_returns_the_new_state(applying: Plugin) -> None:
    applying.create(MAP_URN, config_map(a="1"))
    answer = applying.update(MAP_URN, "demo/map", config_map(a="1"), config_map(a="2"))
    assert read_struct(answer.properties)["data"] == {"a": "2"}


def test_a_refresh_shows_drift_in_what_is_ours(applying: Plugin, cluster: FakeCluster) -> None:
    applying.create(MAP_URN, config_map(a="1"))
    live = cluster.objects["/api/v1/namespaces/demo/configmaps/map"]
    live["data"] = {"a": "drifted", "b": "of others"}
    answer = applying.read(MAP_URN, "demo/map", config_map(a="1"))
    assert read_struct(answer.inputs) == config_map(a="drifted")
    assert read_struct(answer.properties)["data"] == {"a": "drifted", "b": "of others"}


def test_a_refresh_of_what_is_gone_has_no_id(applying: Plugin) -> None:
    assert applying.read(MAP_URN, "demo/map", config_map()).id == ""


def test_a_refresh_of_an_unready_object_records_that(applying: Plugin, cluster: FakeCluster) -> None:
    cluster.objects["/apis/apps/v1/namespaces/demo/deployments/web"] = {
        **deployment(replicas=1),
        "metadata": {"name": "web", "namespace": "demo", "generation": 1},
    }
    with pytest.raises(grpc.RpcError) as caught:
        applying.read(WEB_URN, "demo/web", deployment(replicas=1))
    detail = init_failure(caught.value)
    assert read_struct(detail.inputs) == deployment(replicas=1)
    assert list(detail.reasons) == ["waiting for the controller to see the change"]


def test_an_import_returns_what_a_user_would_have_written(applying: Plugin, cluster: FakeCluster) -> None:
    cluster.objects["/api/v1/namespaces/demo/configmaps/map"] = {
        **config_map(a="1"),
        "metadata": {"name": "map", "namespace": "demo", "uid": "1", "resourceVersion": "2", "managedFields": []},
    }
    answer = applying.read(MAP_URN, "demo/map")
    assert (answer.id, read_struct(answer.inputs)) == ("demo/map", config_map(a="1"))


def test_deleting_removes_the_object(applying: Plugin, cluster: FakeCluster) -> None:
    applying.create(MAP_URN, config_map())
    applying.delete(MAP_URN, "demo/map", config_map())
    assert "/api/v1/namespaces/demo/configmaps/map" not in cluster.objects


def test_cancelling_ends_every_wait(applying: Plugin, cluster: FakeCluster) -> None:
    created = threading.Event()
    cluster.controller = lambda *_: created.set()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(applying.create, WEB_URN, deployment(replicas=1), timeout=60)
        assert created.wait(5)
        applying.call("Cancel", empty_pb2.Empty(), empty_pb2.Empty)
        with pytest.raises(grpc.RpcError) as caught:
            waiting.result(10)
    assert init_failure(caught.value).reasons[0].startswith("cancelled: ")


def test_a_cluster_that_is_not_there_leaves_the_resource_as_it_was(plugin: Plugin) -> None:
    config = FakeCluster(url="http://127.0.0.1:1").kubeconfig
    plugin.configure(kubeconfig=config)
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create(MAP_URN, config_map())
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "http://127.0.0.1:1 did not answer" in caught.value.details()


def test_a_kubeconfig_that_cannot_be_used_is_said_without_showing_it(plugin: Plugin) -> None:
    plugin.configure(kubeconfig=Secret("{ hunter2"))
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create(MAP_URN, config_map())
    assert "the kubeconfig is no JSON" in caught.value.details()
    assert "hunter2" not in caught.value.details()


def test_a_fault_of_the_provider_is_told_by_its_kind(applying: Plugin, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        applying.read("no urn", "demo/map")
    assert caught.value.code() == grpc.StatusCode.INTERNAL
    assert caught.value.details().startswith("IndexError")
    assert "type_of_urn" in capfd.readouterr().err


def test_functions_are_left_to_the_official_provider(applying: Plugin) -> None:
    request = provider_pb2.InvokeRequest(tok="kubernetes:helm:template")
    with pytest.raises(grpc.RpcError, match="needs the official one"):
        applying.call("Invoke", request, provider_pb2.InvokeResponse)


def test_a_resource_before_the_configuration_is_refused(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="before it was configured"):
        plugin.create(MAP_URN, config_map())


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_rendering_writes_a_file_for_the_user_alone(rendering: Plugin, tmp_path: Path) -> None:
    answer = rendering.create(MAP_URN, config_map(flag="yes"))
    path = tmp_path / "out/1-manifest/v1-configmap-demo-map.yaml"
    assert files(tmp_path / "out") == ["1-manifest/v1-configmap-demo-map.yaml"]
    assert path.read_text(encoding="utf-8") == (
        'apiVersion: v1\ndata:\n  flag: "yes"\nkind: ConfigMap\nmetadata:\n  name: map\n  namespace: demo\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [request.message for request in rendering.logged] == [f"rendered {path}"]
    assert (answer.id, read_struct(answer.properties)) == ("demo/map", config_map(flag="yes"))


@pytest.mark.parametrize(
    ("api_version", "kind", "metadata", "name"),
    [
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            {"name": "x"},
            "1-manifest/rbac.authorization.k8s.io_v1-clusterrole-default-x.yaml",
        ),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            {"name": "foos.example.org"},
            "0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-foos.example.org.yaml",
        ),
    ],
)
def test_files_are_named_as_the_official_provider_names_them(
    rendering: Plugin, tmp_path: Path, api_version: str, kind: str, metadata: dict[str, str], name: str
) -> None:
    inputs = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    rendering.create(f"{URN}kubernetes:{api_version}:{kind}::x", inputs)
    assert files(tmp_path / "out") == [name]


def test_a_file_follows_its_object(rendering: Plugin, tmp_path: Path) -> None:
    old, new = config_map(a="1"), config_map(a="1")
    new["metadata"] = {"name": "other", "namespace": "demo"}
    rendering.create(MAP_URN, old)
    rendering.update(MAP_URN, "demo/map", old, config_map(a="2"))
    assert 'a: "2"' in (tmp_path / "out/1-manifest/v1-configmap-demo-map.yaml").read_text(encoding="utf-8")
    assert list(rendering.diff(MAP_URN, "demo/map", old, new).replaces) == ["metadata.name"]
    rendering.create(MAP_URN, new)
    for _ in range(2):  # a file that is gone already is fine
        rendering.delete(MAP_URN, "demo/map", old)
    assert files(tmp_path / "out") == ["1-manifest/v1-configmap-demo-other.yaml"]


def test_a_rendered_secret_is_warned_of(rendering: Plugin, tmp_path: Path) -> None:
    rendering.create(SECRET_URN, secret("hunter2"))
    warning = rendering.logged[0].message
    assert warning == f"{tmp_path}/out/1-manifest/v1-secret-demo-token.yaml holds a secret in the clear; " + (
        "seal it, or refer to it by name"
    )


def test_a_preview_renders_nothing(rendering: Plugin, tmp_path: Path) -> None:
    rendering.create(MAP_URN, config_map(), preview=True)
    rendering.update(MAP_URN, "demo/map", config_map(), config_map(a="1"), preview=True)
    assert files(tmp_path) == []


def test_a_rendered_object_is_read_as_it_was_recorded(rendering: Plugin) -> None:
    request = provider_pb2.ReadRequest(
        urn=MAP_URN, id="demo/map", inputs=write_struct(config_map()), properties=write_struct({"x": "y"})
    )
    answer = rendering.call("Read", request, provider_pb2.ReadResponse)
    assert (read_struct(answer.inputs), read_struct(answer.properties)) == (config_map(), {"x": "y"})


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start the installed executable as the engine does."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        started.append(
            subprocess.Popen([PLUGIN, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True, cwd="/", env=environment)
        )
        return started[-1]

    install(tmp_path)
    yield start
    for each in started:
        each.kill()
        each.wait()
        assert each.stdout is not None
        each.stdout.close()


def test_the_installed_executable_serves_on_the_port_it_prints(process: Callable[[], subprocess.Popen[str]]) -> None:
    running = process()
    assert running.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{int(running.stdout.readline())}") as channel:
        info = Plugin(channel, []).call("GetPluginInfo", empty_pb2.Empty(), plugin_pb2.PluginInfo)
    assert info.version == VERSION


def test_an_interrupt_of_the_engine_ends_the_process_at_once(process: Callable[[], subprocess.Popen[str]]) -> None:
    running = process()
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    assert running.wait(3) == -signal.SIGINT


def test_the_provider_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys, local.provider.server; "
        "print([name for name in ('pulumi', 'kubernetes', 'yaml', 'pydantic', 'urllib3') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
