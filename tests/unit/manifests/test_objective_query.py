"""What Prometheus is asked: whose series, and of which pods. What it answers is tested with the real promtool."""

import re
from typing import Any

import pytest

from manifests.objective_query import (
    Requests,
    error_rate,
    pods_of,
    pods_of_revision,
    queue_backlog,
    requests_of,
    response_time,
    startup_seconds,
    unhealthy,
)
from tests.builders import PROBE, a_container, a_service

PREVIEW = Requests("nginx", "shop", "", services="web-preview")
CANARY = Requests("nginx", "shop", "", services="web", canary="web-canary")
PROBES = {"startup": PROBE, "readiness": PROBE, "liveness": PROBE}


def counted_by(source: Any, **settings: Any) -> Requests:
    service = a_service(metrics={"port": "http", "path": "/metrics"}, **settings)
    return requests_of(source, "shop", service, "api-.+")


def selectors(query: str) -> set[str]:
    return set(re.findall(r"[a-z_]+\{[^}]*\}", query))


def test_requests_at_the_ingress_are_those_of_a_service_however_they_are_scraped() -> None:
    assert selectors(error_rate(PREVIEW, "5m", 20)) == {
        'nginx_ingress_controller_requests{namespace="shop",service=~"web-preview"}',
        'nginx_ingress_controller_requests{namespace="shop",service=~"web-preview",status=~"5.."}',
        'nginx_ingress_controller_requests{exported_namespace="shop",exported_service=~"web-preview"}',
        'nginx_ingress_controller_requests{exported_namespace="shop",exported_service=~"web-preview",status=~"5.."}',
    }


def test_requests_of_a_canary_are_told_by_its_backend_as_their_service_is_the_main_one() -> None:
    assert selectors(response_time(CANARY, 95, "3m", 0)) == {
        'nginx_ingress_controller_requests{namespace="shop",canary=~"shop-web-canary-.+"}',
        'nginx_ingress_controller_requests{exported_namespace="shop",canary=~"shop-web-canary-.+"}',
        'nginx_ingress_controller_request_duration_seconds_bucket{namespace="shop",canary=~"shop-web-canary-.+"}',
        'nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="shop",canary=~"shop-web-canary-.+"}',
    }


@pytest.mark.parametrize(
    ("source", "counter", "path", "failed"),
    [
        ("http", "http_requests_total", "handler", "status"),
        ("spring", "http_server_requests_seconds_count", "uri", "status"),
    ],
)
def test_an_application_counts_what_users_ask_for_and_not_its_probes(
    source: str, counter: str, path: str, failed: str
) -> None:
    of_pods = f'namespace="shop",pod=~"api-.+",{path}!~"/health|/metrics"'
    assert selectors(error_rate(counted_by(source), "5m", 20)) == {
        f"{counter}{{{of_pods}}}",
        f'{counter}{{{of_pods},{failed}=~"5.."}}',
    }


def test_a_probe_of_the_front_page_hides_no_users() -> None:
    page = {"http": {"path": "/"}}
    requests = counted_by("http", probes={"startup": page, "readiness": page, "liveness": page})
    assert requests.unasked == ("/metrics",)


def test_the_mesh_is_asked_as_the_pods_themselves_saw_it_and_in_seconds() -> None:
    requests = counted_by("istio")
    of_pods = 'reporter="destination",namespace="shop",pod=~"api-.+"'
    assert selectors(error_rate(requests, "5m", 20)) == {
        f"istio_requests_total{{{of_pods}}}",
        f'istio_requests_total{{{of_pods},response_code=~"5.."}}',
    }
    assert f"sum by (le) (increase(istio_request_duration_milliseconds_bucket{{{of_pods}}}[3m]))) / 1000" in (
        response_time(requests, 95, "3m", 20)
    )


@pytest.mark.parametrize(
    ("pod", "counts"),
    [
        ("api-7d9f8c6b54-x2x4z", True),
        ("api-worker-7d9f8c6b54-x2x4z", False),
        ("api-canary-7d9f8c6b54-x2x4z", False),
        ("api-migrate-x2x4z", False),
        ("my-api-7d9f8c6b54-x2x4z", False),
        ("api-0", False),
    ],
)
def test_pods_of_a_workload_are_no_others(pod: str, *, counts: bool) -> None:
    assert bool(re.fullmatch(pods_of("api"), pod)) == counts


def test_pods_of_two_workloads_are_those_of_either() -> None:
    either = pods_of("api-blue", "api-green")
    assert re.fullmatch(either, "api-blue-7d9f8c6b54-x2x4z")
    assert re.fullmatch(either, "api-green-7d9f8c6b54-x2x4z")
    assert not re.fullmatch(either, "api-7d9f8c6b54-x2x4z")


def test_pods_of_a_revision_are_none_of_the_one_before() -> None:
    assert re.fullmatch(pods_of_revision("api", "7d9f8c6b54"), "api-7d9f8c6b54-x2x4z")
    assert not re.fullmatch(pods_of_revision("api", "7d9f8c6b54"), "api-6b547d9f8c-x2x4z")


def test_a_backlog_is_that_of_all_pods_together_on_average() -> None:
    query = 'sum(avg_over_time(queued{namespace="shop",pod=~"api-.+"}[5m]))'
    assert queue_backlog("queued", "shop", "api-.+", "5m") == query


def test_health_is_of_pods_that_had_their_time_and_are_not_going_away() -> None:
    query = unhealthy("shop", "api-.+", 150)
    assert "> 150" in query
    assert selectors(query) == {
        'kube_pod_status_ready{namespace="shop",pod=~"api-.+",condition="true"}',
        'kube_pod_created{namespace="shop",pod=~"api-.+"}',
        'kube_pod_deletion_timestamp{namespace="shop",pod=~"api-.+"}',
        'kube_pod_status_phase{namespace="shop",pod=~"api-.+",phase="Failed"}',
    }


def test_the_time_to_start_is_that_of_the_slowest_container() -> None:
    startup = {**PROBE, "periodSeconds": 2, "failureThreshold": 60, "initialDelaySeconds": 7}
    readiness = {**PROBE, "periodSeconds": 5, "initialDelaySeconds": 1}
    probes = {"startup": startup, "readiness": readiness, "liveness": PROBE}
    slow = a_container(probes={**PROBES, "startup": {**PROBE, "periodSeconds": 10, "failureThreshold": 30}})
    assert startup_seconds(a_service(probes=probes)) == 30 + 7 + 2 * 60 + 1 + 5
    assert startup_seconds(a_service(probes=probes, sidecars={"slow": slow})) == 30 + 10 * 30 + 10
