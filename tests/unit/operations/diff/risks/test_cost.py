"""What a stack asks for, and when that is worth a word."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.cost import cost
from operations.diff.model import Cost, Level
from operations.diff.pairs import Sides
from operations.diff.risks.cost import costs
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    Case,
    claim,
    container,
    harmless,
    job,
    judged,
    made,
    put,
    risky,
    side,
    store,
    workload,
)

_MI, _GI = 1024**2, 1024**3
_REQUESTS = f"{CONTAINER}/resources/requests"


def _asks(cpu: str, name: str = "api", **spec: Any) -> Manifest:
    return put(workload(name=name, **spec), f"{_REQUESTS}/cpu", cpu)


def _autoscaler(least: int, most: int) -> Manifest:
    target = {"kind": "Deployment", "name": "api"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return made("HorizontalPodAutoscaler", spec=spec)


_BIG = put(_asks("10", "big"), f"{_REQUESTS}/memory", "10Gi")

CASES = [
    risky("a third more", Level.LOW, "3.9 CPU for 3 (+30%)", _asks("1"), _asks("1300m")),
    risky(
        "two thirds more",
        Level.MEDIUM,
        "(+67%)",
        (_asks("1"), _asks("1", "b"), _asks("1", "c")),
        (_asks("1"), _asks("1", "b"), _asks("1", "c", replicas=9)),
    ),
    risky("a lot less", Level.LOW, "(-75%)", _asks("1", replicas=4), _asks("1", replicas=1)),
    risky(
        "twice as much for each pod",
        Level.LOW,
        "each pod asks for 0.1 CPU, now 0.2 (of 3)",
        (_BIG, workload()),
        (_BIG, _asks("200m")),
    ),
    risky(
        "more storage",
        Level.MEDIUM,
        "20 GiB storage for 10 GiB",
        claim(),
        put(claim(), "spec/resources/requests/storage", "20Gi"),
    ),
    risky(
        "twice as much for each pod of an autoscaler",
        Level.LOW,
        "(of 3 to 9 pods)",
        (_BIG, workload(), _autoscaler(3, 9)),
        (_BIG, _asks("200m"), _autoscaler(3, 9)),
    ),
    harmless("a little more", _asks("1"), _asks("1200m")),
    harmless("more pods of one service", (_BIG, workload()), (_BIG, workload(replicas=9))),
    harmless("a little less", _asks("1"), _asks("500m")),
    harmless("the same in another spelling", _asks("1"), _asks("1000m")),
    harmless("a new stack", None, _asks("1")),
    harmless("a stack is removed", _asks("1"), None),
    harmless("an autoscaler of the same least number", _asks("1"), (_asks("1"), _autoscaler(3, 30))),
    harmless("a Job", workload(), (workload(), put(job(), f"{_REQUESTS}/cpu", "64"))),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_costs(case: Case) -> None:
    judged(costs, case)


def test_pods_are_counted_and_volumes_and_an_autoscaler_at_its_least() -> None:
    objects = [workload(), _autoscaler(2, 9), store(replicas=3), claim(), job()]

    assert cost(side(objects)) == Cost(cpu=0.5, memory=5 * 128 * _MI, storage=40 * _GI)


def test_a_workload_that_says_no_number_has_one_pod_and_none_has_none() -> None:
    one = workload()
    del one["spec"]["replicas"]

    assert cost(side([one])).cpu == 0.1
    assert cost(side([workload(replicas=0)])).cpu == 0


def test_a_pod_asks_for_its_containers_or_for_what_runs_before_them() -> None:
    def first(cpu: str, **more: Any) -> Manifest:
        before = container("first", resources={"requests": {"cpu": cpu}}, **more)
        return put(workload(replicas=1), "spec/template/spec/initContainers", [before])

    assert cost(side([first("50m")])).cpu == 0.1
    assert cost(side([first("2")])).cpu == 2
    assert cost(side([first("50m", restartPolicy="Always")])).cpu == 0.15


def test_a_limit_stands_in_for_a_request_as_it_does_in_the_cluster() -> None:
    limited = put(workload(replicas=1), f"{CONTAINER}/resources", {"limits": {"cpu": "2"}})

    assert cost(side([limited])).cpu == 2


def test_how_far_autoscalers_go_is_mentioned() -> None:
    sides = Sides(side([_asks("1"), _autoscaler(3, 6)]), side([_asks("1400m"), _autoscaler(3, 6)]))

    (found,) = costs(sides)

    assert "up to 8.4 by autoscalers" in found.reason
    assert str(found.subject) == "Deployment shop/api"
