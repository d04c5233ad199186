"""Two Deployments of a service: one beside the other for a share of the traffic, or one after the other in colours."""

from typing import Any

import pytest

from manifests.assembly import web_service
from manifests.migration import migrations
from manifests.placed import Manifest, Placed
from tests.builders import a_place, a_service, of_kind, the

TRIED: dict[str, Any] = {"strategy": {"type": "canaryDeployment", "weight": 10}, "canary": {"tag": "2.0.0"}}
BY_NGINX: dict[str, Any] = {
    **TRIED,
    "strategy": {"type": "canaryDeployment", "weight": 10, "traffic": "nginx"},
    "exposure": {"web": {"hosts": ["www"]}},
}
TURNED: dict[str, Any] = {
    "strategy": {"type": "blueGreenIngress", "traffic": "service"},
    "colors": {"green": {"tag": "2.0.0"}},
}
NAME, COMPONENT, COLOR = "app.kubernetes.io/name", "app.kubernetes.io/component", "naru/color"
PART = {"app.kubernetes.io/part-of": "demo"}


def objects_of(**settings: Any) -> list[Placed]:
    service = a_service(**settings)
    issuers = {"self": {"server": "self-signed"}}
    place = a_place(service, domains={"www": "www.example.com"}, issuers=issuers, defaultIssuer="self")
    return list(web_service(place, service))


def by_name(kind: str, **settings: Any) -> dict[str, Manifest]:
    found = of_kind(objects_of(**settings), kind)
    return {placed.manifest["metadata"]["name"]: placed.manifest for placed in found}


def labels(deployment: Manifest) -> dict[str, str]:
    found: dict[str, str] = deployment["spec"]["template"]["metadata"]["labels"]
    return found


