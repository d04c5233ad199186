"""A rollback where Argo CD delivers: what is refused first, what is synced, and what it is verified against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from operations.__main__ import main
from operations.api_server import ApiError, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.state import Application
from operations.exits import Exit, Stop
from operations.publishing.going_back import WentBack
from operations.publishing.outcome import Published
from operations.rollback import by_git, run
from operations.rollback.applying import Applied
from operations.rollback.by_git import Following
from operations.rollback.telling import Proposal, Unsynced
from operations.rollback.waiting import wait
from operations.rollout.subject import Subject
from settings.container import Version
from settings.faults import Fault, SettingsError
from settings.stack import Stack
from tests.projects import Project
from tests.unit.operations.rollback_builders import Server, deployment, replica_set

Capture = pytest.CaptureFixture[str]

OLD, BACK, NEWER = "0" * 40, "1" * 40, "2" * 40
PARENT, CHILD = "dev-shop", "dev-main-shop-workloads"
SUBJECT = cast("Subject", SimpleNamespace(system="shop", name="shop/web", stack=SimpleNamespace(name="dev")))


def at(name: str, commit: str, sync: str = "Synced", **more: Any) -> Application:
    said: dict[str, Any] = {"target": commit, "health": "Healthy", "phase": "Succeeded", "operated": commit}
    return Application(**{"name": name, "automated": True, "sync": sync, "revision": commit, **said, **more})


def there(commit: str, **more: Any) -> tuple[Application, list[Application]]:
    return at(PARENT, commit, **more), [at(CHILD, commit)]


Look = tuple[Application | None, list[Application]] | Exception


class FakeApplications:
    """Applications that are at each look as a test tells; the last of them stays."""

    def __init__(self, *looks: Look) -> None:
        self.looks = list(looks)
        self.left: list[list[str]] = []
        self.refreshes: list[Exception] = []
        self.told: list[str] = []

    def of(self, _: str) -> tuple[Application | None, list[Application]]:
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(found, Exception):
            raise found
        return found

    def refresh(self, system: str) -> None:
        self.told.append(f"refresh {system}")
        if self.refreshes:
            raise self.refreshes.pop(0)

    def refreshed(self, _: str) -> bool:
        return True

    def give_way(self, *_: str) -> list[str]:
        return self.left.pop(0) if self.left else []


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait without a clock: eight looks are all the patience."""

    def quickly(title: str, look: Callable[[], str], *, patience: float) -> str:
        clock = iter(range(1000))
        return wait(title, look, patience=8, clock=lambda: next(clock), sleep=lambda _: None)

    monkeypatch.setattr(by_git, "wait", quickly)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(by_git, "start", lambda _applications, system, commit: found.append(f"{system} {commit[:1]}"))
    return found


def following(fake: FakeApplications, *, tip: str = BACK, again: bool = False) -> Following:
    return Following(cast("Applications", fake), SUBJECT, BACK, lambda: tip, again=again)


def test_it_is_synced_when_the_first_workloads_are_at_the_commit(started: list[str]) -> None:
    fake = FakeApplications(there(OLD), there(OLD), (at(PARENT, BACK), [at(CHILD, OLD)]), there(BACK))
    assert following(fake).synced() == ""
    assert (fake.told, started) == (["refresh shop"], [])


@pytest.mark.parametrize("trouble", [ApiError(503, "not now"), UnreachableError("no route")])
def test_api_server_that_does_not_answer_for_a_moment_is_asked_again(started: list[str], trouble: Exception) -> None:
    fake = FakeApplications(trouble, there(OLD), trouble, there(BACK))
    fake.refreshes.append(trouble)
    assert following(fake).synced() == ""
    assert fake.told == ["refresh shop", "refresh shop"]


def test_api_server_that_stays_away_is_what_it_ends_with(started: list[str]) -> None:
    assert "Argo CD cannot be asked" in following(FakeApplications(UnreachableError("no route"))).synced()


def test_system_that_lost_its_application_is_told_how_to_get_it(started: list[str]) -> None:
    fake = FakeApplications(there(OLD), (None, []))
    fake.refreshes.append(ApiError(404, "not found"))
    assert following(fake).synced() == "shop has no Application: `naru up --stack dev` makes it"


def test_system_that_is_synced_by_hand_is_synced_once(started: list[str]) -> None:
    waits = (at(PARENT, BACK, "OutOfSync", automated=False, operated=OLD), [at(CHILD, OLD)])
    assert following(FakeApplications(waits, waits, waits, there(BACK))).synced() == ""
    assert started == ["shop 1"]


