"""Facts of immersiverse, the ImmersiVerse Authentication Service."""

from dataclasses import replace

import pytest

from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.container import Version
from settings.strategy import CanaryDeployment, ErrorRate, Rolling
from tests.assembled import (
    STACKS,
    claimed,
    container,
    issuer,
    objects,
    pod,
    ports,
    probed,
    routes,
    secret_variables,
    service,
    stack,
    variables,
)

NAMESPACES = {"local": "development", "dev": "development", "staging": "staging", "prod": "production"}
MANAGED = ("postgres-auth-service", "redis")
"""What AWS runs in production."""
KEYS = ["DB_USER", "DB_PASS", "jwt-private.pem", "jwt-public.pem"]
HOSTS = {
    "local": "auth.immersiverse.localhost",
    "dev": "auth.immersiverse.dev.example.com",
    "staging": "auth.immersiverse.staging.example.com",
    "prod": "auth.immersiverse.com",
}
EACH = pytest.mark.parametrize(("name", "namespace"), NAMESPACES.items(), ids=NAMESPACES)


@EACH
def test_namespace_is_called_after_the_environment(name: str, namespace: str) -> None:
    assert f"Namespace//{namespace}" in objects(name)


@EACH
def test_auth_service_is_a_deployment_whose_rollout_can_be_undone(name: str, namespace: str) -> None:
    spec = objects(name)[f"Deployment/{namespace}/auth-service"]["spec"]
    assert spec["revisionHistoryLimit"] > 1
    assert spec["strategy"]["type"] == "RollingUpdate"


@EACH
def test_auth_service_has_at_least_three_pods(name: str, namespace: str) -> None:
    spec = objects(name)[f"Deployment/{namespace}/auth-service"]["spec"]
    scaler = objects(name).get(f"HorizontalPodAutoscaler/{namespace}/auth-service")
    assert (spec["replicas"] if scaler is None else scaler["spec"]["minReplicas"]) >= 3
    assert ("replicas" in spec) == (scaler is None)


