"""What a system's next sync deploys beside the service that goes back."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operations.api_server import UnreachableError
from operations.exits import Exit, Stop
from operations.publishing.publish import publish
from operations.publishing.record import Place, Said, VersionChange
from operations.rollback import not_synced as module
from operations.rollback.not_synced import come_along, not_synced
from operations.rollback.telling import Unsynced
from operations.rollout.subject import Subject, subject_of
from settings.loading import load
from tests.integration.publishing import Project


def version(place: str, before: str, after: str) -> VersionChange:
    return VersionChange(Place(*place.split("/", 1)), Said(before), Said(after))


def test_versions_of_other_services_come_along_and_files_that_differ_in_more() -> None:
    versions = [version("shop/api", "1.0.0", "2.0.0"), version("shop/web", "1.0.0", "1.1.0")]
    before = {"api": b"image: api:1.0.0", "web": b"image: web:1.0.0", "config": b"MODE: slow"}
    after = {"api": b"image: api:2.0.0", "web": b"image: web:1.1.0", "config": b"MODE: fast", "new": b""}
    found = come_along(versions, before, after, "web")
    assert found == ("shop/api 1.0.0 → 2.0.0", "2 files of its configuration")


def test_what_goes_back_itself_does_not_come_along() -> None:
    versions = [version("shop/web", "1.0.0", "1.1.0"), version("shop/web/proxy", "1.0.0", "1.1.0")]
    assert come_along(versions, {"web": b"image: web:1.0.0"}, {"web": b"image: web:1.1.0"}, "web") == ()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setattr(module, "argocd_server", lambda *_: None)
    return Project(tmp_path)


def published(project: Project, **tags: str) -> str:
    project.releases(**tags)
    return publish(project.root, "test").commit or ""


def web(project: Project) -> Subject:
    return subject_of(load(project.root, "test").stack, "shop/web")


def synced(monkeypatch: pytest.MonkeyPatch, *commits: str, parent: bool = True) -> None:
    """Have the system's parts be at commits, in a system that is synced by hand."""
    parts = [SimpleNamespace(target=commit) for commit in commits]
    answer = (SimpleNamespace(automated=False), parts) if parent else (None, [])
    monkeypatch.setattr(module, "Applications", lambda *_: SimpleNamespace(of=lambda _: answer))


def test_what_is_published_since_the_last_sync_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = published(project)
    published(project, api="2.0.0", desk="2.0.0")
    project.change("catalog/shop.yaml", "hello", "good day")
    published(project, web="1.1.0")
    synced(monkeypatch, first, first)
    found = not_synced(project.root, web(project))
    assert found is not None
    assert (found.since, found.automated) == (first, False)
    version_of_api, files = found.changes
    assert version_of_api == "shop/api 1.0.0 → 2.0.0", "neither its own version nor another system's"
    assert files.endswith(" of its configuration")


@pytest.mark.parametrize("last", ["synced", "its own version", "another system"])
def test_nothing_comes_along_where_nothing_else_of_the_system_waits(
    project: Project, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    first = published(project)
    tip = published(project, **({"desk": "2.0.0"} if last == "another system" else {"web": "1.1.0"}))
    synced(monkeypatch, tip if last == "synced" else first)
    assert not_synced(project.root, web(project)) is None


def test_system_that_was_never_synced_comes_along_whole(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    published(project)
    synced(monkeypatch)
    expected = Unsynced("", automated=False, changes=("all of it: nothing of it was synced yet",))
    assert not_synced(project.root, web(project)) == expected


def test_commit_that_the_branch_does_not_have_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    published(project)
    synced(monkeypatch, "1" * 40)
    found = not_synced(project.root, web(project))
    assert found is not None
    assert found.changes == (f"whatever it has since {'1' * 12}",)


def test_system_without_an_application_is_refused_before_anything(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(monkeypatch, parent=False)
    with pytest.raises(Stop, match="shop has no Application: `naru up --stack test` makes it") as stop:
        not_synced(project.root, web(project))
    assert stop.value.code is Exit.REFUSED


def test_argo_cd_that_does_not_answer_is_refused_before_anything(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(_: str) -> Any:
        raise UnreachableError("no route")

    monkeypatch.setattr(module, "Applications", lambda *_: SimpleNamespace(of=of))
    with pytest.raises(Stop, match="Argo CD cannot be asked: no route"):
        not_synced(project.root, web(project))
