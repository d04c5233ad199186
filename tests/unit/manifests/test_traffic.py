"""What divides the traffic of a canary, and that applying all of it again moves nothing."""

import json
from typing import Any

import pytest

from manifests.assembly import web_service
from manifests.placed import Manifest, Placed
from tests.builders import a_place, a_service, a_system, of_kind, the

CANARY = {"type": "canary", "steps": [{"weight": 5, "pause": "10m"}]}
ENVIRONMENT: dict[str, Any] = {"domains": {"www": "www.example.com", "api": "api.example.com"}, "mesh": "istio"}
WEB, API = {"web": {"hosts": ["www"]}}, {"api": {"hosts": ["api"], "name": "second"}}
EDGE = {"route": "gateway", "gateway": "edge"}


def objects_of(traffic: str, *, environment: dict[str, Any] | None = None, **settings: Any) -> list[Placed]:
    service = a_service(strategy={**CANARY, "traffic": traffic, **settings.pop("strategy", {})}, **settings)
    system = a_system(service, gateways={"edge": {"hosts": ["www", "api"], "tlsSecret": "edge-tls"}})
    place = a_place(system=system, **{**ENVIRONMENT, "ingressClass": traffic, **(environment or {})})
    return list(web_service(place, service))


def canary(traffic: str, **settings: Any) -> Manifest:
    found: Manifest = the(objects_of(traffic, **settings), "Rollout")["spec"]["strategy"]["canary"]
    return found


def routing(traffic: str, **settings: Any) -> Manifest:
    found: Manifest = canary(traffic, **settings)["trafficRouting"]
    return found


@pytest.mark.parametrize(
    ("traffic", "exposure"), [("nginx", WEB), ("alb", WEB), ("istio", {}), ("gateway", {"web": {**WEB["web"], **EDGE}})]
)
def test_routed_canary_has_a_service_for_each_version_and_writes_their_selectors_itself(
    traffic: str, exposure: dict[str, Any]
) -> None:
    found = canary(traffic, exposure=exposure)
    assert (found["stableService"], found["canaryService"]) == ("api", "api-canary")
    services = of_kind(objects_of(traffic, exposure=exposure), "Service")
    assert [placed.manifest["metadata"]["name"] for placed in services] == ["api", "api-canary"]
    assert not any("selector" in placed.manifest["spec"] for placed in services)


def test_canary_service_may_have_a_name_of_its_own() -> None:
    assert canary("nginx", strategy={"canaryService": "api-next"}, exposure=WEB)["canaryService"] == "api-next"


@pytest.mark.parametrize(
    ("traffic", "exposure", "kinds"),
    [
        ("nginx", WEB, ["Ingress"]),
        ("alb", WEB, ["Ingress"]),
        ("istio", {}, ["VirtualService"]),
        ("gateway", {"web": {**WEB["web"], **EDGE}}, ["HTTPRoute", "HTTPRoute"]),
    ],
)
def test_rollout_comes_after_what_it_divides_its_traffic_by(
    traffic: str, exposure: dict[str, Any], kinds: list[str]
) -> None:
    """Argo Rollouts refuses a Rollout that names what is not there, and would start none of its pods."""
    objects = objects_of(traffic, exposure=exposure)
    (rollout,) = of_kind(objects, "Rollout")
    routes = [placed for placed in objects if placed.manifest["kind"] in kinds]
    assert [placed.manifest["kind"] for placed in routes] == kinds
    assert {placed.reference for placed in routes} <= set(rollout.after)
    assert all(objects.index(placed) < objects.index(rollout) for placed in routes)
    assert not any("Rollout/demo/api" in placed.after for placed in routes)


def test_ingress_of_pods_that_are_not_there_yet_is_not_waited_for() -> None:
    direct = the(objects_of("nginx", exposure=WEB), "Ingress")["metadata"]
    assert direct["annotations"] == {"pulumi.com/skipAwait": "true"}
    gitops = the(objects_of("nginx", exposure=WEB, environment={"delivery": "gitops"}), "Ingress")["metadata"]
    assert "annotations" not in gitops


def test_nginx_divides_by_the_ingress_or_by_all_of_them() -> None:
    assert routing("nginx", exposure=WEB) == {"nginx": {"stableIngress": "api"}}
    assert routing("nginx", exposure={**WEB, **API}) == {"nginx": {"stableIngresses": ["api", "second"]}}


def test_alb_divides_by_an_action_that_nobody_but_argo_rollouts_says() -> None:
    assert routing("alb", exposure=WEB) == {"alb": {"ingress": "api", "servicePort": 80, "rootService": "api"}}
    several = routing("alb", exposure={**WEB, **API})
    assert several == {"alb": {"ingresses": ["api", "second"], "servicePort": 80, "rootService": "api"}}
    ingress = the(objects_of("alb", exposure=WEB), "Ingress")
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "api", "port": {"name": "use-annotation"}}}
    assert not any("actions." in key for key in ingress["metadata"].get("annotations", {}))