def test_production_has_an_autoscaler() -> None:
    spec = objects("prod")["HorizontalPodAutoscaler/production/auth-service"]["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "auth-service"}
    assert spec["minReplicas"] < spec["maxReplicas"]


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_production_runs_in_several_regions(cluster: str) -> None:
    assert "Deployment/production/auth-service" in objects("prod", cluster)
    assert "Ingress/production/auth-ingress" in objects("prod", cluster)


@EACH
def test_service_answers_on_port_80_inside_the_cluster(name: str, namespace: str) -> None:
    reference = f"Service/{namespace}/auth-service"
    assert objects(name)[reference]["spec"]["type"] == "ClusterIP"
    assert list(ports(name, reference)) == [80]


@EACH
def test_ingress_sends_auth_to_the_service(name: str, namespace: str) -> None:
    reference = f"Ingress/{namespace}/auth-ingress"
    assert routes(name, reference) == {f"{HOSTS[name]}/auth": "auth-service:80"}
    (rule,) = objects(name)[reference]["spec"]["rules"]
    assert [path["pathType"] for path in rule["http"]["paths"]] == ["Prefix"]
    assert objects(name)[reference]["spec"]["ingressClassName"] == "nginx"
    assert objects(name)[reference]["spec"]["tls"] == [{"hosts": [HOSTS[name]], "secretName": "auth-tls"}]


def test_production_has_its_certificate_from_lets_encrypts_production_server() -> None:
    assert issuer("prod", "Ingress/production/auth-ingress") == "letsencrypt-prod"


@EACH
def test_configuration_is_that_of_the_guide(name: str, namespace: str) -> None:
    assert variables(name, f"Deployment/{namespace}/auth-service") == {
        "DB_HOST": "postgres-auth-service",
        "DB_PORT": "5432",
        "DB_NAME": "auth_db",
        "REDIS_ADDR": "redis:6379",
        "KAFKA_BROKER": "kafka:9092",
        "JWT_PRIVATE_KEY_PATH": "/etc/secrets/jwt-private.pem",
        "JWT_PUBLIC_KEY_PATH": "/etc/secrets/jwt-public.pem",
    }


@EACH
@pytest.mark.parametrize(
    ("address", "port", "image"),
    [
        ("postgres-auth-service", 5432, "library/postgres"),
        ("redis", 6379, "library/redis"),
        ("kafka", 9092, "apache/kafka"),
    ],
)
def test_what_the_configuration_names_answers_in_its_namespace(
    name: str, namespace: str, address: str, port: int, image: str
) -> None:
    if name == "prod" and address in MANAGED:
        spec = objects(name)[f"Service/{namespace}/{address}"]["spec"]
        assert spec == {"type": "ExternalName", "externalName": f"{address}.production.data.prod.example.com"}
        return
    assert ports(name, f"Service/{namespace}/{address}")[port] == port
    assert container(name, f"StatefulSet/{namespace}/{address}")["image"].startswith(f"docker.io/{image}:")


@pytest.mark.parametrize("address", ["postgres-auth-service", "redis", "kafka"])
def test_what_the_configuration_names_answers_in_the_second_region_too(address: str) -> None:
    spec = objects("prod", "tokyo")[f"Service/production/{address}"]["spec"]
    domain = "data.prod.example.com" if address in MANAGED else "data.seoul.example.com"
    assert spec == {"type": "ExternalName", "externalName": f"{address}.production.{domain}"}


@EACH
def test_credentials_of_the_database_are_variables_from_a_secret(name: str, namespace: str) -> None:
    assert secret_variables(name, f"Deployment/{namespace}/auth-service") == {
        "DB_USER": ("auth-service-secrets", "DB_USER"),
        "DB_PASS": ("auth-service-secrets", "DB_PASS"),
    }
    if name == "prod":
        return  # its users are made in the database once
    assert secret_variables(name, f"StatefulSet/{namespace}/postgres-auth-service") == {
        "POSTGRES_USER": ("auth-service-secrets", "DB_USER"),
        "POSTGRES_PASSWORD": ("auth-service-secrets", "DB_PASS"),
    }
    assert variables(name, f"StatefulSet/{namespace}/postgres-auth-service")["POSTGRES_DB"] == "auth_db"


@EACH
def test_keys_of_tokens_are_read_only_files(name: str, namespace: str) -> None:
    reference = f"Deployment/{namespace}/auth-service"
    (mount,) = [found for found in container(name, reference)["volumeMounts"] if found["mountPath"] == "/etc/secrets"]
    (volume,) = [found for found in pod(name, reference)["volumes"] if found["name"] == mount["name"]]
    assert mount["readOnly"]
    assert volume["secret"]["secretName"] == "auth-service-secrets"
    assert {item["path"]: item["key"] for item in volume["secret"]["items"]} == {
        "jwt-private.pem": "jwt-private.pem",
        "jwt-public.pem": "jwt-public.pem",
    }


@pytest.mark.parametrize("name", STACKS)
def test_generated_user_and_keys_are_those_of_the_guide(name: str) -> None:
    keys = stack(name).systems["immersiverse"].secrets["auth-service-secrets"].keys
    assert {key: setting.generate for key, setting in keys.items()} == {
        "DB_USER": "auth_user",
        "DB_PASS": "password",
        "jwt-private.pem": "rsa-private-key",
        "jwt-public.pem": "rsa-public-key jwt-private.pem",
    }


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_production_has_its_secrets_from_vault_in_both_regions(cluster: str) -> None:
    made = objects("prod", cluster)
    assert made["SecretStore/production/vault"]["spec"]["provider"]["vault"] == {
        "server": "https://vault.example.com",
        "path": "secret",
        "version": "v2",
        "auth": {"kubernetes": {"mountPath": "kubernetes", "role": "immersiverse"}},
    }
    external = made["ExternalSecret/production/auth-service-secrets"]["spec"]
    assert external["secretStoreRef"] == {"kind": "SecretStore", "name": "vault"}
    assert external["target"]["name"] == "auth-service-secrets"
    assert {entry["remoteRef"]["key"] for entry in external["data"]} == {"immersiverse/prod/auth-service-secrets"}
    assert [entry["remoteRef"]["property"] for entry in external["data"]] == KEYS
    assert [entry["secretKey"] for entry in external["data"]] == KEYS


@pytest.mark.parametrize("name", ["local", "dev", "staging"])
def test_elsewhere_its_secrets_are_sealed(name: str) -> None:
    assert f"SealedSecret/{NAMESPACES[name]}/auth-service-secrets" in objects(name)
    assert f"SecretStore/{NAMESPACES[name]}/vault" not in objects(name)


@EACH
def test_health_is_asked_for(name: str, namespace: str) -> None:
    asked = probed(name, f"Deployment/{namespace}/auth-service")
    assert asked == {"startup": "/health", "readiness": "/health", "liveness": "/health"}


@pytest.mark.parametrize("name", ["local", "dev", "staging"])
def test_data_is_kept_on_volumes(name: str) -> None:
    reference = f"StatefulSet/{NAMESPACES[name]}/postgres-auth-service"
    assert claimed(name, reference) == ("/var/lib/postgresql/data", "10Gi")


@pytest.mark.parametrize("name", STACKS)
def test_a_canary_of_its_own_is_tried_in_production(name: str) -> None:
    tried = CanaryDeployment(type="canaryDeployment", weight=10, traffic="nginx")
    assert service(name, "immersiverse/auth-service").strategy == (tried if name == "prod" else Rolling())


def production(canary: Version | None, cluster: str) -> dict[str, Manifest]:
    """Return the objects of production as they are with that version to try in the release."""
    found = stack("prod")
    system = found.systems["immersiverse"]
    services = {"auth-service": system.services["auth-service"].model_copy(update={"canary": canary})}
    tried = replace(found, systems={**found.systems, "immersiverse": system.model_copy(update={"services": services})})
    return {placed.reference: placed.manifest for placed in assemble(tried, cluster)["immersiverse"]}


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_version_to_try_is_a_deployment_of_its_own_with_a_tenth_of_the_traffic(cluster: str) -> None:
    made = production(Version(tag="1.1.0"), cluster)
    images = {
        name: made[f"Deployment/production/{name}"]["spec"]["template"]["spec"]["containers"][0]["image"]
        for name in ("auth-service", "auth-service-canary")
    }
    assert {name: image.rpartition(":")[2] for name, image in images.items()} == {
        "auth-service": "1.0.0",
        "auth-service-canary": "1.1.0",
    }
    ingress = made["Ingress/production/auth-ingress-canary"]
    assert ingress["metadata"]["annotations"] == {
        "nginx.ingress.kubernetes.io/canary": "true",
        "nginx.ingress.kubernetes.io/canary-weight": "10",
    }
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert (path["path"], path["backend"]["service"]["name"]) == ("/auth", "auth-service-canary")
    selector = made["Service/production/auth-service-canary"]["spec"]["selector"]
    assert selector["app.kubernetes.io/name"] == "auth-service-canary"
    assert "NetworkPolicy/production/auth-service-canary" in made
    assert [name for name in made if name.startswith("HorizontalPodAutoscaler/")] == [
        "HorizontalPodAutoscaler/production/auth-service"
    ]


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_nothing_of_a_canary_is_left_when_there_is_no_version_to_try(cluster: str) -> None:
    assert [reference for reference in production(None, cluster) if "canary" in reference] == []


@pytest.mark.parametrize("name", STACKS)
def test_a_failed_health_check_or_metric_takes_a_version_back(name: str) -> None:
    objectives = service(name, "immersiverse/auth-service").objectives
    assert objectives is not None
    assert objectives.health_check_failures == 3
    assert objectives.error_rate == ErrorRate(threshold=5, window="5m")


@pytest.mark.parametrize("name", STACKS)
def test_traffic_between_services_is_mutual_tls_in_production(name: str) -> None:
    assert service(name, "immersiverse/auth-service").mutual_tls == (name == "prod")


@pytest.mark.parametrize("name", STACKS)
def test_delivery_and_alarm_are_those_of_the_guide(name: str) -> None:
    system = stack(name).systems["immersiverse"]
    assert system.sync.automated  # Argo CD deploys what it sees in Git
    assert system.operations.on_call == ("slack", "email", "pagerduty")
    assert service(name, "immersiverse/auth-service").depends_on == ("postgres-auth-service", "redis", "kafka")
