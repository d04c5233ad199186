"""`naru sync` on a project that Argo CD delivers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from operations.__main__ import main
from operations.argocd import control, following, syncing
from operations.exits import Exit
from tests.projects import Project
from tests.unit.operations.argocd.fake_argocd import FakeArgoCD, an_application

OLD, NEW = "0" * 40, "1" * 40
MANUAL: dict[str, Any] = {}
AUTOMATED: dict[str, Any] = {"syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}
THERE: dict[str, Any] = {
    "sync": {"status": "Synced", "revision": NEW},
    "health": {"status": "Healthy"},
    "operationState": {"phase": "Succeeded", "syncResult": {"revision": NEW}},
}
BEHIND: dict[str, Any] = {"sync": {"status": "OutOfSync", "revision": NEW}, "health": {"status": "Healthy"}}
Capture = pytest.CaptureFixture[str]


class Kept:
    """What is asked of the upkeep."""

    asked: list[str] = []

    def __init__(self, *_: object) -> None: ...

    def make_room(self, systems: Iterable[str]) -> None:
        self.asked.append(f"room {' '.join(systems)}")

    def mark(self) -> None:
        self.asked.append("mark")

    def collect(self) -> int:
        self.asked.append("collect")
        return 2


class ArgoCD(FakeArgoCD):
    """An Argo CD that compares at once, and does what it is told at once."""

    def __init__(self, *applications: dict[str, Any], fails: str = "") -> None:
        super().__init__(*applications)
        self.fails = fails
        self.after = self.act

    def act(self, fake: FakeArgoCD, name: str) -> None:
        live = fake.live[name]
        live["metadata"]["annotations"].pop("argocd.argoproj.io/refresh", None)
        state = (live.get("status") or {}).get("operationState") or {}
        if state.get("phase") == "Terminating":
            live.pop("operation")
            state["phase"] = "Failed"
        elif live.get("operation") and not state:
            commit = live.pop("operation")["sync"]["revision"]
            live["status"] = {
                **copy.deepcopy(THERE),
                "operationState": {"phase": "Succeeded", "syncResult": {"revision": commit}},
            }
            if self.fails:
                live["status"]["operationState"] = {
                    "phase": "Failed",
                    "message": self.fails,
                    "syncResult": {"revision": commit},
                }

    @property
    def synced(self) -> list[str]:
        return [name for name, body in self.patches if (body.get("operation") or {}).get("sync")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    argocd = "    delivery: gitops\n    argocd: { repository: https://git.example.com/naru.git }\n"
    for stack, tier in (("dev", "development"), ("prod", "production")):
        made.change(f"Pulumi.{stack}.yaml", f"    tier: {tier}\n", f"    tier: {tier}\n{argocd}")
    for module, name in ((control, "_LOOK_EVERY"), (following, "_LOOK_EVERY"), (syncing, "_LOOK_EVERY")):
        monkeypatch.setattr(module, name, 0)
    monkeypatch.setattr(syncing, "Upkeep", Kept)
    monkeypatch.setattr(Kept, "asked", [])
    return made


def runs(project: Project, monkeypatch: pytest.MonkeyPatch, server: FakeArgoCD, *words: str, stack: str = "dev") -> int:
    monkeypatch.setattr(syncing, "argocd_server", lambda *_: server)
    return main(["sync", "--stack", stack, "--root", str(project.root), *words])


def shop(spec: dict[str, Any], state: dict[str, Any], stack: str = "dev", **child: Any) -> list[dict[str, Any]]:
    return [
        an_application(f"{stack}-shop", stack, spec=spec, status=state),
        an_application(
            f"{stack}-main-shop-workloads",
            f"{stack}-shop",
            wave=1,
            **{"target": NEW, "status": THERE, "spec": AUTOMATED, **child},
        ),
    ]


def test_what_waits_for_somebody_is_synced_and_followed(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND))
    assert runs(project, monkeypatch, server, "shop") == Exit.OK
    assert server.synced == ["dev-shop"]
    assert Kept.asked == ["room shop", "mark", "collect"]
    said = capsys.readouterr()
    assert f"dev/shop: sync to {NEW[:12]}" in said.err
    assert "1 of 1 systems are at what is published" in said.out


def test_what_is_there_is_left_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ArgoCD(*shop(MANUAL, THERE))
    assert runs(project, monkeypatch, server, "shop") == Exit.OK
    assert server.synced == []
    assert "room shop" not in Kept.asked


def test_what_waits_for_somebody_goes_on_waiting_where_only_the_automated_are_meant(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND))
    assert runs(project, monkeypatch, server, "shop", "--automated-only") == Exit.OK
    assert server.synced == []
    assert "waits for somebody" in capsys.readouterr().err


def test_sync_that_fails_says_why(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND), fails="not permitted in project")
    assert runs(project, monkeypatch, server, "shop", "--json") == Exit.FAILED
    said = capsys.readouterr()
    assert "not synced: dev/shop: dev-shop: not permitted in project" in said.err
    assert json.loads(said.out)["systems"]["shop"]["state"] == "failed"
    assert "collect" not in Kept.asked


def test_what_is_at_work_for_an_older_commit_is_told_before_it_gives_way(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    at_work = {"operationState": {"phase": "Running", "syncResult": {"revision": OLD}}}
    parts = shop(AUTOMATED, THERE, status={**THERE, **at_work}, operation={"sync": {}})
    server = ArgoCD(*parts)
    runs(project, monkeypatch, server, "shop", "--no-wait")
    assert f"dev-main-shop-workloads gives up its sync of {OLD[:12]}" in capsys.readouterr().err
    assert [name for name, body in server.patches if "status" in body] == ["dev-main-shop-workloads"]


def test_dry_run_ends_and_starts_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRY_RUN", "true")
    at_work = {"operationState": {"phase": "Running", "syncResult": {"revision": OLD}}}
    server = ArgoCD(*shop(MANUAL, BEHIND, status={**THERE, **at_work}, operation={"sync": {}}))
    assert runs(project, monkeypatch, server, "shop") == Exit.OK
    assert {key for _, body in server.patches for key in body} == {"metadata"}, "it was refreshed, and no more"
    assert Kept.asked == []


def test_production_is_asked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND, "prod"))
    assert runs(project, monkeypatch, server, "shop", stack="prod") == Exit.USAGE
    assert server.synced == []
    assert runs(project, monkeypatch, server, "shop", "--yes", stack="prod") == Exit.OK
    assert server.synced == ["prod-shop"]


def test_branch_that_moved_while_somebody_was_asked_is_looked_at_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND))

    def agreed(*_: object, **__: object) -> bool:
        server.live["dev-shop"]["status"]["sync"]["revision"] = "2" * 40
        return True

    monkeypatch.setattr(syncing, "agreed_to", agreed)
    assert runs(project, monkeypatch, server, "shop") == Exit.REFUSED
    assert "somebody published meanwhile" in capsys.readouterr().err
    assert server.synced == []


def test_branch_that_cannot_be_read_is_told_in_its_own_words_and_stops_no_other_system(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    silent = {"sync": {"status": "Unknown"}, "conditions": [{"type": "ComparisonError", "message": "no such branch"}]}
    mail = [
        an_application("dev-mail", "dev", spec=MANUAL, status=silent, system="mail"),
    ]
    server = ArgoCD(*shop(MANUAL, BEHIND), *mail)
    assert runs(project, monkeypatch, server, "shop", "mail") == Exit.FAILED
    assert "not synced: dev/mail: dev-mail: no such branch" in capsys.readouterr().err
    assert server.synced == ["dev-shop"]


def test_system_without_an_application_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert runs(project, monkeypatch, ArgoCD(*shop(MANUAL, BEHIND)), "mail") == Exit.REFUSED
    assert "no Application of mail: `naru up` makes them" in capsys.readouterr().err


def test_sync_that_a_window_keeps_is_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    server = ArgoCD(*shop(MANUAL, BEHIND))

    def keeps(fake: FakeArgoCD, name: str) -> None:
        live = fake.live[name]
        live["metadata"]["annotations"].pop("argocd.argoproj.io/refresh", None)
        if live.get("operation") and "operationState" not in live["status"]:
            live["status"]["operationState"] = {"phase": "Running", "message": "Sync operation blocked by sync window"}

    server.after = keeps
    assert runs(project, monkeypatch, server, "shop") == Exit.FAILED
    assert "sync window" in capsys.readouterr().err
    assert "operation" not in server.live["dev-shop"], "it would begin with nobody there"


def test_stack_that_pulumi_applies_says_so(project: Project, capsys: Capture) -> None:
    project.write("Pulumi.dev.yaml", (project.root / "Pulumi.dev.yaml").read_text().replace("gitops", "direct"))
    project.change("Pulumi.dev.yaml", "    argocd: { repository: https://git.example.com/naru.git }\n", "")
    assert main(["sync", "--stack", "dev", "--root", str(project.root)]) == Exit.USAGE
    assert "naru up --stack dev" in capsys.readouterr().err