def test_path_of_another_port_stays_with_the_stable_version_of_an_alb() -> None:
    paths = [{"path": "/"}, {"path": "/rpc", "port": "rpc"}]
    ports = {"http": {"container": 8080, "service": 80}, "rpc": {"container": 9090}}
    ingress = the(objects_of("alb", ports=ports, exposure={"web": {"hosts": ["www"], "paths": paths}}), "Ingress")
    _, rpc = ingress["spec"]["rules"][0]["http"]["paths"]
    assert rpc["backend"] == {"service": {"name": "api", "port": {"number": 9090}}}


def test_mesh_divides_between_the_hosts_of_both_services() -> None:
    objects = objects_of("istio")
    route = the(objects, "VirtualService")
    assert route["apiVersion"] == "networking.istio.io/v1"
    assert route["spec"] == {
        "hosts": ["api"],
        "http": [
            {
                "name": "primary",
                "route": [
                    {"destination": {"host": "api"}, "weight": 100},
                    {"destination": {"host": "api-canary"}, "weight": 0},
                ],
            }
        ],
    }
    named = {"name": route["metadata"]["name"], "routes": ["primary"]}
    assert routing("istio") == {"istio": {"virtualService": named}}


def test_gateway_divides_by_the_plugin_and_every_route_but_the_redirects() -> None:
    exposure = {"web": {**WEB["web"], **EDGE}}
    (first, redirect) = of_kind(objects_of("gateway", exposure=exposure), "HTTPRoute")
    assert redirect.manifest["metadata"]["name"] == "api-redirect"
    assert routing("gateway", exposure=exposure) == {
        "plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": first.manifest["metadata"]["name"], "namespace": "demo"}}
    }
    refs = first.manifest["spec"]["rules"][0]["backendRefs"]
    assert [(ref["name"], ref["weight"]) for ref in refs] == [("api", 100), ("api-canary", 0)]
    both = routing("gateway", exposure={**exposure, "api": {**API["api"], **EDGE}})
    plugin = both["plugins"]["argoproj-labs/gatewayAPI"]
    assert [route["name"].rpartition("-")[0] for route in plugin["httpRoutes"]] == ["api", "second"]
    assert "httpRoute" not in plugin


@pytest.mark.parametrize(
    ("traffic", "exposure", "kind", "left"),
    [
        ("istio", {}, "VirtualService", "spec.http"),
        ("gateway", {"web": {**WEB["web"], **EDGE}}, "HTTPRoute", "spec.rules"),
    ],
)
def test_list_with_weights_is_left_alone_and_other_content_is_another_object(
    traffic: str, exposure: dict[str, Any], kind: str, left: str
) -> None:
    def made(**settings: Any) -> Placed:
        return of_kind(objects_of(traffic, exposure=exposure, **settings), kind)[0]

    first = made()
    assert first.not_ours == (left,)
    # Its logical name has the hash, too: a replacement would get the old list, as ignored.
    assert not first.hashed
    assert made().reference == first.reference
    assert made(strategy={"canaryService": "api-next"}).reference != first.reference


def test_routes_that_no_rollout_divides_are_ours_as_a_whole() -> None:
    service = a_service(exposure={"web": {"hosts": ["www"], **EDGE}})
    system = a_system(service, gateways={"edge": {"hosts": ["www"], "tlsSecret": "edge-tls"}})
    objects = list(web_service(a_place(system=system, **ENVIRONMENT), service))
    assert [placed.reference for placed in of_kind(objects, "HTTPRoute")] == [
        "HTTPRoute/demo/api",
        "HTTPRoute/demo/api-redirect",
    ]
    assert not any(placed.not_ours for placed in objects)
    assert of_kind(objects, "VirtualService") == []


def switched(*, live: str = "blue", **changes: Any) -> Manifest:
    exposure = {"web": {"hosts": ["www"], **changes.pop("way", {})}}
    service = a_service(
        strategy={"type": "blueGreenIngress", "traffic": "alb"}, live=live, exposure=exposure, **changes
    )
    return the(list(web_service(a_place(service, ingressClass="alb", **ENVIRONMENT), service)), "Ingress")


@pytest.mark.parametrize(("live", "weights"), [("blue", [100, 0]), ("green", [0, 100])])
def test_alb_switches_between_two_deployments_by_weight(live: str, weights: list[int]) -> None:
    ingress = switched(live=live)
    action = json.loads(ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/actions.api"])
    assert action["type"] == "forward"
    groups = action["forwardConfig"]["targetGroups"]
    assert [group["serviceName"] for group in groups] == ["api-blue", "api-green"]
    assert [group["weight"] for group in groups] == weights
    assert {group["servicePort"] for group in groups} == {"80"}
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "api", "port": {"name": "use-annotation"}}}


def test_each_port_that_an_alb_leads_to_has_an_action_of_its_own() -> None:
    paths = [{"path": "/"}, {"path": "/rpc", "port": "rpc"}]
    ports = {"http": {"container": 8080, "service": 80}, "rpc": {"container": 9090}}
    ingress = switched(ports=ports, way={"paths": paths})
    actions = {
        key.rpartition(".")[2]: json.loads(action)["forwardConfig"]["targetGroups"][0]["servicePort"]
        for key, action in ingress["metadata"]["annotations"].items()
        if "actions." in key
    }
    assert actions == {"api": "80", "api-rpc": "9090"}
    backends = [path["backend"]["service"]["name"] for path in ingress["spec"]["rules"][0]["http"]["paths"]]
    assert backends == ["api", "api-rpc"]
