"""The commands that change clusters: what they ask, refuse, tell, and end with."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from manifests.migration import job_references
from manifests.placed import Place
from operations import primary_moved, session, updating
from operations.__main__ import main
from operations.api_server import ApiError, ContextError, UnreachableError
from operations.automation import EngineError
from operations.engine_command import InterruptedUpdateError
from operations.exits import Exit
from settings.environment import Cluster
from settings.loading import load
from tests.unit.operations.events import begun, failed, finished, said, urn
from tests.unit.operations.fake_stack import FakeEngine, FakeServer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that has somebody at a terminal answer every question."""

    def sit_down(answer: str) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(typer, "confirm", lambda *_, **__: answer == "y")
        monkeypatch.setattr(typer, "prompt", lambda *_, **__: answer)

    return sit_down


Project = Callable[..., Path]
Answers = Callable[[str], None]
Capture = pytest.CaptureFixture[str]
UP = ["up", "--stack", "test"]


def test_an_update_that_changes_nothing_says_so(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.events = [begun("main/shop/web:deployment:web", "same"), finished("main/shop/web:deployment:web", "same")]
    assert main([*UP, "--yes"]) == Exit.OK
    captured = capsys.readouterr()
    assert "no change" in captured.err
    assert "web" in captured.out
    assert engine.operations == ["up"]
    assert server.deleted == []


def test_an_update_tells_its_result_as_json(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.events = [begun("a"), finished("a")]
    assert main([*UP, "--yes", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["result"], found["changes"], found["failures"]) == ("succeeded", {"create": 1}, [])
    [system] = found["systems"]
    assert (system["system"], system["ready"]) == ("shop", True)
    assert server.deleted == []


def test_a_failed_update_names_what_failed_and_still_shows_how_all_is(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    name = "main/shop/web:deployment:web"
    engine.events = [begun(name), said("pod web-1: ImagePullBackOff", "error", about=urn(name)), failed(name)]
    engine.failure = EngineError("update failed")
    server.ready = 0
    assert main([*UP, "--yes"]) == Exit.FAILED
    captured = capsys.readouterr()
    assert f"failed: {name}: pod web-1: ImagePullBackOff" in captured.err
    assert "0/2" in captured.out


def test_after_a_failed_update_nothing_is_collected(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    server.config_maps = [old_config_map()]
    engine.failure = EngineError("boom")
    assert main([*UP, "--yes"]) == Exit.FAILED
    assert "failed: stack: boom" in capsys.readouterr().err
    assert server.deleted == []


def old_config_map() -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": "shop"}
    return {"metadata": {"name": "old", "namespace": "shop", "uid": "c", "labels": labels}, "immutable": True}


def test_after_an_update_old_config_maps_are_collected(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    server.config_maps = [old_config_map()]
    assert main([*UP, "--yes"]) == Exit.OK
    assert server.deleted == ["/api/v1/namespaces/shop/configmaps/old c"]
    assert "1 old ConfigMaps" in capsys.readouterr().err
    assert engine.operations == ["up"]


def test_what_is_not_ready_after_an_update_is_a_failure(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    server.ready = 1
    assert main([*UP, "--yes"]) == Exit.FAILED
    assert "not ready: main/shop" in capsys.readouterr().err
    assert engine.operations == ["up"]


def test_a_cluster_that_goes_away_after_the_update_is_told(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    server.unreachable_after = 1
    assert main([*UP, "--yes"]) == Exit.OK
    assert "how the systems are is not known" in capsys.readouterr().err
    assert engine.operations == ["up"]


@pytest.mark.parametrize("command", ["up", "preview"])
def test_primary_region_that_moves_is_refused_before_the_engine_starts(
    command: str,
    project: Project,
    engine: FakeEngine,
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    project()
    monkeypatch.setattr(primary_moved, "moved", lambda *_: ("global/shop/aws/bucket/files",))
    assert main([command, "--stack", "test", *(["--yes"] if command == "up" else [])]) == Exit.REFUSED
    assert "would make global/shop/aws/bucket/files anew, empty" in capsys.readouterr().err
    assert engine.operations == []


FAILED = "main/shop/web:deployment:web"


@pytest.mark.parametrize(("words", "back"), [([], True), (["--no-rollback"], False)], ids=["by itself", "not"])
def test_service_whose_new_version_fails_goes_back_unless_told_otherwise(
    words: list[str],
    back: bool,
    project: Project,
    engine: FakeEngine,
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    project()
    told = "rolled back: shop/web on main: to revision 1"
    monkeypatch.setattr(updating, "roll_back", lambda _session, found: [told] if found else [])
    engine.events = [begun(FAILED), said("pod web-1: ImagePullBackOff", "error", about=urn(FAILED)), failed(FAILED)]
    engine.failure = EngineError("update failed")
    assert main([*UP, "--yes", *words]) == Exit.FAILED
    lines = capsys.readouterr().err.splitlines()
    assert (told in lines) is back
    assert any(line.startswith(f"failed: {FAILED}") for line in lines)


def a_rollout_in_the_state() -> dict[str, Any]:
    name = "main/shop/web:rollout:web"
    kind = "argoproj.io/v1alpha1:Rollout"
    inputs = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"strategy": {"blueGreen": {}}, "template": {"metadata": {"labels": {}}}},
    }
    return {"deployment": {"resources": [{"urn": urn(name, kind), "type": f"kubernetes:{kind}", "inputs": inputs}]}}


ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web"


def test_strategy_that_changes_in_the_middle_of_a_rollout_is_refused_before_the_engine_starts(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.state = a_rollout_in_the_state()
    server.objects[ROLLOUT] = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"strategy": {"blueGreen": {}}},
        "status": {"stableRS": "1", "currentPodHash": "2"},
    }
    assert main([*UP, "--yes"]) == Exit.REFUSED
    assert "naru rollout promote shop/web --stack test" in capsys.readouterr().err
    assert engine.operations == []


def test_new_workload_is_updated_alone_before_the_rest(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.state = a_rollout_in_the_state()
    server.objects[ROLLOUT] = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 1},
        "spec": {"strategy": {"blueGreen": {}}},
        "status": {"stableRS": "1", "currentPodHash": "1", "observedGeneration": "1"},
    }
    server.objects["/apis/apps/v1/namespaces/shop/deployments/web"] = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 1},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2},
    }
    assert main([*UP, "--yes"]) == Exit.OK
    assert engine.operations == ["up", "up"]
    assert [request.serial for _, request in engine.requests] == [True, False]
    assert [list(request.systems) for _, request in engine.requests] == [["shop"], []]
    first, second = (set(request.exclude) for _, request in engine.requests)
    assert {"**::main/shop/web:rollout:web", "**::main/shop/web:service:web"} <= first
    assert "**::main/shop/web:deployment:web" not in first
    assert second == set()
    assert "handing over main/shop/web: Rollout web → Deployment web" in capsys.readouterr().err


@pytest.mark.parametrize(("left", "serial"), [(["main/mail/x:service:x"], True), ([], False)], ids=["some", "none"])
def test_update_of_one_system_is_careful_where_another_has_what_is_declared_no_more(
    left: list[str], serial: bool, project: Project, engine: FakeEngine, server: FakeServer
) -> None:
    folder = project()
    catalog = (folder / "catalog" / "shop.yaml").read_text(encoding="utf-8")
    (folder / "catalog" / "mail.yaml").write_text(catalog.replace("shop: {}", "mail: {}"), encoding="utf-8")
    release = 'shop:\n  web: {tag: "1"}\nmail:\n  web: {tag: "1"}\n'
    (folder / "releases" / "test.yaml").write_text(release, encoding="utf-8")
    kind = "core/v1:Service"
    engine.state = {
        "deployment": {"resources": [{"urn": urn(name, kind), "type": f"kubernetes:{kind}"} for name in left]}
    }
    assert main([*UP, "--yes", "shop"]) == Exit.OK
    assert [request.serial for _, request in engine.requests] == [serial]
    assert [list(request.systems) for _, request in engine.requests] == [["shop"]]


def test_update_that_hands_nothing_over_is_one_update(project: Project, engine: FakeEngine, server: FakeServer) -> None:
    project()
    kind = "apps/v1:Deployment"
    inputs = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"metadata": {"labels": {}}}}}
    engine.state = {
        "deployment": {"resources": [{"urn": urn(FAILED, kind), "type": f"kubernetes:{kind}", "inputs": inputs}]}
    }
    assert main([*UP, "--yes"]) == Exit.OK
    assert engine.operations == ["up"]


