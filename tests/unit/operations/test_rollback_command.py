"""`naru rollback` from the command to its last line, with a cluster and an engine that do what a test tells them to."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from operations.__main__ import main
from operations.api_server import UnreachableError
from operations.exits import Exit, Stop
from operations.outcome import Outcome
from operations.rollback import applying, run
from operations.rollback.plan import released
from operations.rollback.waiting import wait
from operations.rollout import subject
from operations.rollout.subject import subject_of
from operations.tally import Failure, Tally
from settings.loading import load
from tests.projects import Project
from tests.unit.operations.rollback_builders import Server, deployment, image, replica_set, rollout

Capture = pytest.CaptureFixture[str]

RELEASE = "shop:\n  web: { tag: 1.1.0 } # new\n  api: { tag: 1.0.0 }\nmail:\n  relay: { tag: 1.0.0 }\n"
BACK = RELEASE.replace("1.1.0", "1.0.0")
AT = "/apis/apps/v1/namespaces/shop/deployments/web"
ROLLOUT_AT = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web"
WORDS = ("rollback", "shop/web", "--stack")
MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases: { shop_db: { directory: /shop, urlKey: password } }
"""


class Engine:
    """What updates one service: the workload gets the image that the files say."""

    def __init__(self, server: Server, root: Path) -> None:
        self.server = server
        self.root = root
        self.calls: list[dict[str, Any]] = []
        self.seen: list[str] = []
        self.stop: BaseException | None = None
        self.result = "succeeded"
        self.applies = True

    def __call__(self, root: Path, stack: str, system: str, service: str, **more: Any) -> Outcome:
        self.calls.append({"stack": stack, "service": f"{system}/{service}", **more})
        self.seen.append((root / f"releases/{stack}.yaml").read_text(encoding="utf-8"))
        if self.stop is not None:
            raise self.stop
        if self.applies:
            about = subject_of(load(root, stack).stack, f"{system}/{service}")
            wanted = released(about.places[0], about.service)["web"].image
            self._deploy(wanted)
        failures = () if self.result == "succeeded" else (Failure("main/shop/web:deployment:web", "pods"),)
        return Outcome(self.result, Tally(), failures, 1.0)

    def _deploy(self, wanted: str) -> None:
        path = AT if AT in self.server.objects else ROLLOUT_AT
        found = self.server.objects[path]
        sets = [one for at, one in self.server.objects.items() if "/replicasets/" in at]
        own = next(one for one in sets if one["spec"]["template"]["spec"]["containers"][0]["image"] == wanted)
        containers = own["spec"]["template"]["spec"]["containers"]
        found["metadata"]["generation"] += 1
        if path == ROLLOUT_AT:
            hashed = own["metadata"]["labels"]["rollouts-pod-template-hash"]
            generation = str(found["metadata"]["generation"])
            found["status"] |= {"currentPodHash": hashed, "phase": "Progressing", "observedGeneration": generation}
            return
        found["status"]["observedGeneration"] = found["metadata"]["generation"]
        self.server.merge(path, {"spec": {"template": {"spec": {"containers": containers}}}})
        self.server.patched.clear()
        self.server.objects["slice"] = endpoints(f"{own['metadata']['name']}-abcde")


def endpoints(*pods: str) -> dict[str, Any]:
    ready = [{"targetRef": {"name": pod}, "conditions": {"ready": True}} for pod in pods]
    return {"metadata": {"name": "web-1"}, "endpoints": ready}


