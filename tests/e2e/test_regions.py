"""Two regions, one after the other: what fails in the first never reaches the second.

The tests are chapters of one story: each goes on from where the one before left the two regions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.plane import ControlPlane
from local.progress import lines
from local.session import Session
from tests.e2e.delivery import REPLICA_SET
from tests.e2e.regions import (
    NAMESPACE,
    PRIMARY_ONLY,
    RELEASE_FILE,
    STACK,
    Outage,
    TwoRegions,
    impatience,
    is_through,
    last_ready,
    made,
    refusing,
    settled,
    tags,
    versions,
)
from tests.integration.on_plane import NAMESPACE as NAMESPACES
from tests.integration.on_plane import POD, Cluster, Ended, until


@pytest.fixture(scope="module")
def far_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The second region's control plane."""
    made = ControlPlane(tmp_path_factory.mktemp("tokyo"), pod_seconds=(0.5, 2))
    try:
        made.up(progress=lines(sys.__stderr__), storage_classes=["standard"])
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="module")
def seoul(plane: ControlPlane) -> Iterator[Cluster]:
    """The first region, which is the primary one."""
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def tokyo(far_plane: ControlPlane) -> Iterator[Cluster]:
    """The second region."""
    with Session(far_plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def regions(plane: ControlPlane, far_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> TwoRegions:
    """The project."""
    return TwoRegions(tmp_path_factory.mktemp("regions"), plane, far_plane)


@pytest.fixture(scope="module")
def deployed(regions: TwoRegions) -> Ended:
    """The end of the first deployment."""
    return regions.up("--json").succeeded()


def results(ended: Ended) -> dict[str, str]:
    """Return how an update ended in each region."""
    return {one["cluster"]: one["result"] for one in ended.data["regions"]}


def test_first_region_is_complete_before_anything_of_the_second_is_made(
    deployed: Ended, regions: TwoRegions, seoul: Cluster, tokyo: Cluster
) -> None:
    assert results(deployed) == {"seoul": "verified", "tokyo": "verified"}
    (begun,) = (
        item["metadata"]["creationTimestamp"]
        for item in tokyo.api.list(NAMESPACES, "")
        if item["metadata"]["name"] == NAMESPACE
    )
    assert last_ready(seoul) <= begun
    assert tags(seoul) == tags(tokyo) == {"web": "1.0.0", "api": "1.0.0"}
    objects = [item for item in regions.checkpoint()["resources"] if item["type"].startswith("kubernetes:")]
    assert deployed.data["changes"] == {"create": len(objects)}, "one total for both"
    assert {(one["cluster"], one["system"], one["ready"]) for one in deployed.data["systems"]} == {
        ("seoul", "market", True),
        ("seoul", "ledger", True),
        ("tokyo", "market", True),
    }
    assert PRIMARY_ONLY not in tokyo.names(NAMESPACES)


@pytest.fixture(scope="module")
def untouched(deployed: Ended, tokyo: Cluster) -> dict[str, tuple[str, str]]:
    """The objects of the second region before a release that fails in the first."""
    assert deployed.code == 0
    return settled(tokyo)


@pytest.fixture(scope="module")
def failed(untouched: dict[str, tuple[str, str]], regions: TwoRegions, plane: ControlPlane) -> Ended:
    """The end of a release whose pods crash."""
    assert untouched
    regions.release("web", "1.0.0", "2.0.0-crash")
    with impatience(plane):
        return regions.up()


def test_release_that_fails_in_the_first_region_never_reaches_the_second(
    failed: Ended, untouched: dict[str, tuple[str, str]], tokyo: Cluster
) -> None:
    assert failed.code == 3
    assert versions(tokyo) == untouched
    assert "up local on seoul" in failed.stderr
    assert "up local on tokyo" not in failed.stderr, "no update of the engine was about it"


def test_it_says_which_region_failed_and_which_was_not_touched(failed: Ended) -> None:
    assert "failed: seoul/market/web:deployment:web: " in failed.stderr
    assert "rolled back: market/web on seoul: to revision 1, 1.0.0" in failed.stderr
    assert failed.stderr.splitlines()[-2:] == [
        "stopped at seoul, which failed: tokyo was not touched",
        "  mend it and `naru up --stack local` again, or take a service back in every region: "
        "`naru rollback market/web --stack local`",
    ]


def test_rollback_takes_the_release_back_and_changes_nothing_that_runs_where_it_never_came_to(
    failed: Ended, regions: TwoRegions, tokyo: Cluster
) -> None:
    assert failed.code == 3
    before = tags(tokyo), tokyo.names(POD, NAMESPACE)
    ended = regions.naru("rollback", "market/web", "--stack", STACK, "--no-health-check", "--yes")
    assert ended.code == 0, ended.text
    assert "tokyo: follows; 2.0.0-crash never came to it" in ended.stderr
    assert "web: { tag: 1.0.0 }" in (regions.root / RELEASE_FILE).read_text(encoding="utf-8")
    assert (tags(tokyo), tokyo.names(POD, NAMESPACE)) == before


def test_mended_release_goes_through_both_and_waits_for_the_rollouts_of_the_first(
    deployed: Ended, regions: TwoRegions, seoul: Cluster, tokyo: Cluster
) -> None:
    assert deployed.code == 0
    regions.release("web", "1.0.0", "2.0.0")
    regions.release("api", "1.0.0", "2.0.0")
    ended = regions.up("--json").succeeded()
    # Nobody waits for the rollouts of the last region: a busy machine may not be through with them yet.
    assert results(ended)["seoul"] == "verified"
    assert results(ended)["tokyo"] in {"verified", "under way"}
    until(lambda: is_through(tokyo, "api"), "the end of the canary in the last region")
    assert ended.data["changes"] == {"update": 4}
    assert tags(seoul) == tags(tokyo) == {"web": "2.0.0", "api": "2.0.0"}
    assert last_ready(seoul, web="2.0.0", api="2.0.0") <= made(tokyo, REPLICA_SET, "2.0.0")


@pytest.fixture(scope="module")
def half(regions: TwoRegions, tokyo: Cluster) -> Ended:
    """The end of a release that only the second region refuses."""
    regions.release("web", "2.0.0", "3.0.0")
    with refusing(tokyo, "3.0.0"):
        return regions.up("--json")


def test_release_that_fails_in_the_second_region_stays_in_the_first(
    half: Ended, seoul: Cluster, tokyo: Cluster
) -> None:
    assert half.code == 3
    assert results(half) == {"seoul": "verified", "tokyo": "failed"}
    assert tags(seoul)["web"] == "3.0.0"
    assert tags(tokyo)["web"] == "2.0.0"
    assert "stopped at tokyo, which failed: seoul has what the files say" in half.stderr
    assert "3.0.0 is not let into this region" in half.stderr


def test_next_update_brings_the_second_region_up_to_the_first(
    half: Ended, regions: TwoRegions, seoul: Cluster, tokyo: Cluster
) -> None:
    assert half.code == 3
    before = settled(seoul)
    ended = regions.up("--json").succeeded()
    assert results(ended) == {"seoul": "verified", "tokyo": "verified"}
    assert ended.data["changes"] == {"update": 1}
    assert tags(tokyo) == {"web": "3.0.0", "api": "2.0.0"}
    assert versions(seoul) == before


def naming(regions: TwoRegions, cluster: str) -> list[dict[str, Any]]:
    """Return what the state has of a cluster."""
    found = regions.checkpoint()["resources"]
    return [one for one in found if one["urn"].rpartition("::")[2].partition("/")[0] == cluster]


@pytest.fixture(scope="module")
def before_it(half: Ended, regions: TwoRegions) -> list[dict[str, Any]]:
    """What the state has of the second region before that goes down, with a release to come."""
    assert half.code == 3
    regions.up("--json").succeeded()
    regions.release("web", "3.0.0", "4.0.0")
    return naming(regions, "tokyo")


@pytest.fixture(scope="module")
def outage(before_it: list[dict[str, Any]], far_plane: ControlPlane) -> Iterator[Outage]:
    """The second region, which is down until somebody says that it is over."""
    assert before_it
    found = Outage(far_plane)
    yield found
    found.over()


def test_region_that_is_down_keeps_every_update_up_while_it_is_in_traffic(
    outage: Outage, regions: TwoRegions, seoul: Cluster
) -> None:
    assert outage
    before = settled(seoul)
    ended = regions.up()
    assert ended.code == 4
    assert "refused: tokyo: https://127.0.0.1" in ended.stderr
    assert "`naru region drain --stack local tokyo`" in ended.stderr
    assert versions(seoul) == before


@pytest.fixture(scope="module")
def left_out(outage: Outage, regions: TwoRegions) -> Ended:
    """The end of an update whose second region is drained and down."""
    assert outage
    regions.change("Pulumi.local.yaml", "tokyo: { context", "tokyo: { drained: true, context")
    return regions.up("--json")


def test_drained_region_that_is_down_is_left_out_and_the_release_goes_to_the_other(
    left_out: Ended, before_it: list[dict[str, Any]], regions: TwoRegions, seoul: Cluster
) -> None:
    assert left_out.code == 0, left_out.text
    assert results(left_out) == {"seoul": "verified", "tokyo": "left out"}
    warned = [line for line in left_out.stderr.splitlines() if line.startswith("warning: tokyo")]
    assert len(warned) == 1
    assert "`naru up --stack local` brings it up" in warned[0]
    assert left_out.data["changes"] == {"update": 1}
    assert tags(seoul)["web"] == "4.0.0"
    assert naming(regions, "tokyo") == before_it, "the state of the other is as it was"


def test_rollback_goes_without_it_too(left_out: Ended, regions: TwoRegions, seoul: Cluster) -> None:
    assert left_out.code == 0
    words = ("rollback", "market/web", "--stack", STACK, "--no-health-check", "--yes")
    ended = regions.naru(*words, "--json").succeeded()
    assert (ended.data["result"], ended.data["leftOut"]) == ("verified", ["tokyo"])
    assert ended.stderr.count("warning: tokyo is left out") == 1
    assert tags(seoul)["web"] == "3.0.0"
    regions.release("web", "3.0.0", "5.0.0")
    assert results(regions.up("--json").succeeded()) == {"seoul": "verified", "tokyo": "left out"}
    assert tags(seoul)["web"] == "5.0.0"


def test_region_that_answers_again_is_brought_up_to_the_others_drained_or_not(
    left_out: Ended, outage: Outage, regions: TwoRegions, far_plane: ControlPlane, seoul: Cluster
) -> None:
    assert left_out.code == 0
    outage.over()
    far_plane.up(progress=lines(sys.__stderr__), storage_classes=["standard"])
    before = settled(seoul)
    ended = regions.up("--json").succeeded()
    assert results(ended) == {"seoul": "verified", "tokyo": "verified"}
    assert ended.data["changes"] == {"update": 1}
    assert "left out" not in ended.stderr
    with Session(far_plane.kubeconfig) as session:
        assert tags(Cluster(session)) == {"web": "5.0.0", "api": "2.0.0"}
    assert versions(seoul) == before
