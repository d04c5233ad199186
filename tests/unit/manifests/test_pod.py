"""The pod template: what runs, what it is told, where it may write, what it may do, where it goes."""

from typing import Any

import pytest

from manifests.config_map import content_name, file_keys
from manifests.image import image_reference, version_labels
from manifests.placed import Manifest, Part
from manifests.pod import PodTemplate, pod_template
from manifests.volume import volume_name
from settings.container import Image
from tests.builders import PROBE, a_container, a_place, a_service

DIGEST = "sha256:" + "a" * 64


def template_of(environment: dict[str, Any] | None = None, **settings: Any) -> PodTemplate:
    service = a_service(**settings)
    return pod_template(
        a_place(service, **environment or {}), service, Part.WORKLOADS, revision_label="pod-template-hash"
    )


def pod_of(environment: dict[str, Any] | None = None, **settings: Any) -> Manifest:
    spec: Manifest = template_of(environment, **settings).manifest["spec"]
    return spec


def main_of(**settings: Any) -> Manifest:
    container: Manifest = pod_of(**settings)["containers"][0]
    return container


def volumes_of(pod: Manifest) -> dict[str, Any]:
    return {volume["name"]: volume for volume in pod.get("volumes", [])}


def behind(pod: Manifest, path: str, container: int = 0) -> tuple[Manifest, Manifest]:
    (mount,) = (mount for mount in pod["containers"][container]["volumeMounts"] if mount["mountPath"] == path)
    return mount, volumes_of(pod)[mount["name"]]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"registry": "harbor", "repository": "a/b", "tag": "1"}, "harbor.example.com/a/b:1"),
        ({"repository": "docker.io/library/redis", "tag": "7-alpine"}, "docker.io/library/redis:7-alpine"),
        ({"repository": "a/b", "digest": DIGEST}, f"a/b@{DIGEST}"),
        ({"repository": "a/b", "tag": "1", "digest": DIGEST}, f"a/b:1@{DIGEST}"),
    ],
    ids=["registry", "in full", "digest alone", "tag and digest"],
)
def test_image_is_named_by_registry_repository_tag_and_digest(image: dict[str, str], expected: str) -> None:
    assert image_reference(Image.model_validate(image), a_place()) == expected


@pytest.mark.parametrize("tag", [None, "a" * 64, "1.", "_1"])
def test_tag_that_no_label_may_have_is_no_version_label(tag: str | None) -> None:
    assert version_labels(Image(repository="a", tag=tag)) == {}


def test_main_container_is_named_after_the_service_and_sidecars_by_key() -> None:
    pod = pod_of(sidecars={"proxy": a_container()})
    assert [container["name"] for container in pod["containers"]] == ["api", "proxy"]


def test_pod_labels_carry_no_version() -> None:
    labels = template_of().manifest["metadata"]["labels"]
    assert "app.kubernetes.io/version" not in labels
    assert "1.2.3" not in labels.values()


def test_own_labels_never_replace_those_a_selector_takes() -> None:
    labels = template_of(labels={"app.kubernetes.io/name": "other", "team": "a"}).manifest["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "api"
    assert labels["team"] == "a"


def test_variables_come_from_an_immutable_config_map_of_the_container() -> None:
    template = template_of(env={"A": "1"}, sidecars={"proxy": a_container(env={"B": "2"})})
    main, proxy = template.manifest["spec"]["containers"]
    maps = {placed.manifest["metadata"]["name"]: placed.manifest for placed in template.config_maps}
    (main_map,) = (source["configMapRef"]["name"] for source in main["envFrom"])
    (proxy_map,) = (source["configMapRef"]["name"] for source in proxy["envFrom"])
    assert maps[main_map]["data"] == {"A": "1"}
    assert maps[proxy_map]["data"] == {"B": "2"}
    assert main_map.startswith("api-env-")
    assert proxy_map.startswith("api-proxy-env-")
    assert all(manifest["immutable"] for manifest in maps.values())


def test_container_without_variables_has_no_config_map() -> None:
    assert template_of().config_maps == ()
    assert "envFrom" not in main_of()


def test_earlier_config_maps_are_kept() -> None:
    assert [placed.kept for placed in template_of(env={"A": "1"}).config_maps] == [True]


def test_same_content_gives_same_config_map_name() -> None:
    assert content_name("api-env", "api/", {"A": "1", "B": "2"}) == content_name(
        "api-env", "api/", {"B": "2", "A": "1"}
    )


def test_other_content_gives_another_config_map_name() -> None:
    (before,), (after,) = template_of(env={"A": "1"}).config_maps, template_of(env={"A": "2"}).config_maps
    assert before.reference != after.reference


def test_config_map_name_ends_in_eight_hexadecimal_digits() -> None:
    name = content_name("api-env", "api/", {"A": "1"})
    assert len(name) == len("api-env-") + 8
    assert int(name.removeprefix("api-env-"), 16) >= 0


def test_sidecar_and_service_of_one_prefix_do_not_share_a_config_map() -> None:
    (of_sidecar,) = template_of(name="a", sidecars={"b": a_container(env={"A": "1"})}).config_maps
    (of_service,) = template_of(name="a-b", env={"A": "1"}).config_maps
    assert of_sidecar.reference != of_service.reference


def test_secret_keys_become_variables_by_reference() -> None:
    container = main_of(secretEnv={"DB_USER": {"secret": "db", "key": "user"}}, secretEnvFrom=["more"])
    assert container["env"] == [{"name": "DB_USER", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}}]
    assert container["envFrom"] == [{"secretRef": {"name": "more"}}]


