"""`naru publish` with the real Git and a bare repository: what it writes, what it refuses, what it holds."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from operations.__main__ import main
from operations.exits import Exit, Stop
from operations.publishing.files import files_of
from operations.publishing.going_back import go_back
from operations.publishing.outcome import Refusal
from operations.publishing.publish import publish
from operations.publishing.reading import deployed_record, published_branch, releases_of
from operations.publishing.repository import Rejected, Repository
from operations.release_file import ReleaseFile
from settings.container import Version
from settings.loaded import Loaded
from settings.loading import load
from tests.integration.publishing import MIGRATION, Project, git

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no configuration of Git but the repository's own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name in ("DRY_RUN", "GITHUB_ACTOR", "EMAIL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def published(project: Project, capsys: Capture) -> Project:
    """The project, published once."""
    assert naru() == Exit.OK
    capsys.readouterr()
    return project


def naru(*words: str, stack: str = "test") -> int:
    return main(["publish", "--stack", stack, *words])


def refused(capsys: Capture, project: Project, *words: str) -> str:
    """Publish, which is to be refused, and return what is told; nothing may have changed."""
    before, tip = project.fingerprint(), project.tip()
    capsys.readouterr()
    assert naru(*words) == Exit.REFUSED
    assert (project.fingerprint(), project.tip()) == (before, tip)
    told = capsys.readouterr()
    assert told.out == "" or "--json" in words
    return told.err


def test_first_publication_is_one_commit_without_a_parent(project: Project, capsys: Capture) -> None:
    assert naru() == Exit.OK
    line = capsys.readouterr().out
    assert project.log("%P|%s") == ["|test: first publication, 3 versions"]
    assert line.startswith("test: first publication, 3 versions (")
    assert f"published as {project.tip()[:12]} on env/test at origin" in line
    assert line.count("\n") == 1


def test_branch_has_exactly_what_is_rendered_and_the_record(published: Project) -> None:
    expected = files_of(load(published.root, "test").stack)
    listed = git(published.bare, "ls-tree", "-r", "--name-only", "env/test").splitlines()
    assert listed == sorted(expected)
    assert {"release.yaml", "main/applications/shop/pinned.jsonnet"} < set(listed)
    for path in listed:
        assert git(published.bare, "show", f"env/test:{path}") == expected[path].decode().strip()


def test_pin_imports_every_application_of_its_folder(published: Project) -> None:
    pinned = git(published.bare, "show", "env/test:main/applications/shop/pinned.jsonnet")
    below = "main/applications/shop/"
    listed = git(published.bare, "ls-tree", "-r", "--name-only", "env/test", below).splitlines()
    found = [path.removeprefix(below) for path in listed if path.endswith(".yaml")]
    assert found
    assert all(f"importstr '{path}'" in pinned for path in found)


def test_publishing_the_same_tree_twice_makes_one_commit(published: Project, capsys: Capture) -> None:
    tip = published.tip()
    published.commit("nothing that is rendered")
    assert naru() == Exit.OK
    assert capsys.readouterr().out == f"nothing to publish: env/test at origin has these very files ({tip[:12]})\n"
    assert published.log("%H") == [tip]


def test_a_release_is_a_commit_that_names_its_versions(published: Project) -> None:
    first = published.tip()
    source = published.releases(web="1.1.0", desk="1.3.0")
    assert naru("--message", "asked for\nby operations") == Exit.OK
    assert published.log("%P|%s")[0] == f"{first}|test: desk/desk 1.0.0 → 1.3.0, shop/web 1.0.0 → 1.1.0"
    message = published.message()
    assert "\n\nasked for by operations\n\n" in message
    assert "\n- shop/web 1.0.0 → 1.1.0\n" in message
    assert "\n- shop: 1 changed\n" in message
    assert f"\nNaru-Source: {source}\nNaru-Stack: test\nNaru-Version: " in message
    assert "/apps_v1-deployment-shop-web.yaml" in git(
        published.bare, "diff-tree", "-r", "--name-only", "env/test~1", "env/test"
    )


def test_a_change_of_configuration_is_called_so(published: Project) -> None:
    published.change("catalog/shop.yaml", "hello", "good day")
    published.commit()
    assert naru() == Exit.OK
    assert published.log()[0] == "test: configuration"
    assert "- shop: 1 added, 1 changed, 1 removed" in published.message()


def test_checkout_stays_as_it_is_to_the_byte(project: Project) -> None:
    before = project.fingerprint()
    assert naru() == Exit.OK
    project.write("notes.txt", "of mine")  # beside what takes part, and nobody's business
    before |= {"notes.txt": project.fingerprint()["notes.txt"]}
    assert naru() == Exit.OK
    assert naru("--log") == Exit.OK
    assert project.fingerprint() == before


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("catalog/shop.yaml", "changed"),
        (".gitignore", "changed"),
        ("catalog/more.yaml", "not in Git"),
        ("catalog/ignored-more.yaml", "not in Git"),
        ("Pulumi.more.yaml", "not in Git"),
        ("releases/more.yaml", "not in Git"),
        ("secrets/more/shop.yaml", "not in Git"),
        ("manifests/more.py", "not in Git"),
    ],
)
def test_dirty_tree_is_refused_with_its_files(published: Project, capsys: Capture, file: str, why: str) -> None:
    path = published.root / file
    text = path.read_text(encoding="utf-8") if path.exists() else "description: more\nnamespaces: {more: {}}\n"
    published.write(file, f"# changed\n{text}")
    said = refused(capsys, published)
    assert "what is published is a commit" in said
    assert said.splitlines()[1:] == [f"  {file} ({why})"]


def test_dirty_tree_of_a_project_below_the_top_is_told_from_the_project(published: Project, capsys: Capture) -> None:
    folder = published.root / "inner"
    folder.mkdir()
    git(published.root, "mv", "releases", "catalog", "Pulumi.yaml", "Pulumi.test.yaml", "inner")
    git(published.root, "commit", "-q", "-m", "moved")
    published.change("inner/releases/test.yaml", "1.0.0", "1.1.0")
    published.write("above.txt", "not of the project")
    assert main(["publish", "--stack", "test", "--root", "inner"]) == Exit.REFUSED
    assert capsys.readouterr().err.splitlines()[1:] == ["  releases/test.yaml (changed)"]


def test_project_outside_of_git_is_refused(published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (published.root / ".git").rename(tmp_path / "elsewhere")
    with pytest.raises(Refusal, match="is not the work tree of a Git repository") as found:
        publish(published.root, "test")
    assert found.value.reason == "repository"


def test_repository_without_a_commit_is_refused(project: Project) -> None:
    git(project.root, "checkout", "--quiet", "--orphan", "new")
    with pytest.raises(Refusal, match="nothing is committed here yet"):
        publish(project.root, "test")


def test_stack_of_direct_delivery_is_refused(project: Project, capsys: Capture) -> None:
    project.write("Pulumi.test.yaml", (project.root / "Pulumi.test.yaml").read_text(encoding="utf-8").replace(
        "gitops", "direct").split("    argocd:")[0])  # fmt: skip
    project.commit()
    assert "test is of the delivery direct: `naru up --stack test` applies it" in refused(capsys, project)


def test_secret_that_is_not_sealed_is_refused(project: Project, capsys: Capture) -> None:
    project.catalog("shop", "web", "api", more=MIGRATION.replace("SOURCE", "sealed"))
    project.commit()
    assert naru() == Exit.FAULTS
    assert "no ciphertext in secrets/test/shop.yaml; run `naru seal shop/db --stack test`" in capsys.readouterr().err
    assert project.tip() == ""


def test_faults_of_settings_are_told_as_ever(project: Project, capsys: Capture) -> None:
    project.change("catalog/shop.yaml", "repository", "repositori")
    project.commit()
    assert naru() == Exit.FAULTS
    assert "catalog/shop.yaml:6: services.web.image" in capsys.readouterr().err


def test_rendered_files_edited_by_hand_are_not_written_over(published: Project, capsys: Capture) -> None:
    made = published.branch().edit("replicas: 2", "replicas: 5", "more replicas")
    published.releases(web="1.1.0")
    told = refused(capsys, published)
    assert f"{made[:12]} by Kim <kim@example.com>, " in told
    assert '"more replicas"' in told
    assert "it changes main/desk/workloads/1-manifest/apps_v1-deployment-desk-desk.yaml, " in told
    assert f"`git revert {made[:12]}`" in told


def test_once_somebodys_commit_is_taken_back_publishing_goes_on(published: Project) -> None:
    branch = published.branch()
    branch.edit("replicas: 2", "replicas: 5")
    published.releases(web="1.1.0")
    assert naru() == Exit.REFUSED
    branch.revert("HEAD")
    assert naru() == Exit.OK
    assert len(published.log()) == 4


def test_of_several_commits_those_that_stand_are_named(published: Project, capsys: Capture) -> None:
    branch = published.branch()
    first = branch.edit("replicas: 2", "replicas: 5", "one")
    second = branch.edit("hello", "hallo", "two")
    branch.revert(first)
    published.releases(web="1.1.0")
    told = refused(capsys, published)
    assert second[:12] in told
    assert first[:12] not in told


def test_commit_under_a_forged_name_is_told_by_its_tree(published: Project, capsys: Capture) -> None:
    branch = published.branch()
    branch.rewrite("replicas: 2", "replicas: 5")
    branch("commit", "--quiet", "--all", "--amend", "--no-edit")
    branch.push()
    published.releases(web="1.1.0")
    assert "nothing was ever published there" in refused(capsys, published)


def test_publication_of_another_stack_is_somebody_elses(published: Project, capsys: Capture) -> None:
    branch = published.branch()
    branch("commit", "--quiet", "--amend", "-m", published.message().replace("Stack: test", "Stack: prod"))
    branch.push()
    published.releases(web="1.1.0")
    assert "that `naru publish --stack test` did not make" in refused(capsys, published)


def test_a_commit_whose_words_alone_were_changed_is_still_ours(published: Project) -> None:
    branch = published.branch()
    branch("commit", "--quiet", "--amend", "-m", published.message().replace("first", "very first"))
    branch.push()
    published.releases(web="1.1.0")
    assert naru() == Exit.OK


def released(project: Project, **tags: str) -> str:
    """Release, publish, and return the commit of the branch."""
    project.releases(**tags)
    assert naru() == Exit.OK
    return project.tip()


def test_revert_holds_the_release_until_its_file_agrees(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    revert = published.branch().revert("HEAD")
    published.change("catalog/desk.yaml", "hello", "good day")
    published.commit()
    told = refused(capsys, published)
    assert f"env/test at origin was taken back by {revert[:12]} (Kim <kim@example.com>, " in told
    assert (
        "\n  releases/test.yaml:2: shop.web.tag: still 1.1.0, which was taken back; "
        "expected 1.0.0, which the branch has now, or a newer version\n"
    ) in told
    assert f"`git revert {revert[:12]}`" in told
    released(published, web="1.0.0")
    assert published.log()[0] == "test: configuration"


def test_release_file_that_goes_back_leaves_nothing_to_publish(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    revert = published.branch().revert("HEAD")
    published.releases(web="1.0.0")
    capsys.readouterr()
    assert naru() == Exit.OK
    assert capsys.readouterr().out.startswith("nothing to publish")
    assert published.tip() == revert


def test_newer_release_is_published_on_top_of_a_revert(published: Project) -> None:
    released(published, web="1.1.0")
    published.branch().revert("HEAD")
    released(published, web="1.1.1")
    assert published.log()[0] == "test: shop/web 1.0.0 → 1.1.1"


def test_after_a_new_release_an_old_revert_holds_nothing(published: Project) -> None:
    released(published, web="1.1.0")
    published.branch().revert("HEAD")
    released(published, web="1.1.1")
    released(published, web="1.1.0")
    assert published.log()[0] == "test: shop/web 1.1.1 → 1.1.0"


@pytest.mark.parametrize("way", ["each", "together", "one commit of any name", "reset of the files"])
def test_every_version_that_several_reverts_took_back_is_held(published: Project, capsys: Capture, way: str) -> None:
    released(published, web="1.1.0")
    released(published, web="1.2.0", desk="2.0.0")
    branch = published.branch()
    if way == "each":
        branch.revert("HEAD")
        branch.revert("HEAD~2")
    elif way == "together":
        branch.revert("HEAD", "HEAD~1")
    elif way == "one commit of any name":
        branch("revert", "--no-commit", "HEAD", "HEAD~1")
        branch("commit", "--quiet", "-m", "back to monday")
        branch.push()
    else:
        branch("checkout", "--quiet", "HEAD~2", "--", ".")
        branch("commit", "--quiet", "-m", "back to monday")
        branch.push()
    for tag in ("1.2.0", "1.1.0"):
        published.releases(web=tag, desk="1.0.0")
        assert f"shop.web.tag: still {tag}, which was taken back; expected 1.0.0," in refused(capsys, published)
    published.releases(web="1.3.0", desk="2.0.0")
    assert "desk.desk.tag: still 2.0.0" in refused(capsys, published)
    released(published, desk="1.0.0")


def test_revert_of_a_revert_lets_the_release_stand(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    branch = published.branch()
    branch.revert("HEAD")
    assert "still 1.1.0" in refused(capsys, published)
    back = branch.revert("HEAD")
    assert naru() == Exit.OK
    assert published.tip() == back
    released(published, desk="1.0.1")


def test_revert_of_an_earlier_release_holds_that_one_alone(published: Project, capsys: Capture) -> None:
    first = released(published, web="1.1.0")
    released(published, desk="2.0.0")
    published.branch().revert(first)
    told = refused(capsys, published)
    assert "shop.web.tag: still 1.1.0" in told
    assert "desk" not in told
    released(published, web="1.0.0", desk="2.0.1")
    assert published.log()[0] == "test: desk/desk 2.0.0 → 2.0.1"


def test_neighbouring_services_are_reverted_without_a_conflict(published: Project) -> None:
    first = released(published, web="1.1.0")
    released(published, api="1.1.0")
    published.branch().revert(first)


def test_revert_of_a_revert_of_an_earlier_release_lets_it_stand(published: Project) -> None:
    first = released(published, web="1.1.0")
    released(published, desk="2.0.0")
    branch = published.branch()
    branch.revert(first)
    branch.revert("HEAD")
    released(published, api="1.0.1")


def test_revert_with_something_else_in_it_is_somebodys_own_commit(published: Project, capsys: Capture) -> None:
    first = released(published, web="1.1.0")
    released(published, desk="2.0.0")
    branch = published.branch()
    branch("revert", "--no-edit", first)
    branch.rewrite("replicas: 2", "replicas: 5")
    branch("commit", "--quiet", "--all", "--amend", "--no-edit")
    branch.push()
    assert "did not make" in refused(capsys, published)


def test_revert_by_a_merged_pull_request_holds(published: Project, capsys: Capture) -> None:
    first = released(published, web="1.1.0")
    released(published, desk="2.0.0")
    branch = published.branch()
    branch("checkout", "--quiet", "-b", "fix")
    branch("revert", "--no-edit", first)
    branch("checkout", "--quiet", "env/test")
    branch("merge", "--quiet", "--no-ff", "--no-edit", "fix")
    branch.push()
    assert "shop.web.tag: still 1.1.0" in refused(capsys, published)


def test_merge_that_brings_files_of_its_own_is_refused(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    branch = published.branch()
    branch("checkout", "--quiet", "-b", "fix")
    branch.rewrite("replicas: 2", "replicas: 5")
    branch("commit", "--quiet", "--all", "-m", "more")
    branch("checkout", "--quiet", "env/test")
    branch("merge", "--quiet", "--no-ff", "--no-edit", "fix")
    branch.push()
    published.releases(web="1.2.0")
    assert refused(capsys, published).count("did not make") == 2


def test_configuration_that_was_taken_back_is_held_while_it_would_be_the_same(
    published: Project, capsys: Capture
) -> None:
    published.change("catalog/shop.yaml", "hello", "good day")
    published.commit()
    assert naru() == Exit.OK
    capsys.readouterr()
    revert = published.branch().revert("HEAD")
    told = refused(capsys, published)
    assert f"was taken back by {revert[:12]}" in told
    assert "publishing would bring back what was in " in told
    assert "v1-configmap-shop-" in told
    published.change("catalog/shop.yaml", "good day", "good evening")
    published.commit()
    assert naru() == Exit.OK


def test_configuration_that_comes_back_beside_an_agreed_version_is_warned_about(
    published: Project, capsys: Capture
) -> None:
    published.change("catalog/desk.yaml", "hello", "good day")
    released(published, web="1.1.0")
    published.branch().revert("HEAD")
    capsys.readouterr()
    released(published, web="1.0.0")
    assert "warning: main/desk/workloads/1-manifest/" in capsys.readouterr().err


def test_what_is_held_is_told_to_scripts(published: Project, capsys: Capture) -> None:
    reverted = released(published, web="1.1.0")
    revert = published.branch().revert("HEAD")
    capsys.readouterr()
    assert naru("--json") == Exit.REFUSED
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["reason"], told["branch"]) == ("refused", "held", "env/test")
    assert [one["commit"] for one in told["reverts"]] == [revert]
    assert [one["commit"] for one in told["takenBack"]] == [reverted]
    [held] = told["held"]
    assert (held["service"], held["says"], held["expected"]) == ("shop/web", "1.1.0", "1.0.0")
    assert (held["file"], held["line"], held["path"]) == ("releases/test.yaml", 2, "shop.web.tag")


def rolled_back(project: Project, tag: str) -> str:
    """Take web back on the branch, as `naru rollback` does it, and return the commit."""

    def change(_then: Loaded, release: ReleaseFile) -> ReleaseFile:
        return release.set_version("shop", "web", Version(tag=tag))

    return go_back(project.root, "test", change, why="rolled back").published.commit or ""


def test_rollback_holds_the_release_until_its_file_agrees(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    made = rolled_back(published, "1.0.0")
    published.change("catalog/desk.yaml", "hello", "good day")
    published.commit()
    told = refused(capsys, published)
    assert f"was taken back by {made[:12]}" in told
    assert "shop.web.tag: still 1.1.0, which was taken back; expected 1.0.0," in told
    released(published, web="1.0.0")
    assert published.log()[0] == "test: configuration"


def test_rollback_that_is_reverted_lets_the_release_stand(published: Project) -> None:
    released(published, web="1.1.0")
    rolled_back(published, "1.0.0")
    published.branch().revert("HEAD")
    released(published, desk="1.0.1")
    assert published.log()[0] == "test: desk/desk 1.0.0 → 1.0.1"


def test_release_that_a_rollback_left_is_told_so(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    made = rolled_back(published, "1.0.0")
    found = releases_of(published.root, "test", "shop/web")
    assert [(one.version.tag, one.taken_back) for one in found] == [("1.0.0", ""), ("1.1.0", made), ("1.0.0", "")]
    capsys.readouterr()
    assert naru("--log", "-n", "1") == Exit.OK
    assert capsys.readouterr().out.endswith("test: shop/web 1.1.0 → 1.0.0 (a rollback)\n")


def test_server_that_refuses_is_told_in_one_line(published: Project, capsys: Capture) -> None:
    hook = published.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'env/test is frozen'\necho 'until monday'\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    published.releases(web="1.1.0")
    told = refused(capsys, published)
    assert told == (
        "refused: env/test at origin does not take it, and is as it was: "
        "[remote rejected] (pre-receive hook declined): env/test is frozen; until monday\n"
    )


def other_publishes(
    project: Project, monkeypatch: pytest.MonkeyPatch, times: int, *, onto_revert: bool = False
) -> None:
    """Have somebody else publish just before we push, a few times."""
    push, left = Repository.push, [times]

    def pushed(repository: Repository, commit: str, tip: str | None) -> Rejected | None:
        if left[0]:
            left[0] -= 1
            if onto_revert:
                project.branch().revert("HEAD")
            else:
                ours = {path: content.decode() for path, content in files_of(load(project.root, "test").stack).items()}
                branch = project.branch()
                for path, text in ours.items():
                    (branch.folder / path).write_text(text.replace("hello", f"hello {left[0]}"), encoding="utf-8")
                tree = branch("-c", "core.autocrlf=false", "add", "--all") or branch("write-tree")
                trailers = f"Naru-Source: {'0' * 40}\nNaru-Stack: test\nNaru-Version: 1\nNaru-Tree: {tree}"
                branch("commit", "--quiet", "-m", f"test: configuration\n\n{trailers}")
                branch.push()
        return push(repository, commit, tip)

    monkeypatch.setattr(Repository, "push", pushed)


def test_publication_of_somebody_else_in_between_is_decided_upon_anew(
    published: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.releases(web="1.1.0")
    other_publishes(published, monkeypatch, 1)
    assert naru() == Exit.OK
    assert len(published.log()) == 3
    expected = files_of(load(published.root, "test").stack)
    assert published_files(published)[0].keys() == {
        path for path in expected if path.endswith(".yaml") and path != "release.yaml"
    }


def test_revert_in_between_holds_all_the_same(
    published: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    released(published, web="1.1.0")
    published.change("catalog/desk.yaml", "hello", "good day")
    published.commit()
    other_publishes(published, monkeypatch, 1, onto_revert=True)
    assert naru() == Exit.REFUSED
    assert "still 1.1.0, which was taken back" in capsys.readouterr().err


def test_it_tries_again_but_once(published: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    published.releases(web="1.1.0")
    other_publishes(published, monkeypatch, 2)
    assert naru() == Exit.REFUSED
    assert "does not take it, and is as it was: [rejected] (stale info)" in capsys.readouterr().err


def test_branch_that_was_set_back_in_between_is_not_brought_forward_again(
    published: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published.tip()
    released(published, web="1.1.0")
    published.releases(web="1.2.0")
    push = Repository.push

    def pushed(repository: Repository, commit: str, tip: str | None) -> Rejected | None:
        git(published.bare, "update-ref", "refs/heads/env/test", first)
        return push(repository, commit, tip)

    monkeypatch.setattr(Repository, "push", pushed)
    assert naru() == Exit.OK
    assert published.log() == ["test: shop/web 1.0.0 → 1.2.0", "test: first publication, 3 versions"]


@pytest.mark.parametrize(
    ("remote", "told"),
    [
        ("nowhere", "no remote nowhere in this repository, which would be published to: it has origin"),
        ("https://user:s3cret@127.0.0.1:1/x.git", "127.0.0.1:1/x.git cannot be reached: fatal: unable to access"),
        ("file:///does/not/exist", "file:///does/not/exist cannot be reached: fatal: '/does/not/exist'"),
    ],
)
def test_remote_that_cannot_be_reached_is_told(project: Project, capsys: Capture, remote: str, told: str) -> None:
    said = refused(capsys, project, "--remote", remote)
    assert told in said
    assert "s3cret" not in said


def test_repository_without_a_remote_is_told_to_name_one(project: Project, capsys: Capture) -> None:
    git(project.root, "remote", "remove", "origin")
    told = refused(capsys, project)
    assert "no remote origin in this repository, which would be published to: it has none" in told
    assert "--remote" in told


def test_remote_that_hangs_is_given_up(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"git://127.0.0.1:{silent.getsockname()[1]}/x.git"
        with pytest.raises(Refusal, match="cannot be reached: no answer within 1 s"):
            publish(project.root, "test", remote=address, seconds=1)


def test_path_of_a_bare_repository_is_a_remote(project: Project, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "other.git")
    assert naru("--remote", "../other.git") == Exit.OK
    assert project.tip() == ""
    assert git(tmp_path / "other.git", "log", "--format=%s", "env/test") == "test: first publication, 3 versions"


def test_branch_of_the_environment_is_taken(project: Project) -> None:
    project.change("Pulumi.test.yaml", '.git"}', '.git", branch: rendered/all}')
    project.commit()
    assert naru() == Exit.OK
    assert project.tip("rendered/all") != project.tip() == ""


def test_dry_run_says_what_and_writes_nothing(
    published: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.releases(web="1.1.0")
    before, tip = published.fingerprint(), published.tip()
    assert naru("--dry-run") == Exit.OK
    assert "test: shop/web 1.0.0 → 1.1.0 (1 file): would publish on env/test" in capsys.readouterr().out
    monkeypatch.setenv("DRY_RUN", "true")
    assert naru("--json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["commit"]) == ("would publish", tip)
    assert (published.fingerprint(), published.tip()) == (before, tip)


def test_what_was_published_is_told_to_scripts(published: Project, capsys: Capture) -> None:
    first, source = published.tip(), published.releases(web="1.1.0")
    assert naru("--json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["commit"], told["before"]) == ("published", published.tip(), first)
    assert (told["source"], told["remote"]) == (source, "origin")
    assert told["versions"] == [{"system": "shop", "service": "web", "role": None, "before": "1.0.0", "after": "1.1.0"}]
    assert told["files"] == {"shop": {"added": 0, "changed": 1, "removed": 0}}


def with_a_migration(project: Project) -> None:
    project.catalog("shop", "api", "web", more=MIGRATION.replace("SOURCE", "existing"))


def test_image_older_than_the_published_schema_is_refused(project: Project, capsys: Capture) -> None:
    with_a_migration(project)
    project.releases(web="1.1.0", said="needsSchema: {shop_db: 7}")
    assert naru() == Exit.OK
    capsys.readouterr()
    project.releases(web="1.0.0", said="needsSchema: {shop_db: 5}")
    told = refused(capsys, project)
    assert told.startswith("refused: releases/test.yaml:2: shop.web.needsSchema.shop_db: ")
    assert naru("--accept-older-code") == Exit.OK
    assert capsys.readouterr().err.startswith("warning: releases/test.yaml:2:")


def test_schema_of_a_release_that_was_taken_back_still_counts(project: Project, capsys: Capture) -> None:
    with_a_migration(project)
    project.releases(web="1.0.0", said="needsSchema: {shop_db: 5}")
    assert naru() == Exit.OK
    project.releases(web="1.1.0", said="needsSchema: {shop_db: 7}")
    assert naru() == Exit.OK
    project.branch().revert("HEAD")
    capsys.readouterr()
    project.releases(web="1.0.1", said="needsSchema: {shop_db: 6}")
    assert "runs on version 6 of shop_db, which is at 7" in refused(capsys, project)
    project.releases(web="1.0.1", said="needsSchema: {shop_db: 6}, runsOnSchema: {shop_db: 7}")
    assert naru() == Exit.OK


def test_older_commit_than_the_published_one_is_refused(published: Project, capsys: Capture) -> None:
    released(published, web="1.1.0")
    published.releases(desk="1.0.1")
    released(published, desk="1.0.2")
    git(published.root, "checkout", "--quiet", "HEAD~1")
    told = refused(capsys, published)
    assert "comes after this checkout's" in told
    assert "git pull" in told


def test_shallow_checkout_is_enough(published: Project, tmp_path: Path) -> None:
    released(published, web="1.1.0")
    published.branch().revert("HEAD")
    published.releases(web="1.1.1")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{published.root}", str(clone))
    assert naru("--root", str(clone), "--remote", str(published.bare)) == Exit.OK
    assert published.log()[0] == "test: shop/web 1.0.0 → 1.1.1"


def test_revert_far_back_is_known(published: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("operations.publishing.repository._SHALLOW", 2)
    first = released(published, web="1.1.0")
    for tag in ("2.0.0", "3.0.0", "4.0.0"):
        released(published, desk=tag)
    released(published, desk="5.0.0")
    published.branch().revert(first)
    assert "shop.web.tag: still 1.1.0" in refused(capsys, published)


def test_author_and_date_of_the_environment_are_taken(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Lee")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "lee@example.com")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2024-02-03T04:05:06+09:00")
    assert naru() == Exit.OK
    assert project.log("%an <%ae> %aI|%cn") == ["Lee <lee@example.com> 2024-02-03T04:05:06+09:00|naru"]


def test_what_is_said_of_an_author_stays_where_the_rest_lacks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Lee")
    assert naru() == Exit.OK
    assert project.log("%an <%ae>") == ["Lee <naru@localhost>"]


def test_identity_of_the_checkout_is_taken(project: Project) -> None:
    git(project.root, "config", "user.name", "Park")
    git(project.root, "config", "user.email", "park@example.com")
    assert naru() == Exit.OK
    assert project.log("%an <%ae>|%cn") == ["Park <park@example.com>|Park"]


def test_where_nobody_is_known_it_is_whoever_began_the_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "choi")
    assert naru() == Exit.OK
    assert project.log("%an <%ae>") == ["choi <choi@users.noreply.github.com>"]


def test_access_that_only_the_checkout_has_configured_is_used(project: Project) -> None:
    git(project.root, "config", f"url.{project.bare}.insteadOf", "rendered:all")
    assert naru("--remote", "rendered:all") == Exit.OK
    assert project.tip()


def test_hooks_of_the_user_do_not_run(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "post-index-change", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (tmp_path / "config").write_text(f"[core]\n\thooksPath = {hooks}\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert naru() == Exit.OK
    assert not (tmp_path / "ran").exists()


def test_variables_of_a_hook_that_calls_it_lead_nowhere(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert publish(project.root, "test").changed
    assert not (tmp_path / "index").exists()


class TestProduction:
    @pytest.fixture
    def production(self, project: Project) -> Project:
        project.stack(tier="production")
        project.commit()
        return project

    def test_is_not_published_where_nobody_can_be_asked(self, production: Project, capsys: Capture) -> None:
        assert naru() == Exit.USAGE
        assert capsys.readouterr().err.splitlines()[-1] == "nobody is there to confirm this: give --yes"
        assert production.tip() == ""

    def test_is_published_by_ci_with_yes(self, production: Project) -> None:
        assert naru("--yes") == Exit.OK
        assert production.tip()

    @pytest.mark.parametrize("typed", ["test", "prod"])
    def test_is_confirmed_by_the_name_of_the_stack(
        self, production: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture, typed: str
    ) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(typer, "prompt", lambda *_, **__: typed)
        assert naru() == Exit.OK
        assert bool(production.tip()) is (typed == "test")
        assert (capsys.readouterr().out == "nothing was published\n") is (typed != "test")


def test_log_tells_what_was_published_and_what_became_of_it(published: Project, capsys: Capture) -> None:
    taken = released(published, web="1.1.0")
    revert = published.branch().revert("HEAD")
    released(published, web="1.1.1")
    capsys.readouterr()
    assert naru("--log", "-n", "3") == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("naru  test: shop/web 1.0.0 → 1.1.1")
    assert lines[1].startswith(revert[:12])
    assert lines[1].endswith("(a revert)")
    assert lines[2] == "              shop/web 1.1.0 → 1.0.0"
    assert lines[3].endswith(f"test: shop/web 1.0.0 → 1.1.0 (taken back by {revert[:12]})")
    assert len(lines) == 4
    assert naru("--log", "--json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in told] == ["published", "revert", "published", "published"]
    assert (told[2]["commit"], told[2]["takenBackBy"]) == (taken, revert)


def test_log_knows_a_revert_of_what_is_further_back(
    published: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("operations.publishing.repository._SHALLOW", 2)
    for tag in ("1.1.0", "1.2.0", "1.3.0"):
        released(published, web=tag)
    branch = published.branch()
    branch("checkout", "--quiet", "HEAD~3", "--", ".")
    branch("commit", "--quiet", "-m", "back to monday")
    branch.push()
    capsys.readouterr()
    assert naru("--log", "-n", "1") == Exit.OK
    assert capsys.readouterr().out.splitlines()[0].endswith("Kim  back to monday (a revert)")


def test_log_of_nothing_says_so(project: Project, capsys: Capture) -> None:
    assert naru("--log") == Exit.OK
    assert capsys.readouterr().out == "nothing was published yet\n"
    assert deployed_record(project.root, "test") == {}


def test_releases_of_a_service_are_read_back(published: Project) -> None:
    released(published, desk="2.0.0")
    taken = released(published, web="1.1.0")
    revert = published.branch().revert("HEAD")
    found = releases_of(published.root, "test", "shop/web")
    assert [(one.version.tag, one.taken_back) for one in found] == [("1.0.0", ""), ("1.1.0", revert), ("1.0.0", "")]
    assert [one.commit for one in found][:2] == [revert, taken]
    assert deployed_record(published.root, "test")["shop"]["web"] == {"tag": "1.0.0"}


def published_files(project: Project) -> tuple[dict[str, Any], str]:
    """Return every object at the tip of the branch by the path of its file, and the tip."""
    with published_branch(project.root, load(project.root, "test").stack) as branch:
        return branch.files(branch.tip), branch.tip


def test_published_objects_are_read_back(published: Project) -> None:
    files, commit = published_files(published)
    assert commit == published.tip()
    deployment = files["main/shop/workloads/1-manifest/apps_v1-deployment-shop-web.yaml"]
    assert deployment["metadata"]["name"] == "web"
    published.branch().edit("kind: Deployment", "kind: [")
    with pytest.raises(Stop, match="somebody changed it by hand"):
        published_files(published)


def test_without_git_it_is_one_line(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PATH", str(project.root))
    assert naru() == Exit.REFUSED
    assert capsys.readouterr().err == "refused: git is not installed\n"


def test_nothing_of_it_is_left_behind(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert publish(project.root, "test").changed
    assert list(folder.iterdir()) == []
