"""The ways in from outside: Ingresses, Gateways and HTTPRoutes."""

from typing import Any

import pytest

from manifests.exposure import exposure, preview_urls, urls
from manifests.gateway import gateways
from manifests.placed import Manifest, Part, Place, Placed
from settings.service import Service
from tests.builders import a_container, a_place, a_service, a_system, of_kind, the

ENVIRONMENT: dict[str, Any] = {
    "domains": {
        "auth": "auth.immersiverse.com",
        "www": "www.example.com",
        "apex": "example.com",
        "any": "*.example.com",
    },
    "issuers": {
        "letsencrypt-prod": {"server": "self-signed"},
        "letsencrypt-staging": {"server": "self-signed"},
    },
    "defaultIssuer": "letsencrypt-prod",
}
BLUE_GREEN = {"type": "blueGreen", "activeService": "api-active", "previewService": "api-preview"}
GATEWAY = {"namespace": "edge", "hosts": ["www", "apex"], "tlsSecret": "edge-tls"}
NAMESPACES = {"main": {"name": "services"}, "edge": {"name": "gateway"}}


def placed_for(
    *exposures: dict[str, Any], environment: dict[str, Any] | None = None, **settings: Any
) -> tuple[Place, Service]:
    given = {f"way-{index}": found for index, found in enumerate(exposures)}
    service = a_service(namespace="main", exposure=given, **settings)
    system = a_system(service, namespaces=NAMESPACES, gateways={"public": GATEWAY})
    return a_place(system=system, **{**ENVIRONMENT, **(environment or {})}), service


def exposed(*exposures: dict[str, Any], environment: dict[str, Any] | None = None, **settings: Any) -> list[Placed]:
    place, service = placed_for(*exposures, environment=environment, **settings)
    return exposure(place, service)


def ingress(environment: dict[str, Any] | None = None, **settings: Any) -> Manifest:
    return the(exposed({"hosts": ["auth"], **settings}, environment=environment), "Ingress")


def routes(*, strategy: Any = None, **settings: Any) -> dict[str, Manifest]:
    changes = {} if strategy is None else {"strategy": strategy}
    found = exposed({"route": "gateway", "gateway": "public", "hosts": ["www"], **settings}, **changes)
    return {placed.manifest["metadata"]["name"]: placed.manifest for placed in found}


def sections(route: Manifest) -> list[str]:
    return [parent["sectionName"] for parent in route["spec"]["parentRefs"]]