def test_sync_that_the_api_server_did_not_take_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception] = [ApiError(409, "it changed meanwhile")]
    calls: list[str] = []

    def start(*_: object) -> None:
        calls.append("start")
        if answers:
            raise answers.pop()

    monkeypatch.setattr(by_git, "start", start)
    waits = (at(PARENT, BACK, "OutOfSync", automated=False, operated=OLD), [at(CHILD, OLD)])
    assert following(FakeApplications(waits, waits, waits, there(BACK))).synced() == ""
    assert calls == ["start", "start"]


FAILED = (at(PARENT, BACK), [at(CHILD, BACK, "OutOfSync", phase="Failed", trouble=("a Job failed",))])


def test_failure_at_the_commit_that_was_just_made_is_told(started: list[str]) -> None:
    assert following(FakeApplications(FAILED)).synced() == f"{CHILD}: a Job failed"
    assert started == []


def test_failure_at_a_commit_that_was_there_before_is_tried_again_once(started: list[str]) -> None:
    assert following(FakeApplications(FAILED, FAILED, there(BACK)), again=True).synced() == ""
    assert started == ["shop 1"]
    assert following(FakeApplications(FAILED), again=True).synced() == f"{CHILD}: a Job failed"
    assert started == ["shop 1", "shop 1"]


def test_what_is_left_behind_gives_way_first(started: list[str]) -> None:
    fake = FakeApplications(FAILED, FAILED, there(BACK))
    fake.left.append([CHILD])
    assert following(fake).synced() == ""


@pytest.mark.parametrize("before", [BACK, OLD, NEWER], ids=["was at it", "on its way", "at once"])
def test_publication_of_somebody_else_meanwhile_ends_it(started: list[str], before: str) -> None:
    first = (at(PARENT, before), [at(CHILD, OLD)])
    asked = following(FakeApplications(first, first, (at(PARENT, NEWER), [at(CHILD, OLD)])), tip=NEWER)
    assert asked.synced() == f"somebody published {NEWER[:12]} meanwhile, and shop goes there"
    assert started == []


@pytest.mark.parametrize("tip", [BACK, ""], ids=["the tip", "not known"])
def test_parent_that_comes_from_an_older_commit_is_waited_for(started: list[str], tip: str) -> None:
    assert following(FakeApplications(there(OLD), there(OLD), there(NEWER), there(BACK)), tip=tip).synced() == ""


class Text(SimpleNamespace):
    """A release file that is written, or cannot be."""


def proposal(**more: Any) -> Proposal:
    found: dict[str, Any] = {
        "subject": SUBJECT, "left": "1.1.0", "target": "1.0.0",
        "before": Text(file="releases/dev.yaml", text="web: 1.1.0\n"),
        "after": Text(file="releases/dev.yaml", text="web: 1.0.0\n"),
    }  # fmt: skip
    return cast("Proposal", SimpleNamespace(**(found | more)))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the branch, Argo CD and the cluster; return what they were told."""
    told: dict[str, Any] = {}
    stack = cast("Stack", "the stack that was published")

    def go_back(root: Path, name: str, _change: object, **more: Any) -> WentBack:
        told["go_back"] = more
        message = "dev: shop/web 1.1.0 → 1.0.0"
        return WentBack(Published(name, "env/dev", "origin", "published", BACK, OLD, "3" * 40, message), stack)

    def seen_through(_proposal: object, _servers: object, found: object, *, health_check: bool) -> Applied:
        told["seen"] = found
        return Applied()

    monkeypatch.setattr(by_git, "argocd_server", lambda *_: None)
    monkeypatch.setattr(by_git, "argocd_of", lambda *_: None)
    monkeypatch.setattr(by_git, "Applications", lambda *_: FakeApplications(there(BACK)))
    monkeypatch.setattr(by_git, "_tip", lambda *_: BACK)
    monkeypatch.setattr(by_git, "refuse_changed", lambda *_: told.setdefault("checked", "go_back" not in told))
    monkeypatch.setattr(by_git, "write_release", lambda *_: told.setdefault("written", True))
    monkeypatch.setattr(by_git, "go_back", go_back)
    monkeypatch.setattr(by_git, "seen_through", seen_through)
    return told


def test_what_was_published_is_verified_and_not_the_checkout(calls: dict[str, Any], tmp_path: Path) -> None:
    assert by_git.applied_by_git(tmp_path, proposal(), {}, health_check=True) == Applied()
    assert calls["seen"] == "the stack that was published"
    assert calls["written"]


def test_remote_and_an_accepted_schema_are_handed_on(calls: dict[str, Any], tmp_path: Path) -> None:
    by_git.applied_by_git(tmp_path, proposal(), {}, health_check=True, accept_older_code=True, remote="there")
    assert (calls["go_back"]["remote"], calls["go_back"]["accept_older_code"]) == ("there", True)


def test_release_file_that_changed_is_refused_before_the_branch_goes_back(
    calls: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        raise Stop(Exit.REFUSED, "refused: it was changed")

    monkeypatch.setattr(by_git, "refuse_changed", changed)
    with pytest.raises(Stop):
        by_git.applied_by_git(tmp_path, proposal(), {}, health_check=True)
    assert "go_back" not in calls


@pytest.mark.parametrize(
    "error",
    [
        Stop(Exit.REFUSED, "refused: releases/dev.yaml was changed while this was asked: look again"),
        SettingsError([Fault("releases/dev.yaml", 0, "", "cannot be written: no space left", "")]),
    ],
    ids=["changed", "not writable"],
)
def test_release_file_that_cannot_be_written_afterwards_is_a_warning(
    calls: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(by_git, "write_release", fails)
    assert by_git.applied_by_git(tmp_path, proposal(), {}, health_check=True) == Applied()
    said = capsys.readouterr().err
    assert "warning: releases/dev.yaml was not written: " in said
    assert "  - web: 1.1.0\n  + web: 1.0.0\n" in said
    assert calls["seen"]


RELEASE = "shop:\n  web: { tag: 1.1.0 }\n  api: { tag: 1.0.0 }\nmail:\n  relay: { tag: 1.0.0 }\n"
BY_ARGOCD = '    delivery: gitops\n    argocd: { repository: "https://git.example.com/naru.git" }\n'


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return with what a rollback is applied, in a project that Argo CD delivers; nothing else is done."""
    made = Project(tmp_path)
    made.write("releases/prod.yaml", RELEASE)
    made.change("Pulumi.prod.yaml", "    tier: production\n", f"    tier: production\n{BY_ARGOCD}")
    bad, good = replica_set(2, "1.1.0", pods=2, healthy=True), replica_set(1, "1.0.0", healthy=True)
    server = Server().add(deployment(bad, good), bad, good)
    applied: list[dict[str, Any]] = []

    def apply(_root: Path, asked: Proposal, _servers: object, **more: Any) -> Applied:
        applied.append({"unsynced": asked.unsynced, **more})
        return Applied()

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    monkeypatch.delenv("DRY_RUN", raising=False)
    monkeypatch.setattr(run, "connected", lambda *_: {"main": server})
    monkeypatch.setattr(run, "applied_by_git", apply)
    monkeypatch.setattr(run, "not_synced", lambda *_: None)
    return applied


