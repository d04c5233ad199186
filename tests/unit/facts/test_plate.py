"""Facts of plate: plate-api, plate-web, plate-llm and the build cache. The guide knows staging and prod."""

import pytest

from settings.system import Sync
from tests.assembled import STACKS, container, issuer, objects, routes, stack

NAMESPACES = {"local": "plate-dev", "dev": "plate-dev", "staging": "plate-stg", "prod": "plate-prod"}
BUILDS = {"local": "fe-web-dev", "dev": "fe-web-dev", "staging": "fe-web-stg", "prod": "fe-web-prod"}
HOSTS = {
    "local": ["plate.localhost"],
    "dev": ["plate.dev.example.com"],
    "staging": ["stg.cocdev.co.kr"],
    "prod": ["cocdev.co.kr", "www.cocdev.co.kr", "admin.plate.example.com"],
}
SSL_REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect"
EACH = pytest.mark.parametrize("name", STACKS)


def reference(name: str, called: str, kind: str = "Deployment") -> str:
    return f"{kind}/{NAMESPACES[name]}/{called}"


@EACH
@pytest.mark.parametrize("namespaces", [NAMESPACES, BUILDS], ids=["ingress-application", "release"])
def test_namespaces_and_their_label(name: str, namespaces: dict[str, str]) -> None:
    labels = objects(name)[f"Namespace//{namespaces[name]}"]["metadata"]["labels"]
    assert labels["environment"] == ("production" if name == "prod" else "development")


@EACH
@pytest.mark.parametrize("called", ["plate-api", "plate-web", "plate-llm"])
def test_services_live_where_the_ingress_reaches_them(name: str, called: str) -> None:
    assert reference(name, called) in objects(name)
    assert reference(name, called, "Service") in objects(name)
    assert reference(name, called, "Ingress") in objects(name)


@pytest.mark.parametrize(
    ("name", "called", "container_name", "image", "policy"),
    [
        ("staging", "plate-api", "plate-api", "harbor.example.com/plate/plate-api:latest", "Always"),
        ("staging", "plate-llm", "plate-llm", "harbor.example.com/plate/plate-llm:latest", "Always"),
        ("staging", "plate-web", "backend", "harbor.example.com/plate/plate-web-backend:latest", "Always"),
        ("staging", "plate-web", "plate-web", "docker.io/library/nginx:latest", "Always"),
        ("prod", "plate-api", "plate-api", "harbor.example.com/plate/plate-api:1.0.0", "IfNotPresent"),
        ("prod", "plate-llm", "plate-llm", "harbor.example.com/plate/plate-llm:1.0.0", "IfNotPresent"),
        ("prod", "plate-web", "backend", "harbor.example.com/plate/plate-web-backend:1.0.0", "IfNotPresent"),
        ("prod", "plate-web", "plate-web", "docker.io/library/nginx:1.25", "IfNotPresent"),
    ],
)
def test_images_and_pull_policies(name: str, called: str, container_name: str, image: str, policy: str) -> None:
    found = container(name, reference(name, called), container_name)
    assert (found["image"], found["imagePullPolicy"]) == (image, policy)


@pytest.mark.parametrize(
    ("name", "called", "container_name", "cpu", "memory"),
    [
        ("staging", "plate-api", "plate-api", "200m", "512Mi"),
        ("staging", "plate-web", "plate-web", "200m", "256Mi"),
        ("prod", "plate-api", "plate-api", "250m", "512Mi"),
        ("prod", "plate-web", "plate-web", "250m", "256Mi"),
    ],
)
def test_requests(name: str, called: str, container_name: str, cpu: str, memory: str) -> None:
    found = container(name, reference(name, called), container_name)
    assert found["resources"]["requests"] == {"cpu": cpu, "memory": memory}


def test_backend_of_plate_web_has_resources_of_its_own_in_staging_and_the_shared_ones_in_production() -> None:
    shared = container("local", reference("local", "plate-web"), "backend")["resources"]
    assert container("prod", reference("prod", "plate-web"), "backend")["resources"] == shared
    assert container("staging", reference("staging", "plate-web"), "backend")["resources"] != shared


@pytest.mark.parametrize(
    ("name", "size"), [("local", "10Gi"), ("dev", "10Gi"), ("staging", "30Gi"), ("prod", "50Gi")], ids=STACKS
)
def test_build_cache(name: str, size: str) -> None:
    spec = objects(name)[f"PersistentVolumeClaim/{BUILDS[name]}/plate-cache"]["spec"]
    assert spec["resources"]["requests"]["storage"] == size
    assert spec["storageClassName"] == "openebs-hostpath"


@EACH
def test_hosts(name: str) -> None:
    assert list(routes(name, reference(name, "plate-web", "Ingress"))) == [f"{host}/" for host in HOSTS[name]]
    assert list(routes(name, reference(name, "plate-api", "Ingress"))) == [f"{HOSTS[name][0]}/api"]


@EACH
def test_each_ingress_has_a_certificate_of_its_own(name: str) -> None:
    ingresses = [
        objects(name)[reference(name, called, "Ingress")] for called in ("plate-api", "plate-web", "plate-llm")
    ]
    assert len({made["spec"]["tls"][0]["secretName"] for made in ingresses}) == 3


@pytest.mark.parametrize(("name", "server"), [("staging", "letsencrypt-staging"), ("prod", "letsencrypt-prod")])
def test_issuer(name: str, server: str) -> None:
    assert issuer(name, reference(name, "plate-web", "Ingress")) == server
    assert issuer(name, reference(name, "plate-api", "Ingress")) == server


@EACH
def test_plate_llm_has_its_certificate_from_the_production_server_everywhere(name: str) -> None:
    assert issuer(name, reference(name, "plate-llm", "Ingress")) == "letsencrypt-prod"


@EACH
def test_plate_llm_takes_plain_http_in_staging_alone(name: str) -> None:
    annotations = objects(name)[reference(name, "plate-llm", "Ingress")]["metadata"]["annotations"]
    assert annotations.get(SSL_REDIRECT) == ("false" if name == "staging" else None)


@pytest.mark.parametrize(("name", "ignored"), [("dev", False), ("staging", False), ("prod", True)])
def test_sync_heals_itself_and_in_production_leaves_annotations_of_ingresses_alone(name: str, *, ignored: bool) -> None:
    expected = Sync(automated=True, self_heal=True, ignore_ingress_annotations=ignored)
    assert stack(name).systems["plate"].sync == expected


@EACH
def test_production_is_confirmed_backed_up_and_not_deleted(name: str) -> None:
    operations = stack(name).systems["plate"].operations
    safe = name == "prod"
    assert (operations.confirm_deployment, operations.backup_before_deployment) == (safe, safe)
    assert (stack(name).environment.tier == "production") == safe
