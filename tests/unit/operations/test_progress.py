"""How far an operation is, as people see it."""

import io

import pytest
from rich.console import Console

from operations.progress import is_due, line, shown
from operations.tally import Tally
from tests.unit.operations.events import begun, finished, said, urn


def test_a_line_says_how_far_and_what_is_waited_for() -> None:
    tally = Tally(expected=12)
    for one in (begun("plate/api"), finished("plate/api"), begun("plate/web"), begun("plate/llm")):
        tally.take(one)
    tally.take(said("[1/2] 0 of 2 pods ready", about=urn("plate/web")))
    assert line("up local", tally, 7.4) == (
        "up local: 1 of 12 objects, 7 s; waiting for plate/web and 1 more: 0 of 2 pods ready"
    )


def test_without_a_terminal_lines_are_written_and_the_last_one_always() -> None:
    stream = io.StringIO()
    times = iter((0.0, 3.0))
    with shown("up local", Tally(1), Console(file=stream), clock=lambda: next(times), every=60) as take:
        take(begun("a"))
        take(finished("a"))
    assert stream.getvalue() == "up local: 1 of 1 objects, 3 s\n"


@pytest.mark.parametrize(
    ("last", "seconds", "due"), [("a", 5, True), ("b", 5, False), ("b", 30, True)], ids=["new", "same", "same for long"]
)
def test_a_state_is_repeated_only_once_in_a_while(last: str, seconds: float, due: bool) -> None:
    assert is_due("b", last, seconds) is due


def test_the_last_line_is_written_when_the_operation_fails() -> None:
    stream = io.StringIO()
    try:
        with shown("up local", Tally(1), Console(file=stream), clock=lambda: 0.0, every=60):
            raise LookupError
    except LookupError:
        pass
    assert stream.getvalue().startswith("up local: 0 of 1 objects")


def test_a_terminal_gets_a_bar_and_a_status_with_brackets_is_no_markup() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=160)
    with shown("up local", Tally(2), console) as take:
        take(begun("a"))
        take(said("[red]waiting[/red] [/]", about=urn("a")))
    assert "up local" in stream.getvalue()