WORDS = ("rollback", "shop/web", "--stack", "prod", "--yes")
UNSYNCED = Unsynced(OLD, automated=False, changes=("shop/api 1.0.0 → 2.0.0",))


def test_what_somebody_has_still_to_sync_is_not_deployed_by_the_way(
    command: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(run, "not_synced", lambda *_: UNSYNCED)
    assert main([*WORDS]) == Exit.REFUSED
    said = capsys.readouterr().err
    assert f"  with it is deployed what is published since {OLD[:12]} and not synced yet:\n" in said
    assert "    shop/api 1.0.0 → 2.0.0\n" in said
    assert "refused: shop is synced by hand, and its next sync deploys that too: --with-unsynced lets it" in said
    assert command == []
    assert main([*WORDS, "--with-unsynced"]) == Exit.OK
    assert len(command) == 1


def test_system_that_syncs_by_itself_is_only_told_about(
    command: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(run, "not_synced", lambda *_: replace(UNSYNCED, automated=True))
    assert main([*WORDS]) == Exit.OK
    assert "    shop/api 1.0.0 → 2.0.0\n" in capsys.readouterr().err


def test_options_reach_the_branch(command: list[dict[str, Any]]) -> None:
    assert main([*WORDS, "--remote", "there", "--accept-older-code"]) == Exit.OK
    assert (command[0]["remote"], command[0]["accept_older_code"]) == ("there", True)


MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases: { shop_db: { directory: /shop, urlKey: password } }
"""


def test_schema_of_what_is_published_counts_beside_the_checkout_s(
    command: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog" / "shop.yaml"
    exposure = "    exposure: { public: { hosts: [shop] } }\n"
    assert exposure in catalog.read_text(encoding="utf-8")
    catalog.write_text(catalog.read_text(encoding="utf-8").replace(exposure, MIGRATION), encoding="utf-8")
    asked: list[str | None] = []

    def record(_root: Path, _stack: str, *, remote: str | None) -> dict[str, Any]:
        asked.append(remote)
        return {"shop": {"web": {"tag": "1.1.0", "needsSchema": {"shop_db": 8}}}}

    monkeypatch.setattr(run, "deployed_record", record)
    known = Version(tag="1.0.0", needs_schema={"shop_db": "7"})
    monkeypatch.setattr(run, "known_from_git", lambda *_: lambda _target, _version: known)
    assert main([*WORDS, "--remote", "there"]) == Exit.REFUSED
    assert "the image of shop/web runs on version 7 of shop_db, which is at 8" in capsys.readouterr().err
    assert asked == ["there"]
    assert main([*WORDS, "--accept-older-code"]) == Exit.OK
