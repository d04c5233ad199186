"""What a commit renders to is kept, and only that."""

import os
from pathlib import Path

from operations.diff.kept import Kept, fingerprint

FOLDERS = {"seoul/shop/workloads": [{"kind": "A", "metadata": {"name": "a"}}]}


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    Kept(tmp_path, "tree").write("dev", "", FOLDERS)

    assert Kept(tmp_path, "tree").read("dev", "") == FOLDERS


def test_nothing_is_read_of_another_tree_or_stack_or_after_something_else_was_given(tmp_path: Path) -> None:
    Kept(tmp_path, "tree").write("dev", "one", FOLDERS)

    assert Kept(tmp_path, "other").read("dev", "one") is None
    assert Kept(tmp_path, "tree").read("prod", "one") is None
    assert Kept(tmp_path, "tree").read("dev", "two") is None


def test_what_was_cut_off_is_not_read(tmp_path: Path) -> None:
    Kept(tmp_path, "tree").write("dev", "", FOLDERS)
    path = tmp_path / ".naru/diff/tree/dev.json"
    path.write_bytes(path.read_bytes()[:-9])

    assert Kept(tmp_path, "tree").read("dev", "") is None


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    Kept(tmp_path, "tree").write("dev", "", FOLDERS)

    kept = tmp_path / ".naru/diff"
    assert [path.stat().st_mode & 0o777 for path in (kept, kept / "tree", kept / "tree/dev.json")] == [
        0o700,
        0o700,
        0o600,
    ]
    assert [path.name for path in (kept / "tree").iterdir()] == ["dev.json"]


def test_the_longest_unused_trees_are_forgotten(tmp_path: Path) -> None:
    for number in range(20):
        Kept(tmp_path, f"tree-{number}").write("dev", "", FOLDERS)
        os.utime(tmp_path / f".naru/diff/tree-{number}", (number, number))
    Kept(tmp_path, "tree-0").read("dev", "")
    Kept(tmp_path, "new").write("dev", "", FOLDERS)

    left = {path.name for path in (tmp_path / ".naru/diff").iterdir()}
    assert len(left) == 20
    assert {"new", "tree-0"} <= left
    assert "tree-1" not in left


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / ".naru").write_text("a file")

    Kept(tmp_path, "tree").write("dev", "", FOLDERS)

    assert Kept(tmp_path, "tree").read("dev", "") is None


def test_a_fingerprint_is_of_names_and_contents(tmp_path: Path) -> None:
    assert fingerprint(tmp_path / "none") == ""
    (tmp_path / "a").write_text("1")
    first = fingerprint(tmp_path)
    (tmp_path / "a").write_text("2")
    second = fingerprint(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")

    assert len({"", first, second, fingerprint(tmp_path)}) == 4
