"""Facts of the services platform: a gateway, services behind it, their data, and what watches them."""

import pytest

from settings.migration import Migration, MigrationEngine, MigrationTarget
from settings.system import Trigger
from tests.assembled import STACKS, container, objects, ports, service, stack, whole_secrets

SYSTEM = "services-platform"
EACH = pytest.mark.parametrize("name", STACKS)
SHORT_NAMES = ("auth", "personal", "identity")
HOSTS = {
    "local": "platform.localhost",
    "dev": "platform.dev.example.com",
    "staging": "platform.staging.example.com",
    "prod": "platform.example.com",
}


@EACH
def test_namespaces(name: str) -> None:
    namespaces = ["gateway", "services", "data", "observability"]
    assert list(stack(name).systems[SYSTEM].namespaces) == namespaces
    assert all(f"Namespace//{namespace}" in objects(name) for namespace in namespaces)


@EACH
@pytest.mark.parametrize(
    ("namespace", "kind", "names"),
    [
        ("gateway", "Deployment", {"graphql-bff", "websocket"}),
        ("gateway", "Gateway", {"platform"}),
        ("services", "Deployment", {"auth-service", "personal-service", "identity-service"}),
        ("data", "StatefulSet", {"postgresql", "valkey", "clickhouse"}),
        ("observability", "Deployment", {"prometheus", "grafana", "jaeger"}),
    ],
)
def test_what_runs_in_each_namespace(name: str, namespace: str, kind: str, names: set[str]) -> None:
    found = {reference.split("/")[2] for reference in objects(name) if reference.startswith(f"{kind}/{namespace}/")}
    assert found == names


@EACH
def test_gateway_is_ciliums(name: str) -> None:
    spec = objects(name)["Gateway/gateway/platform"]["spec"]
    assert spec["gatewayClassName"] == "cilium"
    assert {listener["hostname"] for listener in spec["listeners"]} == {HOSTS[name]}


@EACH
@pytest.mark.parametrize(
    ("namespace", "called", "path"),
    [
        ("gateway", "graphql-bff", "/graphql"),
        ("gateway", "websocket", "/ws"),
        ("services", "auth-service", "/auth"),
        ("services", "personal-service", "/personal"),
        ("services", "identity-service", "/identity"),
    ],
)
def test_each_service_has_deployment_service_route_and_autoscaler(
    name: str, namespace: str, called: str, path: str
) -> None:
    assert "replicas" not in objects(name)[f"Deployment/{namespace}/{called}"]["spec"]
    assert ports(name, f"Service/{namespace}/{called}") == {80: 8080}
    route = objects(name)[f"HTTPRoute/{namespace}/{called}"]["spec"]
    assert route["hostnames"] == [HOSTS[name]]
    assert [match["path"]["value"] for rule in route["rules"] for match in rule["matches"]] == [path]
    scaler = objects(name)[f"HorizontalPodAutoscaler/{namespace}/{called}"]
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert scaler["spec"]["scaleTargetRef"]["name"] == called


@EACH
@pytest.mark.parametrize("short", SHORT_NAMES)
def test_secret_is_called_by_the_short_name_and_reaches_the_service(name: str, short: str) -> None:
    secret = stack(name).systems[SYSTEM].secrets[f"{short}-secrets"]
    assert {"DATABASE_URL", "JWT_SECRET"} <= secret.keys.keys()
    assert secret.namespace == "services"
    assert whole_secrets(name, f"Deployment/services/{short}-service") == [f"{short}-secrets"]
    assert f"SealedSecret/services/{short}-secrets" in objects(name)


@EACH
@pytest.mark.parametrize("short", ["auth", "personal"])
def test_one_database_is_migrated_with_goose(name: str, short: str) -> None:
    directory = f"/app/services/{short}/migrations"
    assert service(name, f"{SYSTEM}/{short}-service").migration == Migration(
        engine=MigrationEngine.GOOSE,
        secret=f"{short}-secrets",
        databases={f"{short}_db": MigrationTarget(wave=-5, directory=directory, url_key="DATABASE_URL")},
        backoff_limit=3,
    )


@EACH
def test_databases_of_identity_are_migrated_in_waves(name: str) -> None:
    migration = service(name, f"{SYSTEM}/identity-service").migration
    assert migration is not None
    assert (migration.engine, migration.secret) == (MigrationEngine.GOOSE, "identity-secrets")
    waves = {database: target.wave for database, target in migration.databases.items()}
    assert waves == {"identity_db": -5, "auth_db": -4, "legal_db": -3}


@EACH
def test_databases_that_are_migrated_are_there(name: str) -> None:
    databases = stack(name).systems[SYSTEM].data_stores["postgresql"].databases
    assert set(databases) == {"auth_db", "personal_db", "identity_db", "legal_db"}


@EACH
@pytest.mark.parametrize(
    ("called", "port", "image"),
    [
        ("postgresql", 5432, "library/postgres"),
        ("valkey", 6379, "valkey/valkey"),
        ("clickhouse", 8123, "clickhouse/clickhouse-server"),
    ],
)
def test_data_answers_in_its_namespace(name: str, called: str, port: int, image: str) -> None:
    assert port in ports(name, f"Service/data/{called}")
    assert container(name, f"StatefulSet/data/{called}")["image"].startswith(f"docker.io/{image}:")


@EACH
@pytest.mark.parametrize(
    ("called", "port", "image"),
    [
        ("prometheus", 9090, "prom/prometheus"),
        ("grafana", 3000, "grafana/grafana"),
        ("jaeger", 16686, "jaegertracing/jaeger"),
    ],
)
def test_what_watches_answers_in_its_namespace(name: str, called: str, port: int, image: str) -> None:
    assert port in ports(name, f"Service/observability/{called}")
    assert container(name, f"Deployment/observability/{called}")["image"].startswith(f"docker.io/{image}:")


@pytest.mark.parametrize(
    ("name", "trigger", "automated"),
    [
        ("local", None, False),
        ("dev", Trigger(branch="develop"), True),
        ("staging", Trigger(branch="release"), False),
        ("prod", Trigger(branch="main"), False),
    ],
    ids=STACKS,
)
def test_branches_and_sync(name: str, trigger: Trigger | None, *, automated: bool) -> None:
    system = stack(name).systems[SYSTEM]
    assert (system.operations.trigger, system.sync.automated) == (trigger, automated)
