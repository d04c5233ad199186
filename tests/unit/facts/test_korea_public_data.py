"""Facts of Korea Public Data: a portal of Next.js and FastAPI."""

from typing import Any

import pytest

from settings.strategy import BlueGreen, Canary, CanaryStep, ErrorRate, Objectives, Preview, ResponseTime
from settings.system import Alert, Goals, Notification, Operations, Scanning, Trigger
from tests.assembled import (
    STACKS,
    claimed,
    container,
    objects,
    ports,
    probed,
    routes,
    secret_variables,
    service,
    stack,
    variables,
)

NAMESPACE = "korea-public-data"
FRONTEND = f"Rollout/{NAMESPACE}/korea-frontend"
BACKEND = f"Rollout/{NAMESPACE}/korea-backend"
SECRET_KEYS = ["database-url", "api-key", "jwt-secret"]
API_HOSTS = {
    "local": "api.korea-public-data.localhost",
    "dev": "api.korea-public-data.dev.example.com",
    "staging": "api.korea-public-data.staging.example.com",
    "prod": "api.korea-public-data.com",
}
EACH = pytest.mark.parametrize("name", STACKS)


def operations(name: str) -> Operations:
    return stack(name).systems[NAMESPACE].operations


@EACH
def test_namespace_is_its_own(name: str) -> None:
    assert list(stack(name).systems[NAMESPACE].namespaces) == [NAMESPACE]
    assert f"Namespace//{NAMESPACE}" in objects(name)


@EACH
@pytest.mark.parametrize(
    ("reference", "called", "image", "replicas"),
    [
        (FRONTEND, "frontend", "harbor.example.com/korea-public-data/frontend:1.0.0", 3),
        (BACKEND, "backend", "harbor.example.com/korea-public-data/backend:1.0.0", 5),
    ],
    ids=["frontend", "backend"],
)
def test_containers_images_and_replicas(name: str, reference: str, called: str, image: str, replicas: int) -> None:
    assert container(name, reference)["name"] == called
    assert container(name, reference)["image"] == image
    assert objects(name)[reference]["spec"]["replicas"] == replicas


@EACH
@pytest.mark.parametrize(
    ("called", "port"),
    [
        ("korea-frontend-active", 3000),
        ("korea-frontend-preview", 3000),
        ("korea-backend", 8000),
        ("mongo", 27017),
        ("redis", 6379),
    ],
)
def test_services_answer_on_the_ports_of_the_guide(name: str, called: str, port: int) -> None:
    assert ports(name, f"Service/{NAMESPACE}/{called}") == {port: port}


@EACH
def test_frontend_asks_the_backend_of_its_own_environment(name: str) -> None:
    assert variables(name, FRONTEND) == {
        "NODE_ENV": "production",
        "NEXT_PUBLIC_API_URL": f"https://{API_HOSTS[name]}",
    }


@EACH
def test_backend_has_its_addresses_and_secrets(name: str) -> None:
    assert variables(name, BACKEND) == {"REDIS_URL": "redis://redis:6379"}
    assert secret_variables(name, BACKEND) == {
        "DATABASE_URL": ("korea-app-secrets", "database-url"),
        "API_KEY": ("korea-app-secrets", "api-key"),
        "JWT_SECRET": ("korea-app-secrets", "jwt-secret"),
    }


@EACH
def test_secrets_have_the_keys_of_the_guide(name: str) -> None:
    assert list(stack(name).systems[NAMESPACE].secrets["korea-app-secrets"].keys) == SECRET_KEYS


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_secrets_come_from_the_store_of_the_guide(name: str) -> None:
    made = objects(name)
    store = made[f"SecretStore/{NAMESPACE}/vault-backend"]
    assert store["apiVersion"] == "external-secrets.io/v1"  # the guide's v1beta1 is served no longer
    assert store["spec"] == {
        "provider": {"vault": {"server": "https://vault.company.com", "path": "secret", "version": "v2"}}
    }
    external = made[f"ExternalSecret/{NAMESPACE}/korea-app-secrets"]["spec"]
    assert external["secretStoreRef"] == {"kind": "SecretStore", "name": "vault-backend"}
    assert external["target"]["template"]["type"] == "Opaque"
    assert [entry["secretKey"] for entry in external["data"]] == SECRET_KEYS


