"""The commands `naru rollout …` on Rollouts of the real controller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from operations.__main__ import main
from operations.exits import Exit
from tests.integration.space import POD, Space, new_space

ROLLOUT: Final = Type("argoproj.io", "v1alpha1", "Rollout")
REPLICA_SET: Final = Type("apps", "v1", "ReplicaSet")
LABELS: Final = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}

STACK = """\
config:
  naru:environment:
    tier: staging
    clusters:
      main: {{ context: naru-local, region: local, kubeconfig: {kubeconfig} }}
    domains: {{ web: web.localhost, preview: preview.localhost }}
    issuers: {{ self: {{ server: self-signed }} }}
    defaultIssuer: self
"""
CATALOG = """\
description: A shop
namespaces:
  shop: {{ name: {namespace} }}
services:
  web:
    image: {{ repository: example.com/web }}
    replicas: 3
    ports: {{ http: {{ container: 8080 }} }}
    probes:
      startup: &probe {{ http: {{ path: /health }} }}
      readiness: *probe
      liveness: *probe
    resources: {{ requests: {{ cpu: 1m, memory: 1Mi }}, limits: {{ memory: 1Mi }} }}
    exposure: {{ public: {{ hosts: [web], paths: [{{ path: /, type: Prefix }}] }} }}
    strategy: {strategy}
