"""Facts of AMS: Kotlin and Spring Boot."""

import pytest

from manifests.aws.data_stores import replicas
from settings.migration import MigrationEngine
from settings.strategy import Canary, Rolling
from settings.system import Trigger
from tests.assembled import STACKS, container, objects, pod, ports, probed, secret_variables, service, stack, variables

NAMESPACES = {"local": "ams", "dev": "ams-dev", "staging": "ams-staging", "prod": "ams-prod"}
# Where it grows into the traffic, Argo Rollouts runs it.
WORKLOADS = {
    "local": "Deployment/ams/ams",
    "dev": "Deployment/ams-dev/ams",
    "staging": "Rollout/ams-staging/ams",
    "prod": "Rollout/ams-prod/ams",
}
MANAGED = ("postgresql", "redis")
"""What AWS runs in production."""
PROFILES = {"local": "dev", "dev": "dev", "staging": "staging", "prod": "prod"}
EACH = pytest.mark.parametrize(("name", "namespace"), NAMESPACES.items(), ids=NAMESPACES)


@EACH
def test_each_environment_has_a_namespace_and_databases_of_its_own(name: str, namespace: str) -> None:
    assert f"Namespace//{namespace}" in objects(name)
    assert WORKLOADS[name] in objects(name)
    for store in ("postgresql", "mongodb", "redis"):
        if name == "prod" and store in MANAGED:
            spec = objects(name)[f"Service/{namespace}/{store}"]["spec"]
            assert spec == {"type": "ExternalName", "externalName": f"{store}.ams-prod.data.prod.example.com"}
        else:
            assert f"StatefulSet/{namespace}/{store}" in objects(name)


@pytest.mark.parametrize("name", STACKS)
def test_image_is_in_ecr_by_version(name: str) -> None:
    image = container(name, WORKLOADS[name])["image"]
    assert image == "000000000000.dkr.ecr.ap-northeast-2.amazonaws.com/ams:1.0.0"


@pytest.mark.parametrize("name", STACKS)
def test_probes_are_the_actuators(name: str) -> None:
    asked = probed(name, WORKLOADS[name])
    assert (asked["readiness"], asked["liveness"]) == ("/actuator/health/readiness", "/actuator/health/liveness")


@pytest.mark.parametrize("name", STACKS)
def test_profile_is_that_of_the_environment(name: str) -> None:
    assert variables(name, WORKLOADS[name])["SPRING_PROFILES_ACTIVE"] == PROFILES[name]


@pytest.mark.parametrize("name", STACKS)
def test_state_is_in_redis_postgresql_and_mongodb(name: str) -> None:
    reference = WORKLOADS[name]
    found = variables(name, reference)
    assert (found["SPRING_DATA_REDIS_HOST"], found["SPRING_DATA_REDIS_PORT"]) == ("redis", "6379")
    assert secret_variables(name, reference) == {
        "SPRING_DATASOURCE_URL": ("ams-secrets", "DATABASE_URL"),
        "SPRING_DATASOURCE_USERNAME": ("ams-secrets", "DATABASE_USER"),
        "SPRING_DATASOURCE_PASSWORD": ("ams-secrets", "DATABASE_PASSWORD"),
        "SPRING_DATA_MONGODB_URI": ("ams-secrets", "MONGODB_URI"),
    }
    assert all("persistentVolumeClaim" not in volume for volume in pod(name, reference)["volumes"])


@EACH
@pytest.mark.parametrize(
    ("store", "port", "image"),
    [("postgresql", 5432, "postgres"), ("mongodb", 27017, "mongo"), ("redis", 6379, "redis")],
)
def test_databases_answer_in_its_namespace(name: str, namespace: str, store: str, port: int, image: str) -> None:
    if name == "prod" and store in MANAGED:
        assert f"StatefulSet/{namespace}/{store}" not in objects(name)
        return
    assert ports(name, f"Service/{namespace}/{store}") == {port: port}
    assert container(name, f"StatefulSet/{namespace}/{store}")["image"].startswith(f"docker.io/library/{image}:")


def test_production_has_a_read_replica_to_fail_over_to() -> None:
    found = {(scope.cluster_name, args.identifier) for scope, args in replicas(stack("prod"))}
    assert ("tokyo", "ams-prod-postgresql") in found
    assert objects("staging")["StatefulSet/ams-staging/postgresql"]["spec"]["replicas"] == 1


