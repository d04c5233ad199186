"""What the guides of all five systems ask for alike, on every stack."""

import pytest

from manifests.placed import Manifest
from tests.assembled import STACKS, objects, stack

WORKLOADS = {"Deployment", "Rollout", "StatefulSet"}
SYSTEMS = ["ams", "immersiverse", "korea-public-data", "plate", "services-platform"]
# The secrets that come from a store outside of the cluster.
EXTERNAL: dict[str, set[str]] = {
    "local": set(),
    "dev": {"korea-app-secrets"},
    "staging": {"korea-app-secrets"},
    "prod": {"korea-app-secrets", "auth-service-secrets", "ams-secrets"},
}
EVERYWHERE = [(name, cluster) for name in STACKS for cluster in stack(name).environment.clusters]


def containers(name: str, cluster: str) -> list[Manifest]:
    found = (made for made in objects(name, cluster).values() if made["kind"] in WORKLOADS)
    return [container for made in found for container in made["spec"]["template"]["spec"]["containers"]]


@pytest.mark.parametrize("name", STACKS)
def test_all_five_systems_are_there(name: str) -> None:
    assert [system.name for system in stack(name).systems.values() if system.enabled] == SYSTEMS


@pytest.mark.parametrize(
    ("name", "tier", "delivery", "clusters"),
    [
        ("local", "local", "direct", {"embedded": "local"}),
        ("dev", "development", "gitops", {"seoul": "ap-northeast-2"}),
        ("staging", "staging", "gitops", {"seoul": "ap-northeast-2"}),
        ("prod", "production", "gitops", {"seoul": "ap-northeast-2", "tokyo": "ap-northeast-1"}),
    ],
)
def test_each_stack_has_its_tier_delivery_and_regions(
    name: str, tier: str, delivery: str, clusters: dict[str, str]
) -> None:
    environment = stack(name).environment
    regions = {key: cluster.region for key, cluster in environment.clusters.items()}
    assert (environment.tier, environment.delivery, regions) == (tier, delivery, clusters)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize(
    ("issuer", "server"),
    [
        ("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
        ("letsencrypt-prod", "https://acme-v02.api.letsencrypt.org/directory"),
    ],
)
def test_both_servers_of_lets_encrypt_are_cluster_issuers(name: str, issuer: str, server: str) -> None:
    assert objects(name)[f"ClusterIssuer//{issuer}"]["spec"]["acme"]["server"] == server


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("local", "letsencrypt-staging"),
        ("dev", "letsencrypt-staging"),
        ("staging", "letsencrypt-staging"),
        ("prod", "letsencrypt-prod"),
    ],
)
def test_certificates_come_from_the_server_of_the_environment(name: str, issuer: str) -> None:
    assert stack(name).environment.default_issuer == issuer
    assert objects(name)["Certificate/gateway/platform-tls"]["spec"]["issuerRef"]["name"] == issuer


@pytest.mark.parametrize(("name", "cluster"), EVERYWHERE)
def test_ingresses_name_their_class_as_today_and_have_tls_for_every_host(name: str, cluster: str) -> None:
    ingresses = [made for made in objects(name, cluster).values() if made["kind"] == "Ingress"]
    assert ingresses
    for made in ingresses:
        assert made["spec"]["ingressClassName"] == "nginx"
        assert "kubernetes.io/ingress.class" not in made["metadata"].get("annotations", {})
        (tls,) = made["spec"]["tls"]
        assert tls["hosts"] == [rule["host"] for rule in made["spec"]["rules"]]


@pytest.mark.parametrize(("name", "cluster"), EVERYWHERE)
def test_services_are_reached_from_outside_by_ingress_and_gateway_alone(name: str, cluster: str) -> None:
    types = {made["spec"]["type"] for made in objects(name, cluster).values() if made["kind"] == "Service"}
    assert types <= {"ClusterIP", "ExternalName"}
    assert "ClusterIP" in types


@pytest.mark.parametrize(("name", "cluster"), EVERYWHERE)
def test_every_container_has_requests_limits_and_probes(name: str, cluster: str) -> None:
    for made in containers(name, cluster):
        assert {"cpu", "memory"} <= made["resources"]["requests"].keys(), made["name"]
        assert {"cpu", "memory"} <= made["resources"]["limits"].keys(), made["name"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= made.keys(), made["name"]


@pytest.mark.parametrize(("name", "cluster"), [(name, cluster) for name, cluster in EVERYWHERE if name == "prod"])
def test_production_runs_pinned_images_alone(name: str, cluster: str) -> None:
    images = [made["image"] for made in containers(name, cluster)]
    assert images
    for image in images:
        _, _, tag = image.rpartition("/")[2].partition(":")
        assert tag not in {"", "latest"}, image


@pytest.mark.parametrize("name", STACKS)
def test_where_latest_is_run_it_is_plate_on_dev_and_staging(name: str) -> None:
    moving = {
        reference.split("/")[2]
        for reference, made in objects(name).items()
        if made["kind"] in WORKLOADS
        and any(found["image"].endswith(":latest") for found in made["spec"]["template"]["spec"]["containers"])
    }
    assert moving == ({"plate-api", "plate-web", "plate-llm"} if name in {"dev", "staging"} else set())


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_what_is_in_harbor_is_pulled_with_a_secret(name: str) -> None:
    assert stack(name).environment.registries["harbor"] == "harbor.example.com"
    made = objects(name)["Deployment/services/auth-service"]["spec"]["template"]["spec"]
    assert made["imagePullSecrets"] == [{"name": "harbor-pull"}]


@pytest.mark.parametrize(("name", "source"), [("local", "generated"), *((name, "sealed") for name in STACKS[1:])])
def test_secrets_are_generated_on_local_and_sealed_elsewhere_unless_they_say_otherwise(name: str, source: str) -> None:
    assert stack(name).environment.policies.secrets == source
    elsewhere = {
        secret: found.source
        for system in stack(name).systems.values()
        for secret, found in system.secrets.items()
        if found.source is not None
    }
    assert elsewhere == dict.fromkeys(EXTERNAL[name], "external")


@pytest.mark.parametrize(("name", "cluster"), EVERYWHERE)
def test_every_secret_is_made_by_one_object_that_shows_no_value(name: str, cluster: str) -> None:
    made = {kind: set[str]() for kind in ("Secret", "SealedSecret", "ExternalSecret")}
    for found in objects(name, cluster).values():
        if found["kind"] in made:
            made[found["kind"]].add(found["metadata"]["name"])
    everywhere = cluster == stack(name).environment.primary
    running = [system for system in stack(name).systems.values() if everywhere or system.clusters == "all"]
    declared = {secret for system in running for secret in system.secrets}
    assert made == {
        "Secret": set(),
        "SealedSecret": declared - EXTERNAL[name],
        "ExternalSecret": declared & EXTERNAL[name],
    }


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_secret_for_pulling_images_is_there_before_and_nobody_here_makes_it(name: str) -> None:
    assert stack(name).environment.image_pull_secrets == ("harbor-pull",)
    assert [reference for reference in objects(name) if reference.endswith("/harbor-pull")] == []
