"""A service: its account, configuration, claims, addresses and Deployment."""

from typing import Any

import pytest

from manifests.placed import Manifest, Part, Placed
from manifests.workload import service as objects_of_service
from tests.builders import TWO_CLUSTERS, a_container, a_data_store, a_place, a_service, a_system, of_kind, the

BLUE_GREEN = {"type": "blueGreen", "activeService": "api-active", "previewService": "api-preview"}


def objects_of(environment: dict[str, Any] | None = None, **settings: Any) -> list[Placed]:
    service = a_service(**settings)
    return objects_of_service(a_place(service, **environment or {}), service)


def deployment_of(**settings: Any) -> Manifest:
    return the(objects_of(**settings), "Deployment")


def test_service_is_an_account_an_address_and_a_deployment_of_its_name() -> None:
    assert [placed.reference for placed in objects_of()] == [
        "ServiceAccount/demo/api",
        "Deployment/demo/api",
        "Service/demo/api",
    ]


def test_everything_of_a_service_belongs_to_the_workloads() -> None:
    objects = objects_of(env={"A": "1"}, volumes={"uploads": {"claim": {"size": "1Gi"}}})
    assert {(placed.part, placed.component) for placed in objects} == {(Part.WORKLOADS, "api")}


def test_hpa_takes_replicas_from_the_workload() -> None:
    assert "replicas" not in deployment_of(scaling={"min": 2, "max": 4}, replicas=3)["spec"]
    assert deployment_of(replicas=3)["spec"]["replicas"] == 3


def test_selector_carries_no_version() -> None:
    selector = deployment_of()["spec"]["selector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "demo"}


def test_selector_finds_the_pods_it_makes() -> None:
    spec = deployment_of(labels={"team": "a"})["spec"]
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_version_stands_on_the_deployment_alone() -> None:
    deployment = deployment_of()
    assert deployment["metadata"]["labels"]["app.kubernetes.io/version"] == "1.2.3"
    assert "app.kubernetes.io/version" not in deployment["spec"]["template"]["metadata"]["labels"]


def test_rolling_deployment_replaces_pods_as_it_is_told() -> None:
    strategy = deployment_of(strategy={"type": "rolling", "maxSurge": 2, "maxUnavailable": "10%"})["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": "10%"}}


@pytest.mark.parametrize(
    ("access_mode", "strategy"),
    [
        ("ReadWriteOnce", "Recreate"),
        ("ReadWriteOncePod", "Recreate"),
        ("ReadWriteMany", "RollingUpdate"),
        ("ReadOnlyMany", "RollingUpdate"),
    ],
)
def test_pods_that_cannot_share_a_volume_are_not_up_together(access_mode: str, strategy: str) -> None:
    volumes = {"uploads": {"claim": {"size": "1Gi", "accessMode": access_mode}}}
    assert deployment_of(volumes=volumes)["spec"]["strategy"]["type"] == strategy


def test_claim_of_the_system_that_one_node_holds_counts_too() -> None:
    service = a_service(volumes={"models": {"sharedClaim": "all-models"}})
    for access_mode, strategy in (("ReadWriteOnce", "Recreate"), ("ReadWriteMany", "RollingUpdate")):
        system = a_system(service, claims={"all-models": {"size": "1Gi", "accessMode": access_mode}})
        deployment = the(objects_of_service(a_place(system=system), service), "Deployment")
        assert deployment["spec"]["strategy"]["type"] == strategy


def test_recreating_deployment_says_nothing_of_rolling() -> None:
    strategy = deployment_of(volumes={"uploads": {"claim": {"size": "1Gi"}}})["spec"]["strategy"]
    assert strategy == {"type": "Recreate"}


def test_an_update_wins_over_what_was_changed_by_hand_where_pulumi_applies() -> None:
    direct = the(objects_of({"delivery": "direct"}), "Deployment")
    assert direct["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}
    assert "annotations" not in the(objects_of({"delivery": "gitops"}), "Deployment")["metadata"]


def test_deployment_gives_up_and_remembers() -> None:
    spec = deployment_of()["spec"]
    assert spec["progressDeadlineSeconds"] == 600
    assert spec["revisionHistoryLimit"] == 10
    assert spec["minReadySeconds"] > 0


def test_address_answers_on_its_own_port_by_the_name_of_the_containers() -> None:
    service = the(
        objects_of(ports={"http": {"container": 8080, "service": 80}, "grpc": {"container": 9000}}), "Service"
    )
    assert service["spec"]["type"] == "ClusterIP"
    assert service["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"},
        {"name": "grpc", "port": 9000, "targetPort": "grpc", "protocol": "TCP"},
    ]


def test_address_names_the_protocol_of_the_application() -> None:
    service = the(objects_of(ports={"http": {"container": 8080, "appProtocol": "kubernetes.io/h2c"}}), "Service")
    assert service["spec"]["ports"][0]["appProtocol"] == "kubernetes.io/h2c"