def test_secret_files_are_mounted_read_only_for_the_group_of_the_pod() -> None:
    pod = pod_of(
        secretFiles={"/etc/secrets": {"secret": "keys", "items": {"jwt.pem": "jwt"}}}, security={"fsGroup": 10001}
    )
    mount, volume = behind(pod, "/etc/secrets")
    assert mount["readOnly"] is True
    assert volume["secret"] == {
        "secretName": "keys",
        "items": [{"key": "jwt", "path": "jwt.pem"}],
        "defaultMode": 0o440,
    }


def test_secret_files_without_a_group_of_the_pod_can_still_be_read() -> None:
    _, volume = behind(pod_of(secretFiles={"/etc/secrets": {"secret": "keys", "items": {"a": "a"}}}), "/etc/secrets")
    assert volume["secret"]["defaultMode"] == 0o444


def test_configuration_file_is_mounted_alone_and_read_only() -> None:
    template = template_of(configFiles={"/etc/nginx/nginx.conf": "events {}"})
    mount, volume = behind(template.manifest["spec"], "/etc/nginx/nginx.conf")
    (placed,) = template.config_maps
    assert mount["readOnly"] is True
    assert volume["configMap"]["name"] == placed.manifest["metadata"]["name"]
    assert placed.manifest["data"] == {mount["subPath"]: "events {}"}
    assert placed.manifest["metadata"]["name"].startswith("api-files-")


def test_paths_that_look_alike_have_keys_of_their_own() -> None:
    keys = file_keys(["/etc/a_b", "/etc/a/b", "/.env", "/..", "/" + "x" * 400])
    assert len(set(keys.values())) == len(keys)
    assert all(0 < len(key) <= 253 and not key.startswith("..") for key in keys.values())


def test_writable_paths_are_small_empty_volumes_of_each_container() -> None:
    pod = pod_of(writablePaths=["/tmp", "/var/cache/nginx"], sidecars={"proxy": a_container(writablePaths=["/tmp"])})
    _, main = behind(pod, "/tmp")
    _, sidecar = behind(pod, "/tmp", container=1)
    assert main == {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}
    assert sidecar["name"] == "proxy-tmp"
    assert behind(pod, "/var/cache/nginx")[1]["name"] == "var-cache-nginx"


def test_volumes_that_would_share_a_name_get_two() -> None:
    pod = pod_of(
        volumes={"tmp": {"scratch": {"limit": "1Gi"}}}, mounts={"/srv/files": "tmp"}, writablePaths=["/tmp", "/TMP"]
    )
    assert list(volumes_of(pod)) == ["tmp", "tmp-2", "tmp-3"]
    assert behind(pod, "/srv/files")[1]["emptyDir"] == {"sizeLimit": "1Gi"}