def test_secrets_are_generated_on_local_where_there_is_no_vault() -> None:
    assert f"SealedSecret/{NAMESPACE}/korea-app-secrets" in objects("local")
    assert f"SecretStore/{NAMESPACE}/vault-backend" not in objects("local")


@EACH
@pytest.mark.parametrize(
    ("store", "image", "path"),
    [("mongo", "docker.io/library/mongo:6.0", "/data/db"), ("redis", "docker.io/library/redis:7-alpine", "/data")],
)
def test_data_stores_run_the_guides_versions_on_volumes(name: str, store: str, image: str, path: str) -> None:
    reference = f"StatefulSet/{NAMESPACE}/{store}"
    assert container(name, reference)["image"] == image
    assert claimed(name, reference) == (path, "50Gi" if name == "prod" else "10Gi")


@EACH
def test_api_host_goes_to_the_backend(name: str) -> None:
    assert routes(name, f"Ingress/{NAMESPACE}/korea-backend") == {f"{API_HOSTS[name]}/": "korea-backend:8000"}


@EACH
def test_backend_is_asked_for_its_health(name: str) -> None:
    assert probed(name, BACKEND) == {"startup": "/health", "readiness": "/health", "liveness": "/health"}


@EACH
def test_frontend_is_delivered_blue_green(name: str) -> None:
    assert service(name, f"{NAMESPACE}/korea-frontend").strategy == BlueGreen(
        type="blueGreen",
        active_service="korea-frontend-active",
        preview_service="korea-frontend-preview",
        preview=Preview(hosts=("korea-web-preview",)),
        auto_promotion_enabled=False,
        scale_down_delay_seconds=30,
        pre_promotion_analysis=("success-rate",),
        post_promotion_analysis=("success-rate",),
    )


@EACH
def test_rollout_of_the_frontend_is_that_of_the_guide(name: str) -> None:
    rollout = objects(name)[FRONTEND]
    assert rollout["apiVersion"] == "argoproj.io/v1alpha1"
    assert rollout["spec"]["strategy"] == {
        "blueGreen": {
            "activeService": "korea-frontend-active",
            "previewService": "korea-frontend-preview",
            "autoPromotionEnabled": False,
            "scaleDownDelaySeconds": 30,
            "prePromotionAnalysis": {
                "templates": [{"templateName": "success-rate"}],
                "args": [{"name": "service-name", "value": "korea-frontend-preview"}],
            },
            "postPromotionAnalysis": {
                "templates": [{"templateName": "success-rate"}],
                "args": [{"name": "service-name", "value": "korea-frontend-active"}],
            },
        }
    }


@EACH
def test_argo_rollouts_writes_the_selectors_of_the_frontends_services(name: str) -> None:
    made = objects(name)
    for called in ("korea-frontend-active", "korea-frontend-preview"):
        assert "selector" not in made[f"Service/{NAMESPACE}/{called}"]["spec"]
    assert f"Service/{NAMESPACE}/korea-frontend" not in made


@EACH
def test_a_new_frontend_is_looked_at_under_a_host_of_its_own(name: str) -> None:
    live = objects(name)[f"Ingress/{NAMESPACE}/korea-frontend"]["spec"]["rules"][0]["host"]
    host = f"preview.{live}"
    assert routes(name, f"Ingress/{NAMESPACE}/korea-frontend-preview") == {f"{host}/": "korea-frontend-preview:3000"}
    tls = objects(name)[f"Ingress/{NAMESPACE}/korea-frontend-preview"]["spec"]["tls"]
    assert tls == [{"hosts": [host], "secretName": "korea-frontend-preview-tls"}]


@EACH
def test_frontend_is_reached_through_its_active_service(name: str) -> None:
    backends = routes(name, f"Ingress/{NAMESPACE}/korea-frontend").values()
    assert list(backends) == ["korea-frontend-active:3000"]


@EACH
def test_backend_is_delivered_as_a_canary(name: str) -> None:
    steps = tuple(CanaryStep(weight=weight, pause="10m") for weight in (20, 40, 60, 80))
    expected = Canary(type="canary", max_surge="25%", max_unavailable=0, steps=steps)
    assert service(name, f"{NAMESPACE}/korea-backend").strategy == expected