def test_ports_of_sidecars_are_answered_too_and_the_main_containers_come_first() -> None:
    sidecars = {"proxy": a_container(ports={"http": {"container": 1}, "metrics": {"container": 9113}})}
    service = the(objects_of(sidecars=sidecars), "Service")
    assert [(port["name"], port["port"]) for port in service["spec"]["ports"]] == [("http", 80), ("metrics", 9113)]


def test_service_without_ports_has_no_address() -> None:
    assert of_kind(objects_of(ports={}), "Service") == []


def test_address_leads_nowhere_before_its_pods_are_ready() -> None:
    (address,) = of_kind(objects_of(), "Service")
    assert address.after == ("Deployment/demo/api",)


def test_blue_green_service_has_an_active_and_a_preview_address_before_its_rollout() -> None:
    objects = objects_of(strategy=BLUE_GREEN)
    assert [placed.reference for placed in objects] == [
        "ServiceAccount/demo/api",
        "Service/demo/api-active",
        "Service/demo/api-preview",
        "Rollout/demo/api",
    ]
    services = of_kind(objects, "Service")
    assert not any("selector" in placed.manifest["spec"] for placed in services)
    assert {placed.after for placed in services} == {()}


def test_active_address_is_the_services_own_unless_it_has_another_name() -> None:
    assert [placed.reference for placed in of_kind(objects_of(strategy={"type": "blueGreen"}), "Service")] == [
        "Service/demo/api",
        "Service/demo/api-preview",
    ]


def test_pulumi_does_not_wait_for_an_address_and_takes_its_selector_back_in_direct_delivery() -> None:
    """Argo Rollouts may have written to it, under a strategy that was."""
    annotations = the(objects_of(), "Service")["metadata"]["annotations"]
    assert annotations == {"pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true"}


def test_a_managed_address_is_not_taken_back() -> None:
    for address in of_kind(objects_of(strategy=BLUE_GREEN), "Service"):
        assert address.manifest["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_objects_for_argo_cd_carry_nothing_of_pulumi() -> None:
    objects = objects_of({"delivery": "gitops"}, env={"A": "1"}, volumes={"uploads": {"claim": {"size": "1Gi"}}})
    assert not any("pulumi.com" in str(placed.manifest) for placed in objects)


def test_account_hands_out_no_token() -> None:
    account = the(objects_of(serviceAccountAnnotations={"eks.amazonaws.com/role-arn": "arn"}), "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}


def test_spring_profile_is_a_variable_that_the_service_may_override() -> None:
    assert the(objects_of(profile="prod"), "ConfigMap")["data"] == {"SPRING_PROFILES_ACTIVE": "prod"}
    own = objects_of(profile="prod", env={"SPRING_PROFILES_ACTIVE": "debug"})
    assert the(own, "ConfigMap")["data"] == {"SPRING_PROFILES_ACTIVE": "debug"}


def test_own_claim_holds_data_and_takes_the_environments_class() -> None:
    objects = objects_of({"storageClass": "openebs-hostpath"}, volumes={"uploads": {"claim": {"size": "1Gi"}}})
    (claim,) = of_kind(objects, "PersistentVolumeClaim")
    assert claim.keeps_data
    assert claim.reference == "PersistentVolumeClaim/demo/api-uploads"
    assert claim.manifest["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "volumeMode": "Filesystem",
        "storageClassName": "openebs-hostpath",
    }


def test_claim_names_no_class_where_the_clusters_default_is_meant() -> None:
    claim = the(objects_of(volumes={"uploads": {"claim": {"size": "1Gi"}}}), "PersistentVolumeClaim")
    assert "storageClassName" not in claim["spec"]


@pytest.mark.parametrize("dependencies", [["db"], ["demo/db"], ["demo/db", "db", "other/db", "missing"]])
def test_deployment_comes_after_the_data_stores_of_its_system(dependencies: list[str]) -> None:
    store, service = a_data_store("db"), a_service(dependsOn=dependencies)
    (deployment,) = of_kind(objects_of_service(a_place(store, service), service), "Deployment")
    assert [needed for needed in deployment.after if needed.startswith("StatefulSet/")] == ["StatefulSet/demo/db"]


def test_deployment_does_not_wait_for_a_data_store_that_is_off() -> None:
    store, service = a_data_store("db", enabled=False), a_service(dependsOn=["db"])
    (deployment,) = of_kind(objects_of_service(a_place(store, service), service), "Deployment")
    assert "StatefulSet/demo/db" not in deployment.after


def test_deployment_elsewhere_waits_for_no_data_store() -> None:
    store, service = a_data_store("db"), a_service(dependsOn=["db"])
    place = a_place(store, service, cluster="tokyo", clusters=TWO_CLUSTERS)
    (deployment,) = of_kind(objects_of_service(place, service), "Deployment")
    assert deployment.after == ("ServiceAccount/demo/api",)


def test_service_lives_in_the_namespace_of_its_key() -> None:
    service = a_service(namespace="gateway")
    namespaces = {"main": {"name": "demo"}, "gateway": {"name": "demo-gateway"}}
    place = a_place(system=a_system(service, namespaces=namespaces))
    objects = objects_of_service(place, service)
    assert {placed.manifest["metadata"]["namespace"] for placed in objects} == {"demo-gateway"}
