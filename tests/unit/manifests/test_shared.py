"""What all systems of a cluster have in common."""

from typing import Any

import pytest

from manifests.placed import Part, Placed
from manifests.shared import shared
from tests.builders import TWO_CLUSTERS, a_service, a_stack, a_system, of_kind, the

ISSUERS = {"self-signed": {"server": "self-signed"}}
PRIORITIES = {
    "critical": {"value": 1000, "description": "What others need."},
    "batch": {"value": -10, "description": "What can wait.", "preempts": False},
}


def objects_of(cluster_name: str = "main", **changes: Any) -> list[Placed]:
    system = a_system(a_service(), clusters=changes.pop("runs_on", "primary"), enabled=changes.pop("enabled", True))
    return shared(a_stack(system, issuers=ISSUERS, priorityClasses=PRIORITIES, **changes), cluster_name)


def test_a_cluster_has_every_issuer_and_every_priority_of_its_environment() -> None:
    assert {placed.reference for placed in objects_of()} == {
        "ClusterIssuer//self-signed",
        "PriorityClass//critical",
        "PriorityClass//batch",
    }


def test_what_is_shared_is_part_of_common_and_of_the_foundation() -> None:
    for placed in objects_of():
        assert placed.manifest["metadata"]["labels"] == {
            "app.kubernetes.io/name": placed.manifest["metadata"]["name"],
            "app.kubernetes.io/part-of": "common",
            "app.kubernetes.io/managed-by": "naru",
        }
        assert (placed.part, placed.component) == (Part.FOUNDATION, "")
        assert "namespace" not in placed.manifest["metadata"]


def test_a_priority_is_never_the_default_of_the_cluster() -> None:
    critical, batch = (placed.manifest for placed in of_kind(objects_of(), "PriorityClass"))
    assert (critical["value"], critical["preemptionPolicy"]) == (1000, "PreemptLowerPriority")
    assert (batch["value"], batch["preemptionPolicy"]) == (-10, "Never")
    assert critical["description"] == "What others need."
    # A default would also move the pods of others in the cluster; the API drops a `false`.
    assert not any("globalDefault" in found for found in (critical, batch))


def test_an_issuer_is_what_the_environment_says() -> None:
    assert the(objects_of(), "ClusterIssuer")["spec"] == {"selfSigned": {}}


@pytest.mark.parametrize(("runs_on", "count"), [("primary", 0), ("all", 3)])
def test_a_cluster_on_which_no_system_runs_has_nothing(runs_on: str, count: int) -> None:
    assert len(objects_of("tokyo", runs_on=runs_on, clusters=TWO_CLUSTERS)) == count
    assert len(objects_of("seoul", runs_on=runs_on, clusters=TWO_CLUSTERS)) == 3


def test_a_disabled_system_runs_nowhere() -> None:
    assert objects_of(enabled=False) == []
