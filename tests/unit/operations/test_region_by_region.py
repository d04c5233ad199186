"""An update that goes from cluster to cluster: which update is about which, and where it stops."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from operations import region_by_region, session, updating
from operations.__main__ import main
from operations.api_server import UnreachableError
from operations.automation import EngineError, OnEvent, Request
from operations.engine_command import InterruptedUpdateError
from operations.exits import Exit, Stop
from operations.region_by_region import settled
from operations.region_order import beside
from operations.report import SystemState, WorkloadState
from operations.selection import AWS
from operations.targeted import update_service
from settings.environment import Cluster
from tests.unit.operations.events import begun, failed, finished, said, urn
from tests.unit.operations.fake_stack import FakeEngine, FakeServer

Capture = pytest.CaptureFixture[str]
UP = ["up", "--stack", "test", "--yes"]
CLUSTERS = """\
    clusters:
      tokyo: {context: nowhere, region: there, kubeconfig: kubeconfig}
      seoul: {context: nowhere, region: here, kubeconfig: kubeconfig, primary: true}
"""
BOOKS = """\
description: A ledger, which only the primary cluster has
namespaces:
  ledger: {}
"""


class Regional(FakeEngine):
    """An engine that fails as it is asked to on some clusters."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: dict[str, Exception] = {}

    def up(self, request: Request, on_event: OnEvent) -> None:
        cluster = request.clusters[0] if request.clusters else "all"
        name = f"{cluster}/shop/web:deployment:web"
        self.failure = self.failing.get(cluster)
        broken = isinstance(self.failure, EngineError)
        self.events = [
            begun(name),
            *([said("boom", "error", about=urn(name)), failed(name)] if broken else [finished(name)]),
        ]
        super().up(request, on_event)

    @property
    def clusters(self) -> list[tuple[str, ...]]:
        """The clusters that each update was about."""
        return [tuple(request.clusters) for operation, request in self.requests if operation == "up"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Regional:
    made = Regional()
    monkeypatch.setattr(session, "_engine", lambda *_: made)
    monkeypatch.delenv("DRY_RUN", raising=False)
    return made


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeServer]:
    made = {"here": FakeServer(), "there": FakeServer()}

    def connect(cluster: Cluster, _: Path) -> FakeServer:
        return made[cluster.region]

    monkeypatch.setattr(session, "connect", connect)
    return made


@pytest.fixture
def root(project: Callable[..., Path], servers: dict[str, FakeServer]) -> Path:
    assert servers
    folder = project()
    stack, catalog = folder / "Pulumi.test.yaml", folder / "catalog"
    head, _, _ = stack.read_text(encoding="utf-8").partition("    clusters:")
    stack.write_text(head + CLUSTERS, encoding="utf-8")
    shop = catalog / "shop.yaml"
    shop.write_text(f"clusters: all\n{shop.read_text(encoding='utf-8')}", encoding="utf-8")
    (catalog / "ledger.yaml").write_text(BOOKS, encoding="utf-8")
    return folder


def regions(capsys: Capture) -> dict[str, str]:
    return {one["cluster"]: one["result"] for one in json.loads(capsys.readouterr().out)["regions"]}


@pytest.mark.usefixtures("root")
def test_each_cluster_has_an_update_of_its_own_the_primary_first(engine: Regional, capsys: Capture) -> None:
    assert main(UP) == Exit.OK
    first, second = (request for _, request in engine.requests)
    assert (first.clusters, first.exclude) == (("seoul",), beside(["tokyo"], ()))
    assert (second.clusters, second.exclude) == (("tokyo",), [*beside(["seoul"], ()), *AWS])
    told = capsys.readouterr().err
    assert "seoul is as it should be: tokyo is next" in told
    assert "2 created" in told, "one total for both"
    assert "stopped" not in told


@pytest.mark.usefixtures("root")
def test_how_it_ended_in_each_region_is_told_as_json(engine: Regional, capsys: Capture) -> None:
    assert main([*UP, "--json"]) == Exit.OK
    assert regions(capsys) == {"seoul": "verified", "tokyo": "verified"}


@pytest.mark.usefixtures("root")
def test_a_failure_in_the_first_cluster_begins_no_update_of_the_second(
    engine: Regional, servers: dict[str, FakeServer], capsys: Capture
) -> None:
    engine.failing["seoul"] = EngineError("update failed")
    assert main(UP) == Exit.FAILED
    assert engine.clusters == [("seoul",)]
    assert (servers["there"].merged, servers["there"].deleted) == ([], [])
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "stopped at seoul, which failed: tokyo was not touched",
        "  mend it and `naru up --stack test` again, or take a service back in every region: "
        "`naru rollback shop/web --stack test`",
    ]


