"""One service back on the branch: what is rendered again, with which release, and what keeps it from that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from operations.exits import Exit
from operations.publishing.files import files_of
from operations.publishing.going_back import WentBack, go_back
from operations.publishing.outcome import Refusal
from operations.publishing.publish import publish
from operations.publishing.reading import deployed_record
from operations.publishing.record import Record
from operations.publishing.recorded_release import as_recorded
from operations.release_file import ReleaseFile
from settings.container import Version
from settings.loaded import Loaded
from tests.integration.publishing import MIGRATION, Project, git


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no configuration of Git but the repository's own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def published(project: Project, *, said: str = "", **tags: str) -> str:
    project.releases(said=said, **tags)
    return publish(project.root, "test").commit or ""


def back(project: Project, place: str, tag: str, *, needs: str = "", **more: Any) -> WentBack:
    """Take a service back on the branch, as `naru rollback` does it."""

    def change(_then: Loaded, release: ReleaseFile) -> ReleaseFile:
        version = Version(tag=tag, needs_schema={"shop_db": needs} if needs else {})
        system, _, target = place.partition("/")
        return release.set_version(system, target, version)

    return go_back(project.root, "test", change, why="rolled back", **more)


def tags(project: Project) -> dict[str, str]:
    record = deployed_record(project.root, "test")
    return {target: said["tag"] for services in record.values() for target, said in services.items()}


def test_second_rollback_keeps_what_the_first_one_took_back(project: Project) -> None:
    published(project)
    published(project, web="1.1.0", api="1.1.0")
    back(project, "shop/web", "1.0.0")
    project.change("catalog/desk.yaml", "hello", "good day")
    project.commit("this waits on main")
    found = back(project, "shop/api", "1.0.0").published
    assert [str(change) for change in found.versions] == ["shop/api 1.1.0 → 1.0.0"]
    assert tags(project) == {"web": "1.0.0", "api": "1.0.0", "desk": "1.0.0"}
    assert set(found.files) == {"shop"}, "what waits on main goes on waiting"


def test_service_goes_back_twice_in_a_row(project: Project) -> None:
    published(project)
    published(project, web="1.1.0")
    published(project, web="1.2.0")
    back(project, "shop/web", "1.1.0")
    back(project, "shop/web", "1.0.0")
    assert tags(project)["web"] == "1.0.0"
    assert project.log()[:2] == ["test: shop/web 1.1.0 → 1.0.0", "test: shop/web 1.2.0 → 1.1.0"]


def test_rollback_goes_on_from_one_that_the_release_file_agrees_with(project: Project) -> None:
    published(project)
    published(project, web="1.1.0", api="1.1.0")
    first = back(project, "shop/web", "1.0.0").published.commit
    project.releases(web="1.0.0")
    assert publish(project.root, "test").result == "unchanged"
    assert project.tip() == first
    back(project, "shop/api", "1.0.0")
    assert tags(project) == {"web": "1.0.0", "api": "1.0.0", "desk": "1.0.0"}


def test_rollback_to_what_is_there_makes_no_commit(project: Project) -> None:
    published(project)
    published(project, web="1.1.0")
    first = back(project, "shop/web", "1.0.0").published.commit
    again = back(project, "shop/web", "1.0.0").published
    assert (again.result, again.commit) == ("unchanged", first)


def test_stack_that_it_published_is_handed_back(project: Project) -> None:
    published(project)
    published(project, web="1.1.0")
    project.change("catalog/shop.yaml", "cpu: 100m", "cpu: 50m")
    project.commit("this waits on main")
    found = back(project, "shop/web", "1.0.0")
    service = found.stack.systems["shop"].services["web"]
    assert service.image.tag == "1.0.0"
    tree = git(project.bare, "ls-tree", "-r", "--name-only", "env/test").splitlines()
    files = files_of(found.stack)
    assert sorted(files) == sorted(tree)
    said = {path: git(project.bare, "show", f"env/test:{path}") for path in files}
    assert said == {path: content.decode().strip() for path, content in files.items()}


def with_a_migration(project: Project) -> None:
    project.catalog("shop", "api", "web", more=MIGRATION.replace("SOURCE", "existing"))
    published(project, said="needsSchema: {shop_db: 5}")
    published(project, web="1.1.0", said="needsSchema: {shop_db: 7}")


def test_image_older_than_the_published_schema_is_refused(project: Project) -> None:
    with_a_migration(project)
    tip = project.tip()
    with pytest.raises(Refusal, match="runs on version 5 of shop_db, which is at 7") as refusal:
        back(project, "shop/web", "1.0.0", needs="5")
    assert (refusal.value.reason, refusal.value.code, project.tip()) == ("older code", Exit.REFUSED, tip)
    found = back(project, "shop/web", "1.0.0", needs="5", accept_older_code=True).published
    assert found.changed
    assert "runs on version 5" in found.warnings[0]


def test_schema_of_what_was_published_last_counts_after_a_rollback_too(project: Project) -> None:
    with_a_migration(project)
    back(project, "shop/web", "1.0.0", needs="5", accept_older_code=True)
    with pytest.raises(Refusal, match="which is at 7"):
        back(project, "shop/web", "0.9.0", needs="4")


def test_other_services_go_back_whatever_one_was_accepted_with(project: Project) -> None:
    with_a_migration(project)
    published(project, api="1.1.0", said="needsSchema: {shop_db: 7}")
    back(project, "shop/web", "1.0.0", needs="5", accept_older_code=True)
    assert back(project, "shop/api", "1.0.0").published.warnings == ()


def test_another_remote_is_taken(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    git(tmp_path, "init", "--quiet", "--bare", str(other))
    for version in ("1.0.0", "1.1.0"):
        project.releases(web=version)
        publish(project.root, "test", remote=str(other))
    made = back(project, "shop/web", "1.0.0", remote=str(other)).published.commit
    assert git(other, "rev-parse", "env/test") == made
    assert project.tip() == ""


def test_link_that_leads_out_of_the_project_is_refused_in_one_line(project: Project, tmp_path: Path) -> None:
    published(project)
    (tmp_path / "outside.yaml").write_text((project.root / "catalog/desk.yaml").read_text(encoding="utf-8"))
    (project.root / "catalog/desk.yaml").unlink()
    (project.root / "catalog/desk.yaml").symlink_to("../../outside.yaml")
    published(project, web="1.1.0")
    tip = project.tip()
    with pytest.raises(
        Refusal, match=r"^refused: catalog/desk\.yaml of [0-9a-f]{12} is a link that leads out"
    ) as refusal:
        back(project, "shop/web", "1.0.0")
    assert (len(refusal.value.lines), project.tip()) == (1, tip)


RELEASE = """\
shop:
  web: { tag: "2.0.0", canary: { tag: "3.0.0" } } # a remark
  api: { tag: "1.0.0", colors: { green: { tag: "1.1.0" } }, live: green }
  api/proxy: { tag: "1.0.0" }