def test_production_has_an_autoscaler() -> None:
    spec = objects("prod")["HorizontalPodAutoscaler/ams-prod/ams"]["spec"]
    assert spec["minReplicas"] == 3
    assert spec["scaleTargetRef"] == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "ams"}
    assert "replicas" not in objects("prod")["Rollout/ams-prod/ams"]["spec"]


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_canary_grows_from_5_to_100_percent(name: str) -> None:
    strategy = service(name, "ams/ams").strategy
    assert isinstance(strategy, Canary)
    assert [step.weight for step in strategy.steps] == [5, 20, 50, 100]


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_rollout_grows_by_the_ingress_and_is_watched_when_it_has_everything(name: str) -> None:
    canary = objects(name)[WORKLOADS[name]]["spec"]["strategy"]["canary"]
    pause = {"pause": {"duration": "10m"}}
    assert canary["steps"] == [step for weight in (5, 20, 50, 100) for step in ({"setWeight": weight}, pause)]
    assert (canary["stableService"], canary["canaryService"]) == ("ams", "ams-canary")
    assert canary["trafficRouting"] == {"nginx": {"stableIngress": "ams"}}
    templates = [template["templateName"] for template in canary["analysis"]["templates"]]
    assert templates == ["success-rate", "latency", "queue-backlog"]


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_argo_rollouts_writes_the_selectors_of_both_services(name: str) -> None:
    for called in ("ams", "ams-canary"):
        service = objects(name)[f"Service/{NAMESPACES[name]}/{called}"]
        assert "selector" not in service["spec"]
        assert ports(name, f"Service/{NAMESPACES[name]}/{called}") == {80: 8080}


@pytest.mark.parametrize("name", ["local", "dev"])
def test_elsewhere_pods_are_replaced_a_few_at_a_time(name: str) -> None:
    assert service(name, "ams/ams").strategy == Rolling()


@pytest.mark.parametrize("name", STACKS)
def test_errors_slowness_and_backlog_are_watched_until_stable(name: str) -> None:
    objectives = service(name, "ams/ams").objectives
    assert objectives is not None
    assert None not in (
        objectives.error_rate,
        objectives.response_time,
        objectives.queue_backlog,
        objectives.stabilisation,
    )


@pytest.mark.parametrize("name", STACKS)
def test_migrations_are_liquibases_and_mongocks(name: str) -> None:
    migration = service(name, "ams/ams").migration
    assert migration is not None
    engines = {database: target.engine or migration.engine for database, target in migration.databases.items()}
    assert engines == {"ams": MigrationEngine.LIQUIBASE, "ams-documents": MigrationEngine.MONGOCK}


def test_production_has_its_secrets_from_aws() -> None:
    made = objects("prod")
    aws = {"service": "SecretsManager", "region": "ap-northeast-2"}
    reader = {"jwt": {"serviceAccountRef": {"name": "external-secrets"}}}
    assert made["SecretStore/ams-prod/aws"]["spec"]["provider"] == {"aws": {**aws, "auth": reader}}
    account = made["ServiceAccount/ams-prod/external-secrets"]["metadata"]["annotations"]
    assert account == {"eks.amazonaws.com/role-arn": "arn:aws:iam::000000000000:role/ams-prod-external-secrets"}
    external = made["ExternalSecret/ams-prod/ams-secrets"]["spec"]
    assert external["secretStoreRef"] == {"kind": "SecretStore", "name": "aws"}
    assert {entry["remoteRef"]["key"] for entry in external["data"]} == {"ams/prod/ams-secrets"}
    keys = stack("prod").systems["ams"].secrets["ams-secrets"].keys
    assert [entry["remoteRef"]["property"] for entry in external["data"]] == list(keys)


@pytest.mark.parametrize(("name", "namespace"), [("local", "ams"), ("dev", "ams-dev"), ("staging", "ams-staging")])
def test_elsewhere_its_secrets_are_sealed(name: str, namespace: str) -> None:
    assert f"SealedSecret/{namespace}/ams-secrets" in objects(name)


@pytest.mark.parametrize(
    ("name", "trigger"),
    [
        ("dev", Trigger(branch="develop")),
        ("staging", Trigger(branch="main")),
        ("prod", Trigger(branch="main", approval=True)),
    ],
    ids=["dev", "staging", "prod"],
)
def test_branches(name: str, trigger: Trigger) -> None:
    assert stack(name).systems["ams"].operations.trigger == trigger


@pytest.mark.parametrize("name", STACKS)
def test_argo_cd_syncs_what_it_sees_and_the_team_is_told(name: str) -> None:
    assert stack(name).systems["ams"].sync.automated
    assert stack(name).systems["ams"].operations.on_call == ("slack", "pagerduty")