def test_an_interrupted_update_says_how_to_go_on(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.failure = InterruptedUpdateError()
    assert main([*UP, "--yes", "--json"]) == Exit.INTERRUPTED
    captured = capsys.readouterr()
    assert "`naru up` continues from here" in captured.err
    assert json.loads(captured.out)["result"] == "interrupted"
    assert server.deleted == []


@pytest.mark.parametrize("error", [ContextError("no context"), UnreachableError("no answer"), ApiError(401, "no")])
@pytest.mark.parametrize("words", [["up"], ["preview"], ["destroy", "--yes"]], ids=lambda words: words[0])
def test_a_cluster_that_cannot_be_used_is_refused_before_the_engine_starts(
    words: list[str],
    error: Exception,
    project: Project,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    project()

    def refuse(_cluster: Cluster, _root: Path) -> None:
        raise error

    monkeypatch.setattr(session, "connect", refuse)
    assert main([*words, "--stack", "test"]) == Exit.REFUSED
    assert capsys.readouterr().err == f"refused: main: {error}\n"
    assert engine.operations == []


def test_a_cluster_that_lacks_a_kind_is_refused_before_the_engine_starts(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    server.without = "Deployment"
    assert main([*UP, "--yes"]) == Exit.REFUSED
    assert "Deployment (apps/v1) is not served" in capsys.readouterr().err
    assert engine.operations == []


def elsewhere() -> dict[str, Any]:
    name = "urn:pulumi:test::naru::naru:system:System$kubernetes:core/v1:Namespace::main/shop:namespace:shop"
    outputs = {"metadata": {"name": "shop", "uid": "of another cluster"}}
    return {"deployment": {"resources": [{"urn": name, "type": "kubernetes:core/v1:Namespace", "outputs": outputs}]}}


@pytest.mark.parametrize("words", [["up", "--yes"], ["preview"], ["destroy", "--yes"]], ids=lambda words: words[0])
def test_another_cluster_than_the_one_deployed_to_is_refused(
    words: list[str], project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.state = elsewhere()
    assert main([*words, "--stack", "test"]) == Exit.REFUSED
    assert "is not the cluster this stack was deployed to" in capsys.readouterr().err
    assert engine.operations == []
    assert server.deleted == []


def test_an_embedded_plane_that_was_made_anew_is_refreshed(
    project: Project, engine: FakeEngine, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("local")
    engine.state = elsewhere()
    monkeypatch.setattr(engine, "own", True)
    assert main([*UP, "--yes"]) == Exit.OK
    assert [request.refresh for _, request in engine.requests] == [True]
    assert server.deleted == []


def test_with_gitops_no_cluster_is_asked(project: Project, engine: FakeEngine, capsys: Capture) -> None:
    project(delivery="gitops")
    assert main([*UP, "--yes"]) == Exit.OK
    assert "rendered/test holds the manifests" in capsys.readouterr().err
    assert engine.operations == ["up"]


def test_without_anybody_to_ask_an_update_needs_yes(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    assert main(UP) == Exit.USAGE
    assert "give --yes" in capsys.readouterr().err
    assert engine.operations == []
    assert server.deleted == []


@pytest.mark.parametrize(
    ("tier", "answer", "operations"),
    [
        ("staging", "y", ["preview", "up"]),
        ("staging", "n", ["preview"]),
        ("production", "test", ["preview", "up"]),
        ("production", "y", ["preview"]),
        ("local", "n", ["up"]),
    ],
)
def test_each_tier_asks_as_much_as_it_matters(
    tier: str,
    answer: str,
    operations: list[str],
    project: Project,
    engine: FakeEngine,
    server: FakeServer,
    answers: Answers,
) -> None:
    project(tier)
    answers(answer)
    assert main(UP) == Exit.OK
    assert engine.operations == operations
    assert server.deleted == []


def test_production_is_warned_about_and_previewed_even_with_yes(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project("production")
    engine.events = [begun("web", "update", planning=True, diffs=["spec.replicas"])]
    assert main([*UP, "--yes"]) == Exit.OK
    captured = capsys.readouterr()
    assert "warning: test is of the tier production, on main (nowhere)" in captured.err
    assert "~ web  [spec.replicas]" in captured.err
    assert engine.operations == ["preview", "up"]
    assert main([*UP, "--yes", "--skip-preview"]) == Exit.OK
    assert engine.operations[2:] == ["up"]
    assert server.deleted == []


def test_a_preview_that_fails_changes_nothing(
    project: Project, engine: FakeEngine, server: FakeServer, answers: Answers, capsys: Capture
) -> None:
    project("production")
    answers("test")
    engine.failure = EngineError("boom")
    assert main(UP) == Exit.FAILED
    assert "nothing was changed" in capsys.readouterr().err
    assert engine.operations == ["preview"]
    assert server.deleted == []


def test_dry_run_is_a_preview(
    project: Project, engine: FakeEngine, server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    project("production")
    monkeypatch.setenv("DRY_RUN", "true")
    assert main([*UP, "--yes"]) == Exit.OK
    assert engine.operations == ["preview"]
    assert "nothing is changed" in capsys.readouterr().err
    monkeypatch.setenv("DRY_RUN", "false")
    assert main([*UP, "--yes", "--skip-preview"]) == Exit.OK
    assert engine.operations == ["preview", "up"]
    assert server.deleted == []


def test_a_preview_lists_what_would_change(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    engine.events = [begun("b", "create", planning=True), begun("a", "update", planning=True, diffs=["spec.x"])]
    assert main(["preview", "--stack", "test"]) == Exit.OK
    assert capsys.readouterr().out.splitlines() == ["~ a  [spec.x]", "+ b", "1 to create, 1 to update"]
    assert main(["preview", "--stack", "test", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["changes"] == {"create": 1, "update": 1}
    assert server.deleted == []


def test_production_is_never_deleted(project: Project, engine: FakeEngine, answers: Answers, capsys: Capture) -> None:
    project("production")
    answers("y")
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.REFUSED
    assert "test is of the tier production" in capsys.readouterr().err
    assert engine.operations == []


@pytest.mark.parametrize(("answer", "operations"), [("y", ["destroy"]), ("n", [])])
def test_deleting_is_asked_for(
    answer: str, operations: list[str], project: Project, engine: FakeEngine, server: FakeServer, answers: Answers
) -> None:
    project()
    answers(answer)
    assert main(["destroy", "--stack", "test"]) == Exit.OK
    assert engine.operations == operations
    assert server.deleted == []


def test_deleting_says_how_many_objects_are_gone(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.OK
    assert capsys.readouterr().out == "there was nothing to delete\n"
    engine.events = [begun("a", "delete"), finished("a", "delete")]
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.OK
    assert capsys.readouterr().out.startswith("1 deleted")
    assert server.deleted == []


def test_deleting_needs_yes_without_anybody_to_ask(project: Project, engine: FakeEngine, server: FakeServer) -> None:
    project("local")
    assert main(["destroy", "--stack", "test"]) == Exit.USAGE
    assert engine.operations == []
    assert server.deleted == []


def test_deleting_a_system_targets_it_and_deleting_all_targets_nothing(
    project: Project, engine: FakeEngine, server: FakeServer
) -> None:
    project()
    assert main(["destroy", "--stack", "test", "--yes", "shop"]) == Exit.OK
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.OK
    [one, everything] = [request.target for _, request in engine.requests]
    assert (list(one), list(everything)) == (["**::main/shop", "**::main/shop:**", "**::main/shop/**"], [])
    assert server.deleted == []


def test_a_stack_with_protected_resources_is_refused_before_anything_is_deleted(
    project: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    project()
    system = {"urn": "urn:pulumi:test::naru::naru:system:System::main/shop", "type": "naru:system:System"}
    data = {"urn": "urn:pulumi:test::naru::k::main/shop/db:statefulset:db", "type": "k", "protect": True}
    engine.state = {"deployment": {"resources": [system, data]}}
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.REFUSED
    assert "1 resources are protected, such as main/shop/db:statefulset:db" in capsys.readouterr().err
    assert engine.requests == []
    assert server.deleted == []


MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases: {shop_db: {directory: /shop}}
secrets:
  db: {source: existing, keys: {DATABASE_URL: {}}}
"""


@pytest.fixture
def migrating(project: Project) -> Project:
    """Return a function that writes a project whose service needs version 5 of a database."""

    def write(*words: str) -> Path:
        root = project(*words)
        with (root / "catalog" / "shop.yaml").open("a", encoding="utf-8") as catalog:
            catalog.write(MIGRATION)
        release = 'shop:\n  web: {tag: "1", needsSchema: {shop_db: 5}}\n'
        (root / "releases" / "test.yaml").write_text(release, encoding="utf-8")
        return root

    return write


def at_version(version: int, system: str = "shop") -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": system, "app.kubernetes.io/component": "web"}
    inputs = {"metadata": {"labels": labels, "annotations": {"naru/schema": f"shop_db={version}"}}}
    kind = "kubernetes:batch/v1:Job"
    job = {"urn": f"urn:pulumi:test::naru::{kind}::main/shop/web-migrate:job:web-migrate", "type": kind}
    return {"deployment": {"resources": [{**job, "inputs": inputs}]}}


def test_code_older_than_the_schema_is_refused_before_the_engine_starts(
    migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    engine.state = at_version(7)
    assert main([*UP, "--yes"]) == Exit.REFUSED
    (told,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("refused: "))
    assert told.startswith("refused: releases/test.yaml:2: shop.web.needsSchema.shop_db: ")
    assert "version 5 of shop_db, which is at 7" in told
    assert engine.operations == []
    assert server.deleted == []


def test_older_code_that_is_accepted_is_deployed_with_a_warning(
    migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    engine.state = at_version(7)
    main([*UP, "--yes", "--accept-older-code"])
    assert "warning: releases/test.yaml:2:" in capsys.readouterr().err
    assert engine.operations == ["up"]
    assert server.deleted == []


@pytest.mark.parametrize(("version", "system"), [(5, "shop"), (3, "shop"), (7, "other")])
def test_schema_that_the_image_knows_stops_nothing(
    version: int, system: str, migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    engine.state = at_version(version, system)
    main([*UP, "--yes"])
    assert "runsOnSchema" not in capsys.readouterr().err
    assert engine.operations == ["up"]
    assert server.deleted == []


def test_system_that_goes_back_stops_no_update_of_another(
    migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    root = migrating()
    catalog = (root / "catalog" / "shop.yaml").read_text(encoding="utf-8")
    (root / "catalog" / "mail.yaml").write_text(catalog.replace("shop: {}", "mail: {}"), encoding="utf-8")
    releases = root / "releases" / "test.yaml"
    text = releases.read_text(encoding="utf-8")
    releases.write_text(text + text.replace("shop:\n", "mail:\n"), encoding="utf-8")
    engine.state = at_version(7, "mail")
    main([*UP, "--yes", "shop"])
    assert engine.operations == ["up"]
    assert main([*UP, "--yes", "mail"]) == Exit.REFUSED
    assert engine.operations == ["up"]
    assert "mail.web.needsSchema.shop_db" in capsys.readouterr().err
    assert server.deleted == []


def test_preview_warns_of_code_older_than_the_schema(
    migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    engine.state = at_version(7)
    assert main(["preview", "--stack", "test"]) == Exit.OK
    assert "warning: releases/test.yaml:2:" in capsys.readouterr().err
    assert server.deleted == []


def test_failed_migration_is_told_once_with_its_reason_and_the_command_to_retry(
    migrating: Project, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    root = migrating()
    loaded = load(root, "test").stack
    (job,) = job_references(Place(loaded, loaded.systems["shop"], "main"), loaded.systems["shop"].services["web"])
    name = job.rpartition("/")[2]
    condition = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}
    metadata = {"name": name, "namespace": "shop"}
    server.jobs = [{"metadata": metadata, "spec": {"selector": {}}, "status": {"conditions": [condition]}}]
    resource = "main/shop/web-migrate:job:web-migrate"
    kind = "batch/v1:Job"
    engine.events = [begun(resource, kind=kind), said("no", "error", about=urn(resource, kind))]
    engine.failure = EngineError("update failed")
    assert main([*UP, "--yes"]) == Exit.FAILED
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("failed: ")] == [
        f"failed: shop/web: migration of shop_db: Job shop/{name}: BackoffLimitExceeded: limit"
    ]
    assert "  run it again: `naru migrate retry --stack test shop/web`; `naru up --stack test` does so too" in lines
    assert server.deleted == []