def images(deployments: dict[str, Manifest]) -> dict[str, str]:
    return {
        name: made["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
        for name, made in deployments.items()
    }


def test_canary_deployment_is_there_while_the_release_names_a_version_to_try() -> None:
    assert images(by_name("Deployment", **TRIED)) == {"api": "1.2.3", "api-canary": "2.0.0"}
    assert list(by_name("Deployment", strategy=TRIED["strategy"])) == ["api"]


def test_version_stands_on_each_deployment_and_in_no_pods_labels() -> None:
    deployments = by_name("Deployment", **TRIED)
    versions = {name: made["metadata"]["labels"]["app.kubernetes.io/version"] for name, made in deployments.items()}
    assert versions == {"api": "1.2.3", "api-canary": "2.0.0"}
    assert not any("version" in key for made in deployments.values() for key in labels(made))


def test_pods_of_the_canary_are_of_its_component_and_not_counted_among_the_others() -> None:
    deployments = by_name("Deployment", **TRIED)
    main, canary = deployments["api"], deployments["api-canary"]
    assert main["spec"]["selector"]["matchLabels"] == {NAME: "api", **PART}
    assert canary["spec"]["selector"]["matchLabels"] == {NAME: "api-canary", **PART}
    assert {labels(made)[COMPONENT] for made in (main, canary)} == {"api"}
    assert (labels(main)[NAME], labels(canary)[NAME]) == ("api", "api-canary")


def test_both_deployments_run_as_the_same_account_and_are_told_the_same() -> None:
    objects = objects_of(**TRIED, env={"A": "1"})
    (config_map,) = of_kind(objects, "ConfigMap")
    for placed in of_kind(objects, "Deployment"):
        spec = placed.manifest["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == "api"
        (source,) = spec["containers"][0]["envFrom"]
        assert source["configMapRef"]["name"] == config_map.manifest["metadata"]["name"]
        assert spec["containers"][0]["name"] == "api"


@pytest.mark.parametrize(("replicas", "weight", "pods"), [(3, 10, 1), (9, 10, 1), (18, 10, 2), (4, 50, 4)])
def test_canary_by_pods_has_as_many_as_its_share_beside_the_others(replicas: int, weight: int, pods: int) -> None:
    strategy = {**TRIED["strategy"], "weight": weight}
    deployments = by_name("Deployment", **{**TRIED, "strategy": strategy}, replicas=replicas)
    assert (deployments["api"]["spec"]["replicas"], deployments["api-canary"]["spec"]["replicas"]) == (replicas, pods)


def test_count_of_a_canary_that_is_guarded_is_not_ours() -> None:
    """What calls it off takes its pods away; a count that is applied again would bring them back."""
    guarded = {"metrics": {}, "objectives": {"errorRate": {"threshold": 5, "window": "5m"}}}
    assert "replicas" not in by_name("Deployment", **TRIED, **guarded)["api-canary"]["spec"]


def test_traffic_by_pods_goes_to_one_service_before_both() -> None:
    services = by_name("Service", **TRIED)
    assert {name: made["spec"]["selector"] for name, made in services.items()} == {"api": {COMPONENT: "api", **PART}}
    assert by_name("Service", strategy=TRIED["strategy"])["api"]["spec"]["selector"] == {COMPONENT: "api", **PART}


def test_what_is_tried_may_fail_and_holds_nobody_up() -> None:
    objects = {placed.reference: placed.after for placed in objects_of(**BY_NGINX)}
    assert "Deployment/demo/api-canary" not in (*objects["Service/demo/api"], *objects["Ingress/demo/api"])
    assert "Deployment/demo/api-canary" in objects["Service/demo/api-canary"]
    assert {"Deployment/demo/api-canary", "Ingress/demo/api"} <= set(objects["Ingress/demo/api-canary"])
    (by_pods,) = of_kind(objects_of(**TRIED), "Service")
    assert by_pods.after == ("Deployment/demo/api",)


def test_ingress_nginx_sends_a_share_by_a_second_ingress_of_the_same_hosts_and_certificate() -> None:
    assert {name: made["spec"]["selector"] for name, made in by_name("Service", **BY_NGINX).items()} == {
        "api": {NAME: "api", **PART},
        "api-canary": {NAME: "api-canary", **PART},
    }
    ingresses = by_name("Ingress", **BY_NGINX)
    main, canary = ingresses["api"], ingresses["api-canary"]
    assert canary["metadata"]["annotations"] == {
        "nginx.ingress.kubernetes.io/canary": "true",
        "nginx.ingress.kubernetes.io/canary-weight": "10",
        "pulumi.com/skipAwait": "true",
    }
    assert canary["spec"]["tls"] == main["spec"]["tls"]
    assert canary["spec"]["ingressClassName"] == main["spec"]["ingressClassName"]
    backends = {}
    for made in (main, canary):
        (rule,) = made["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        assert (rule["host"], path["path"], path["pathType"]) == ("www.example.com", "/", "Prefix")
        backends[made["metadata"]["name"]] = path["backend"]["service"]
    assert backends == {
        "api": {"name": "api", "port": {"number": 80}},
        "api-canary": {"name": "api-canary", "port": {"number": 80}},
    }


def test_second_ingress_is_named_after_the_one_beside_it() -> None:
    exposure = {"web": {"hosts": ["www"], "name": "auth-ingress"}}
    assert list(by_name("Ingress", **{**BY_NGINX, "exposure": exposure})) == ["auth-ingress", "auth-ingress-canary"]


def test_second_ingress_is_there_only_while_something_is_tried() -> None:
    settings = {key: value for key, value in BY_NGINX.items() if key != "canary"}
    assert list(by_name("Ingress", **settings)) == ["api"]
    assert list(by_name("Service", **settings)) == ["api"]


def test_autoscaler_and_budget_are_of_the_main_deployment_alone() -> None:
    scaling = {"min": 2, "max": 4}
    assert list(by_name("HorizontalPodAutoscaler", **TRIED, scaling=scaling)) == ["api"]
    budgets = by_name("PodDisruptionBudget", **TRIED, scaling=scaling)
    assert {name: made["spec"]["selector"]["matchLabels"] for name, made in budgets.items()} == {
        "api": {NAME: "api", **PART}
    }


def test_main_deployment_is_replaced_as_it_is_told() -> None:
    strategy = {**TRIED["strategy"], "maxSurge": 2, "maxUnavailable": 1}
    rolling = by_name("Deployment", **{**TRIED, "strategy": strategy})["api"]["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 2, "maxUnavailable": 1}


def test_colours_are_two_deployments_of_one_service_with_a_version_each() -> None:
    deployments = by_name("Deployment", **TURNED, replicas=2)
    assert images(deployments) == {"api-blue": "1.2.3", "api-green": "2.0.0"}
    for color in ("blue", "green"):
        found = deployments[f"api-{color}"]
        assert found["spec"]["selector"]["matchLabels"] == {NAME: "api", **PART, COLOR: color}
        assert labels(found).items() >= {NAME: "api", COMPONENT: "api", COLOR: color}.items()
        assert found["spec"]["replicas"] == 2
        assert found["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": 0}


def test_pods_of_a_colour_are_spread_among_themselves() -> None:
    spec = by_name("Deployment", **TURNED)["api-green"]["spec"]["template"]["spec"]
    terms = spec["topologySpreadConstraints"]
    assert terms
    assert {term["labelSelector"]["matchLabels"][COLOR] for term in terms} == {"green"}


@pytest.mark.parametrize("live", ["blue", "green"])
def test_switch_of_a_service_is_a_change_of_its_selector_alone(live: str) -> None:
    services = by_name("Service", **TURNED, live=live)
    assert {name: made["spec"]["selector"] for name, made in services.items()} == {
        "api": {NAME: "api", **PART, COLOR: live}
    }
    (address,) = of_kind(objects_of(**TURNED, live=live), "Service")
    assert address.after == (f"Deployment/demo/api-{live}",)


@pytest.mark.parametrize("live", ["blue", "green"])
def test_switch_of_an_ingress_is_a_change_of_its_backend(live: str) -> None:
    settings = {"strategy": {"type": "blueGreenIngress"}, "exposure": {"web": {"hosts": ["www"]}}, "live": live}
    services = by_name("Service", **settings)
    assert {name: made["spec"]["selector"][COLOR] for name, made in services.items()} == {
        "api": live,
        "api-blue": "blue",
        "api-green": "green",
    }
    (ingress,) = of_kind(objects_of(**settings), "Ingress")
    backend = ingress.manifest["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
    assert backend == f"api-{live}"
    assert {f"Service/demo/api-{live}", f"Deployment/demo/api-{live}"} == set(ingress.after)


def test_each_colour_has_an_autoscaler_and_a_budget() -> None:
    objects = objects_of(**TURNED, scaling={"min": 2, "max": 4})
    scaled = {
        placed.manifest["metadata"]["name"]: (placed.manifest["spec"]["scaleTargetRef"]["name"], placed.after)
        for placed in of_kind(objects, "HorizontalPodAutoscaler")
    }
    assert scaled == {
        f"api-{color}": (f"api-{color}", (f"Deployment/demo/api-{color}",)) for color in ("blue", "green")
    }
    budgets = {
        placed.manifest["metadata"]["name"]: placed.manifest["spec"]["selector"]["matchLabels"][COLOR]
        for placed in of_kind(objects, "PodDisruptionBudget")
    }
    assert budgets == {"api-blue": "blue", "api-green": "green"}


def test_everything_of_both_belongs_to_the_service() -> None:
    for settings in (BY_NGINX, TURNED):
        assert {placed.component for placed in objects_of(**settings)} == {"api"}


def test_service_by_pods_leads_to_no_migration_job() -> None:
    migration = {"engine": "goose", "secret": "s", "databases": {"main": {"urlKey": "u", "directory": "/m"}}}
    service = a_service(**TRIED, migration=migration)
    job = the(migrations(a_place(service), service), "Job")
    selector = by_name("Service", **TRIED)["api"]["spec"]["selector"]
    assert not selector.items() <= job["spec"]["template"]["metadata"]["labels"].items()