"""


def test_only_what_the_branch_has_otherwise_is_written_into_a_release() -> None:
    now: Record = {
        "shop": {
            "web": {"tag": "2.0.0", "canary": {"tag": "3.0.0"}},
            "api": {"tag": "1.0.0", "colors": {"green": {"tag": "1.1.0"}}, "live": "green"},
            "api/proxy": {"tag": "1.0.0"},
        }
    }
    record: Record = {
        "shop": {
            "web": {"tag": "2.0.0"},
            "api": {"tag": "1.0.0", "colors": {"blue": {"tag": "0.9.0"}}, "live": "blue"},
            "api/proxy": {"digest": f"sha256:{'1' * 64}"},
        }
    }
    found = as_recorded(ReleaseFile("releases/test.yaml", RELEASE), now, record)
    assert found.entry("shop", "web") == {"tag": "2.0.0"}
    assert found.entry("shop", "api") == {"tag": "1.0.0", "colors": {"blue": {"tag": "0.9.0"}}, "live": "blue"}
    assert found.entry("shop", "api/proxy") == {"digest": f"sha256:{'1' * 64}"}
    assert found.text.splitlines()[1] == '  web: { tag: "2.0.0" } # a remark'


def test_release_that_the_branch_has_stays_to_the_byte() -> None:
    said = {"shop": {"web": {"tag": "2.0.0", "canary": {"tag": "3.0.0"}}}}
    assert as_recorded(ReleaseFile("releases/test.yaml", RELEASE), said, said).text == RELEASE