@pytest.mark.usefixtures("root")
def test_a_failure_in_the_second_cluster_leaves_the_first_with_what_is_new(engine: Regional, capsys: Capture) -> None:
    engine.failing["tokyo"] = EngineError("update failed")
    assert main([*UP, "--json"]) == Exit.FAILED
    assert engine.clusters == [("seoul",), ("tokyo",)]
    assert regions(capsys) == {"seoul": "verified", "tokyo": "failed"}


@pytest.mark.usefixtures("root")
def test_what_is_not_ready_in_the_first_cluster_stops_it(
    engine: Regional, servers: dict[str, FakeServer], capsys: Capture
) -> None:
    servers["here"].ready = 1
    assert main(UP) == Exit.FAILED
    assert engine.clusters == [("seoul",)]
    told = capsys.readouterr().err
    assert "not ready: seoul/shop" in told
    assert "stopped at seoul, which failed: tokyo was not touched" in told
    assert "naru rollback shop/web" in told


@pytest.mark.usefixtures("root")
def test_what_is_not_ready_in_the_last_cluster_is_no_verified_one(
    engine: Regional, servers: dict[str, FakeServer], capsys: Capture
) -> None:
    servers["there"].ready = 1
    assert main([*UP, "--json"]) == Exit.FAILED
    assert engine.clusters == [("seoul",), ("tokyo",)]
    assert regions(capsys) == {"seoul": "verified", "tokyo": "failed"}


@pytest.mark.usefixtures("root")
def test_a_cluster_that_nobody_can_look_at_is_not_verified(
    engine: Regional, servers: dict[str, FakeServer], capsys: Capture
) -> None:
    servers["here"].unreachable_after = 1
    assert main(UP) == Exit.FAILED
    assert engine.clusters == [("seoul",)]
    told = capsys.readouterr().err
    assert "how the systems are is not known" in told
    assert "tokyo was not touched" in told


@pytest.mark.usefixtures("root")
def test_a_last_cluster_that_nobody_can_look_at_is_not_verified(
    engine: Regional, servers: dict[str, FakeServer], capsys: Capture
) -> None:
    servers["there"].unreachable_after = 1
    assert main([*UP, "--json"]) == Exit.FAILED
    assert engine.clusters == [("seoul",), ("tokyo",)]
    assert regions(capsys) == {"seoul": "verified", "tokyo": "failed"}