@pytest.mark.parametrize("path", ["/", "/" + "a" * 100, "/A_b/.c", "/" + "-" * 70, "/a/" + "b" * 62])
def test_volume_of_any_path_has_a_valid_name(path: str) -> None:
    name = volume_name(path)
    assert 0 < len(name) <= 63
    assert all(character.isalnum() or character == "-" for character in name)
    assert name == name.lower().strip("-")


def test_volumes_are_claims_of_the_service_claims_of_the_system_or_scratch() -> None:
    pod = pod_of(
        volumes={
            "uploads": {"claim": {"size": "1Gi"}},
            "models": {"sharedClaim": "all-models"},
            "cache": {"scratch": {"limit": "1Gi", "memory": True}},
        }
    )
    volumes = volumes_of(pod)
    assert volumes["uploads"]["persistentVolumeClaim"] == {"claimName": "api-uploads"}
    assert volumes["models"]["persistentVolumeClaim"] == {"claimName": "all-models"}
    assert volumes["cache"]["emptyDir"] == {"sizeLimit": "1Gi", "medium": "Memory"}


def test_claim_that_nobody_writes_to_is_mounted_read_only() -> None:
    pod = pod_of(
        volumes={"models": {"claim": {"size": "1Gi", "accessMode": "ReadOnlyMany"}}}, mounts={"/models": "models"}
    )
    mount, volume = behind(pod, "/models")
    assert mount["readOnly"] is True
    assert volume["persistentVolumeClaim"]["readOnly"] is True


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"http": {"path": "/health", "port": "http"}},
            {"httpGet": {"path": "/health", "port": "http", "scheme": "HTTP"}},
        ),
        ({"tcp": "http"}, {"tcpSocket": {"port": "http"}}),
        ({"grpc": 9000}, {"grpc": {"port": 9000, "service": ""}}),
        ({"exec": ["true"]}, {"exec": {"command": ["true"]}}),
    ],
    ids=["http", "tcp", "grpc", "exec"],
)
def test_probe_asks_in_its_own_way(asked: dict[str, Any], expected: Manifest) -> None:
    container = main_of(probes={"startup": asked, "readiness": PROBE, "liveness": PROBE})
    patience = {"periodSeconds": 10, "timeoutSeconds": 3, "successThreshold": 1, "failureThreshold": 3}
    assert container["startupProbe"] == {**expected, **patience}


