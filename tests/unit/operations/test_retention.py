"""Which old versions of a Rollout make room for those that are worth going back to."""

from __future__ import annotations

from typing import Any

from operations.rollout.live import LiveWorkload
from operations.rollout.retention import surplus
from operations.rollout.revision import revisions
from tests.unit.operations.rollout_builders import a_deployment, a_replica_set, a_rollout

SEEN = "2026-01-02T04:00:00Z"


def a_workload(*sets: dict[str, Any], limit: int | None = 3, **status: Any) -> LiveWorkload:
    rollout = a_rollout(**{"current": "9", "stable": "9", **status})
    if limit is not None:
        rollout["spec"]["revisionHistoryLimit"] = limit
    return LiveWorkload("seoul", "shop", "web", "Rollout", "main", rollout, revisions(rollout, "Rollout", sets))


def gone(workload: LiveWorkload, comes: str = "new") -> list[str]:
    return sorted(one.hash for one in surplus(workload, lambda one: one.image.endswith(f":{comes}")))


def test_as_many_stay_as_leave_room_for_what_serves() -> None:
    old = [a_replica_set(str(number), number) for number in (1, 2, 3, 4)]
    assert gone(a_workload(*old, a_replica_set("9", 9, replicas=5))) == ["h1", "h2"]
    assert gone(a_workload(*old[2:], a_replica_set("9", 9, replicas=5))) == []


def test_what_never_was_healthy_goes_first() -> None:
    old = [a_replica_set("1", 1, healthy=SEEN), a_replica_set("2", 2), a_replica_set("3", 3)]
    assert gone(a_workload(*old, a_replica_set("9", 9, replicas=5))) == ["h2"]


def test_what_served_last_stays_however_old_it_is() -> None:
    again = a_replica_set("1", 8, healthy=SEEN, created="2025-01-01T00:00:00Z")
    old = [again, *(a_replica_set(str(number), number, healthy=SEEN) for number in (2, 3, 4))]
    assert gone(a_workload(*old, a_replica_set("9", 9, replicas=5))) == ["h2", "h3"]


def test_on_the_way_both_versions_count_and_neither_goes() -> None:
    old = [a_replica_set(str(number), number) for number in (1, 2)]
    both = [a_replica_set("8", 8, replicas=4), a_replica_set("9", 9, replicas=1)]
    assert gone(a_workload(*old, *both, current="9", stable="8")) == ["h1"]
    resting = a_replica_set("9", 9)
    assert gone(a_workload(*old, both[0], resting, current="9", stable="8", abort=True)) == ["h1"]


def test_what_comes_again_stays_and_needs_no_room_of_its_own() -> None:
    old = [a_replica_set("1", 1), *(a_replica_set(str(number), number, healthy=SEEN) for number in (2, 3))]
    serving = a_replica_set("9", 9, replicas=5)
    assert gone(a_workload(*old, serving)) == ["h1"]
    assert gone(a_workload(*old, serving), comes="1") == []
    assert gone(a_workload(*old, a_replica_set("4", 4, healthy=SEEN), serving), comes="1") == ["h2"]


def test_nothing_goes_while_a_change_was_not_seen_that_may_be_about_to_make_pods() -> None:
    old = [a_replica_set(str(number), number) for number in (1, 2, 3, 4)]
    assert gone(a_workload(*old, a_replica_set("9", 9, replicas=5), observedGeneration="2")) == []


def test_what_has_pods_never_goes() -> None:
    old = [a_replica_set(str(number), number, replicas=1) for number in (1, 2, 3, 4)]
    assert gone(a_workload(*old, a_replica_set("9", 9, replicas=5))) == []


def test_without_a_limit_it_is_that_of_argo_rollouts() -> None:
    old = [a_replica_set(f"old{number}", number) for number in range(10)]
    assert gone(a_workload(*old, a_replica_set("9", 99, replicas=5), limit=None)) == ["hold0"]


def test_a_deployment_is_left_to_its_controller_which_goes_by_the_revision() -> None:
    sets = [a_replica_set(str(number), number, kind="Deployment") for number in range(20)]
    deployment = {**a_deployment(), "revisionHistoryLimit": 1}
    found = revisions(deployment, "Deployment", sets)
    assert len(found) == 20
    assert gone(LiveWorkload("seoul", "shop", "web", "Deployment", "main", deployment, found)) == []


def test_where_nothing_is_deployed_nothing_goes() -> None:
    assert gone(LiveWorkload("seoul", "shop", "web", "Rollout", "main", {})) == []
