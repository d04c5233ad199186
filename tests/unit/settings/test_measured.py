"""What counts a service's requests follows from how its traffic is divided and where it comes in."""

from typing import Any

import pytest

from settings.measured import requests_source
from tests.builders import a_service, an_environment

INGRESS = {"public": {"hosts": ["shop"]}}
GATEWAY = {"public": {"route": "gateway", "gateway": "main", "hosts": ["shop"]}}
BLUE_GREEN = {"type": "blueGreen", "preview": {"hosts": ["next"]}}
HTTP, SPRING, NONE = {"requests": "http"}, {"requests": "spring"}, {"requests": "none"}


def canary(traffic: str) -> dict[str, Any]:
    return {"type": "canary", "traffic": traffic, "steps": [{"weight": 50}]}


def shared(traffic: str) -> dict[str, Any]:
    return {"type": "canaryDeployment", "traffic": traffic, "weight": 50}


@pytest.mark.parametrize(
    ("changes", "ingress_class", "source"),
    [
        pytest.param({"strategy": canary("nginx"), "exposure": INGRESS}, "nginx", "nginx", id="canary-by-nginx"),
        pytest.param({"strategy": shared("nginx"), "exposure": INGRESS}, "nginx", "nginx", id="shared-by-nginx"),
        pytest.param({"strategy": canary("istio"), "metrics": HTTP}, "nginx", "istio", id="canary-by-istio"),
        pytest.param(
            {"strategy": canary("replicas"), "exposure": INGRESS, "metrics": SPRING},
            "nginx",
            "spring",
            id="canary-by-replicas-behind-an-ingress",
        ),
        pytest.param({"strategy": canary("replicas"), "exposure": INGRESS}, "nginx", None, id="nothing-of-its-own"),
        pytest.param({"strategy": shared("replicas"), "metrics": HTTP}, "nginx", "http", id="shared-by-replicas"),
        pytest.param({"strategy": canary("alb"), "exposure": INGRESS}, "alb", None, id="canary-by-alb"),
        pytest.param({"strategy": canary("gateway"), "exposure": GATEWAY}, "nginx", None, id="canary-by-gateway"),
        pytest.param({"strategy": BLUE_GREEN, "exposure": INGRESS}, "nginx", "nginx", id="blue-green"),
        pytest.param({"strategy": BLUE_GREEN, "exposure": INGRESS}, "alb", None, id="blue-green-behind-an-alb"),
        pytest.param(
            {"strategy": BLUE_GREEN, "exposure": GATEWAY, "metrics": HTTP}, "nginx", "http", id="blue-green-by-gateway"
        ),
        pytest.param(
            {
                "strategy": {"type": "blueGreen", "preview": {"hosts": ["next"], "exposure": "gate"}},
                "exposure": {"public": {"hosts": ["shop"]}, "gate": GATEWAY["public"]},
            },
            "nginx",
            None,
            id="blue-green-whose-preview-is-elsewhere",
        ),
        pytest.param({"exposure": INGRESS, "metrics": HTTP}, "nginx", "nginx", id="rolling-behind-nginx"),
        pytest.param({"exposure": GATEWAY, "metrics": HTTP}, "nginx", "http", id="rolling-behind-a-gateway"),
        pytest.param({"metrics": HTTP}, "nginx", "http", id="rolling"),
        pytest.param({"metrics": NONE}, "nginx", None, id="metrics-without-requests"),
        pytest.param({}, "nginx", None, id="no-metrics"),
    ],
)
def test_where_requests_are_counted(changes: dict[str, Any], ingress_class: str, source: str | None) -> None:
    assert requests_source(an_environment(ingressClass=ingress_class), a_service(**changes)) == source
