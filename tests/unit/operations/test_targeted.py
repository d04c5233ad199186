"""An update of one service: what it touches, what it leaves, what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from manifests.placed import Place
from operations import updating
from operations.automation import EngineError
from operations.exits import Exit, Stop
from operations.targeted import update_service
from settings.faults import SettingsError
from settings.service import Service
from tests.unit.operations.events import begun, failed, finished
from tests.unit.operations.fake_stack import FakeEngine, FakeServer

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
WEB = "main/shop/web:deployment:web"

MORE = """\
  api:
    image: {repository: example.com/api, tag: "1"}
    ports: {http: {container: 8080}}
    probes: {startup: *probe, readiness: *probe, liveness: *probe}
    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 100m, memory: 128Mi}}
"""


def resource(kind: str, name: str) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:test::naru::{kind}::{name}", "type": kind, "inputs": {"spec": {}}}


@pytest.fixture
def root(project: Project) -> Path:
    folder = project()
    catalog = folder / "catalog" / "shop.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    release = folder / "releases" / "test.yaml"
    release.write_text('shop:\n  web: {tag: "1"}\n  api: {tag: "1"}\n', encoding="utf-8")
    return folder


def test_room_for_what_serves_is_made_before_the_update_and_for_that_service_alone(
    root: Path, engine: FakeEngine, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[list[str], list[str]]] = []

    def mark(_: Any, places: Iterable[Place], replacing: Callable[[Service], bool]) -> int:
        services = [one for place in places for one in place.system.services.values()]
        made.append((list(engine.operations), [one.name for one in services if replacing(one)]))
        return 0

    monkeypatch.setattr(updating, "mark", mark)
    assert update_service(root, "test", "shop", "web").code is Exit.OK
    assert server.deleted == []
    assert made == [([], ["web"]), (["up"], [])]


def test_pending_changes_of_other_services_stay_pending(
    root: Path, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    engine.state = {
        "deployment": {
            "resources": [
                resource("kubernetes:apps/v1:Deployment", WEB),
                resource("kubernetes:apps/v1:Deployment", "main/shop/api:deployment:api"),
                resource("kubernetes:core/v1:Namespace", "main/shop:namespace:shop"),
            ]
        }
    }
    engine.events = [begun(WEB, "update"), finished(WEB, "update")]
    outcome = update_service(root, "test", "shop", "web")
    assert (outcome.result, outcome.code, outcome.tally.changed) == ("succeeded", Exit.OK, {"update": 1})
    [(operation, request)] = engine.requests
    assert operation == "up"
    assert request.serial
    assert list(request.systems) == ["shop"]
    assert "**::main/shop/api:deployment:api" in request.exclude
    assert "**::main/shop/api" in request.exclude
    assert "**::main/shop:namespace:shop" in request.exclude
    assert f"**::{WEB}" not in request.exclude
    assert "1 updated" in capsys.readouterr().err


def test_what_is_new_and_stood_on_comes_along(root: Path, engine: FakeEngine, server: FakeServer) -> None:
    update_service(root, "test", "shop", "web", told=False)
    [(_, request)] = engine.requests
    assert "**::main/shop:namespace:shop" not in request.exclude
    assert "**::main/shop/api:deployment:api" in request.exclude


def test_only_the_service_itself_is_reported(root: Path, engine: FakeEngine, server: FakeServer) -> None:
    outcome = update_service(root, "test", "shop", "web", told=False)
    assert [workload.name for state in outcome.states for workload in state.workloads] == ["web"]


def test_update_that_fails_says_what_failed(
    root: Path, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    engine.events = [begun(WEB, "update"), failed(WEB)]
    engine.failure = EngineError("boom")
    assert update_service(root, "test", "shop", "web").code is Exit.FAILED
    assert f"failed: {WEB}" in capsys.readouterr().err


def test_service_that_is_not_there_is_a_fault(root: Path, engine: FakeEngine, server: FakeServer) -> None:
    with pytest.raises(SettingsError, match=r"shop/wep.*no such service"):
        update_service(root, "test", "shop", "wep")
    assert engine.requests == []


def test_cluster_that_lacks_a_kind_is_refused(root: Path, engine: FakeEngine, server: FakeServer) -> None:
    server.without = "Deployment"
    with pytest.raises(Stop) as stop:
        update_service(root, "test", "shop", "web")
    assert stop.value.code is Exit.REFUSED
    assert engine.requests == []
