"""A stack with a service of each strategy, and of each way to divide traffic."""

from typing import Any

from settings.stack import Stack
from tests.aws_stacks import an_aws_stack
from tests.builders import PROBES, a_service, a_stack, a_system
from tests.unit.manifests.catalogs import CLUSTERS

OBJECTIVES = {"errorRate": {"threshold": 5, "window": "5m"}, "healthCheckFailures": 3}
STEPS = [{"weight": 20, "pause": "10m"}]
EDGE = {"route": "gateway", "gateway": "edge"}


def _exposed(host: str, **way: Any) -> dict[str, Any]:
    return {"web": {"hosts": [host], **way}}


def _canary(traffic: str) -> dict[str, Any]:
    return {"type": "canary", "traffic": traffic, "steps": STEPS}


BY_INGRESS_NGINX: dict[str, dict[str, Any]] = {
    "front": {
        "strategy": {"type": "blueGreen", "preview": {"hosts": ["look"]}, "prePromotionAnalysis": ["success-rate"]},
        "exposure": _exposed("front"),
        "objectives": OBJECTIVES,
    },
    "pods": {"strategy": _canary("replicas"), "replicas": 5, "objectives": OBJECTIVES},
    "meshed": {"strategy": _canary("istio"), "replicas": 5},
    "edged": {"strategy": _canary("gateway"), "exposure": _exposed("edged", **EDGE)},
    "routed": {
        "strategy": _canary("nginx"),
        "exposure": _exposed("routed"),
        "scaling": {"min": 2, "max": 3},
    },
    "tried": {
        "strategy": {"type": "canaryDeployment", "traffic": "nginx", "weight": 10},
        "canary": {"tag": "2"},
        "exposure": _exposed("tried"),
        "objectives": OBJECTIVES,
    },
    "shared": {
        "strategy": {"type": "canaryDeployment", "weight": 50},
        "canary": {"tag": "2"},
        "replicas": 2,
    },
    "turned": {
        "strategy": {"type": "blueGreenIngress"},
        "exposure": _exposed("turned"),
        "scaling": {"min": 2, "max": 3},
    },
    "pointed": {"strategy": {"type": "blueGreenIngress", "traffic": "service"}, "live": "green"},
    "calls": {"dependsOn": ["tried"]},
}
BY_ALB: dict[str, dict[str, Any]] = {
    "routed": {"strategy": _canary("alb"), "exposure": _exposed("routed")},
    "turned": {"strategy": {"type": "blueGreenIngress", "traffic": "alb"}, "exposure": _exposed("turned")},
}
BY_TARGET_GROUPS: dict[str, dict[str, Any]] = {
    "turned": {
        "strategy": {"type": "blueGreenIngress", "traffic": "target-groups"},
        "exposure": _exposed("turned"),
        "scaling": {"min": 2, "max": 3},
        "live": "green",
    },
    "divided": {
        "strategy": {"type": "blueGreenIngress", "traffic": "target-groups", "weights": {"blue": 60, "green": 40}},
        "ports": {"http": {"container": 8080, "service": 80}, "rpc": {"container": 9090}},
        "exposure": _exposed("routed", paths=[{"path": "/"}, {"path": "/rpc", "port": "rpc"}]),
    },
    "front": {"exposure": _exposed("front")},
}
_HOSTS = ("front", "look", "edged", "routed", "tried", "turned")


def every_strategy(services: dict[str, dict[str, Any]], **changes: Any) -> Stack:
    """Return a stack of those services; `changes` are the environment's."""
    system = a_system(
        *(a_service(name, probes=PROBES, metrics={}, **found) for name, found in services.items()),
        gateways={"edge": {"hosts": ["edged"], "tlsSecret": "edge-tls"}},
    )
    environment: dict[str, Any] = {
        "clusters": {"main": CLUSTERS["seoul"]},
        "delivery": "gitops",
        "mesh": "istio",
        "prometheus": "http://prometheus-operated.monitoring.svc:9090",
        "domains": {host: f"{host}.example.com" for host in _HOSTS},
        "issuers": {"self": {"server": "self-signed"}},
        "defaultIssuer": "self",
    }
    return a_stack(system, **{**environment, **changes})


def with_entrances(services: dict[str, dict[str, Any]] = BY_TARGET_GROUPS, **changes: Any) -> Stack:
    """Return a stack in AWS, in Seoul and Tokyo, where the world comes to those services by entrances."""
    system = a_system(
        *(a_service(name, probes=PROBES, **found) for name, found in services.items()),
        clusters="all",
        aws={"traffic": "latency"},
    )
    environment: dict[str, Any] = {
        "delivery": "gitops",
        "domains": {host: f"{host}.example.com" for host in _HOSTS},
        "issuers": {"self": {"server": "self-signed"}},
        "defaultIssuer": "self",
    }
    return an_aws_stack(system, aws={"zones": {"example.com": "Z0EXAMPLE"}}, **{**environment, **changes})
