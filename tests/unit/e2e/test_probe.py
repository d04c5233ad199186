from __future__ import annotations

from typing import Any

from tests.e2e.probe import Seen, ready_pods


def seen(*looks: tuple[float, set[str]]) -> Seen:
    made = Seen("web")
    for at, pods in looks:
        made.take(at, frozenset(pods))
    return made


def a_slice(service: str, *endpoints: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": list(endpoints)}


def endpoint(pod: str, **conditions: bool) -> dict[str, Any]:
    return {"targetRef": {"name": pod}, "conditions": conditions}


def test_gap_lasts_from_the_look_that_saw_nobody_to_the_one_that_saw_somebody() -> None:
    found = seen((1.0, {"a-1"}), (2.0, set()), (2.5, set()), (3.0, {"a-2"}), (4.0, set()), (4.25, set()))
    assert found.gaps() == [1.0, 0.25]


def test_service_that_never_had_a_pod_is_one_gap() -> None:
    assert seen((1.0, set()), (3.0, set())).gaps() == [2.0]


def test_least_and_most_count_from_a_moment_on_with_what_was_so_then() -> None:
    found = seen((1.0, {"a-1"}), (2.0, {"a-1", "a-2"}), (3.0, {"a-1", "a-2", "b-1"}))
    assert (found.least(), found.most()) == (1, 3)
    assert (found.least(2.5), found.most(2.5)) == (2, 3)


def test_replica_sets_are_those_of_any_moment_since_then() -> None:
    found = seen((1.0, {"web-a-1"}), (2.0, {"web-b-1"}), (3.0, {"web-c-1"}))
    assert found.replica_sets(2.5) == {"web-b", "web-c"}


def test_longest_time_between_two_looks_is_known() -> None:
    assert seen((1.0, {"a-1"}), (1.5, {"a-1"}), (1.75, {"a-1"})).longest == 0.5


def test_endpoint_is_ready_unless_it_says_it_is_not() -> None:
    slices = [
        a_slice("web", endpoint("a", ready=True), endpoint("b", ready=False), endpoint("c")),
        a_slice("web", endpoint("d", ready=True)),
        a_slice("other", endpoint("e", ready=False, serving=True)),
    ]
    assert ready_pods(slices) == {"web": {"a", "c", "d"}, "other": set()}
