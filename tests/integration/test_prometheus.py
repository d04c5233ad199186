"""The real Prometheus of the control plane, and the traffic that the tests of rollouts make for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.plane import ControlPlane, PlaneError
from local.provider.objects import Type
from local.session import Session
from tests.e2e.probe import ready_pods
from tests.e2e.traffic import Traffic, ask
from tests.integration.space import PATIENCE, POD, Space, new_space

SLICE = Type("discovery.k8s.io", "v1", "EndpointSlice")


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def space(session: Session) -> Iterator[Space]:
    with new_space(session) as made:
        yield made


@pytest.fixture
def traffic(plane: ControlPlane, space: Space) -> Iterator[Traffic]:
    with Traffic(plane, space.name) as made:
        yield made


def run(space: Space, name: str, image: str) -> None:
    """Make a pod and the Service before it, and wait until that leads to it."""
    space.apply("v1", "Service", name, spec={"selector": {"run": name}, "ports": [{"port": 80}]})
    space._apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": space.name, "labels": {"run": name}},
            "spec": {"containers": [{"name": "app", "image": image}]},
        }
    )
    space.until(lambda: name in ready_pods(space.api.list(SLICE, space.name)).get(name, ()))


def ingress(space: Space, name: str, service: str, **annotations: str) -> None:
    """Lead a host to a Service, by an Ingress with annotations of ingress-nginx."""
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {
        "host": f"{space.name}.localhost",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    space.apply(
        "networking.k8s.io/v1",
        "Ingress",
        name,
        annotations={
            f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()
        },
        spec={"ingressClassName": "nginx", "rules": [rule]},
    )


def value(plane: ControlPlane, query: str) -> float | None:
    """Return the one number a query is answered with, None for none."""
    found = ask(plane, query)
    assert len(found) <= 1, found
    return found[0][1] if found else None


def measured(plane: ControlPlane, space: Space, query: str) -> float:
    """Return the one number a query is answered with, once it is: after a scrape that came too late there is none."""
    [(_, found)] = space.until(lambda: ask(plane, query))
    return float(found)


def get(plane: ControlPlane, method: str, path: str) -> tuple[int, Any]:
    address = urlsplit(plane.prometheus_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    return answer.status, json.loads(content) if content.startswith(b"{") else content


def test_requests_are_counted_by_the_second_and_failures_by_their_share(
    plane: ControlPlane, space: Space, traffic: Traffic
) -> None:
    run(space, "web", "app:2.0.0")
    traffic.behaves("2.0.0", errors=0.2, seconds=3.0)
    traffic.calls(space.name, "web", per_second=100)
    requests = f'http_requests_total{{namespace="{space.name}",pod="web"}}'
    space.until(lambda: (value(plane, f"sum(increase({requests}[5s]))") or 0) > 100)
    failed = f'http_requests_total{{namespace="{space.name}",pod="web",status="500"}}'
    assert measured(plane, space, f"sum({failed}) / sum({requests})") == pytest.approx(0.2)
    # Over ten seconds in which nothing held up who asks or who is asked.
    rate = f"sum(rate({requests}[10s])) and on() max(count_over_time({requests}[10s])) >= 9"
    space.until(lambda: value(plane, rate) == pytest.approx(100, rel=0.3))
    buckets = f'http_request_duration_seconds_bucket{{namespace="{space.name}"}}'
    quantile = f"histogram_quantile(0.95, sum by (le) (increase({buckets}[5s])))"
    enough = f"sum(increase({buckets}[5s])) > 100"
    assert 2.5 < measured(plane, space, f"{quantile} and on() {enough}") <= 5.0


def test_canary_ingress_takes_its_weight(plane: ControlPlane, space: Space, traffic: Traffic) -> None:
    run(space, "web", "app:1.0.0")
    run(space, "web-canary", "app:2.0.0")
    ingress(space, "web", "web")
    ingress(space, "web-canary", "web-canary", canary="true", canary_weight="20")
    traffic.visits(f"{space.name}.localhost")
    of_web = f'namespace="{space.name}",ingress="web",service="web"'
    name = "nginx_ingress_controller_requests"
    canary = f'sum({name}{{{of_web},canary="{space.name}-web-canary-80"}})'
    assert measured(plane, space, f"{canary} / sum({name}{{{of_web}}})") == pytest.approx(0.2)
    answered = space.until(lambda: ask(plane, f'http_requests_total{{namespace="{space.name}"}}'))
    assert {labels["pod"] for labels, _ in answered} == {"web", "web-canary"}


def test_ready_and_unready_pods_are_told_apart(plane: ControlPlane, space: Space, traffic: Traffic) -> None:
    space.pod("web", "app:1-unready")
    space.until(lambda: space.condition(POD, "web", "naru.local/Started") == "True")
    of_web = f'{{namespace="{space.name}",pod="web",condition="true"}}'
    space.until(lambda: value(plane, f"kube_pod_status_ready{of_web} == bool 0") == 1)
    created = f'time() - kube_pod_created{{namespace="{space.name}",pod="web"}}'
    assert 0 <= measured(plane, space, created) < 300


def test_silence_and_hidden_metrics_are_two_things(plane: ControlPlane, space: Space, traffic: Traffic) -> None:
    run(space, "web", "app:1")
    ready = f'kube_pod_status_ready{{namespace="{space.name}",condition="true"}}'
    space.until(lambda: value(plane, ready) == 1)
    assert value(plane, f'sum(http_requests_total{{namespace="{space.name}"}})') is None
    traffic.hide()
    space.until(lambda: value(plane, ready) is None)
    traffic.hide(hidden=False)
    space.until(lambda: value(plane, ready) == 1)


def test_target_that_ended_is_no_longer_asked(plane: ControlPlane, space: Space) -> None:
    with Traffic(plane, space.name) as traffic:
        space.until(lambda: value(plane, f'up{{instance="{traffic.address}"}}') == 1)
    space.until(lambda: value(plane, f'up{{instance="{traffic.address}"}}') is None)
    told = [file.read_text(encoding="utf-8") for file in plane.prometheus_targets.glob("*.json")]
    assert not any(traffic.address in text for text in told)


def test_nobody_changes_or_ends_it_over_the_network(plane: ControlPlane) -> None:
    assert get(plane, "GET", "/-/ready")[0] == 200
    assert get(plane, "POST", "/-/quit")[0] == 403
    assert get(plane, "POST", "/-/reload")[0] == 403
    status, answer = get(plane, "POST", "/api/v1/admin/tsdb/snapshot")
    assert status >= 500
    assert answer["error"] == "admin APIs disabled"


def test_it_has_no_rules_of_its_own(plane: ControlPlane) -> None:
    status, answer = get(plane, "GET", "/api/v1/rules")
    assert status == 200
    assert answer["data"]["groups"] == []


def test_address_of_what_does_not_run_says_how_to_start_it(tmp_path: Any) -> None:
    with pytest.raises(PlaneError, match="prometheus does not run: `naru local up` starts it"):
        _ = ControlPlane(tmp_path).prometheus_url
