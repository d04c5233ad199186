"""A data store: a StatefulSet whose data outlives it, found by name from everywhere."""

import json
from typing import Any

import pytest

from manifests.data_store import data_store
from manifests.placed import Manifest, Part, Placed
from settings.data_store import DataStore
from tests.builders import PROBE, TWO_CLUSTERS, a_container, a_data_store, a_place, a_system, of_kind, the

KAFKA_PORTS = {"kafka": {"container": 9092}, "controller": {"container": 9093}}


def objects_of(store: DataStore | None = None, *, cluster: str | None = None, **environment: Any) -> list[Placed]:
    found = store or a_data_store()
    return data_store(a_place(found, cluster=cluster, **environment), found)


def stateful_set_of(**settings: Any) -> Manifest:
    return the(objects_of(a_data_store(**settings)), "StatefulSet")


def main_of(**settings: Any) -> Manifest:
    container: Manifest = stateful_set_of(**settings)["spec"]["template"]["spec"]["containers"][0]
    return container


def test_data_store_is_an_account_two_addresses_and_a_stateful_set() -> None:
    assert [placed.reference for placed in objects_of()] == [
        "ServiceAccount/demo/store",
        "Service/demo/store-headless",
        "Service/demo/store",
        "StatefulSet/demo/store",
    ]


def test_data_store_belongs_to_the_foundation() -> None:
    store = a_data_store(env={"A": "1"}, volumes={"more": {"claim": {"size": "1Gi"}}})
    assert {(placed.part, placed.component) for placed in objects_of(store)} == {(Part.FOUNDATION, "store")}


def test_stateful_set_and_claims_keep_data() -> None:
    objects = objects_of(a_data_store(volumes={"more": {"claim": {"size": "1Gi"}}}))
    assert {placed.manifest["kind"] for placed in objects if placed.keeps_data} == {
        "StatefulSet",
        "PersistentVolumeClaim",
    }


def test_data_outlives_the_stateful_set_and_its_size() -> None:
    assert stateful_set_of()["spec"]["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }


def test_every_pod_claims_its_own_data_volume() -> None:
    spec = the(objects_of(storageClass="fast"), "StatefulSet")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "data"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
        "volumeMode": "Filesystem",
        "storageClassName": "fast",
    }
    pod = spec["template"]["spec"]
    assert {"name": "data", "mountPath": "/var/lib/data"} in pod["containers"][0]["volumeMounts"]
    assert "volumes" not in pod


def test_no_other_volume_takes_the_name_of_the_data_volume() -> None:
    store = a_data_store(writablePaths=["/data"])
    pod = the(objects_of(store), "StatefulSet")["spec"]["template"]["spec"]
    assert [volume["name"] for volume in pod["volumes"]] == ["data-2"]


def test_own_storage_class_wins_over_the_environments() -> None:
    store = a_data_store(storage={"size": "1Gi", "storageClass": "slow"})
    (claim,) = the(objects_of(store, storageClass="fast"), "StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "slow"


def test_pods_find_each_other_before_they_are_ready() -> None:
    headless = of_kind(objects_of(), "Service")[0].manifest
    assert headless["spec"]["clusterIP"] == "None"
    assert headless["spec"]["publishNotReadyAddresses"] is True
    assert stateful_set_of()["spec"]["serviceName"] == headless["metadata"]["name"]


def test_address_of_its_name_finds_ready_pods_only() -> None:
    service = of_kind(objects_of(), "Service")[1].manifest
    assert "publishNotReadyAddresses" not in service["spec"]
    assert service["spec"]["selector"] == {"app.kubernetes.io/name": "store", "app.kubernetes.io/part-of": "demo"}


def test_replica_takes_no_requests() -> None:
    store = a_data_store(readReplica=True)
    headless, service = (placed.manifest for placed in of_kind(objects_of(store), "Service"))
    assert service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] == "store-0"
    assert "statefulset.kubernetes.io/pod-name" not in headless["spec"]["selector"]
    spec = the(objects_of(store), "StatefulSet")["spec"]
    assert spec["replicas"] == 2
    assert "statefulset.kubernetes.io/pod-name" not in spec["selector"]["matchLabels"]


def test_pods_are_managed_as_the_engine_needs() -> None:
    spec = stateful_set_of(podManagementPolicy="OrderedReady", replicas=3)["spec"]
    assert spec["podManagementPolicy"] == "OrderedReady"
    assert spec["replicas"] == 3
    assert spec["updateStrategy"]["type"] == "RollingUpdate"


def test_selector_carries_no_version() -> None:
    stateful_set = stateful_set_of()
    assert set(stateful_set["spec"]["selector"]["matchLabels"].values()) == {"store", "demo"}
    assert "app.kubernetes.io/version" not in stateful_set["spec"]["template"]["metadata"]["labels"]
    assert stateful_set["metadata"]["labels"]["app.kubernetes.io/version"] == "17"


def test_elsewhere_a_data_store_is_a_name_for_the_primary_clusters() -> None:
    (placed,) = objects_of(cluster="tokyo", clusters=TWO_CLUSTERS)
    assert placed.reference == "Service/demo/store"
    assert placed.manifest["spec"] == {"type": "ExternalName", "externalName": "store.demo.data.example.com"}


