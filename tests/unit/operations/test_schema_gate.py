"""A release that goes back behind the schema: found against the state, and against a revision of Git."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from operations.__main__ import main
from operations.exits import Exit
from operations.schema_gate import at_revision, older_code, recorded
from settings.faults import SettingsError
from settings.loading import load

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases: {shop_db: {directory: /shop}}
secrets:
  db: {source: existing, keys: {DATABASE_URL: {}}}
"""


@pytest.fixture
def repository(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in Git, whose release needs version 7."""
    root = project()
    with (root / "catalog" / "shop.yaml").open("a", encoding="utf-8") as catalog:
        catalog.write(MIGRATION)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    git(root, "init", "-q", "-b", "main")
    release(root, "needsSchema: {shop_db: 7}")
    commit(root)
    return root


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "catalog", "releases", "Pulumi.yaml", "Pulumi.test.yaml")
    git(root, "commit", "-q", "-m", "change")


def release(root: Path, *parts: str) -> None:
    image = ", ".join(("tag: '1'", *parts))
    (root / "releases" / "test.yaml").write_text(f"shop:\n  web: {{ {image} }}\n", encoding="utf-8")


def check(*words: str) -> int:
    return main(["check", "--base", "main", *words])


def test_release_that_goes_back_behind_its_base_is_refused_by_one_line(repository: Path, capsys: Capture) -> None:
    release(repository, "needsSchema: {shop_db: 5}")
    assert check() == Exit.FAULTS
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("releases/test.yaml:2: shop.web.needsSchema.shop_db: ")
    assert "runs on version 5 of shop_db, which is at 7" in told
    assert "runsOnSchema: { shop_db: 7 }" in told


def test_release_that_says_no_more_what_it_needs_is_refused(repository: Path, capsys: Capture) -> None:
    release(repository)
    assert check() == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("releases/test.yaml:2: shop.web.tag: the release says no more which version of shop_db ")
    assert "the database is at 7; add needsSchema: { shop_db: … }" in line


SHARED = "  web:\n    strategy: { type: canaryDeployment, weight: 50 }\n"


def with_a_canary(root: Path, canary: str) -> None:
    release(root, "needsSchema: {shop_db: 7}", f"canary: {{ {canary} }}")


@pytest.fixture
def shared(repository: Path) -> Path:
    """The repository, whose service tries versions beside its own."""
    catalog = repository / "catalog" / "shop.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace("  web:\n", SHARED), encoding="utf-8")
    commit(repository)
    return repository


@pytest.mark.parametrize(
    ("canary", "at", "told"),
    [
        ("tag: '2', needsSchema: {shop_db: 5}", "canary.needsSchema.shop_db", "runs on version 5 of shop_db"),
        ("tag: '2', runsOnSchema: {shop_db: 5}", "canary.runsOnSchema.shop_db", "runs on version 5 of shop_db"),
        ("tag: '2'", "canary.tag", "says no more which version of shop_db"),
    ],
)
def test_canary_that_is_older_than_the_schema_is_refused(
    shared: Path, capsys: Capture, canary: str, at: str, told: str
) -> None:
    with_a_canary(shared, canary)
    assert check() == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"releases/test.yaml:2: shop.web.{at}: ")
    assert told in line


def test_canary_that_knows_the_schema_is_accepted(shared: Path) -> None:
    with_a_canary(shared, "tag: '2', needsSchema: {shop_db: 7}")
    assert check() == Exit.OK


def test_what_a_canary_needed_counts_when_it_is_gone(shared: Path, capsys: Capture) -> None:
    canary = "canary: {tag: '2', needsSchema: {shop_db: 9}}"
    release(shared, "needsSchema: {shop_db: 7}", "runsOnSchema: {shop_db: 9}", canary)
    commit(shared)
    release(shared, "needsSchema: {shop_db: 7}")
    assert check() == Exit.FAULTS
    assert "runs on version 7 of shop_db, which is at 9" in capsys.readouterr().err


def test_newest_version_of_every_color_is_recorded() -> None:
    colors = {"blue": {"needsSchema": {"shop_db": 8}}, "green": {"runsOnSchema": {"shop_db": 9}}}
    found = recorded({"shop": {"web": {"needsSchema": {"shop_db": 7}, "colors": colors}}}, "releases/test.yaml")
    assert found == {("shop", "web", "shop_db"): "9"}


def test_release_that_goes_on_or_stays_is_accepted(repository: Path, capsys: Capture) -> None:
    for version in ("7", "8"):
        release(repository, f"needsSchema: {{shop_db: {version}}}")
        assert check() == Exit.OK
    assert capsys.readouterr().err == ""


def test_older_code_that_was_accepted_in_the_release_passes(repository: Path, capsys: Capture) -> None:
    release(repository, "needsSchema: {shop_db: 5}", "runsOnSchema: {shop_db: 7}")
    assert check() == Exit.OK
    assert capsys.readouterr().err == ""


def test_older_code_that_is_accepted_once_is_warned_about(repository: Path, capsys: Capture) -> None:
    release(repository, "needsSchema: {shop_db: 5}")
    assert check("--accept-older-code") == Exit.OK
    assert capsys.readouterr().err.startswith("warning: releases/test.yaml:2:")


def test_acceptance_in_the_base_counts_as_reached(repository: Path) -> None:
    release(repository, "needsSchema: {shop_db: 5}", "runsOnSchema: {shop_db: 7}")
    commit(repository)
    release(repository, "needsSchema: {shop_db: 6}")
    assert check() == Exit.FAULTS


def test_faults_are_told_as_json_too(repository: Path, capsys: Capture) -> None:
    release(repository, "needsSchema: {shop_db: 5}")
    assert check("--json") == Exit.FAULTS
    found = json.loads(capsys.readouterr().out)
    assert [(fault["file"], fault["line"]) for fault in found["faults"]] == [("releases/test.yaml", 2)]


def test_base_without_the_release_says_nothing(repository: Path) -> None:
    git(repository, "rm", "-q", "--cached", "releases/test.yaml")
    git(repository, "commit", "-q", "-m", "without")
    release(repository, "needsSchema: {shop_db: 1}")
    assert at_revision(repository, "main", "test") == {}
    assert check() == Exit.OK


def test_project_in_a_folder_of_the_repository_has_its_own_base(tmp_path: Path, repository: Path) -> None:
    assert repository == tmp_path
    folder = repository / "inner"
    folder.mkdir()
    git(repository, "mv", "releases", "catalog", "Pulumi.yaml", "Pulumi.test.yaml", "inner")
    git(repository, "commit", "-q", "-m", "moved")
    assert at_revision(folder, "main", "test") == {("shop", "web", "shop_db"): "7"}


@pytest.mark.parametrize("revision", ["nowhere", "--all", "", "main:releases"])
def test_unknown_base_is_one_line(revision: str, repository: Path, capsys: Capture) -> None:
    release(repository, "needsSchema: {shop_db: 7}")
    assert main(["check", f"--base={revision}"]) == Exit.FAULTS
    assert capsys.readouterr().err.startswith(f'--base: no commit "{revision}" in this repository')


def test_project_outside_of_git_is_one_line(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    root = project()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    assert check() == Exit.FAULTS
    told = capsys.readouterr().err
    assert "is not in a Git repository" in told
    assert told.count("\n") == 1


def test_without_git_it_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert check() == Exit.FAULTS
    assert capsys.readouterr().err == "--base: git is not installed; it is needed to read the base\n"


def test_versions_are_ordered_by_their_numbers() -> None:
    data = {"shop": {"web": {"needsSchema": {"a": "2.9"}, "runsOnSchema": {"a": "2.10"}}, "other": None}, "x": 1}
    assert recorded(data, "f") == {("shop", "web", "a"): "2.10"}


def test_version_that_is_none_is_a_fault_of_the_base() -> None:
    with pytest.raises(SettingsError, match=r"main:f: shop\.web\.a: 'new' is no version"):
        recorded({"shop": {"web": {"needsSchema": {"a": "new"}}}}, "main:f")


def test_acceptance_alone_is_where_the_fault_stands(repository: Path) -> None:
    release(repository, "runsOnSchema: {shop_db: 5}")
    (fault,) = older_code(load(repository, "test"), {("shop", "web", "shop_db"): "7"})
    assert fault.path == "shop.web.runsOnSchema.shop_db"
