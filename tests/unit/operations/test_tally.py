"""What the engine's events come to."""

from collections.abc import Iterable

import pytest
from pulumi.automation import EngineEvent

from operations.tally import Change, Failure, Tally, one_line
from tests.unit.operations.events import begun, event, failed, finished, said, summary, urn


def told(*events: EngineEvent, expected: int = 0) -> Tally:
    tally = Tally(expected)
    for one in events:
        tally.take(one)
    return tally


def test_counts_only_kubernetes_objects() -> None:
    component = event(
        resOutputsEvent={
            "metadata": {
                "op": "create",
                "urn": "urn:pulumi:local::naru::naru:system:System::plate",
                "type": "naru:system:System",
            }
        }
    )
    tally = told(component, begun("a"), finished("a"), expected=3)
    assert (len(tally.done), tally.total) == (1, 3)


def test_an_unchanged_object_is_done_and_no_change() -> None:
    tally = told(begun("a", "same"), finished("a", "same"), expected=1)
    assert len(tally.done) == 1
    assert tally.changed == {}


def test_objects_of_a_cluster_that_the_operation_is_not_about_are_not_done_though_the_engine_tells_of_them() -> None:
    tally = Tally(2, about="seoul")
    for one in (finished("seoul/shop:service:a", "same"), finished("tokyo/shop:service:a", "same")):
        tally.take(one)
    assert {name.rpartition("::")[2] for name in tally.done} == {"seoul/shop:service:a"}
    tally.about = "tokyo"
    tally.take(finished("tokyo/shop:service:a"))
    assert len(tally.done) == tally.total == 2


def test_waits_for_the_object_that_was_begun_first_with_its_newest_status() -> None:
    status = [said(f"[1/2] {text}", about=urn("a")) for text in ("Waiting for pods", "1 of 3 pods ready\n")]
    tally = told(begun("a"), begun("b"), *status)
    assert tally.waiting_for == ("a", "1 of 3 pods ready")
    assert tally.waiting == 2


def test_waits_for_nothing_once_all_is_done_or_failed() -> None:
    assert told(begun("a"), finished("a"), begun("b"), failed("b")).waiting_for is None


def test_total_grows_with_objects_that_are_deleted_beside_those_expected() -> None:
    tally = told(begun("new"), finished("new"), begun("old", "delete"), expected=1)
    assert tally.total == 2


def test_a_replacement_is_one_change_whatever_its_steps() -> None:
    steps = ("create-replacement", "replace", "delete-replaced")
    tally = told(*(one for step in steps for one in (begun("a", step), finished("a", step))))
    assert tally.changed == {"replace": 1}


def test_a_replacement_keeps_the_properties_that_made_it_one() -> None:
    steps = (
        begun("a", "create-replacement"),
        begun("a", "replace", diffs=["spec.selector"]),
        begun("a", "delete-replaced"),
    )
    assert told(*steps).changes[urn("a")].properties == ("spec.selector",)


def test_what_a_refresh_reads_is_not_done_yet() -> None:
    assert not told(finished("a", "refresh")).done


def test_a_preview_knows_what_would_change_and_waits_for_nothing() -> None:
    detail = {"spec.replicas": {"diffKind": "update"}, "metadata.labels.x": {"diffKind": "add"}}
    tally = told(begun("a", "update", planning=True, detailedDiff=detail))
    assert list(tally.changes.values()) == [Change("update", "a", ("metadata.labels.x", "spec.replicas"))]
    assert tally.waiting_for is None


def test_changes_never_hold_values() -> None:
    state = {"type": "t", "urn": urn("a"), "id": "", "parent": "", "provider": "", "inputs": {"data": "hidden-value"}}
    tally = told(begun("a", "update", new=state, diffs=["data"]))
    assert "hidden-value" not in repr(tally.changes)


def test_a_failure_names_the_object_and_its_reason() -> None:
    tally = told(begun("a"), said("pod a-1: ImagePullBackOff", "error", about=urn("a")), failed("a"))
    assert tally.failures() == [Failure("a", "pod a-1: ImagePullBackOff")]
    assert not tally.done


def test_an_object_that_failed_while_initialising_is_not_done_though_it_has_outputs() -> None:
    tally = told(begun("a"), failed("a"), finished("a"))
    assert not tally.done


def test_a_failing_object_says_more_than_the_failing_stack() -> None:
    whole = said("update failed", "error", about="urn:pulumi:local::naru::pulumi:pulumi:Stack::naru-local")
    tally = told(said("no such image", "error", about=urn("a")), failed("a"), whole)
    assert [failure.resource for failure in tally.failures()] == ["a"]


def test_a_list_of_reasons_is_one_sentence() -> None:
    text = "2 errors occurred:\n\t* not ready after 600 s\n\t* pod a-1: CrashLoopBackOff\n"
    tally = told(said(text, "error", about=urn("a")), failed("a"))
    assert tally.failures() == [Failure("a", "not ready after 600 s; pod a-1: CrashLoopBackOff")]


def test_a_failing_program_is_told_without_its_traceback() -> None:
    text = 'Traceback (most recent call last):\n  File "/x.py", line 3, in f\n    raise x\nValueError: no such stack'
    tally = told(said(text, "error", about="urn:pulumi:local::naru::pulumi:pulumi:Stack::naru-local"))
    assert tally.failures() == [Failure("stack", "ValueError: no such stack")]


def test_the_summary_ends_it() -> None:
    tally = told(summary(same=3, create=1))
    assert tally.ended
    assert tally.summary == {"same": 3, "create": 1}


@pytest.mark.parametrize("message", ["using pulumi-language-python from $PATH at /usr/bin/x", ""])
def test_noise_is_no_status(message: str) -> None:
    assert told(begun("a"), said(message, "info", about=urn("a"))).waiting_for == ("a", "")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n\n b ", "a; b"), ("\x1b[31mred", "\\x1b[31mred"), ("x" * 400, "x" * 299 + "…")],
    ids=["lines are joined", "control characters are spelled out", "long text is cut"],
)
def test_one_line_cannot_move_the_cursor(text: str, line: str) -> None:
    assert one_line(text) == line


def test_every_kind_of_event_is_taken_without_an_exception() -> None:
    kinds: Iterable[dict[str, object]] = (
        {"cancelEvent": {}},
        {"stdoutEvent": {"message": "x", "color": "never"}},
        {"preludeEvent": {"config": {}}},
        {"diagnosticEvent": {"message": "x", "severity": "warning", "color": "never"}},
    )
    assert not told(*(event(**kind) for kind in kinds)).failures()