def test_every_probe_is_where_it_belongs() -> None:
    container = main_of(
        probes={
            name: {"tcp": "http", "failureThreshold": threshold}
            for name, threshold in (("startup", 60), ("readiness", 2), ("liveness", 5))
        }
    )
    thresholds = {
        name: container[name]["failureThreshold"] for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert thresholds == {"startupProbe": 60, "readinessProbe": 2, "livenessProbe": 5}


def test_resources_hold_only_what_is_given() -> None:
    resources = {"requests": {"cpu": "1000m", "ephemeral-storage": "1Gi"}, "limits": {"memory": "1024Mi"}}
    assert main_of(resources=resources)["resources"] == {
        "requests": {"cpu": "1", "ephemeral-storage": "1Gi"},
        "limits": {"memory": "1Gi"},
    }


def test_stopping_container_waits_without_a_shell() -> None:
    assert main_of(preStopSeconds=7)["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}
    assert "lifecycle" not in main_of(preStopSeconds=0)


def test_grace_period_outlasts_the_longest_wait() -> None:
    pod = pod_of(gracePeriodSeconds=10, sidecars={"proxy": a_container(preStopSeconds=40)})
    assert pod["terminationGracePeriodSeconds"] > 40
    assert pod_of(gracePeriodSeconds=120)["terminationGracePeriodSeconds"] == 120


def test_pod_is_hardened_when_nothing_is_said() -> None:
    """Source: Pod Security Standards, profile `restricted`."""
    pod = pod_of(sidecars={"proxy": a_container()})
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_every_volume_is_of_a_kind_that_pod_security_restricted_allows() -> None:
    """Source: Pod Security Standards, profile `restricted`, volume types."""
    pod = pod_of(
        configFiles={"/etc/a": "b"},
        secretFiles={"/etc/secrets": {"secret": "keys", "items": {"a": "a"}}},
        writablePaths=["/tmp"],
        volumes={"uploads": {"claim": {"size": "1Gi"}}, "cache": {"scratch": {"limit": "1Gi"}}},
    )
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds == {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}


def test_every_way_out_of_hardening_is_taken_when_it_is_said() -> None:
    security = {
        "runAsNonRoot": False,
        "runAsUser": 0,
        "runAsGroup": 0,
        "fsGroup": 5,
        "readOnlyRootFilesystem": False,
        "allowPrivilegeEscalation": True,
        "addedCapabilities": ["NET_BIND_SERVICE"],
        "seccompProfile": "Unconfined",
    }
    pod = pod_of(security=security)
    assert pod["securityContext"] == {
        "runAsNonRoot": False,
        "seccompProfile": {"type": "Unconfined"},
        "runAsUser": 0,
        "runAsGroup": 0,
        "fsGroup": 5,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        "readOnlyRootFilesystem": False,
        "runAsNonRoot": False,
        "seccompProfile": {"type": "Unconfined"},
        "runAsUser": 0,
        "runAsGroup": 0,
    }


def test_pod_pulls_with_the_secrets_of_the_environment() -> None:
    assert pod_of({"imagePullSecrets": ["harbor"]})["imagePullSecrets"] == [{"name": "harbor"}]
    assert "imagePullSecrets" not in pod_of()


def test_pods_are_spread_over_zones_and_nodes_among_their_own_revision() -> None:
    constraints = pod_of()["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in constraints] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    for constraint in constraints:
        assert constraint["maxSkew"] == 1
        assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
        assert constraint["matchLabelKeys"] == ["pod-template-hash"]
        assert constraint["labelSelector"] == {
            "matchLabels": {"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "demo"}
        }
    assert "topologySpreadConstraints" not in pod_of(placement={"spread": False})


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        ("preferred", "preferredDuringSchedulingIgnoredDuringExecution"),
        ("required", "requiredDuringSchedulingIgnoredDuringExecution"),
    ],
)
def test_pods_keep_away_from_each_other_as_wished(wish: str, rule: str) -> None:
    (entry,) = pod_of(placement={"antiAffinity": wish})["affinity"]["podAntiAffinity"][rule]
    assert entry.get("podAffinityTerm", entry)["topologyKey"] == "kubernetes.io/hostname"


def test_pods_may_share_a_node_where_they_may() -> None:
    assert "affinity" not in pod_of(placement={"antiAffinity": "none"})


def test_pod_goes_to_the_nodes_and_priority_it_is_placed_on() -> None:
    pod = pod_of(placement={"priorityClass": "data", "nodeSelector": {"disk": "ssd"}})
    assert pod["priorityClassName"] == "data"
    assert pod["nodeSelector"] == {"disk": "ssd"}


def test_pod_needs_its_account_configuration_secrets_and_claims() -> None:
    template = template_of(
        env={"A": "1"},
        secretEnvFrom=["db"],
        secretEnv={"USER": {"secret": "db", "key": "user"}},
        sidecars={"proxy": a_container(secretFiles={"/tls": {"secret": "tls", "items": {"a": "a"}}})},
        volumes={
            "uploads": {"claim": {"size": "1Gi"}},
            "models": {"sharedClaim": "all-models"},
            "cache": {"scratch": {"limit": "1Gi"}},
        },
    )
    assert template.needs == (
        "ServiceAccount/demo/api",
        template.config_maps[0].reference,
        "Secret/demo/db",
        "Secret/demo/tls",
        "PersistentVolumeClaim/demo/api-uploads",
        "PersistentVolumeClaim/demo/all-models",
    )


def test_two_templates_share_nothing_that_could_be_changed() -> None:
    service = a_service(env={"A": "1"}, writablePaths=["/tmp"])
    place = a_place(service)
    first, second = (pod_template(place, service, Part.WORKLOADS) for _ in range(2))
    first.manifest["spec"]["affinity"]["podAntiAffinity"].clear()
    first.manifest["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].clear()
    first.config_maps[0].manifest["data"].clear()
    assert second.manifest["spec"]["affinity"]["podAntiAffinity"]
    assert all(c["labelSelector"]["matchLabels"] for c in second.manifest["spec"]["topologySpreadConstraints"])
    assert first.manifest["spec"]["topologySpreadConstraints"][1]["labelSelector"]["matchLabels"]
    assert second.config_maps[0].manifest["data"] == {"A": "1"}
    assert service.env == {"A": "1"}