def test_elsewhere_without_a_data_domain_there_is_nothing() -> None:
    clusters = {**TWO_CLUSTERS, "tokyo": {"context": "tokyo", "region": "tokyo"}}
    assert objects_of(cluster="tokyo", clusters=clusters) == []


def test_backup_tool_finds_its_commands_on_the_pods() -> None:
    """Source: Velero, "Backup Hooks"."""
    backup = {"pre": ["/bin/sh", "-c", 'dump "{name}"'], "post": ["rm", "dump"], "timeout": "10m"}
    annotations = stateful_set_of(backup=backup)["spec"]["template"]["metadata"]["annotations"]
    assert json.loads(annotations["pre.hook.backup.velero.io/command"]) == ["/bin/sh", "-c", 'dump "store"']
    assert json.loads(annotations["post.hook.backup.velero.io/command"]) == ["rm", "dump"]
    for moment in ("pre", "post"):
        assert annotations[f"{moment}.hook.backup.velero.io/container"] == "store"
        assert annotations[f"{moment}.hook.backup.velero.io/timeout"] == "10m"
        assert annotations[f"{moment}.hook.backup.velero.io/on-error"] == "Fail"


def test_backup_without_a_second_command_has_no_second_hook() -> None:
    annotations = stateful_set_of(backup={"pre": ["save"]})["spec"]["template"]["metadata"]["annotations"]
    assert not any(name.startswith("post.") for name in annotations)


def test_store_without_backup_has_no_annotations() -> None:
    assert "annotations" not in stateful_set_of()["spec"]["template"]["metadata"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("{name}", "store"),
        ("{namespace}", "demo"),
        ("{headless}", "store-headless"),
        ("{replicas}", "3"),
        ("{primary}", "store-0.store-headless.demo.svc"),
        ("{databases}", "auth_db legal_db"),
        ("{copies}", "3"),
        ("{copiesInSync}", "2"),
        ("${HOSTNAME##*-} {unknown}", "${HOSTNAME##*-} {unknown}"),
    ],
)
def test_placeholder_stands_for_what_depends_on_the_store(word: str, value: str) -> None:
    container = main_of(
        replicas=3,
        databases=["auth_db", "legal_db"],
        command=["run", word],
        args=[f"<{word}>"],
        probes={"startup": {"exec": ["ask", word]}, "readiness": PROBE, "liveness": PROBE},
    )
    assert container["command"] == ["run", value]
    assert container["args"] == [f"<{value}>"]
    assert container["startupProbe"]["exec"]["command"] == ["ask", value]


def test_placeholders_are_replaced_in_variables_files_and_sidecars() -> None:
    store = a_data_store(
        env={"A": "{name}"},
        configFiles={"/etc/a": "{primary}"},
        sidecars={"exporter": a_container(env={"B": "{namespace}"})},
    )
    data = [placed.manifest["data"] for placed in of_kind(objects_of(store), "ConfigMap")]
    assert data == [{"A": "store"}, {"etc_a": "store-0.store-headless.demo.svc"}, {"B": "demo"}]


def test_every_kafka_controller_votes() -> None:
    store = a_data_store("kafka", replicas=3, ports=KAFKA_PORTS, env={"VOTERS": "{voters}"})
    assert the(objects_of(store), "ConfigMap")["data"]["VOTERS"] == ",".join(
        f"{ordinal}@kafka-{ordinal}.kafka-headless.demo.svc:9093" for ordinal in range(3)
    )


@pytest.mark.parametrize(("replicas", "copies"), [(1, "1/1"), (2, "2/1"), (3, "3/2"), (5, "3/2")])
def test_kafka_never_asks_for_more_copies_than_there_are_brokers(replicas: int, copies: str) -> None:
    store = a_data_store("kafka", replicas=replicas, env={"COPIES": "{copies}/{copiesInSync}"})
    assert the(objects_of(store), "ConfigMap")["data"]["COPIES"] == copies


def test_settings_of_a_store_stay_as_they_were() -> None:
    store = a_data_store(env={"A": "{name}"})
    objects_of(store)
    assert store.env == {"A": "{name}"}


def test_stateful_set_waits_for_its_secrets() -> None:
    store = a_data_store(secretEnv={"PASSWORD": {"secret": "db", "key": "password"}})
    (placed,) = of_kind(objects_of(store), "StatefulSet")
    assert placed.after == ("ServiceAccount/demo/store", "Secret/demo/db")


def test_pods_of_a_store_roll_when_a_secret_is_sealed_again() -> None:
    store = a_data_store(secretEnv={"PASSWORD": {"secret": "db", "key": "password"}})
    system = a_system(store, secrets={"db": {"source": "sealed", "keys": {"password": {}}}})
    checksums = set()
    for text in ("AgA1", "AgA2"):
        made = data_store(a_place(system=system, sealed={"db": {"password": text}}), store)
        checksums.add(the(made, "StatefulSet")["spec"]["template"]["metadata"]["annotations"]["checksum/secrets"])
    assert len(checksums) == 2


def test_pulumi_does_not_wait_for_addresses_in_direct_delivery() -> None:
    services = of_kind(objects_of(), "Service")
    assert all(placed.manifest["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"} for placed in services)
    assert not any("pulumi.com" in str(placed.manifest) for placed in objects_of(delivery="gitops"))
