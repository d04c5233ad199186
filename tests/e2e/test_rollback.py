"""`naru rollback` from the command to verified, with the guides' pauses and windows as they are, for each strategy.

Once, or as often as `NARU_SOAK_ROUNDS` says (`make soak`); the figures are printed in the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest

from local.plane import ControlPlane
from tests.e2e.delivery import (
    AMS,
    AUTH,
    BACKEND,
    BLUE_GREEN_INGRESS,
    CANARY_DEPLOYMENT,
    FRONTEND,
    KOREA,
    ROLLING,
    Delivery,
    ready,
)
from tests.e2e.figures import Figures
from tests.e2e.probe import Probe
from tests.integration.on_plane import Cluster, until

ROUNDS: Final = int(os.environ.get("NARU_SOAK_ROUNDS", "1"))
LIMIT: Final = 180.0  # seconds: the guide's goal for a rollback

pytestmark = pytest.mark.timeout(600 * (ROUNDS + 1))


@dataclass(frozen=True)
class Case:
    """A service with one of the strategies."""

    strategy: str
    subject: str
    namespace: str
    serving: str
    """The Service that must not be without pods."""
    pods: int
    change: Mapping[str, Any] | None = None
    """What the stack's file says of its strategy, where it is not the catalog's."""

    @property
    def system(self) -> str:
        return self.subject.partition("/")[0]

    @property
    def service(self) -> str:
        return self.subject.partition("/")[2]


CASES: Final = (
    Case("canary", BACKEND, KOREA, "korea-backend", 5),
    Case("blueGreen", FRONTEND, KOREA, "korea-frontend-active", 3),
    Case("canaryDeployment", AUTH, "development", "auth-service", 3, CANARY_DEPLOYMENT),
    Case("rolling", AMS, "ams", "ams", 2, ROLLING),
    Case("blueGreenIngress", AMS, "ams", "ams", 2, BLUE_GREEN_INGRESS),
)


@pytest.fixture
def case(request: pytest.FixtureRequest, delivery: Delivery) -> Case:
    """A service as the catalog has it, with a version that is live and healthy."""
    found: Case = request.param
    delivery.configure({found.subject: found.change} if found.change else None, shortened=False)
    delivery.up(found.system)
    until(lambda: delivery.status(found.subject)["phase"] != "progressing", f"{found.subject} is one thing or another")
    if delivery.status(found.subject)["phase"] != "healthy":  # as a test of something else has left it
        make_live(delivery, found, "2.0.0")
    return found


@pytest.fixture
def probe(case: Case, plane: ControlPlane) -> Iterator[Probe]:
    with Probe(plane.kubeconfig, case.namespace, case.serving) as made:
        made.from_now_on(case.serving, case.pods)
        yield made


def make_live(delivery: Delivery, case: Case, tag: str) -> None:
    """Bring a version to all of the traffic, whatever the pauses, as an operator would who cannot wait."""
    if case.strategy == "blueGreenIngress":
        idle = "blue" if delivery.released(case.subject).get("live") == "green" else "green"
        colors = {**delivery.released(case.subject).get("colors", {}), idle: {"tag": tag}}
        delivery.release(case.subject, colors=colors)
    elif case.strategy == "canaryDeployment":
        delivery.release(case.subject, canary={"tag": tag})
    else:
        delivery.release(case.subject, tag=tag)
    delivery.up(case.system)
    if case.strategy != "rolling" and not is_live(delivery, case, tag):
        delivery.rollout("promote", case.subject, "--full", "--yes").succeeded()
    until(lambda: is_live(delivery, case, tag), f"{case.subject} at {tag}")


def is_live(delivery: Delivery, case: Case, tag: str) -> bool:
    """Tell whether a version has all of the traffic, and nothing is under way."""
    told = delivery.status(case.subject)
    return told["phase"] == "healthy" and live_tags(told) == [tag]


def live_tags(told: Mapping[str, Any]) -> list[str]:
    """Return the tags of what serves, as `naru rollout status` tells it."""
    live = [one for one in told["versions"] if one["role"] in {"stable", "active"} or "(live)" in one["role"]]
    return [one["image"].rpartition(":")[2] for one in live]


def is_alone(cluster: Cluster, case: Case, tag: str) -> bool:
    """Tell whether the pods of the version before are gone, so that they must start again; an idle colour stays."""
    return case.strategy == "blueGreenIngress" or ready(cluster, case.namespace, case.service) == {tag: case.pods}


@pytest.mark.parametrize("case", CASES, indirect=True, ids=lambda case: case.strategy)
def test_rollback_is_verified_within_three_minutes(
    case: Case, delivery: Delivery, cluster: Cluster, probe: Probe, figures: Figures
) -> None:
    (before,) = live_tags(delivery.status(case.subject))
    for number in range(ROUNDS):
        after = f"2.1.{number}"
        make_live(delivery, case, after)
        until(partial(is_alone, cluster, case, after), "the end of the version before")
        begin = time.monotonic()
        ended = delivery.roll_back(case.subject)
        seconds = time.monotonic() - begin
        figures.take(case.strategy, seconds)
        assert ended.data["result"] == "verified"
        told = delivery.status(case.subject)
        assert (told["phase"], live_tags(told)) == ("healthy", [before]), told
        assert seconds < LIMIT
        assert probe[case.serving].least(begin) >= case.pods
