"""Which pods requests go to, as ingress-nginx and EndpointSlices have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.e2e.routes import Live, Part, Route, calls, ready_pods, tag, visits


def endpoint_slice(service: str, *pods: str, ready: bool = True) -> dict[str, Any]:
    endpoints = [{"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": pod}} for pod in pods]
    labels = {"kubernetes.io/service-name": service}
    return {"metadata": {"namespace": "shop", "labels": labels}, "endpoints": endpoints}


def ingress(
    name: str, service: str, host: str = "shop.localhost", path: str = "/", **annotations: str
) -> dict[str, Any]:
    told = {f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rules = [{"host": host, "http": {"paths": [{"path": path, "backend": backend}]}}]
    return {"metadata": {"namespace": "shop", "name": name, "annotations": told}, "spec": {"rules": rules}}


STABLE = [endpoint_slice("web", "old-1", "old-2")]
BOTH = [*STABLE, endpoint_slice("web-canary", "new-1")]
MAIN = ingress("web", "web")


def shares(
    slices: Sequence[Mapping[str, Any]], *ingresses: Mapping[str, Any], host: str = "shop.localhost"
) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in visits(Live(slices=slices, ingresses=ingresses), host):
        name = part.pod[1] if part.pod else ""
        found[name] = found.get(name, 0.0) + part.share
    return found


def test_ready_pods_of_a_service_share_its_requests_evenly() -> None:
    assert list(calls(Live(slices=STABLE), "shop", "web")) == [
        Part(0.5, ("shop", "old-1")),
        Part(0.5, ("shop", "old-2")),
    ]


def test_unready_pods_get_none() -> None:
    slices = [*STABLE, endpoint_slice("web", "starting", ready=False)]
    assert ready_pods(Live(slices=slices), "shop", "web") == ["old-1", "old-2"]


@pytest.mark.parametrize(("namespace", "service"), [("other", "web"), ("shop", "api")])
def test_pods_of_others_get_none(namespace: str, service: str) -> None:
    assert list(calls(Live(slices=STABLE), namespace, service)) == []


@pytest.mark.parametrize(("weight", "share"), [("0", 0.0), ("5", 0.05), ("100", 1.0)])
def test_canary_gets_its_weight(weight: str, share: float) -> None:
    canary = ingress("web-canary", "web-canary", canary="true", canary_weight=weight)
    assert shares(BOTH, MAIN, canary).get("new-1", 0.0) == pytest.approx(share)
    assert sum(shares(BOTH, MAIN, canary).values()) == pytest.approx(1)


def test_weight_is_of_its_total() -> None:
    canary = ingress("web-canary", "web-canary", canary="true", canary_weight="5", canary_weight_total="1000")
    assert shares(BOTH, MAIN, canary)["new-1"] == pytest.approx(0.005)


def test_canary_without_a_weight_or_without_pods_gets_none() -> None:
    assert "new-1" not in shares(BOTH, MAIN, ingress("web-canary", "web-canary", canary="true"))
    weighted = ingress("web-canary", "web-canary", canary="true", canary_weight="20")
    assert shares(STABLE, MAIN, weighted) == {"old-1": 0.5, "old-2": 0.5}


def test_canary_of_another_path_or_host_takes_nothing_away() -> None:
    elsewhere = [
        ingress("a", "web-canary", path="/api", canary="true", canary_weight="20"),
        ingress("b", "web-canary", host="other.localhost", canary="true", canary_weight="20"),
    ]
    assert shares(BOTH, MAIN, *elsewhere) == {"old-1": 0.5, "old-2": 0.5}


def test_canary_is_counted_under_the_service_that_was_asked_for() -> None:
    canary = ingress("web-canary", "web-canary", canary="true", canary_weight="20")
    routes = {part.route for part in visits(Live(slices=BOTH, ingresses=[MAIN, canary]), "shop.localhost")}
    assert routes == {
        Route("shop", "web", "web", "/"),
        Route("shop", "web", "web", "/", canary="shop-web-canary-80"),
    }


def test_nobody_ready_is_answered_by_nginx_itself() -> None:
    assert shares([], MAIN) == {"": 1.0}


def test_host_that_no_ingress_has_is_asked_of_nobody() -> None:
    assert shares(BOTH, MAIN, host="elsewhere.localhost") == {}


@pytest.mark.parametrize(
    ("image", "expected"),
    [("localhost:5000/shop/web:1.2.0-crash@sha256:00", "1.2.0-crash"), ("web:1", "1"), ("localhost:5000/web", "")],
)
def test_tag_is_that_of_the_main_container(image: str, expected: str) -> None:
    assert tag({"spec": {"containers": [{"image": image}, {"image": "proxy:9"}]}}) == expected
