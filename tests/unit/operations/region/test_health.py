"""Whether a region may take traffic again: what its cluster says of the systems that run there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from manifests.assembly import assemble
from operations.api_server import UnreachableError
from operations.region import health
from operations.report import WORKLOADS
from settings.stack import Stack
from tests.builders import a_service, a_system
from tests.unit.operations.region.stacks import a_led_stack, a_system_of


class Server:
    """A cluster on which all workloads of a stack are as they should be."""

    url = "https://10.0.0.1"

    def __init__(self, stack: Stack) -> None:
        self.workloads = [
            as_live(placed.manifest)
            for objects in assemble(stack, "tokyo").values()
            for placed in objects
            if placed.manifest["kind"] in WORKLOADS
        ]
        self.silent = False

    def items(self, path: str, *_: str, **__: str) -> list[dict[str, Any]]:
        if self.silent:
            message = f"{self.url} does not answer"
            raise UnreachableError(message)
        if path.endswith("/ingresses"):
            address = {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.2"}]}}}
            return [{"metadata": {"name": "api", "namespace": name}, **address} for name in ("shop", "mail")]
        return [one for one in self.workloads if path.endswith(f"/{one['kind'].lower()}s")]


def as_live(manifest: Mapping[str, Any]) -> dict[str, Any]:
    replicas = manifest["spec"].get("replicas", 1)
    status = {"readyReplicas": replicas, "updatedReplicas": replicas, "observedGeneration": 1}
    return {**manifest, "metadata": {**manifest["metadata"], "generation": 1}, "status": status}


@pytest.fixture
def stack() -> Stack:
    return a_led_stack(a_system_of("shop", "latency"), a_system_of("mail", "failover"), drained=("tokyo",))


@pytest.fixture
def server(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server(stack)
    monkeypatch.setattr(health, "connect", lambda *_: made)
    return made


def look(stack: Stack, *systems: str) -> list[str]:
    return health.look(Path(), stack, "tokyo", systems or ("shop", "mail"))


def containers(workload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workload["spec"]["template"]["spec"]["containers"]
    return found


def of(server: Server, namespace: str) -> dict[str, Any]:
    (found,) = [one for one in server.workloads if one["metadata"]["namespace"] == namespace]
    return found


def test_region_with_what_is_released_and_all_of_it_ready_is_healthy(stack: Stack, server: Server) -> None:
    assert len(server.workloads) == 2
    assert look(stack) == []


def test_workload_with_too_few_ready_pods_is_told(stack: Stack, server: Server) -> None:
    of(server, "shop")["status"]["readyReplicas"] = 0
    (line,) = look(stack)
    assert line.startswith("shop/api: ")
    assert look(stack, "mail") == []


def test_workload_that_is_not_there_is_told(stack: Stack, server: Server) -> None:
    server.workloads.remove(of(server, "mail"))
    assert look(stack) == ["mail/api: it is not there"]


def test_image_of_another_version_is_told_with_both(stack: Stack, server: Server) -> None:
    wanted = containers(of(server, "shop"))[0]["image"]
    containers(of(server, "shop"))[0]["image"] = "harbor.example.com/example/api:1.0.0"
    assert look(stack) == [f"shop/api: api is harbor.example.com/example/api:1.0.0, released is {wanted}"]


def test_configuration_of_another_release_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = a_led_stack(a_system(a_service(env={"MODE": "fast"}), name="shop", clusters="all"), drained=("tokyo",))
    server = Server(stack)
    monkeypatch.setattr(health, "connect", lambda *_: server)
    assert look(stack, "shop") == []
    (source,) = containers(of(server, "shop"))[0]["envFrom"]
    wanted, source["configMapRef"]["name"] = source["configMapRef"]["name"], "api-00000000"
    assert look(stack, "shop") == [f"shop/api: its configuration is another one than the files say ({wanted})"]


def test_container_that_a_mesh_added_is_no_other_version(stack: Stack, server: Server) -> None:
    containers(of(server, "shop")).append({"name": "istio-proxy", "image": "istio/proxyv2"})
    assert look(stack) == []


def test_cluster_that_does_not_answer_is_not_healthy(stack: Stack, server: Server) -> None:
    server.silent = True
    assert look(stack) == ["https://10.0.0.1 does not answer"]


def test_context_that_nobody_has_is_told(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    (line,) = look(stack)
    assert "context tokyo" in line
