"""Which commits of a branch are ours, which take one back, and which are somebody's own."""

from collections.abc import Sequence

from operations.publishing.history import Commit, standing, taken_back
from operations.publishing.message import Marks


def commit(name: str, *parents: str, tree: str = "", message: str = "by hand") -> Commit:
    return Commit(
        name * 10, tree or f"tree-{name}", tuple(one * 10 for one in parents), "Kim <kim@example.com>", "", message
    )


def published(name: str, *parents: str, tree: str = "", stack: str = "dev") -> Commit:
    marks = Marks("abc", stack, "1", tree or f"tree-{name}")
    return commit(name, *parents, tree=tree, message=f"{stack}: configuration\n\nVersions:\n- x\n\n{marks}\n")


def rollback(name: str, parent: str, tree: str = "") -> Commit:
    marks = Marks("abc", "dev", "1", tree or f"tree-{name}", back=True)
    return commit(name, parent, tree=tree, message=f"dev: back\n\n{marks}\n")


def revert(name: str, *of: str, parent: str, tree: str = "") -> Commit:
    said = "\n".join(f"This reverts commit {one * 10}." for one in of)
    return commit(name, parent, tree=tree, message=f'Revert "it"\n\n{said}')


def always(_commit: Commit, _named: Sequence[Commit]) -> bool:
    return True


def never(_commit: Commit, _named: Sequence[Commit]) -> bool:
    return False


def names(commits: Sequence[Commit]) -> str:
    return "".join(one.name[0] for one in commits)


def test_ours_is_told_by_stack_and_tree() -> None:
    assert published("a").is_published("dev")
    assert not published("a").is_published("prod")
    amended = Commit("a", "tree-other", (), "", "", published("a").message)
    assert not amended.is_published("dev")
    assert not commit("a", message="dev: configuration").is_published("dev")


def test_trailers_count_in_the_last_paragraph_alone() -> None:
    quoted = published("a").message.strip() + "\n\nwhich I changed"
    assert not commit("a", message=quoted).is_published("dev")
    signed = published("a").message + "Co-authored-by: Lee <lee@example.com>\n"
    assert commit("a", message=signed).is_published("dev")


def test_published_tip_has_nothing_to_settle() -> None:
    found = standing((published("b", "a"), commit("a")), "dev", never)
    assert found.last == published("b", "a")
    assert (found.foreign, found.reverts, found.taken) == ((), (), ())


def test_every_commit_is_foreign_where_nothing_was_published() -> None:
    found = standing((commit("b", "a"), commit("a")), "dev", always)
    assert found.last is None
    assert names(found.foreign) == "ba"


def test_commit_without_an_effect_is_nobodys() -> None:
    found = standing((commit("b", "a", tree="tree-a"), published("a")), "dev", never)
    assert (found.foreign, found.taken) == ((), ())


def test_tree_of_an_earlier_release_takes_back_all_between() -> None:
    history = (commit("d", "c", tree="tree-a"), published("c", "b"), published("b", "a"), published("a"))
    found = standing(history, "dev", never)
    assert names(found.reverts) == "d"
    assert names(found.taken) == "cb"


def test_tree_of_an_earlier_release_settles_what_was_done_by_hand() -> None:
    history = (commit("c", "b", tree="tree-a"), commit("b", "a"), published("a"))
    assert standing(history, "dev", never).foreign == ()


def test_message_alone_makes_no_revert() -> None:
    history = (revert("c", "a", parent="b"), published("b", "a"), published("a"))
    assert names(standing(history, "dev", never).foreign) == "c"
    assert names(standing(history, "dev", always).taken) == "a"


def test_revert_of_a_commit_that_is_not_of_the_branch_is_foreign() -> None:
    history = (revert("c", "x", parent="b"), published("b", "a"), published("a"))
    assert names(standing(history, "dev", always).foreign) == "c"


def test_revert_of_a_commit_by_hand_settles_that_one() -> None:
    history = (revert("d", "b", parent="c"), commit("c", "b"), commit("b", "a"), published("a"))
    found = standing(history, "dev", always)
    assert names(found.foreign) == "c"
    assert found.taken == ()