class Cluster(Server):
    """A server whose Rollouts take a promotion in full."""

    def items(self, path: str, accept: str = "", **query: str) -> list[dict[str, Any]]:
        if path.endswith("/endpointslices"):
            return [self.objects["slice"]]
        return super().items(path)

    def merge(self, path: str, body: Mapping[str, Any], field_manager: str = "") -> dict[str, Any]:
        if not path.endswith("/status"):
            return super().merge(path, body, field_manager)
        self.patched.append((path, dict(body)))
        status = self.objects[path.removesuffix("/status")]["status"]
        if body["status"].get("promoteFull"):
            status |= {"stableRS": status["currentPodHash"], "phase": "Healthy"}
            hashed = status["currentPodHash"]
            for at, one in self.objects.items():
                if "/replicasets/" in at:
                    mine = one["metadata"]["labels"].get("rollouts-pod-template-hash") == hashed
                    one["spec"]["replicas"] = one["status"]["readyReplicas"] = 2 if mine else 0
            self.objects["slice"] = endpoints(f"web-{hashed}-abcde")
        return {}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    bad, good = replica_set(2, "1.1.0", pods=2, healthy=True), replica_set(1, "1.0.0", healthy=True)
    found = Cluster().add(deployment(bad, good), bad, good)
    found.objects["/api/v1/namespaces/shop/configmaps/web-11111111"] = {"data": {}}
    found.objects["slice"] = endpoints("web-h2-abcde")
    monkeypatch.setattr(run, "connected", lambda *_: {"main": found})
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    made.write("releases/dev.yaml", RELEASE)
    made.write("releases/prod.yaml", RELEASE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    monkeypatch.delenv("DRY_RUN", raising=False)
    return made


@pytest.fixture
def engine(project: Project, server: Server, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(server, project.root)
    monkeypatch.setattr(applying, "update_service", made)

    def impatient(title: str, look: Callable[[], str], **_: Any) -> str:
        return wait(title, look, patience=0)

    monkeypatch.setattr(applying, "wait", impatient)
    return made


def release(project: Project, stack: str = "dev") -> str:
    return (project.root / f"releases/{stack}.yaml").read_text(encoding="utf-8")


def test_it_writes_applies_and_verifies(project: Project, engine: Engine, server: Server, capsys: Capture) -> None:
    assert main([*WORDS, "dev"]) == Exit.OK
    assert release(project) == BACK
    assert engine.seen == [BACK]  # before it is applied, or the next update would undo it
    asked = {"accept_older_code": False, "told": False, "at_once": True}
    assert engine.calls == [{"stack": "dev", "service": "shop/web", **asked}]
    said = capsys.readouterr().err
    assert "main: from revision 2 to revision 1 of web, healthy since 2026-01-01T00:02:00Z" in said
    assert f"image of web: {image('1.1.0')} → {image('1.0.0')}" in said
    assert "releases/dev.yaml: - web: { tag: 1.1.0 } # new" in said
    assert "configuration: as 1.0.0 had it" in said
    assert said.splitlines()[-1].startswith("rolled back and verified: shop/web on dev: 1.1.0 → 1.0.0 (")
    assert server.objects[AT]["metadata"]["annotations"] == {
        "naru/rolled-back-from": "h2",
        "naru/rolled-back-to": "h1",
    }


def test_a_second_run_says_that_there_is_nothing_to_do(project: Project, engine: Engine, capsys: Capture) -> None:
    assert main([*WORDS, "dev"]) == Exit.OK
    capsys.readouterr()
    assert main([*WORDS, "dev"]) == Exit.OK
    assert "nothing to do: shop/web on dev is already at 1.0.0, healthy since" in capsys.readouterr().err
    assert len(engine.calls) == 1
    assert main([*WORDS, "dev", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["result"] == "unchanged"


def test_a_script_gets_json_on_stdout_and_nothing_else(project: Project, engine: Engine, capsys: Capture) -> None:
    assert main([*WORDS, "dev", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["from"], found["to"], found["result"], found["reason"]) == ("1.1.0", "1.0.0", "verified", "")
    assert found["clusters"]["main"]["revision"] == 1
    assert found["release"]["lines"] == ["- web: { tag: 1.1.0 } # new", "+ web: { tag: 1.0.0 } # new"]


@pytest.fixture
def seated(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that has somebody at a terminal answer."""

    def sit_down(answer: str) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(typer, "prompt", lambda *_, **__: answer)

    return sit_down


@pytest.mark.parametrize(("answer", "text"), [("prod", BACK), ("yes", RELEASE)])
def test_production_is_confirmed_by_its_name(
    project: Project, engine: Engine, seated: Callable[[str], None], answer: str, text: str
) -> None:
    seated(answer)
    assert main([*WORDS, "prod"]) == Exit.OK
    assert release(project, "prod") == text
    assert bool(engine.calls) == (text == BACK)


def test_production_with_nobody_to_ask_needs_yes(project: Project, engine: Engine) -> None:
    assert main([*WORDS, "prod"]) == Exit.USAGE
    assert release(project, "prod") == RELEASE
    assert main([*WORDS, "prod", "--yes"]) == Exit.OK
    assert release(project, "prod") == BACK


def test_a_dry_run_shows_and_changes_nothing(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("DRY_RUN", "true")
    assert main([*WORDS, "prod", "--json"]) == Exit.OK
    captured = capsys.readouterr()
    assert "1.1.0 → 1.0.0" in captured.err
    assert json.loads(captured.out)["result"] == "unchanged"
    assert release(project, "prod") == RELEASE
    assert not engine.calls


def test_a_refused_update_puts_the_release_back(project: Project, engine: Engine, capsys: Capture) -> None:
    engine.stop = Stop(Exit.REFUSED, "refused: main: another cluster")
    assert main([*WORDS, "dev"]) == Exit.REFUSED
    assert engine.seen == [BACK]
    assert release(project) == RELEASE
    assert "releases/dev.yaml is as it was" in capsys.readouterr().err


def test_a_hand_over_that_failed_half_way_leaves_the_release(project: Project, engine: Engine, server: Server) -> None:
    def half_way(*_: Any, **__: Any) -> Outcome:
        server.objects[AT]["metadata"]["generation"] += 1
        raise Stop(Exit.FAILED, "failed: main: the new workload did not become ready")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "update_service", half_way)
        assert main([*WORDS, "dev"]) == Exit.FAILED
    assert release(project) == BACK


def test_a_release_that_changed_while_somebody_was_asked_is_left_alone(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    file, edited = project.root / "releases" / "dev.yaml", RELEASE + "# a colleague was here\n"

    def agreed(*_: Any, **__: Any) -> bool:
        file.write_text(edited, encoding="utf-8")
        return True

    monkeypatch.setattr(run, "agreed", agreed)
    assert main([*WORDS, "dev"]) == Exit.REFUSED
    assert release(project) == edited
    assert not engine.calls
    assert "releases/dev.yaml was changed while this was asked" in capsys.readouterr().err


def test_an_interrupted_update_that_changed_nothing_puts_it_back_too(project: Project, engine: Engine) -> None:
    engine.stop = KeyboardInterrupt()
    assert main([*WORDS, "dev"]) == Exit.INTERRUPTED
    assert release(project) == RELEASE


@pytest.mark.parametrize(("applies", "text"), [(False, RELEASE), (True, BACK)])
def test_a_failed_update_keeps_the_release_only_where_it_changed_something(
    project: Project, engine: Engine, capsys: Capture, applies: bool, text: str
) -> None:
    engine.result, engine.applies = "failed", applies
    assert main([*WORDS, "dev"]) == Exit.FAILED
    assert release(project) == text
    said = capsys.readouterr().err
    assert ("nothing was applied" in said) != applies
    assert ("applied but not verified" in said) == applies


def test_pods_that_do_not_come_are_told_and_the_release_stays(
    project: Project, engine: Engine, server: Server, capsys: Capture
) -> None:
    server.settles = False
    assert main([*WORDS, "dev", "--json"]) == Exit.FAILED
    captured = capsys.readouterr()
    assert "applied but not verified: shop/web on dev: 1.1.0 → 1.0.0: web still has 1.1.0" in captured.err
    assert "`naru rollout status shop/web --stack dev`" in captured.err
    assert json.loads(captured.out)["result"] == "unverified"
    assert release(project) == BACK


def test_who_does_not_wait_for_the_end_is_told_how_to_look(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def leave(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(applying, "wait", leave)
    assert main([*WORDS, "dev", "--json"]) == Exit.INTERRUPTED
    captured = capsys.readouterr()
    assert "`naru rollout status shop/web --stack dev`" in captured.err
    assert json.loads(captured.out)["result"] == "interrupted"
    assert release(project) == BACK


def with_health_page(project: Project) -> None:
    project.change(
        "catalog/shop.yaml",
        "namespaces:\n  main: { name: shop }",
        "operations: { healthUrl: http://shop.example.com/health }\nnamespaces:\n  main: { name: shop }",
    )


@pytest.mark.parametrize(("said", "code"), [("it answers 503", Exit.FAILED), ("", Exit.OK)])
def test_the_health_page_is_asked_at_the_end(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture, said: str, code: Exit
) -> None:
    with_health_page(project)
    asked: list[str] = []

    def unanswered(url: str) -> str:
        asked.append(url)
        return said

    monkeypatch.setattr(applying, "unanswered", unanswered)
    assert main([*WORDS, "dev"]) == code
    assert asked == ["http://shop.example.com/health"]
    assert (": it answers 503 (" in capsys.readouterr().err) == bool(said)
    assert main([*WORDS, "prod", "--yes", "--no-health-check"]) == Exit.OK
    assert len(asked) == 1


def test_the_embedded_plane_has_no_page_to_ask(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with_health_page(project)
    project.change("Pulumi.dev.yaml", "tier: development", "tier: local")
    monkeypatch.setattr(applying, "unanswered", pytest.fail)
    assert main([*WORDS, "dev"]) == Exit.OK
    assert "http://shop.example.com/health was not asked" in capsys.readouterr().err


def test_slack_is_told_how_it_ended_and_its_failure_is_a_warning(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    told: list[str] = []

    def tell(text: str) -> str:
        told.append(text)
        return "it answers 500"

    monkeypatch.setattr(run, "tell_slack", tell)
    assert main([*WORDS, "dev"]) == Exit.OK
    assert told[0].startswith("🔄 rolled back and verified: shop/web on dev: 1.1.0 → 1.0.0")
    assert "warning: Slack was not told: it answers 500" in capsys.readouterr().err


def test_argo_cd_applies_what_is_written(project: Project, engine: Engine, capsys: Capture) -> None:
    project.change("Pulumi.prod.yaml", "    tier: production\n", "    tier: production\n    delivery: gitops\n")
    assert main([*WORDS, "prod", "--yes", "--json"]) == Exit.OK
    captured = capsys.readouterr()
    assert release(project, "prod") == BACK
    assert "for whoever applies them" in captured.err
    assert json.loads(captured.out)["result"] == "written"
    assert not engine.calls


def test_no_way_back_is_refused_with_what_there_is(project: Project, engine: Engine, capsys: Capture) -> None:
    assert main([*WORDS, "dev", "--to", "7.0.0"]) == Exit.REFUSED
    said = capsys.readouterr().err
    assert "refused: shop/web: it has no version 7.0.0; it has 1.1.0 (revision 2, healthy), 1.0.0" in said
    assert "`naru rollout history shop/web --stack dev`" in said
    assert release(project) == RELEASE


def test_an_image_of_another_repository_is_refused(project: Project, engine: Engine, capsys: Capture) -> None:
    project.change("catalog/shop.yaml", "repository: shop/web", "repository: shop/site")
    assert main([*WORDS, "dev"]) == Exit.REFUSED
    assert "the catalog names another repository by now" in capsys.readouterr().err


class Opened:
    """A session whose state knows one schema."""

    def __init__(self, version: str) -> None:
        self.engine = self
        self._version = version

    def deployed(self) -> "Opened":
        return self

    def schemas(self) -> dict[tuple[str, str, str], str]:
        return {("shop", "web", "shop_db"): self._version, ("shop", "api", "other"): "99"}


def test_a_version_older_than_the_schema_is_refused_unless_accepted(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    project.change("catalog/shop.yaml", "    exposure: { public: { hosts: [shop] } }\n", MIGRATION)
    monkeypatch.setattr(run, "open_session", lambda *_: Opened("8"))
    assert main([*WORDS, "dev"]) == Exit.REFUSED
    assert (
        "refused: releases/dev.yaml:2: shop.web.tag: the release says no more which version" in capsys.readouterr().err
    )
    assert release(project) == RELEASE
    assert main([*WORDS, "dev", "--accept-older-code"]) == Exit.OK
    assert engine.calls[-1]["accept_older_code"]


@pytest.mark.parametrize(("reached", "code"), [("7", Exit.OK), ("8", Exit.REFUSED)])
def test_the_schema_that_a_version_needed_is_found_in_the_history(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, reached: str, code: Exit
) -> None:
    project.change("catalog/shop.yaml", "    exposure: { public: { hosts: [shop] } }\n", MIGRATION)
    monkeypatch.setattr(run, "open_session", lambda *_: Opened(reached))
    monkeypatch.setattr(
        run,
        "known_from_git",
        lambda *_: lambda _target, version: version.model_copy(update={"needs_schema": {"shop_db": "7"}}),
    )
    assert main([*WORDS, "dev"]) == code
    assert ("needsSchema: { shop_db: 7 }" in release(project)) == (code is Exit.OK)


CANARY = "    replicas: 2\n    strategy: { type: canary, steps: [{ weight: 50, pause: 10m }] }\n"


@pytest.mark.parametrize("stable", [0, 1], ids=["complete", "in progress"])
def test_a_rollout_goes_past_its_steps(
    project: Project, engine: Engine, server: Server, capsys: Capture, stable: int
) -> None:
    project.change("catalog/shop.yaml", "    dependsOn: [api]\n", f"    dependsOn: [api]\n{CANARY}")
    sets = [replica_set(n, t, kind="Rollout", healthy=True, pods=2) for n, t in ((2, "1.1.0"), (1, "1.0.0"))]
    server.objects = {at: one for at, one in server.objects.items() if "/apps/" not in at}
    server.add(rollout(*sets, stable=sets[stable], phase="Paused"), *sets, kind="Rollout")
    if stable:  # the controller sees that it is back at the stable version by itself
        server.objects["slice"] = endpoints("web-h1-abcde")
        engine._deploy = lambda wanted: server.objects[ROLLOUT_AT]["status"].update(  # type: ignore[method-assign]
            {"currentPodHash": "h1", "phase": "Healthy"}
        )
    assert main([*WORDS, "dev"]) == Exit.OK
    promoted = [body for path, body in server.patched if path == f"{ROLLOUT_AT}/status"]
    assert promoted == ([] if stable else [{"status": {"promoteFull": True}}])
    assert "rolled back and verified" in capsys.readouterr().err


def test_what_has_not_begun_to_go_back_is_not_taken_for_where_it_went_back_to(
    project: Project, engine: Engine, server: Server
) -> None:
    engine.applies = False
    assert main([*WORDS, "dev"]) == Exit.FAILED
    assert release(project) == BACK
    assert "naru/rolled-back-to" not in server.objects[AT]["metadata"].get("annotations", {})


def test_a_rollout_whose_controller_lost_the_change_is_touched_until_it_is_seen(
    project: Project, engine: Engine, server: Server
) -> None:
    project.change("catalog/shop.yaml", "    dependsOn: [api]\n", f"    dependsOn: [api]\n{CANARY}")
    sets = [replica_set(n, t, kind="Rollout", healthy=True, pods=2) for n, t in ((2, "1.1.0"), (1, "1.0.0"))]
    server.objects = {at: one for at, one in server.objects.items() if "/apps/" not in at}
    server.add(rollout(*sets, stable=sets[1], phase="Paused"), *sets, kind="Rollout")

    def unseen(_: str) -> None:
        server.objects[ROLLOUT_AT]["metadata"]["generation"] += 1

    engine._deploy = unseen  # type: ignore[method-assign, assignment]
    assert main([*WORDS, "dev"]) == Exit.FAILED
    touched = [body for path, body in server.patched if path == ROLLOUT_AT]
    assert [list(body["metadata"]["annotations"]) for body in touched] == [["naru/told"]]


@pytest.fixture
def far(project: Project, engine: Engine, server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """Have the shop in a second region too, which is drained and has this problem."""
    problems: dict[str, Exception] = {"far": UnreachableError("https://10.0.0.2 does not answer")}
    one = "      main: { context: dev, region: seoul }\n"
    data = "dataDomain: data.example.com, dataCidr: 10.64.0.0/16"
    more = f"      far: {{ context: far, region: tokyo, drained: true, {data} }}\n"
    two = one.replace(" }", ", primary: true }") + more
    project.change("Pulumi.dev.yaml", one, two)
    project.change("catalog/shop.yaml", "description: Shop\n", "description: Shop\nclusters: all\n")

    def connect_each(clusters: Mapping[str, object], _: Path) -> tuple[dict[str, Server], dict[str, Exception]]:
        found = {name: problem for name, problem in problems.items() if name in clusters}
        return {name: server for name in clusters if name not in found}, found

    monkeypatch.setattr(subject, "connect_each", connect_each)
    monkeypatch.setattr(run, "connected", subject.connected)
    return problems


def test_a_drained_region_that_does_not_answer_is_left_out(
    far: dict[str, Exception], project: Project, engine: Engine, capsys: Capture
) -> None:
    assert main([*WORDS, "dev", "--json"]) == Exit.OK
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["result"], list(found["clusters"]), found["leftOut"]) == ("verified", ["main"], ["far"])
    assert captured.err.splitlines()[0] == (
        f"warning: far is left out: it is drained, and {far['far']}; when it answers, `naru up --stack dev` brings it "
        "up, and only then `naru region restore --stack dev far` puts it back"
    )
    assert captured.err.count("warning: ") == 1
    assert release(project) == BACK


def test_where_no_region_is_left_out_none_is_told(
    far: dict[str, Exception], project: Project, engine: Engine, capsys: Capture
) -> None:
    far.clear()
    assert main([*WORDS, "dev", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert (list(found["clusters"]), found["leftOut"]) == (["main", "far"], [])


def test_history_of_a_region_that_is_left_out_decides_nothing(
    far: dict[str, Exception], project: Project, engine: Engine, capsys: Capture
) -> None:
    assert main([*WORDS, "dev", "--cluster", "far"]) == Exit.REFUSED
    assert "refused: far: it is left out, and its history cannot be asked" in capsys.readouterr().err
    assert (release(project), engine.calls) == (RELEASE, [])


def test_a_region_in_traffic_that_does_not_answer_refuses_it(
    far: dict[str, Exception], project: Project, engine: Engine, capsys: Capture
) -> None:
    project.change("Pulumi.dev.yaml", ", drained: true", "")
    assert main([*WORDS, "dev"]) == Exit.REFUSED
    said = capsys.readouterr().err
    assert said.splitlines()[0] == f"refused: far: {far['far']}"
    assert "`naru region drain --stack dev far`" in said
    assert (release(project), engine.calls) == (RELEASE, [])
