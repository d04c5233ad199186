"""Which commit a change is compared with."""

from pathlib import Path

import pytest

from operations.diff.base import find
from operations.diff.worktree import checked_out
from settings.faults import SettingsError
from tests.unit.operations.diff.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository whose branch `feature` has left `main`, which then moved on."""
    made = Repository(tmp_path / "project")
    made.write("Pulumi.dev.yaml", "dev")
    made.commit("first")
    made.git("tag", "left")
    made.git("switch", "--quiet", "--create", "feature")
    made.write("Pulumi.new.yaml", "new")
    made.commit("mine")
    made.git("switch", "--quiet", "main")
    made.write("Pulumi.prod.yaml", "prod")
    made.commit("theirs")
    made.git("tag", "moved-on")
    made.git("switch", "--quiet", "feature")
    return made


def told(root: Path, asked: str | None = None) -> str:
    with pytest.raises(SettingsError) as error:
        find(root, asked)
    return str(error.value)


def test_the_base_is_where_the_branch_left_it(repository: Repository) -> None:
    found = find(repository.root, "main")

    assert (found.asked, found.commit) == ("main", repository.git("rev-parse", "left"))
    assert found.stacks == ("dev",)
    assert found.moved_on


def test_a_commit_of_the_branch_itself_is_taken_as_it_is(repository: Repository) -> None:
    found = find(repository.root, "HEAD")

    assert found.commit == repository.git("rev-parse", "HEAD")
    assert found.stacks == ("dev", "new")
    assert not found.moved_on


def test_main_is_the_default_where_there_is_no_remote(repository: Repository) -> None:
    assert find(repository.root, None).asked == "main"


def test_main_of_the_remote_comes_before_our_own(repository: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--branch", "feature", str(repository.root), str(clone))

    assert find(clone, None).asked == "origin/feature", "what the remote says is its default branch"

    repository.git("-C", str(clone), "remote", "set-head", "origin", "--delete")
    found = find(clone, None)
    assert (found.asked, found.commit) == ("origin/main", repository.git("rev-parse", "left"))


def test_two_commits_with_the_same_files_have_one_tree(repository: Repository) -> None:
    tree = find(repository.root, "HEAD").tree
    repository.commit("nothing new")

    assert find(repository.root, "HEAD").tree == tree


def test_a_project_below_the_top_of_its_repository_is_found_there(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write("infra/Pulumi.dev.yaml", "dev")
    repository.write("infra/operations/__main__.py", "")
    repository.commit()
    tree = find(tmp_path / "infra", "main").tree
    repository.write("README.md", "elsewhere")
    repository.commit()

    found = find(tmp_path / "infra", "main")

    assert (found.folder, found.stacks, found.own_code, found.tree) == ("infra/", ("dev",), True, tree)


def test_a_base_before_the_project_has_no_stack(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write("README.md", "hello")
    repository.commit()
    (tmp_path / "infra").mkdir()

    assert find(tmp_path / "infra", "main").stacks == ()


def test_histories_that_never_met_are_compared_as_they_are(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--orphan", "other")
    repository.write("Pulumi.other.yaml", "other")
    commit = repository.commit()
    repository.git("switch", "--quiet", "feature")

    assert find(repository.root, "other").commit == commit


def test_a_base_that_does_not_exist_is_told(repository: Repository) -> None:
    assert told(repository.root, "nowhere") == (
        '--base: no commit "nowhere" in this repository; fetch it first, if it is remote'
    )


def test_a_base_that_looks_like_an_option_is_no_option(repository: Repository) -> None:
    assert told(repository.root, "--all").startswith('--base: no commit "--all" in this repository')


def test_what_is_no_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert f"{tmp_path} is not in a Git repository" in told(tmp_path)


def test_a_branch_without_a_commit_is_told(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--orphan", "empty")

    assert "the branch has no commit yet" in told(repository.root)


def test_no_default_branch_is_told_with_the_option(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit()
    repository.git("branch", "--move", "trunk")

    assert "say which commit, branch or tag to compare with: --base REF" in told(tmp_path)


@pytest.mark.parametrize("asked", [None, "left", "origin/main"])
def test_a_shallow_clone_is_told_how_to_fetch_more(repository: Repository, tmp_path: Path, asked: str | None) -> None:
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    repository.git("clone", "--quiet", "--depth=1", "--branch=feature", "--single-branch", source, str(clone))
    if asked is None:
        repository.git("-C", str(clone), "remote", "set-head", "origin", "--delete")

    assert "fetch all of it: `fetch-depth: 0` of actions/checkout" in told(clone, asked)


def test_a_shallow_clone_whose_history_ends_too_early_is_told(repository: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    repository.git("clone", "--quiet", "--depth=1", "--branch=feature", "--no-single-branch", source, str(clone))

    assert 'the history of this clone ends before it meets "origin/main"' in told(clone, "origin/main")


def test_a_hook_of_git_does_not_make_it_read_another_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Repository(tmp_path / "other").commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))

    assert find(repository.root, "left").commit == repository.git("rev-parse", "left")


def test_a_checkout_leaves_branch_index_and_tree_as_they_were(repository: Repository) -> None:
    repository.write("Pulumi.dev.yaml", "not committed")
    repository.write("new", "not known")
    repository.write(".git/hooks/post-checkout", '#!/bin/sh\ntouch "$(git rev-parse --git-common-dir)/hook-ran"\n')
    (repository.root / ".git/hooks/post-checkout").chmod(0o755)
    before = repository.state()

    with checked_out(repository.root, repository.git("rev-parse", "moved-on")) as folder:
        assert (folder / "Pulumi.prod.yaml").read_text(encoding="utf-8") == "prod"
        assert not (folder / "new").exists()

    assert repository.state() == before
    assert not folder.parent.exists()
    assert repository.git("worktree", "prune", "--dry-run", "--verbose") == ""


def test_a_checkout_is_removed_where_something_fails(repository: Repository) -> None:
    before = repository.state()

    with pytest.raises(KeyboardInterrupt), checked_out(repository.root, "HEAD") as folder:
        raise KeyboardInterrupt

    assert repository.state() == before
    assert not folder.exists()


def test_a_checkout_that_was_left_half_made_is_removed_too(repository: Repository) -> None:
    before = repository.state()

    with checked_out(repository.root, "HEAD") as folder:
        (folder / ".git").unlink()

    assert repository.state() == before


def test_what_cannot_be_checked_out_is_told(repository: Repository) -> None:
    before = repository.state()

    with (
        pytest.raises(SettingsError, match="git cannot check out 0123456789ab"),
        checked_out(repository.root, "0123456789abcdef0123456789abcdef01234567"),
    ):
        pass

    assert repository.state() == before