def test_an_ingress_is_what_the_guide_of_immersiverse_shows() -> None:
    guide = {"name": "auth-ingress", "hosts": ["auth"], "paths": [{"path": "/auth"}], "tlsSecret": "auth-tls"}
    service = a_service("auth-service", exposure={"public": guide})
    system = a_system(service, name="immersiverse", namespaces={"main": {"name": "production"}})
    (placed,) = exposure(a_place(system=system, **ENVIRONMENT), service)
    metadata = placed.manifest["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("auth-ingress", "production")
    assert metadata["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt-prod"}
    assert placed.manifest["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["auth.immersiverse.com"], "secretName": "auth-tls"}],
        "rules": [
            {
                "host": "auth.immersiverse.com",
                "http": {
                    "paths": [
                        {
                            "path": "/auth",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "auth-service", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ],
    }


def test_what_exposes_a_service_comes_after_its_service_and_runs_with_it() -> None:
    (placed,) = exposed({"hosts": ["www"]})
    assert placed.after == ("Service/services/api", "Deployment/services/api")
    assert (placed.part, placed.component) == (Part.WORKLOADS, "api")


def test_an_ingress_has_its_services_name_and_secret_where_none_is_given() -> None:
    manifest = ingress()
    assert manifest["metadata"]["name"] == "api"
    assert manifest["spec"]["tls"][0]["secretName"] == "api-tls"


def test_an_exposures_issuer_goes_before_the_environments() -> None:
    annotations = ingress(issuer="letsencrypt-staging")["metadata"]["annotations"]
    assert annotations["cert-manager.io/cluster-issuer"] == "letsencrypt-staging"


def test_without_an_issuer_nobody_is_asked_for_a_certificate() -> None:
    assert "annotations" not in ingress(environment={"defaultIssuer": None})["metadata"]


def test_the_ingress_class_is_the_environments() -> None:
    assert ingress(environment={"ingressClass": "haproxy"})["spec"]["ingressClassName"] == "haproxy"


@pytest.mark.parametrize(("redirect", "annotation"), [(True, None), (False, "false")])
def test_only_an_ingress_that_takes_plain_http_says_so(redirect: bool, annotation: str | None) -> None:
    annotations = ingress(sslRedirect=redirect)["metadata"]["annotations"]
    assert annotations.get("nginx.ingress.kubernetes.io/ssl-redirect") == annotation


def test_an_exposures_own_annotations_are_kept_and_win() -> None:
    own = {"nginx.ingress.kubernetes.io/proxy-body-size": "8m", "cert-manager.io/cluster-issuer": "other"}
    assert ingress(annotations=own)["metadata"]["annotations"] == own


@pytest.mark.parametrize(
    ("delivery", "pending", "skipped"),
    [("direct", True, True), ("direct", False, False), ("gitops", True, False)],
)
def test_an_address_that_never_comes_is_not_waited_for(delivery: str, pending: bool, skipped: bool) -> None:
    manifest = ingress(environment={"delivery": delivery, "addressPending": pending})
    assert (manifest["metadata"]["annotations"].get("pulumi.com/skipAwait") == "true") is skipped


def test_every_host_has_every_path() -> None:
    spec = ingress(hosts=["www", "apex"], paths=[{"path": "/"}, {"path": "/ok", "type": "Exact"}])["spec"]
    assert spec["tls"][0]["hosts"] == ["www.example.com", "example.com"]
    assert [(rule["host"], [path["path"] for path in rule["http"]["paths"]]) for rule in spec["rules"]] == [
        ("www.example.com", ["/", "/ok"]),
        ("example.com", ["/", "/ok"]),
    ]
    assert [path["pathType"] for path in spec["rules"][0]["http"]["paths"]] == ["Prefix", "Exact"]


def test_hosts_of_one_ingress_share_no_part() -> None:
    one, other = ingress(hosts=["www", "apex"])["spec"]["rules"]
    assert one["http"]["paths"][0] is not other["http"]["paths"][0]


def test_a_port_is_the_services_also_where_a_sidecar_listens() -> None:
    (placed,) = exposed(
        {"hosts": ["www"], "paths": [{"path": "/", "port": "proxy"}]},
        sidecars={"proxy": a_container(ports={"proxy": {"container": 8081, "service": 81}})},
    )
    backend = placed.manifest["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "api", "port": {"number": 81}}}


def test_a_blue_green_service_is_reached_through_its_active_service() -> None:
    (placed,) = exposed({"hosts": ["www"]}, strategy=BLUE_GREEN)
    backend = placed.manifest["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend["service"]["name"] == "api-active"
    assert placed.after == ("Service/services/api-active",)
    route = routes(strategy=BLUE_GREEN)["api"]
    assert route["spec"]["rules"][0]["backendRefs"][0]["name"] == "api-active"


PREVIEW = {**BLUE_GREEN, "preview": {"hosts": ["apex"], "annotations": {"nginx.ingress.kubernetes.io/auth-url": "x"}}}


def test_a_new_version_is_looked_at_by_an_ingress_of_its_own() -> None:
    paths = [{"path": "/"}, {"path": "/ok", "type": "Exact"}]
    found = exposed({"hosts": ["www"], "paths": paths, "sslRedirect": False}, strategy=PREVIEW)
    live, preview = (placed.manifest for placed in found)
    assert preview["metadata"]["name"] == "api-preview"
    assert preview["spec"]["tls"] == [{"hosts": ["example.com"], "secretName": "api-preview-tls"}]
    assert preview["metadata"]["annotations"] == {
        **live["metadata"]["annotations"],
        "nginx.ingress.kubernetes.io/auth-url": "x",
    }
    (rule,) = preview["spec"]["rules"]
    assert rule["host"] == "example.com"
    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [("/", "Prefix"), ("/ok", "Exact")]
    assert {path["backend"]["service"]["name"] for path in rule["http"]["paths"]} == {"api-preview"}
    assert found[1].after == ("Service/services/api-preview",)


def test_a_new_version_is_looked_at_by_an_http_route_where_the_live_one_is() -> None:
    found = routes(strategy=PREVIEW)
    assert list(found) == ["api", "api-redirect", "api-preview", "api-preview-redirect"]
    preview = found["api-preview"]
    assert preview["spec"]["hostnames"] == ["example.com"]
    assert preview["spec"]["rules"][0]["backendRefs"][0]["name"] == "api-preview"
    assert sections(preview) == ["https-apex"]


def test_urls_are_those_of_the_live_version_and_preview_urls_of_the_new_one() -> None:
    place, service = placed_for({"hosts": ["www"]}, strategy=PREVIEW)
    assert urls(place, service) == ["https://www.example.com/"]
    assert preview_urls(place, service) == ["https://example.com/"]
    place, service = placed_for({"hosts": ["www"]}, strategy=BLUE_GREEN)
    assert preview_urls(place, service) == []


def test_an_http_route_attaches_to_its_gateways_https_listener() -> None:
    route = routes(paths=[{"path": "/graphql", "type": "Exact"}, {"path": "/ws"}])["api"]
    backend = {"group": "", "kind": "Service", "name": "api", "port": 80, "weight": 1}
    assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route["metadata"]["namespace"] == "services"
    assert route["spec"] == {
        "parentRefs": [
            {
                "group": "gateway.networking.k8s.io",
                "kind": "Gateway",
                "namespace": "gateway",
                "name": "public",
                "sectionName": "https-www",
            }
        ],
        "hostnames": ["www.example.com"],
        "rules": [
            {"matches": [{"path": {"type": "Exact", "value": "/graphql"}}], "backendRefs": [backend]},
            {"matches": [{"path": {"type": "PathPrefix", "value": "/ws"}}], "backendRefs": [backend]},
        ],
    }


def test_an_http_route_comes_after_its_gateway_too() -> None:
    found = exposed({"route": "gateway", "gateway": "public", "hosts": ["www"]})
    after = ("Service/services/api", "Deployment/services/api", "Gateway/gateway/public")
    assert {placed.after for placed in found} == {after}
    assert {(placed.part, placed.component) for placed in found} == {(Part.WORKLOADS, "api")}


def test_an_http_route_takes_the_name_it_is_given() -> None:
    assert list(routes(name="bff")) == ["bff", "bff-redirect"]


def test_plain_http_is_redirected_on_the_same_paths() -> None:
    redirect = routes(hosts=["www", "apex"], paths=[{"path": "/a"}, {"path": "/b"}])["api-redirect"]
    assert sections(redirect) == ["http-www", "http-apex"]
    assert redirect["spec"]["hostnames"] == ["www.example.com", "example.com"]
    assert redirect["spec"]["rules"] == [
        {
            "matches": [
                {"path": {"type": "PathPrefix", "value": "/a"}},
                {"path": {"type": "PathPrefix", "value": "/b"}},
            ],
            "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}],
        }
    ]


def test_a_route_that_takes_plain_http_attaches_to_both_listeners() -> None:
    found = routes(sslRedirect=False)
    assert list(found) == ["api"]
    assert sections(found["api"]) == ["http-www", "https-www"]


def test_a_route_attaches_to_a_wildcard_that_covers_its_host() -> None:
    service = a_service(exposure={"web": {"route": "gateway", "gateway": "public", "hosts": ["www"]}})
    gateway = {"hosts": ["any", "apex"], "tlsSecret": "edge-tls"}
    system = a_system(service, gateways={"public": gateway})
    route, redirect = exposure(a_place(system=system, **ENVIRONMENT), service)
    assert sections(route.manifest) == ["https-any"]
    assert sections(redirect.manifest) == ["http-any"]


def test_a_gateway_listens_for_each_host_on_both_ports() -> None:
    place, _ = placed_for()
    gateway = the(gateways(place), "Gateway")
    own_namespaces = {
        "namespaces": {"from": "Selector", "selector": {"matchLabels": {"app.kubernetes.io/part-of": "demo"}}}
    }
    tls = {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": "edge-tls"}]}
    hosts = (("www", "www.example.com"), ("apex", "example.com"))
    plain = [
        {
            "name": f"http-{name}",
            "hostname": host,
            "port": 80,
            "protocol": "HTTP",
            "allowedRoutes": own_namespaces,
        }
        for name, host in hosts
    ]
    encrypted = [
        {
            "name": f"https-{name}",
            "hostname": host,
            "port": 443,
            "protocol": "HTTPS",
            "allowedRoutes": own_namespaces,
            "tls": tls,
        }
        for name, host in hosts
    ]
    assert (gateway["metadata"]["name"], gateway["metadata"]["namespace"]) == ("public", "gateway")
    assert gateway["spec"] == {"gatewayClassName": "cilium", "listeners": plain + encrypted}


def test_a_gateways_certificate_is_asked_for_beside_it() -> None:
    place, _ = placed_for()
    certificate, gateway = gateways(place)
    assert certificate.reference == "Certificate/gateway/edge-tls"
    assert certificate.manifest["spec"]["dnsNames"] == ["www.example.com", "example.com"]
    assert certificate.manifest["spec"]["issuerRef"]["name"] == "letsencrypt-prod"
    assert gateway.after == ("Certificate/gateway/edge-tls",)


def test_a_gateway_without_an_issuer_brings_its_certificate_along() -> None:
    place, _ = placed_for(environment={"defaultIssuer": None})
    (gateway,) = gateways(place)
    assert gateway.manifest["kind"] == "Gateway"
    assert gateway.after == ()


def test_urls_are_every_path_of_every_host() -> None:
    place, service = placed_for(
        {"hosts": ["auth"], "paths": [{"path": "/auth"}]},
        {"route": "gateway", "gateway": "public", "hosts": ["www", "apex"], "paths": [{"path": "/"}, {"path": "/ws"}]},
    )
    assert urls(place, service) == [
        "https://auth.immersiverse.com/auth",
        "https://www.example.com/",
        "https://www.example.com/ws",
        "https://example.com/",
        "https://example.com/ws",
    ]


def test_a_service_without_exposure_has_no_way_in() -> None:
    place, service = placed_for()
    assert (exposure(place, service), urls(place, service)) == ([], [])


def test_two_exposures_of_a_service_give_two_objects() -> None:
    found = exposed({"hosts": ["www"]}, {"name": "api-apex", "hosts": ["apex"]})
    assert [placed.reference for placed in of_kind(found, "Ingress")] == [
        "Ingress/services/api",
        "Ingress/services/api-apex",
    ]
