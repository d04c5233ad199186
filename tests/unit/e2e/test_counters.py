"""What Prometheus reads of requests and pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.counters import Behaviour, Counters, states
from tests.e2e.routes import Part, Route

POD = ("shop", "web-1")
ROUTE = Route("shop", "web", "web", "/", canary="shop-web-canary-80")


def read(counters: Counters) -> dict[str, float]:
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in counters.lines())}


def counted(part: Part, requests: float, **behaviour: Any) -> dict[str, float]:
    counters = Counters()
    counters.add(part, requests, Behaviour(**behaviour))
    return read(counters)


def test_errors_are_a_share_of_the_requests() -> None:
    found = counted(Part(1, POD), 100, errors=0.2)
    assert found['http_requests_total{namespace="shop",pod="web-1",status="200"}'] == 80
    assert found['http_requests_total{namespace="shop",pod="web-1",status="500"}'] == 20
    assert found['http_server_requests_seconds_count{namespace="shop",pod="web-1",status="500"}'] == 20


def test_what_never_failed_has_no_series_of_failures() -> None:
    assert not any('status="500"' in name for name in counted(Part(1, POD), 100))


def test_buckets_hold_what_was_as_fast_or_faster() -> None:
    found = counted(Part(1, POD), 10, seconds=2.0)
    bucket = 'http_request_duration_seconds_bucket{{namespace="shop",pod="web-1",status="200",le="{}"}}'
    assert [found[bucket.format(bound)] for bound in ("1", "2.5", "+Inf")] == [0, 10, 10]
    assert found['http_request_duration_seconds_sum{namespace="shop",pod="web-1",status="200"}'] == 20
    assert found['http_request_duration_seconds_count{namespace="shop",pod="web-1",status="200"}'] == 10


def test_nothing_is_counted_twice() -> None:
    name = 'http_server_requests_seconds_count{namespace="shop",pod="web-1",status="200"}'
    assert counted(Part(1, POD), 10)[name] == 10


def test_ingress_counts_under_its_own_labels_and_not_under_pods() -> None:
    found = counted(Part(1, POD, ROUTE), 10)
    labels = (
        'canary="shop-web-canary-80",ingress="web",method="GET",namespace="shop",path="/",service="web",status="200"'
    )
    assert found[f"nginx_ingress_controller_requests{{{labels}}}"] == 10
    assert found[f'nginx_ingress_controller_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] == 10


def test_ingress_answers_where_nobody_serves() -> None:
    found = counted(Part(1, None, ROUTE), 10)
    assert {name.partition("{")[0] for name in found if "503" in name} == {
        "nginx_ingress_controller_requests",
        "nginx_ingress_controller_request_duration_seconds_bucket",
        "nginx_ingress_controller_request_duration_seconds_count",
        "nginx_ingress_controller_request_duration_seconds_sum",
    }
    assert not any("pod=" in name for name in found)


def test_application_that_counts_nothing_is_still_counted_by_the_ingress() -> None:
    found = counted(Part(1, POD, ROUTE), 10, counted=False)
    assert found
    assert not any(name.startswith("http_") for name in found)


def test_counters_rise_and_end_with_their_pod() -> None:
    counters = Counters()
    for _ in range(3):
        counters.add(Part(1, POD, ROUTE), 10, Behaviour())
    name = 'http_requests_total{namespace="shop",pod="web-1",status="200"}'
    assert read(counters)[name] == 30
    counters.forget([POD])
    assert read(counters)[name] == 30
    counters.forget([("other", "web-1")])
    assert not any("pod=" in name for name in read(counters))
    assert any(name.startswith("nginx_") for name in read(counters))


def pod(*, ready: str | None, ending: str = "") -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": "web-1", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
    if ending:
        metadata["deletionTimestamp"] = ending
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return {"metadata": metadata, "status": {"conditions": conditions}}


@pytest.mark.parametrize(("ready", "value"), [("True", "1.0"), ("False", "0.0"), (None, "0.0")])
def test_readiness_is_told_of_every_pod(ready: str | None, value: str) -> None:
    lines = list(states([pod(ready=ready)]))
    assert f'kube_pod_status_ready{{namespace="shop",pod="web-1",uid="u",condition="true"}} {value}' in lines
    assert 'kube_pod_created{namespace="shop",pod="web-1",uid="u"} 1767225600.0' in lines
    assert not any(line.startswith("kube_pod_deletion") for line in lines)


def test_end_is_told_of_a_pod_that_ends() -> None:
    lines = list(states([pod(ready="True", ending="2026-01-01T00:01:00Z")]))
    assert 'kube_pod_deletion_timestamp{namespace="shop",pod="web-1",uid="u"} 1767225660.0' in lines
