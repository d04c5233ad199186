"""Which workloads and Services a service has, what they are called, and how many pods a weight comes to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.container import PullPolicy
from settings.service import Exposure, Service
from settings.types import CountOrShare
from settings.variants import (
    Names,
    canary_ingress_name,
    guard_name,
    kind_of,
    names,
    pods_at,
    pods_beside,
    preview_of,
    variants,
)
from tests.builders import a_service

DIGEST = f"sha256:{'0' * 64}"
EXPOSED = {"public": {"hosts": ["shop"], "annotations": {"a": "1", "b": "1"}}}
BLUE_GREEN = {"type": "blueGreen", "preview": {"hosts": ["next"]}}
SHARED = {"type": "canaryDeployment", "weight": 10, "traffic": "nginx"}


def a_canary(**changes: Any) -> dict[str, Any]:
    return {"type": "canary", "steps": [{"weight": 20}], **changes}


def named(service: Service) -> list[tuple[str, str, str]]:
    return [(variant.name, variant.role, variant.image.tag or "") for variant in variants(service)]


@pytest.mark.parametrize("strategy", [{"type": "rolling"}, BLUE_GREEN, a_canary(), SHARED], ids=lambda one: one["type"])
def test_one_version_is_one_workload_of_the_services_name(strategy: dict[str, Any]) -> None:
    assert named(a_service(strategy=strategy)) == [("api", "main", "1.2.3")]


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        ({"type": "rolling"}, "Deployment"),
        (SHARED, "Deployment"),
        ({"type": "blueGreenIngress"}, "Deployment"),
        (BLUE_GREEN, "Rollout"),
        (a_canary(), "Rollout"),
    ],
)
def test_argo_rollouts_runs_what_only_it_can(strategy: dict[str, Any], kind: str) -> None:
    service = a_service(strategy=strategy)
    assert kind_of(service.strategy) == kind
    assert {variant.kind for variant in variants(service)} == {kind}


def test_what_is_tried_has_a_workload_of_its_own() -> None:
    service = a_service(strategy=SHARED, canary={"tag": "2"})
    assert named(service) == [("api", "main", "1.2.3"), ("api-canary", "canary", "2")]


def test_second_version_is_the_same_image_with_neither_tag_nor_digest_of_the_first() -> None:
    image = {"repository": "example/api", "tag": "1", "digest": DIGEST, "pullPolicy": "Always"}
    service = a_service(image=image, strategy=SHARED, canary={"tag": "2"})
    tried = variants(service)[1].image
    assert (tried.repository, tried.tag, tried.digest) == ("example/api", "2", None)
    assert tried.pull_policy is PullPolicy.ALWAYS


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ("blue", [("api-blue", "blue", "1.2.3"), ("api-green", "green", "2")]),
        ("green", [("api-green", "green", "2"), ("api-blue", "blue", "1.2.3")]),
    ],
)
def test_live_color_comes_first(live: str, expected: list[tuple[str, str, str]]) -> None:
    service = a_service(strategy={"type": "blueGreenIngress"}, colors={"green": {"tag": "2"}}, live=live)
    assert named(service) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, Names("api"), id="rolling"),
        pytest.param({"strategy": a_canary()}, Names("api"), id="canary-by-replicas"),
        pytest.param(
            {"strategy": a_canary(traffic="nginx")},
            Names("api", canary="api-canary", stable="api", managed=frozenset({"api", "api-canary"})),
            id="canary-with-routed-traffic",
        ),
        pytest.param(
            {"strategy": a_canary(traffic="istio", canaryService="api-new")},
            Names("api", canary="api-new", stable="api", managed=frozenset({"api", "api-new"})),
            id="canary-with-a-service-of-another-name",
        ),
        pytest.param(
            {"strategy": BLUE_GREEN},
            Names("api", preview="api-preview", managed=frozenset({"api", "api-preview"})),
            id="blue-green",
        ),
        pytest.param(
            {"strategy": {**BLUE_GREEN, "activeService": "live", "previewService": "next"}},
            Names("live", preview="next", managed=frozenset({"live", "next"})),
            id="blue-green-under-other-names",
        ),
        pytest.param({"strategy": SHARED}, Names("api"), id="canary-deployment-with-nothing-tried"),
        pytest.param(
            {"strategy": SHARED, "canary": {"tag": "2"}},
            Names("api", canary="api-canary", stable="api"),
            id="canary-deployment",
        ),
        pytest.param(
            {"strategy": {**SHARED, "traffic": "replicas"}, "canary": {"tag": "2"}},
            Names("api"),
            id="canary-deployment-by-replicas",
        ),
        pytest.param(
            {"strategy": {"type": "blueGreenIngress"}, "live": "green"},
            Names("api-green", stable="api", colors=("api-blue", "api-green")),
            id="blue-green-by-ingress",
        ),
        pytest.param(
            {"strategy": {"type": "blueGreenIngress", "traffic": "service"}, "live": "green"},
            Names("api", stable="api"),
            id="blue-green-by-service",
        ),
    ],
)
def test_services_of_a_strategy(changes: dict[str, Any], expected: Names) -> None:
    assert names(a_service(**changes)) == expected


def test_each_service_is_named_once_and_the_serving_one_first() -> None:
    service = a_service(strategy={"type": "blueGreenIngress"}, live="green")
    assert names(service).all == ("api-green", "api", "api-blue")


def test_preview_is_the_exposure_with_hosts_name_and_certificate_of_its_own() -> None:
    preview = {"hosts": ["next"], "annotations": {"b": "2"}}
    service = a_service(exposure=EXPOSED, strategy={"type": "blueGreen", "preview": preview})
    live, shown = service.exposure["public"], preview_of(service)
    assert shown is not None
    assert (shown.name, shown.hosts, shown.tls_secret) == ("api-preview", ("next",), "api-preview-tls")
    assert shown.annotations == {"a": "1", "b": "2"}
    assert (shown.route, shown.paths, shown.issuer) == (live.route, live.paths, live.issuer)


def test_preview_is_of_the_exposure_that_it_names() -> None:
    ways = {"a": {"hosts": ["a"]}, "b": {"name": "way-b", "hosts": ["b"]}}
    service = a_service(exposure=ways, strategy={"type": "blueGreen", "preview": {"hosts": ["next"], "exposure": "b"}})
    shown = preview_of(service)
    assert shown is not None
    assert shown.name == "way-b-preview"


@pytest.mark.parametrize(
    ("exposure", "strategy"),
    [
        pytest.param(EXPOSED, {"type": "rolling"}, id="not-blue-green"),
        pytest.param(EXPOSED, {"type": "blueGreen"}, id="no-preview"),
        pytest.param({}, BLUE_GREEN, id="no-exposure"),
        pytest.param({"a": {"hosts": ["a"]}, "b": {"hosts": ["b"]}}, BLUE_GREEN, id="of-which-exposure"),
        pytest.param(EXPOSED, {**BLUE_GREEN, "preview": {"hosts": ["next"], "exposure": "other"}}, id="of-no-exposure"),
    ],
)
def test_no_preview_where_it_is_not_clear_of_what(exposure: dict[str, Any], strategy: dict[str, Any]) -> None:
    assert preview_of(a_service(exposure=exposure, strategy=strategy)) is None


def test_what_stands_beside_is_called_after_it() -> None:
    service = a_service(strategy=SHARED)
    assert guard_name(service) == "api-canary-guard"
    assert canary_ingress_name(service, Exposure(hosts=("shop",))) == "api-canary"
    assert canary_ingress_name(service, Exposure(name="way", hosts=("shop",))) == "way-canary"


@pytest.mark.parametrize(
    ("weight", "pods", "max_surge", "expected"),
    [
        # What the controller's own CalculateReplicaCountsForBasicCanary (1.9.1) comes to.
        pytest.param(20, 5, "25%", (1, 4), id="whole"),
        pytest.param(80, 5, 0, (4, 1), id="whole-without-surge"),
        pytest.param(15, 10, 0, (2, 8), id="tie-is-rounded-up"),
        pytest.param(50, 3, 0, (2, 1), id="half-of-three"),
        pytest.param(50, 3, "25%", (2, 2), id="half-of-three-with-one-more"),
        pytest.param(33, 7, "25%", (2, 5), id="rounded-down"),
        pytest.param(5, 10, 0, (1, 9), id="never-none"),
        pytest.param(10, 3, 1, (1, 3), id="never-none-with-one-more"),
        pytest.param(99, 3, 0, (2, 1), id="never-all"),
        pytest.param(99, 3, "25%", (3, 1), id="never-all-with-one-more"),
        pytest.param(50, 1, 0, (1, 0), id="one-pod"),
        pytest.param(50, 1, "25%", (1, 1), id="one-pod-and-one-more"),
        pytest.param(1, 1, "0%", (0, 1), id="one-pod-that-stays"),
        pytest.param(75, 2, 0, (0, 2), id="tie-that-leaves-none"),
        pytest.param(75, 2, 1, (2, 1), id="tie-with-one-more"),
        pytest.param(100, 7, "25%", (7, 0), id="all"),
        pytest.param(0, 7, "25%", (0, 7), id="none"),
        pytest.param(50, 0, "25%", (0, 0), id="no-pods"),
    ],
)
def test_weight_by_replicas_is_rounded_as_argo_rollouts_does(
    weight: int, pods: int, max_surge: CountOrShare, expected: tuple[int, int]
) -> None:
    assert pods_at(weight, pods, max_surge) == expected


@given(weight=st.integers(1, 99), pods=st.integers(1, 200), surge=st.sampled_from([0, 1, "25%"]))
def test_rounding_keeps_the_pods_and_adds_at_most_one(weight: int, pods: int, surge: CountOrShare) -> None:
    new, old = pods_at(weight, pods, surge)
    assert pods <= new + old <= pods + (surge != 0)
    assert min(new, old) >= 0


@pytest.mark.parametrize(
    ("weight", "pods", "expected"),
    [(25, 3, 1), (10, 9, 1), (50, 3, 3), (20, 5, 1), (33, 4, 2), (75, 3, 9), (1, 3, 1), (50, 0, 1)],
)
def test_second_deployment_has_the_closest_share_beside_what_stays(weight: int, pods: int, expected: int) -> None:
    assert pods_beside(weight, pods) == expected


@pytest.mark.parametrize(("weight", "pods", "expected"), [(10, 3, 1), (34, 3, 2), (90, 3, 3), (100, 3, 3), (50, 0, 1)])
def test_second_deployment_with_routed_traffic_has_what_its_share_needs(weight: int, pods: int, expected: int) -> None:
    assert pods_beside(weight, pods, routed=True) == expected


@given(weight=st.integers(1, 99), pods=st.integers(1, 200))
def test_no_other_number_of_pods_would_be_closer(weight: int, pods: int) -> None:
    wanted = weight * pods / (100 - weight)
    beside = pods_beside(weight, pods)
    assert beside >= 1
    assert abs(beside - wanted) <= 0.5 or (beside == 1 and wanted < 1)
