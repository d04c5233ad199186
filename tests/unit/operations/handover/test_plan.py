"""Which services are handed over from one strategy to another, and how: decided on state and settings alone."""

from __future__ import annotations

from typing import Any

import pytest

from operations.handover.plan import HASH, held, idle, is_under_way, letting_go, untried
from tests.unit.operations.handover.builders import COLORED, POD, STRATEGIES, deployed, objects, planned, workload

ROLLOUTS = ("blueGreen", "blueGreen elsewhere", "canary", "canary routed")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_service_that_keeps_its_strategy_hands_nothing_over(strategy: str) -> None:
    assert planned(deployed(*objects(strategy)), strategy) == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_service_that_is_not_deployed_yet_hands_nothing_over(strategy: str) -> None:
    assert planned(deployed(), strategy) == []


def test_deployment_that_only_changes_its_name_of_strategy_hands_nothing_over() -> None:
    assert planned(deployed(*objects("rolling")), "canaryDeployment") == []


@pytest.mark.parametrize(
    ("before", "after", "old", "absent"),
    [
        ("rolling", "blueGreen", ["Deployment web"], ["web"]),
        ("rolling", "canary", ["Deployment web"], ["web"]),
        ("rolling", "blueGreenIngress", ["Deployment web"], ["web-blue", "web-green"]),
        ("canaryDeployment", "canary routed", ["Deployment web"], ["web"]),
        ("blueGreen", "rolling", ["Rollout web"], ["web"]),
        ("canary routed", "blueGreenIngress", ["Rollout web"], ["web-blue", "web-green"]),
        ("blueGreenIngress", "rolling", ["Deployment web-blue", "Deployment web-green"], ["web"]),
        ("blueGreenIngress", "blueGreen", ["Deployment web-blue", "Deployment web-green"], ["web"]),
    ],
)
def test_other_workload_takes_over_in_order(before: str, after: str, old: list[str], absent: list[str]) -> None:
    [move] = planned(deployed(*objects(before)), after)
    assert move.ordered
    assert [f"{one.kind} {one.name}" for one in move.old] == old
    assert sorted(move.absent) == absent
    assert move.changed == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("blueGreen", "canary"),
        ("blueGreen", "canary routed"),
        ("canary", "canary routed"),
        ("canary routed", "blueGreen elsewhere"),
    ],
)
def test_rollout_that_gets_another_strategy_stays_and_must_be_between_two_rollouts(before: str, after: str) -> None:
    [move] = planned(deployed(*objects(before)), after)
    assert not move.ordered
    assert [one.name for one in move.rollouts] == ["web"]


@pytest.mark.parametrize("after", ROLLOUTS)
def test_rollout_that_goes_must_be_between_two_rollouts(after: str) -> None:
    [move] = planned(deployed(*objects(after)), "rolling")
    assert [one.name for one in move.rollouts] == ["web"]


@pytest.mark.parametrize(
    ("before", "after", "to_rollouts"),
    [
        ("rolling", "blueGreen", [True]),
        ("canary", "blueGreen", [True]),
        ("blueGreenIngress", "canary routed", [True]),
        ("blueGreen", "rolling", [False]),
        ("canary routed", "canary", [False]),
        ("blueGreen", "blueGreenIngress", [False]),
        ("blueGreen", "canary routed", []),
        ("rolling", "canary", []),
        ("rolling", "blueGreen elsewhere", []),
    ],
)
def test_service_changes_hands_where_one_side_alone_has_a_selector(
    before: str, after: str, to_rollouts: list[bool]
) -> None:
    [move] = planned(deployed(*objects(before)), after)
    changing = [one for one in move.selections if one.to_rollouts or one.to_us]
    assert [one.to_rollouts for one in changing] == to_rollouts
    assert all(one.name == "web" for one in move.selections)


@pytest.mark.parametrize(
    ("strategy", "managed"),
    [("blueGreen", "web"), ("blueGreen elsewhere", "web-active"), ("canary routed", "web"), ("canary", "")],
)
def test_service_that_rollouts_serves_by_is_waited_for(strategy: str, managed: str) -> None:
    [move] = planned(deployed(*objects("rolling")), strategy)
    assert move.managed == managed


@pytest.mark.parametrize("autoscaled", [True, False])
def test_number_of_pods_is_taken_along_where_an_autoscaler_rules(autoscaled: bool) -> None:
    [move] = planned(deployed(*objects("rolling", autoscaled=autoscaled)), "blueGreen", autoscaled=autoscaled)
    assert move.scaled == (frozenset({"web"}) if autoscaled else frozenset())


def test_interrupted_hand_over_goes_on() -> None:
    both = deployed(*objects("rolling"), *objects("blueGreen"))
    [move] = planned(both, "blueGreen")
    assert move.ordered
    assert move.absent == frozenset()


def test_deployment_that_is_left_over_is_the_engines_to_delete() -> None:
    left = workload("Deployment", "web-canary", {"app.kubernetes.io/name": "web-canary"})
    assert planned(deployed(*objects("canaryDeployment"), left), "canaryDeployment") == []


def test_selector_keeps_what_the_new_pods_have_too() -> None:
    assert held(COLORED, POD) == POD
    assert held(POD, {**POD, "app.kubernetes.io/component": "web"}) == POD
    assert held({**POD, HASH: "1"}, POD) == {**POD, HASH: "1"}


def test_color_that_is_not_live_loses_its_pods_before_the_selector_loses_the_color() -> None:
    [move] = planned(deployed(*objects("blueGreenIngress")), "blueGreen")
    assert [one.name for one in idle(move, COLORED, POD)] == ["web-green"]
    assert idle(move, POD, POD) == []


def test_color_that_is_not_live_does_not_come_with_another_version() -> None:
    [move] = planned(deployed(*objects("rolling")), "blueGreenIngress")
    assert untried(move) == ""
    green = move.new[1].manifest["spec"]["template"]["spec"]["containers"][0]
    green["image"] = "web:2"
    assert untried(move) == "web-green"


@pytest.mark.parametrize(
    ("strategy", "patch"),
    [
        ({"blueGreen": {"activeService": "web"}}, {"blueGreen": None, "canary": {}}),
        (
            {"canary": {"maxSurge": "25%", "stableService": "web", "trafficRouting": {"nginx": {}}, "steps": []}},
            {"canary": {"stableService": None, "trafficRouting": None, "steps": None}},
        ),
        ({"canary": {}}, {"canary": {}}),
    ],
)
def test_rollout_lets_go_of_everything_but_its_pods(strategy: dict[str, Any], patch: dict[str, Any]) -> None:
    assert letting_go({"spec": {"strategy": strategy, "template": {}}}) == {"spec": {"strategy": patch}}


@pytest.mark.parametrize(
    ("status", "under_way"),
    [
        ({"stableRS": "a", "currentPodHash": "a"}, False),
        ({"stableRS": "a", "currentPodHash": "b"}, True),
        ({"stableRS": "a", "currentPodHash": "a", "pauseConditions": [{"reason": "BlueGreenPause"}]}, True),
        ({"stableRS": "", "currentPodHash": "b"}, False),
        ({}, False),
    ],
    ids=["one version", "two versions", "paused", "first one that was never healthy", "never seen"],
)
def test_rollout_is_under_way_between_two_versions(status: dict[str, Any], under_way: bool) -> None:
    assert is_under_way({"status": status}) is under_way
