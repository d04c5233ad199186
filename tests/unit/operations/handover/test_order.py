"""What is done to a cluster when one strategy takes over from another, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from manifests.placed import Manifest, Part, Placed
from operations.exits import Exit, Stop
from operations.handover import order
from operations.handover.plan import HASH
from operations.selection import Objects
from tests.unit.operations.handover.builders import COLORED, POD, address, deployed, objects, planned
from tests.unit.operations.handover.cluster import Cluster


class Engine:
    """Makes what the settings ask for of what it is told to update, and says when it was at work."""

    def __init__(self, cluster: Cluster, wanted: list[Manifest], *, works: bool = True) -> None:
        self.cluster = cluster
        self.wanted = wanted
        self.works = works
        self.asked: list[list[str]] = []

    def __call__(self, names: Mapping[str, Collection[str]]) -> bool:
        self.asked.append(sorted(names["shop"]))
        self.cluster.done.append("engine")
        made = [one for one in self.wanted if f"main/shop/web:{one['kind'].lower()}:web" in names["shop"]]
        self.cluster.create(*made)
        if any(one["kind"] == "Rollout" for one in made):
            self.cluster.managed("web")
        return self.works


def placed(manifests: list[Manifest]) -> Objects:
    """Return objects of the service, its workloads after its Services, as `manifests` has those of a Rollout."""
    services = tuple(Placed(one, Part.WORKLOADS, "web") for one in manifests if one["kind"] == "Service")
    after = tuple(one.reference for one in services)
    others = tuple(
        Placed(one, Part.WORKLOADS, "web", after if one["kind"] == "Rollout" else ())
        for one in manifests
        if one["kind"] != "Service"
    )
    return {"main": {"shop": (*services, *others)}}


def handed_over(
    before: str, after: str, cluster: Cluster, *, autoscaled: bool = False, works: bool = True
) -> tuple[bool, Engine]:
    state = deployed(*objects(before, autoscaled=autoscaled))
    wanted = objects(after, autoscaled=autoscaled)
    engine = Engine(cluster, wanted, works=works)
    moves = planned(state, after, autoscaled=autoscaled)
    begun = order.prepared({"main": cluster.server}, moves, "dev")
    return order.hand_over(begun, placed(wanted), state, engine), engine


def a_cluster(strategy: str) -> Cluster:
    cluster = Cluster(*objects(strategy))
    if strategy in {"blueGreen", "canary routed"}:
        cluster.managed("web")
    return cluster


def test_deployment_hands_over_to_a_rollout_with_its_selector_held() -> None:
    cluster = a_cluster("rolling")
    done, engine = handed_over("rolling", "blueGreen", cluster)
    assert done
    assert cluster.done == ["apply services/web", "engine"]
    assert cluster.bodies[0]["spec"] == {"selector": POD}
    assert engine.asked == [["main/shop/web:rollout:web", "main/shop/web:service:web"]]
    assert cluster.selector("web") == {**POD, HASH: "1"}


def test_rollout_lets_go_before_its_service_is_ours_and_after_the_deployment_is_ready() -> None:
    cluster = a_cluster("blueGreen")
    done, engine = handed_over("blueGreen", "rolling", cluster)
    assert done
    assert cluster.done == ["engine", "merge rollouts/web", "merge services/web"]
    assert engine.asked == [["main/shop/web:deployment:web"]]
    assert cluster.bodies[0] == {"spec": {"strategy": {"blueGreen": None, "canary": {}}}}
    assert cluster.selector("web") == POD


def test_autoscaled_rollout_begins_with_as_many_pods_as_the_deployment_has() -> None:
    cluster = a_cluster("rolling")
    cluster.objects["/apis/apps/v1/namespaces/shop/deployments/web"]["spec"]["replicas"] = 5
    done, engine = handed_over("rolling", "blueGreen", cluster, autoscaled=True)
    assert done
    assert cluster.done == ["apply services/web", "engine", "apply rollouts/web", "engine", "apply rollouts/web"]
    assert engine.asked == [
        ["main/shop/web:service:web"],
        ["main/shop/web:rollout:web", "main/shop/web:service:web"],
    ]
    sown, left = cluster.bodies[1:]
    assert (sown["spec"]["replicas"], "template" in sown["spec"]) == (5, True)
    assert left["spec"] == {"replicas": 5}


def test_color_that_is_not_live_gets_no_traffic_while_a_rollout_takes_over() -> None:
    cluster = a_cluster("blueGreenIngress")
    assert cluster.selector("web") == COLORED
    done, _ = handed_over("blueGreenIngress", "blueGreen", cluster)
    assert done
    assert cluster.done == ["merge deployments/web-green/scale", "merge services/web", "engine"]
    assert cluster.selector("web") == {**POD, HASH: "1"}


def test_color_that_is_not_live_gets_no_traffic_when_the_selector_loses_the_color() -> None:
    cluster = a_cluster("blueGreenIngress")
    done, _ = handed_over("blueGreenIngress", "rolling", cluster)
    assert done
    assert cluster.done == ["engine", "merge deployments/web-green/scale"]
    assert cluster.selector("web") == COLORED


def test_color_of_another_version_is_refused_while_the_strategy_changes() -> None:
    cluster = a_cluster("rolling")
    [move] = planned(deployed(*objects("rolling")), "blueGreenIngress")
    move.new[1].manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    with pytest.raises(Stop, match="web-green is to have another version") as stop:
        order.prepared({"main": cluster.server}, [move], "dev")
    assert stop.value.code is Exit.REFUSED


def test_rollout_that_stays_and_leaves_its_service_has_our_selector_beside_its_hash_first() -> None:
    cluster = a_cluster("canary routed")
    done, engine = handed_over("canary routed", "canary", cluster)
    assert done
    assert cluster.done == ["merge services/web"]
    assert engine.asked == []
    assert cluster.selector("web") == {**POD, HASH: "1"}


def test_nothing_points_to_what_did_not_become_ready() -> None:
    cluster = a_cluster("blueGreen")
    done, _ = handed_over("blueGreen", "rolling", cluster, works=False)
    assert not done
    assert cluster.done == ["engine"]
    assert HASH in cluster.selector("web")


@pytest.mark.parametrize("after", ["rolling", "canary routed"])
def test_strategy_does_not_change_in_the_middle_of_a_rollout(after: str) -> None:
    cluster = a_cluster("blueGreen")
    cluster.objects["/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web"]["status"]["currentPodHash"] = "2"
    with pytest.raises(Stop, match="in the middle of a rollout") as stop:
        handed_over("blueGreen", after, cluster)
    assert stop.value.code is Exit.REFUSED
    assert "naru rollout promote shop/web --stack dev" in str(stop.value)
    assert cluster.done == []


def test_interrupted_hand_over_does_again_what_is_left() -> None:
    cluster = a_cluster("blueGreen")
    cluster.create(*objects("rolling"))
    state = deployed(*objects("blueGreen"), *(one for one in objects("rolling") if one["kind"] == "Deployment"))
    engine = Engine(cluster, objects("rolling"))
    begun = order.prepared({"main": cluster.server}, planned(state, "rolling"), "dev")
    assert order.hand_over(begun, placed(objects("rolling")), state, engine)
    assert cluster.done == ["engine", "merge rollouts/web", "merge services/web"]


def test_what_is_no_more_on_the_cluster_hands_nothing_over() -> None:
    cluster = Cluster(address("web", POD))
    done, engine = handed_over("rolling", "blueGreen", cluster)
    assert done
    assert (cluster.done, engine.asked) == ([], [])


def test_wait_in_vain_says_what_for_and_that_the_old_serves_on() -> None:
    moments = iter(range(0, 1000, 200))
    with pytest.raises(Stop, match="until pods are ready: none is") as stop:
        order.wait(
            "pods are ready", lambda: False, lambda: "none is", clock=lambda: next(moments), pause=lambda _: None
        )
    assert stop.value.code is Exit.FAILED
    assert "the old workloads serve on" in str(stop.value)