@pytest.mark.usefixtures("root")
def test_a_last_cluster_whose_rollouts_go_on_is_under_way_and_not_verified(
    engine: Regional, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    looks = {"seoul": rollout(), "tokyo": rollout("step 1 of 2", "for a time")}
    monkeypatch.setattr(
        updating, "_states", lambda here, _: [state(looks[name], cluster=name) for name in here.objects]
    )
    assert main([*UP, "--json"]) == Exit.OK
    assert engine.clusters == [("seoul",), ("tokyo",)]
    assert regions(capsys) == {"seoul": "verified", "tokyo": "under way"}


@pytest.mark.usefixtures("root")
def test_an_interrupted_update_goes_to_no_other_cluster(engine: Regional, capsys: Capture) -> None:
    engine.failing["seoul"] = InterruptedUpdateError()
    assert main(UP) == Exit.INTERRUPTED
    assert engine.clusters == [("seoul",)]
    assert "stopped at seoul, where it was interrupted: tokyo was not touched" in capsys.readouterr().err


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("cluster", "code", "line"),
    [
        ("seoul", Exit.REFUSED, "stopped at seoul, which failed: tokyo was not touched"),
        ("tokyo", Exit.FAILED, "stopped at tokyo, which failed: seoul has what the files say"),
    ],
)
def test_what_refuses_an_update_on_the_way_says_where_it_stopped(
    cluster: str, code: Exit, line: str, engine: Regional, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def prepared(servers: dict[str, Any], *_: Any) -> list[Any]:
        if cluster in servers:
            raise Stop(Exit.REFUSED, "refused: no answer")
        return []

    monkeypatch.setattr(updating, "prepared", prepared)
    assert main(UP) == code, "a refusal is before any change"
    told = capsys.readouterr().err
    assert "refused: no answer" in told
    assert line in told


@pytest.mark.usefixtures("root")
def test_a_system_of_the_primary_cluster_alone_has_one_update(engine: Regional) -> None:
    kind = "naru:system:System"
    other = {"urn": f"urn:pulumi:test::naru::{kind}::tokyo/shop", "type": kind}
    engine.state = {"deployment": {"resources": [other]}}
    assert main([*UP, "ledger"]) == Exit.OK
    assert engine.clusters == [()]


def test_files_for_argo_cd_are_written_in_one_update_of_all_clusters(root: Path, engine: Regional) -> None:
    stack = root / "Pulumi.test.yaml"
    stack.write_text(
        stack.read_text(encoding="utf-8").replace("delivery: direct", "delivery: gitops"), encoding="utf-8"
    )
    assert main(UP) == Exit.OK
    assert engine.clusters == [()]


@pytest.fixture
def removed(engine: Regional) -> set[str]:
    """Have something on a cluster that the file names no more; return the patterns that keep it."""
    kind = "naru:system:System"
    gone = {"urn": f"urn:pulumi:test::naru::{kind}::osaka/shop", "type": kind}
    engine.state = {"deployment": {"resources": [gone]}}
    return set(beside(["osaka"], ()))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", ["shop", "ledger"], ids=["of two clusters", "of the primary one alone"])
def test_an_update_of_one_system_deletes_nothing_of_a_removed_cluster(
    name: str, engine: Regional, removed: set[str]
) -> None:
    assert main([*UP, name]) == Exit.OK
    assert engine.clusters == ([("seoul",), ("tokyo",)] if name == "shop" else [()])
    for _, request in engine.requests:
        assert removed <= set(request.exclude)


@pytest.mark.parametrize("at_once", [False, True], ids=["region by region", "a rollback"])
def test_an_update_of_one_service_deletes_nothing_of_a_removed_cluster(
    at_once: bool, root: Path, engine: Regional, removed: set[str]
) -> None:
    update_service(root, "test", "shop", "web", at_once=at_once)
    assert engine.clusters == ([()] if at_once else [("seoul",), ("tokyo",)])
    for _, request in engine.requests:
        assert removed <= set(request.exclude)


@pytest.mark.usefixtures("root")
def test_a_preview_of_everything_shows_what_of_a_removed_cluster_is_deleted(
    engine: Regional, removed: set[str]
) -> None:
    for words, excluded in ([], False), (["shop"], True):
        assert main(["preview", "--stack", "test", *words]) == Exit.OK
        assert (removed <= set(engine.requests[-1][1].exclude)) is excluded


@pytest.mark.usefixtures("root", "removed")
def test_what_is_of_no_cluster_any_more_goes_with_the_last_one(engine: Regional) -> None:
    assert main(UP) == Exit.OK
    first, second = (request for _, request in engine.requests)
    assert set(beside(["osaka"], ())) <= set(first.exclude)
    assert not set(beside(["osaka"], ())) & set(second.exclude)


@pytest.mark.usefixtures("root")
def test_a_preview_is_one_of_all_clusters(engine: Regional) -> None:
    assert main(["preview", "--stack", "test"]) == Exit.OK
    [(operation, request)] = engine.requests
    assert (operation, list(request.clusters), list(request.exclude)) == ("preview", [], [])


@pytest.mark.usefixtures("engine")
def test_an_update_of_one_service_goes_from_cluster_to_cluster_and_a_rollback_to_all_at_once(
    root: Path, engine: Regional, capsys: Capture
) -> None:
    engine.failing["seoul"] = EngineError("update failed")
    update_service(root, "test", "shop", "web")
    assert engine.clusters == [("seoul",)]
    assert "stopped at seoul, which failed: tokyo was not touched" in capsys.readouterr().err
    engine.requests.clear()
    update_service(root, "test", "shop", "web", at_once=True)
    assert engine.clusters == [()]


@pytest.mark.usefixtures("root")
def test_an_update_goes_on_once_the_rollouts_of_a_cluster_are_through_and_not_where_one_waits_for_somebody(
    engine: Regional, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    waits = (state(rollout("step 1 of 2", "for somebody"), cluster="seoul"),)
    monkeypatch.setattr(region_by_region, "settled", lambda *_: waits)
    assert main(UP) == Exit.FAILED
    assert engine.clusters == [("seoul",)]
    told = capsys.readouterr().err
    assert "stopped at seoul, which waits for a decision: tokyo was not touched" in told
    assert "`naru rollout promote shop/web --stack test` goes on" in told
    engine.requests.clear()
    monkeypatch.setattr(region_by_region, "settled", lambda *_: (state(rollout()),))
    assert main(UP) == Exit.OK
    assert engine.clusters == [("seoul",), ("tokyo",)]


def rollout(under_way: str = "", paused: Any = "", reason: str = "") -> WorkloadState:
    return WorkloadState("web", "shop", "Rollout", 2, 2, reason=reason, under_way=under_way, paused=paused)


def state(*workloads: WorkloadState, cluster: str = "seoul") -> SystemState:
    return SystemState(cluster, "shop", workloads)


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def through(*looks: WorkloadState) -> tuple[WorkloadState, Clock]:
    """Wait for a Rollout that looks so, one after the other, and then as at last."""
    clock = Clock()

    def seen() -> Iterator[list[SystemState]]:
        for one in looks[1:]:
            yield [state(one)]
        while True:
            yield [state(looks[-1])]

    following = seen()
    found = settled(lambda: next(following), (state(looks[0]),), "seoul", clock=clock, pause=clock.sleep)
    return found[0].workloads[0], clock


def test_rollouts_are_waited_for_through_their_pauses() -> None:
    found, clock = through(rollout("step 1", "for a time"), *[rollout("step 2", "for a time")] * 2000, rollout())
    assert found == rollout()
    assert clock.now > region_by_region.PATIENCE


@pytest.mark.parametrize(
    "last", [rollout("step 2", "for somebody"), rollout(reason="RolloutAborted")], ids=["somebody decides", "aborted"]
)
def test_nobody_waits_for_what_only_somebody_can_decide_or_what_failed(last: WorkloadState) -> None:
    found, clock = through(rollout("step 1"), last)
    assert found == last
    assert clock.now < 10


def test_a_rollout_that_does_not_move_is_given_up(capsys: Capture) -> None:
    found, clock = through(rollout("step 1"))
    assert found == rollout("step 1")
    assert region_by_region.PATIENCE < clock.now < region_by_region.PATIENCE + 10
    assert "seoul: nothing has moved for 1800 s: web: step 1" in capsys.readouterr().err


def test_waiting_says_now_and_then_what_for(capsys: Capture) -> None:
    through(*[rollout("step 1", "for a time")] * 10, rollout())
    assert capsys.readouterr().err.splitlines() == ["seoul: waiting for its rollouts: web: step 1"]


@pytest.mark.usefixtures("root")
def test_a_cluster_that_goes_away_while_its_rollouts_are_waited_for_is_not_verified(
    engine: Regional, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def gone(*_: Any) -> tuple[SystemState, ...]:
        message = "it does not answer"
        raise UnreachableError(message)

    monkeypatch.setattr(region_by_region, "settled", gone)
    assert main(UP) == Exit.FAILED
    assert engine.clusters == [("seoul",)]
    assert "how the systems are is not known" in capsys.readouterr().err


@pytest.fixture
def down(root: Path, servers: dict[str, FakeServer], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Have Tokyo drained and down; return the regions that are, for a test to have others."""
    found = {"there"}

    def connect(cluster: Cluster, _: Path) -> FakeServer:
        if cluster.region in found:
            message = f"{cluster.region} does not answer"
            raise UnreachableError(message)
        return servers[cluster.region]

    monkeypatch.setattr(session, "connect", connect)
    drain(root, "tokyo")
    return found


def drain(root: Path, cluster: str) -> None:
    stack = root / "Pulumi.test.yaml"
    text = stack.read_text(encoding="utf-8")
    stack.write_text(text.replace(f"{cluster}: {{context", f"{cluster}: {{drained: true, context"), encoding="utf-8")


def undrain(root: Path) -> None:
    stack = root / "Pulumi.test.yaml"
    stack.write_text(stack.read_text(encoding="utf-8").replace("drained: true, ", ""), encoding="utf-8")


def warnings(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("warning: tokyo")]


TOKYO = set(beside(["tokyo"], ()))


@pytest.mark.usefixtures("down")
@pytest.mark.parametrize("words", [[], ["shop"]], ids=["everything", "one system"])
def test_a_drained_cluster_that_does_not_answer_is_in_no_update(
    words: list[str], engine: Regional, capsys: Capture
) -> None:
    kind = "naru:system:System"
    there = {"urn": f"urn:pulumi:test::naru::{kind}::tokyo/shop", "type": kind}
    engine.state = {"deployment": {"resources": [there]}}
    assert main([*UP, *words, "--json"]) == Exit.OK
    [(operation, request)] = engine.requests
    assert (operation, request.clusters) == ("up", ("seoul",))
    assert set(request.exclude) >= TOKYO, "what the state has of it stays"
    told = capsys.readouterr()
    assert {one["cluster"]: one["result"] for one in json.loads(told.out)["regions"]} == {
        "seoul": "verified",
        "tokyo": "left out",
    }
    assert {one["cluster"] for one in json.loads(told.out)["systems"]} == {"seoul"}
    [warning] = warnings(told.err)
    assert "there does not answer; when it answers, `naru up --stack test` brings it up" in warning


@pytest.mark.usefixtures("down")
def test_a_preview_goes_without_it_as_well(engine: Regional, capsys: Capture) -> None:
    assert main(["preview", "--stack", "test"]) == Exit.OK
    [(operation, request)] = engine.requests
    assert (operation, request.clusters) == ("preview", ("seoul",))
    assert set(request.exclude) >= TOKYO
    assert len(warnings(capsys.readouterr().err)) == 1


@pytest.mark.usefixtures("down")
def test_a_failure_beside_a_cluster_that_was_left_out_is_one(engine: Regional, capsys: Capture) -> None:
    engine.failing["seoul"] = EngineError("update failed")
    assert main([*UP, "--json"]) == Exit.FAILED
    told = capsys.readouterr()
    assert "stopped at seoul, which failed: tokyo was left out" in told.err
    assert [one["result"] for one in json.loads(told.out)["regions"]] == ["failed", "left out"]


def test_the_others_have_their_turns_without_it(
    root: Path, engine: Regional, servers: dict[str, FakeServer], down: set[str], capsys: Capture
) -> None:
    servers["beyond"] = FakeServer()
    stack = root / "Pulumi.test.yaml"
    more = "      osaka: {context: nowhere, region: beyond, kubeconfig: kubeconfig}\n"
    stack.write_text(stack.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert main([*UP, "--json"]) == Exit.OK
    assert engine.clusters == [("seoul",), ("osaka",)]
    assert all(set(request.exclude) >= TOKYO for _, request in engine.requests)
    assert regions(capsys) == {"seoul": "verified", "osaka": "verified", "tokyo": "left out"}
    engine.requests.clear()
    update_service(root, "test", "shop", "web", at_once=True, told=False)
    [(_, request)] = engine.requests
    assert request.clusters == ("seoul", "osaka"), "a rollback is one update of all that answer"
    assert set(request.exclude) >= TOKYO
    assert warnings(capsys.readouterr().err) == [], "who takes it back has said it before"


def test_a_drained_cluster_that_answers_is_updated(engine: Regional, down: set[str], capsys: Capture) -> None:
    down.clear()
    assert main([*UP, "--json"]) == Exit.OK
    assert engine.clusters == [("seoul",), ("tokyo",)]
    assert regions(capsys) == {"seoul": "verified", "tokyo": "verified"}


@pytest.mark.usefixtures("down")
def test_a_cluster_in_traffic_that_does_not_answer_refuses_the_update(
    root: Path, engine: Regional, capsys: Capture
) -> None:
    undrain(root)
    assert main(UP) == Exit.REFUSED
    assert engine.requests == []
    told = capsys.readouterr().err
    assert "refused: tokyo: there does not answer" in told
    assert "`naru region drain --stack test tokyo`" in told


@pytest.mark.parametrize("drained", [True, False])
def test_a_primary_cluster_that_does_not_answer_refuses_the_update(
    drained: bool, root: Path, engine: Regional, down: set[str], capsys: Capture
) -> None:
    undrain(root)
    down ^= {"here", "there"}
    if drained:
        drain(root, "seoul")
    assert main(UP) == Exit.REFUSED
    assert engine.requests == []
    told = capsys.readouterr().err
    assert "refused: seoul: here does not answer\nseoul is the primary region, drained or not" in told
    assert "region drain" not in told


@pytest.mark.usefixtures("down")
def test_what_deletes_everything_leaves_no_cluster_out(engine: Regional, capsys: Capture) -> None:
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.REFUSED
    assert engine.requests == []
    assert "refused: tokyo: there does not answer" in capsys.readouterr().err
