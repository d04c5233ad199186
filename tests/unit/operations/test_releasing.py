"""`naru release`: one version of a release changes, or those another stack has; nothing else of the file does."""

import json
from pathlib import Path

import pytest

from operations.__main__ import main
from operations.exits import Exit
from operations.release_file import ReleaseFile
from operations.releasing import promotion
from tests.projects import Project

DIGEST = "sha256:" + "a" * 64
RELEASE = "shop: # 가게\n  web: {tag: 1.0.0}  # since May\n  api: { tag: 1.0.0 }\n\nmail:\n  relay: { tag: 1.0.0 }\n"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("releases/prod.yaml", RELEASE)
    return made


def run(project: Project, *words: str) -> int:
    return main(["release", *words, "--root", str(project.root)])


def text(project: Project, stack: str = "prod") -> str:
    return (project.root / f"releases/{stack}.yaml").read_text(encoding="utf-8")


def test_set_changes_one_version_and_not_a_character_more(project: Project, capsys: Capture) -> None:
    assert run(project, "set", "shop/web", "--stack", "prod", "--tag", "1.1.0", "--digest", DIGEST) == Exit.OK
    assert text(project) == RELEASE.replace("{tag: 1.0.0}", f"{{tag: 1.1.0, digest: {DIGEST}}}")
    assert capsys.readouterr().out == "prod: shop/web 1.0.0 → 1.1.0@sha256:aaaaaaaaaaaa\n"


def test_the_schema_belongs_to_the_image(project: Project) -> None:
    project.change("releases/prod.yaml", "api: { tag: 1.0.0 }", "api: { tag: 1.0.0, digest: " + DIGEST + " }")
    assert run(project, "set", "shop/api", "--stack", "prod", "--tag", "1.1.0") == Exit.OK
    assert text(project) == RELEASE.replace("api: { tag: 1.0.0 }", "api: { tag: 1.1.0 }")


def test_a_needed_schema_is_written_as_the_number_it_is(project: Project) -> None:
    project.change(
        "catalog/shop.yaml",
        "    replicas: 2\n",
        "    replicas: 2\n    migration: { engine: goose, secret: db,"
        " databases: { shop_db: { directory: /shop, urlKey: password } } }\n",
    )
    words = ("set", "shop/api", "--stack", "prod", "--tag", "1.1.0", "--needs-schema", "shop_db=7")
    assert run(project, *words) == Exit.OK
    assert "  api: { tag: 1.1.0, needsSchema: { shop_db: 7 } }\n" in text(project)


def test_the_same_version_changes_nothing(project: Project, capsys: Capture) -> None:
    before = (project.root / "releases/prod.yaml").stat().st_mtime_ns
    assert run(project, "set", "shop/web", "--stack", "prod", "--tag", "1.0.0") == Exit.OK
    assert (project.root / "releases/prod.yaml").stat().st_mtime_ns == before
    assert "nothing to do" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["shop/wep", "--tag", "1.1.0"], 'did you mean "shop/web"?', id="no such service"),
        pytest.param(["shop", "--tag", "1.1.0"], "no such service on prod", id="a system alone"),
        pytest.param(["shop/web"], "neither --tag nor --digest", id="no image"),
        pytest.param(["shop/web", "--tag", "-rf /"], "--tag -rf /: string should match", id="no tag"),
        pytest.param(["shop/web", "--digest", "sha256:abc"], "--digest sha256:abc: string", id="no digest"),
        pytest.param(
            ["shop/web", "--tag", "1", "--needs-schema", "db"],
            "--needs-schema db: expected DATABASE=VERSION",
            id="half",
        ),
        pytest.param(
            ["shop/web", "--tag", "1", "--needs-schema", "db=seven"], "--needs-schema seven: string", id="no number"
        ),
        pytest.param(["shop/web", "--tag", "latest"], "latest", id="a tag that moves, where none may"),
        pytest.param(["shop/web", "--tag", "2", "--needs-schema", "db=7"], "needsSchema", id="a schema of no database"),
    ],
)
def test_what_cannot_be_released_is_not_written(project: Project, words: list[str], said: str, capsys: Capture) -> None:
    assert run(project, "set", *words, "--stack", "prod") == Exit.FAULTS
    assert said in capsys.readouterr().err
    assert text(project) == RELEASE


def test_promote_takes_over_what_is_at_another_version(project: Project, capsys: Capture) -> None:
    project.write(
        "releases/dev.yaml",
        f"shop:\n  web: {{ tag: 1.2.0, digest: {DIGEST} }}\n  api: {{ tag: 1.0.0 }}\n"
        "mail:\n  relay: { tag: 0.9.0 }\n",
    )
    assert run(project, "promote", "--from", "dev", "--to", "prod", "--json") == Exit.OK
    said = json.loads(capsys.readouterr().out)
    assert [moved["service"] for moved in said["moved"]] == ["mail/relay", "shop/web"]
    assert text(project) == RELEASE.replace("{tag: 1.0.0}", f"{{tag: 1.2.0, digest: {DIGEST}}}").replace(
        "relay: { tag: 1.0.0 }", "relay: { tag: 0.9.0 }"
    )


def test_promote_moves_only_what_is_named(project: Project) -> None:
    project.write("releases/dev.yaml", RELEASE.replace("1.0.0", "1.2.0"))
    assert run(project, "promote", "--from", "dev", "--to", "prod", "shop/api") == Exit.OK
    assert text(project) == RELEASE.replace("api: { tag: 1.0.0 }", "api: { tag: 1.2.0 }")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--from", "dev", "--to", "dev"], "would be promoted to itself", id="the same stack"),
        pytest.param(["--from", "dve", "--to", "prod"], 'did you mean "dev"?', id="no such stack"),
        pytest.param(["--from", "dev", "--to", "prod", "shop/wep"], 'did you mean "shop/web"?', id="no such service"),
        pytest.param(["--from", "dev", "--to", "prod"], "latest", id="a tag that moves, where none may"),
    ],
)
def test_a_promotion_that_is_refused_changes_nothing(
    project: Project, words: list[str], said: str, capsys: Capture
) -> None:
    project.write("releases/dev.yaml", RELEASE.replace("1.0.0", "latest"))
    assert run(project, "promote", *words) == Exit.FAULTS
    assert said in capsys.readouterr().err
    assert text(project) == RELEASE


def test_what_an_older_image_was_accepted_to_run_on_stays_with_its_stack() -> None:
    source = ReleaseFile("a", "shop:\n  api: { tag: 1.0.0, needsSchema: { db: 6 }, runsOnSchema: { db: 7 } }\n")
    behind = ReleaseFile("b", "shop:\n  api: { tag: 0.9.0 }\n")
    level = ReleaseFile("b", "shop:\n  api: { tag: 1.0.0, needsSchema: { db: 6 } }\n")
    (moved,) = promotion(source, behind, [("shop", "api")])
    assert (moved.after.needs_schema, moved.after.runs_on_schema) == ({"db": "6"}, {})
    assert not list(promotion(source, level, [("shop", "api")]))
    assert not list(promotion(level, source, [("shop", "api")]))
    assert not list(promotion(ReleaseFile("c", "shop: {}\n"), behind, [("shop", "api")]))


@pytest.mark.parametrize("command", ["set", "promote"])
def test_each_command_has_worked_examples(command: str, capsys: Capture) -> None:
    assert main(["release", command, "--help"]) == Exit.OK
    assert f"Examples:\n    naru release {command} " in capsys.readouterr().out