"""
CANARY = "{ type: canary, analysis: [], steps: [{ weight: 34, pause: 1h }, { weight: 67 }, { weight: 100 }] }"
BLUE_GREEN = "{ type: blueGreen, preview: { hosts: [preview] } }"

Naru = Callable[..., int]


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def space(session: Session) -> Iterator[Space]:
    with new_space(session) as made:
        yield made


@pytest.fixture
def naru(space: Space, plane: ControlPlane, tmp_path: Path) -> Callable[[str], Naru]:
    """Return what writes the project with a strategy and returns `naru rollout` in it."""

    def write(strategy: str) -> Naru:
        for name in ("catalog", "releases"):
            (tmp_path / name).mkdir()
        (tmp_path / "Pulumi.yaml").write_text("name: naru\nruntime: python\n", encoding="utf-8")
        (tmp_path / "releases" / "test.yaml").write_text('shop:\n  web: {tag: "2"}\n', encoding="utf-8")
        (tmp_path / "Pulumi.test.yaml").write_text(STACK.format(kubeconfig=plane.kubeconfig), encoding="utf-8")
        (tmp_path / "catalog" / "common.yaml").write_text("{}\n", encoding="utf-8")
        text = CATALOG.format(namespace=space.name, strategy=strategy)
        (tmp_path / "catalog" / "shop.yaml").write_text(text, encoding="utf-8")

        def run(*words: str) -> int:
            return main(["rollout", words[0], "--root", str(tmp_path), "--stack", "test", "shop/web", *words[1:]])

        return run

    return write


def a_rollout(tag: str, strategy: dict[str, Any]) -> dict[str, Any]:
    template = {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "web", "image": f"example.com/web:{tag}"}]},
    }
    return {"replicas": 3, "selector": {"matchLabels": LABELS}, "template": template, "strategy": strategy}


def canary() -> dict[str, Any]:
    steps = [{"setWeight": 34}, {"pause": {"duration": "1h"}}, {"setWeight": 67}, {"pause": {}}]
    return {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": steps}}


def status(space: Space) -> dict[str, Any]:
    found: dict[str, Any] = space.read(ROLLOUT, "web").get("status") or {}
    return found


def deploy(space: Space, tag: str, strategy: dict[str, Any]) -> None:
    space.apply("argoproj.io/v1alpha1", "Rollout", "web", spec=a_rollout(tag, strategy))


def deployed(space: Space, strategy: dict[str, Any]) -> None:
    """Deploy version 1, wait until it is healthy, and begin with version 2."""
    deploy(space, "1", strategy)
    space.until(lambda: status(space).get("phase") == "Healthy")
    deploy(space, "2", strategy)


def paused_at(space: Space, step: int) -> bool:
    found = status(space)
    return found.get("currentStepIndex") == step and found.get("phase") == "Paused"


def seen(naru: Naru, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    naru("status", "--json", *words)
    (found,) = json.loads(capsys.readouterr().out)["clusters"]
    return dict(found)


def test_canary_is_followed_promoted_aborted_and_tried_again(
    space: Space, naru: Callable[[str], Naru], capsys: pytest.CaptureFixture[str]
) -> None:
    rollout = naru(CANARY)
    deploy(space, "1", canary())
    assert rollout("status", "--watch") == Exit.OK
    marks = [one["metadata"]["annotations"].get("naru/healthy") for one in space.api.list(REPLICA_SET, space.name)]
    assert all(marks)
    assert len(marks) == 1
    deploy(space, "2", canary())
    space.until(lambda: paused_at(space, 1))
    capsys.readouterr()
    found = seen(rollout, capsys)
    assert (found["phase"], found["step"], found["waits_for_somebody"]) == ("paused", 2, False)
    assert found["weight"] == {"asked": 34, "actual": 33, "pods": 1, "of": 3, "routed": False}
    assert rollout("promote") == Exit.OK
    assert rollout("status", "--watch") == Exit.OK
    found = seen_after_words(rollout, capsys)
    assert (found["phase"], found["step"], found["waits_for_somebody"]) == ("paused", 4, True)
    assert rollout("abort") == Exit.OK
    space.until(lambda: status(space).get("phase") == "Degraded")
    assert rollout("status") == Exit.FAILED
    assert "example.com/web:1 serves on" in capsys.readouterr().out
    assert rollout("promote") == Exit.REFUSED
    assert rollout("retry") == Exit.OK
    space.until(lambda: paused_at(space, 1))
    assert rollout("promote", "--full") == Exit.OK
    assert rollout("status", "--watch") == Exit.OK
    found = seen_after_words(rollout, capsys)
    assert (found["phase"], [one["image"] for one in found["versions"]]) == ("healthy", ["example.com/web:2"])
    assert rollout("abort") == Exit.REFUSED
    assert rollout("history", "--json") == Exit.OK
    (history,) = json.loads(capsys.readouterr().out)["workloads"]
    assert [(row["revision"], bool(row["healthy"])) for row in history["revisions"]] == [(2, True), (1, True)]


def seen_after_words(naru: Naru, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    return seen(naru, capsys)


def blue_green(*, analysis: bool) -> dict[str, Any]:
    asked = {"prePromotionAnalysis": {"templates": [{"templateName": "nothing"}]}} if analysis else {}
    services = {"activeService": "web", "previewService": "web-preview"}
    return {"blueGreen": {**services, "autoPromotionEnabled": False, "scaleDownDelaySeconds": 1, **asked}}


def services(space: Space) -> None:
    for name in ("web", "web-preview"):
        space.apply("v1", "Service", name, spec={"ports": [{"port": 80}]})
    metric = {
        "name": "nothing",
        "successCondition": "len(result) > 0 && result[0] <= 0.05",
        "failureCondition": "len(result) > 0 && result[0] > 0.05",
        "provider": {"prometheus": {"query": "no_such_series"}},
    }
    space.apply("argoproj.io/v1alpha1", "AnalysisTemplate", "nothing", spec={"metrics": [metric]})


def test_blue_green_waits_and_becomes_active_by_a_promotion(
    space: Space, naru: Callable[[str], Naru], capsys: pytest.CaptureFixture[str]
) -> None:
    rollout = naru(BLUE_GREEN)
    services(space)
    deployed(space, blue_green(analysis=False))
    space.until(lambda: status(space).get("phase") == "Paused")
    found = seen(rollout, capsys)
    assert found["services"] == {"web": "the active version 1", "web-preview": "the preview version 2"}
    assert found["preview"] == ["https://preview.localhost/"]
    assert rollout("promote") == Exit.OK
    assert rollout("status", "--watch") == Exit.OK
    found = seen_after_words(rollout, capsys)
    assert (found["phase"], found["services"]["web"]) == ("healthy", "the active version 2")


def asked_last(space: Space) -> str:
    """Return the name of the newest analysis, empty while there is none."""
    return str((status(space)["blueGreen"].get("prePromotionAnalysisRunStatus") or {}).get("name", ""))


def test_blue_green_without_data_says_so_is_asked_again_and_promoted_in_full(
    space: Space, naru: Callable[[str], Naru], capsys: pytest.CaptureFixture[str]
) -> None:
    rollout = naru(BLUE_GREEN)
    services(space)
    deployed(space, blue_green(analysis=True))
    space.until(lambda: status(space).get("phase") == "Paused")
    assert rollout("status") == Exit.OK
    shown = capsys.readouterr().out
    assert "inconclusive: no data: Prometheus has nothing for its query" in shown
    first = asked_last(space)
    assert rollout("promote") == Exit.OK
    space.until(lambda: asked_last(space) not in {"", first})
    space.until(lambda: status(space).get("phase") == "Paused")
    assert status(space)["blueGreen"]["activeSelector"] == status(space)["stableRS"]
    assert rollout("promote", "--full") == Exit.OK
    assert rollout("status", "--watch") == Exit.OK
    assert status(space)["blueGreen"]["activeSelector"] == status(space)["currentPodHash"]


def test_restart_replaces_all_pods(space: Space, naru: Callable[[str], Naru]) -> None:
    rollout = naru(CANARY)
    deploy(space, "1", canary())
    space.until(lambda: status(space).get("phase") == "Healthy")
    before = {pod["metadata"]["uid"] for pod in space.api.list(POD, space.name)}
    assert rollout("restart") == Exit.OK
    space.until(lambda: not before & {pod["metadata"]["uid"] for pod in space.api.list(POD, space.name)})
    assert rollout("status", "--watch") == Exit.OK