def test_revert_of_a_revert_brings_back_what_was_done_by_hand() -> None:
    history = (revert("d", "c", parent="c"), revert("c", "b", parent="b"), commit("b", "a"), published("a"))
    assert names(standing(history, "dev", always).foreign) == "b"


def test_revert_of_a_revert_lets_a_release_stand() -> None:
    history = (revert("d", "c", parent="c"), revert("c", "a", parent="b"), published("b", "a"), published("a"))
    found = standing(history, "dev", always)
    assert names(found.reverts) == "dc"
    assert found.taken == ()


def test_revert_of_a_revert_by_tree_takes_everything_back_again() -> None:
    history = (
        revert("e", "d", parent="d"),
        commit("d", "c", tree="tree-a"),
        published("c", "b"),
        published("b", "a"),
        published("a"),
    )
    assert standing(history, "dev", always).taken == ()


def test_several_are_named_in_one_message() -> None:
    history = (revert("d", "c", "b", parent="c"), published("c", "b"), published("b", "a"), published("a"))
    assert names(standing(history, "dev", always).taken) == "cb"


def test_merge_of_a_revert_is_no_commit_by_hand() -> None:
    merged = commit("d", "b", "c", tree="tree-c")
    history = (merged, revert("c", "a", parent="b"), published("b", "a"), published("a"))
    assert standing(history, "dev", always).foreign == ()
    other = commit("d", "b", "c", tree="tree-x")
    assert names(standing((other, *history[1:]), "dev", always).foreign) == "d"


def test_rollback_is_ours_and_takes_back_what_it_leaves() -> None:
    history = (rollback("c", "b"), published("b", "a"), published("a"))
    found = standing(history, "dev", never)
    assert found.last == history[1]
    assert (names(found.rollbacks), names(found.reverts), found.foreign, found.taken) == ("c", "c", (), ())


def test_rollback_to_the_files_of_an_earlier_release_is_one() -> None:
    history = (rollback("c", "b", tree="tree-a"), published("b", "a"), published("a"))
    assert names(standing(history, "dev", never).rollbacks) == "c"


def test_rollback_stays_one_under_a_commit_without_an_effect() -> None:
    history = (commit("d", "c", tree="tree-c"), rollback("c", "b"), published("b", "a"), published("a"))
    assert names(standing(history, "dev", never).rollbacks) == "c"


def test_rollback_that_is_reverted_is_taken_back_itself() -> None:
    for last, is_revert in ((commit("d", "c", tree="tree-b"), never), (revert("d", "c", parent="c"), always)):
        found = standing((last, rollback("c", "b"), published("b", "a"), published("a")), "dev", is_revert)
        assert (names(found.rollbacks), names(found.taken)) == ("", "c")


def test_rollback_is_settled_by_the_next_publication() -> None:
    history = (published("d", "c"), rollback("c", "b"), published("b", "a"), published("a"))
    assert standing(history, "dev", never).rollbacks == ()


def test_log_knows_what_was_taken_back_and_what_came_again() -> None:
    history = (
        commit("f", "e", tree="tree-a"),
        published("e", "d"),
        revert("d", "c", parent="c"),
        revert("c", "b", parent="b"),
        published("b", "a"),
        published("a"),
    )
    assert came_of(history) == {"e": "f", "d": "f", "c": "f", "b": "f"}
    assert came_of(history[2:]) == {"c": "d"}
    assert came_of(history[3:]) == {"b": "c"}


def test_revert_that_was_taken_back_is_a_revert_all_the_same() -> None:
    history = (revert("d", "c", parent="c"), revert("c", "b", parent="b"), published("b", "a"), published("a"))
    assert {name[0] for name in taken_back(history, "dev")[1]} == {"d", "c"}
    assert taken_back((commit("b", "a"), published("a")), "dev") == ({}, frozenset())


def came_of(history: Sequence[Commit]) -> dict[str, str]:
    return {name[0]: by[0] for name, by in taken_back(history, "dev")[0].items()}