@EACH
def test_rollout_of_the_backend_is_that_of_the_guide(name: str) -> None:
    canary = objects(name)[BACKEND]["spec"]["strategy"]["canary"]
    assert {key: value for key, value in canary.items() if key != "analysis"} == {
        "maxSurge": "25%",
        "maxUnavailable": 0,
        "steps": [
            {"setWeight": 20},
            {"pause": {"duration": "10m"}},
            {"setWeight": 40},
            {"pause": {"duration": "10m"}},
            {"setWeight": 60},
            {"pause": {"duration": "10m"}},
            {"setWeight": 80},
            {"pause": {"duration": "10m"}},
        ],
    }
    assert len(canary["analysis"]["templates"]) == 3


@EACH
def test_pods_divide_the_traffic_of_the_backend_behind_one_service(name: str) -> None:
    selector = objects(name)[f"Service/{NAMESPACE}/korea-backend"]["spec"]["selector"]
    assert selector == objects(name)[BACKEND]["spec"]["selector"]["matchLabels"]


@EACH
@pytest.mark.parametrize("called", ["korea-frontend", "korea-backend"])
def test_errors_slowness_and_failed_health_checks_take_a_version_back(name: str, called: str) -> None:
    assert service(name, f"{NAMESPACE}/{called}").objectives == Objectives(
        error_rate=ErrorRate(threshold=5, window="5m"),
        response_time=ResponseTime(threshold="2s", window="3m"),
        health_check_failures=3,
    )


@EACH
def test_a_manual_rollback_asks_the_health_of_its_own_environment(name: str) -> None:
    assert operations(name).health_url == f"http://{API_HOSTS[name]}/health"


@EACH
def test_alert_on_failed_deployments(name: str) -> None:
    assert operations(name).alerts == {
        "DeploymentFailed": Alert(
            rule="deployment-slo",
            group="deployment.rules",
            expr='(\n  sum(rate(deployment_status_total{status="failed"}[5m])) by (environment) /\n'
            "  sum(rate(deployment_status_total[5m])) by (environment)\n) > 0.1\n",
            wait="5m",
            severity="critical",
            summary="High deployment failure rate in {{ $labels.environment }}",
        )
    }


@EACH
@pytest.mark.parametrize(
    ("event", "channel", "fields"),
    [
        ("deployment_started", "#deployments", ("environment", "version")),
        ("deployment_success", "#deployments", ("environment", "version")),
        ("deployment_failed", "#alerts", ("environment", "version")),
        ("rollback_triggered", "#alerts", ("environment", "reason")),
    ],
)
def test_notifications(name: str, event: str, channel: str, fields: tuple[str, ...]) -> None:
    assert operations(name).notifications[event] == Notification(channel=channel, fields=fields)
    assert len(operations(name).notifications) == 4


@EACH
def test_images_are_scanned(name: str) -> None:
    assert operations(name).scanning == Scanning(
        trivy=("HIGH", "CRITICAL"),
        snyk="monitor",
        snyk_fail_on_issues=True,
        allow_unknown=False,
        highest_accepted_risk="medium",
    )


@EACH
def test_goals(name: str) -> None:
    assert operations(name).goals == Goals(success_rate=95, deployment_time="10m", rollback_time="3m", downtime="0s")


@EACH
def test_dashboard(name: str) -> None:
    assert operations(name).dashboard == {
        "deployment_frequency": "sum(increase(deployments_total[1d])) by (environment)",
        "deployment_success_rate": 'sum(rate(deployments_total{status="success"}[7d])) by (environment)'
        " / sum(rate(deployments_total[7d])) by (environment) * 100",
        "mean_time_to_recovery": "avg(rollback_duration_seconds) by (environment)",
    }


@pytest.mark.parametrize(
    ("name", "trigger", "access", "automated"),
    [
        ("dev", Trigger(branch="develop"), ("developers",), True),
        ("staging", Trigger(branch="staging"), ("qa",), True),
        ("prod", Trigger(branch="main", approval=True), ("operations",), False),
    ],
    ids=["dev", "staging", "prod"],
)
def test_who_deploys_what_and_when(name: str, trigger: Trigger, access: tuple[Any, ...], *, automated: bool) -> None:
    assert (operations(name).trigger, operations(name).access) == (trigger, access)
    assert stack(name).systems[NAMESPACE].sync.automated == automated
