"""Which lines of a file a change touches, below a setting."""

import pytest

from operations.diff.touched import Touched

_OLD = "a:\n  b: 1\n  c:\n    - one\n    - two\n\nd:\n  e: 1\n"


def _none(_: str) -> None:
    return None


@pytest.mark.parametrize(
    ("new", "line", "found"),
    [
        (_OLD.replace("two", "three"), 1, 5),
        (_OLD.replace("two", "three"), 3, 5),
        (_OLD.replace("two", "three"), 2, 0),
        (_OLD.replace("two", "three"), 7, 0),
        (_OLD.replace("b: 1", "b: 2"), 2, 2),
        (_OLD.replace("    - two\n", ""), 3, 4),
        (_OLD.replace("    - two\n", ""), 1, 4),
        (_OLD.replace("  e: 1\n", "  # why\n\n  e: 1\n  f: 2\n"), 7, 8),
        (_OLD, 1, 0),
        (_OLD, 99, 0),
    ],
)
def test_touched_lines_of_a_block(new: str, line: int, found: int) -> None:
    assert Touched({"x": _OLD}.get, {"x": new}.get).within("x", line) == found


def test_all_of_a_new_file_is_touched_and_nothing_of_one_that_is_gone() -> None:
    assert Touched(_none, {"x": _OLD}.get).within("x", 7) == 7
    assert Touched({"x": _OLD}.get, _none).within("x", 7) == 0


def test_one_place_of_a_file_is_the_only_one() -> None:
    def only(new: str) -> int:
        return Touched({"x": _OLD}.get, {"x": new}.get).only("x")

    assert only(_OLD) == 0
    assert only(_OLD.replace("two", "three")) == 5
    assert only(_OLD.replace("two", "three").replace("b: 1", "b: 2")) == 0
