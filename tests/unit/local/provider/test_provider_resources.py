"""Create, read, update and delete against a small API server."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from local.provider import awaiting, resources
from local.provider.api import Api
from local.provider.awaiting import Deadline, NotReady, StillThere
from local.provider.kubeconfig import Cluster
from local.provider.objects import Type
from local.provider.ownership import leave_ignored
from local.provider.readiness import Failed, Waiting
from local.provider.resources import Logs, Refused, Resources
from local.provider.transport import Transport
from tests.unit.local.provider.fake_cluster import FakeCluster

DEPLOYMENT = Type("apps", "v1", "Deployment")
CONFIG_MAP = Type("", "v1", "ConfigMap")
WEB = "/apis/apps/v1/namespaces/demo/deployments/web"
MAP = "/api/v1/namespaces/demo/configmaps/map"


def deployment(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "web", "namespace": "demo"}
    if annotations:
        metadata["annotations"] = annotations
    selector = {"matchLabels": {"app": "web"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 1, "selector": selector, **spec},
    }


def config_map(**metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "map", "namespace": "demo", **metadata},
        "data": {"a": "1"},
    }


def rolls_out(path: str, obj: dict[str, Any]) -> None:
    """Do what the Deployment controller does, in no time."""
    if "/deployments/" in path:
        wanted = obj["spec"]["replicas"]
        counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), wanted)
        obj["status"] = {"observedGeneration": obj["metadata"]["generation"], **counts}


class Told:
    """What was logged."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.statuses: list[str] = []
        self.logs = Logs(self.warnings.append, self.statuses.append)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def cancelled() -> threading.Event:
    return threading.Event()


@pytest.fixture
def objects(cluster: FakeCluster, cancelled: threading.Event) -> Resources:
    return Resources(Api(Transport(Cluster(server=cluster.url, namespace="demo"))), "demo", cancelled)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for long."""
    monkeypatch.setattr(awaiting, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(awaiting, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(awaiting, "_DETAILS_EVERY", 0.02)
    monkeypatch.setattr(awaiting, "_WORTH_TELLING", 0.0)
    monkeypatch.setattr(resources, "_RETRIES", (0.001, 0.001))


def test_creating_applies_on_the_server_as_pulumi(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(config_map(), timeout=0, logs=told.logs)
    request = cluster.requests[-1]
    assert (request.method, request.path) == ("PATCH", MAP)
    assert request.query == {"fieldManager": "pulumi-kubernetes", "force": "false", "fieldValidation": "Warn"}
    assert request.body == config_map()


@pytest.mark.parametrize(
    ("annotations", "query"),
    [
        ({"pulumi.com/patchForce": "true"}, {"force": "true"}),
        ({"pulumi.com/patchFieldManager": "me"}, {"fieldManager": "me"}),
    ],
)
def test_annotations_say_how_to_apply(
    cluster: FakeCluster, objects: Resources, told: Told, annotations: dict[str, str], query: dict[str, str]
) -> None:
    objects.create(config_map(annotations=annotations), timeout=0, logs=told.logs)
    assert cluster.requests[-1].query.items() >= query.items()


def test_an_object_without_namespace_goes_to_the_providers(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    obj = config_map()
    del obj["metadata"]["namespace"]
    live = objects.create(obj, timeout=0, logs=told.logs)
    assert live["metadata"]["namespace"] == "demo"


def test_a_namespace_given_to_a_kind_without_one_is_dropped(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    obj = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast", "namespace": "demo"}}
    assert "namespace" not in objects.create(obj, timeout=0, logs=told.logs)["metadata"]


def test_where_kinds_are_served_is_asked_once(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    for _ in range(3):
        objects.create(config_map(), timeout=0, logs=told.logs)
    assert [request.path for request in cluster.requests].count("/api/v1") == 1


def test_what_the_api_server_warns_of_is_told(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    cluster.warnings = ["spec.x is deprecated"]
    objects.create(config_map(), timeout=0, logs=told.logs)
    assert told.warnings == ["spec.x is deprecated"]


def test_a_conflict_names_field_and_manager_and_both_ways_out(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cause = {"reason": "FieldManagerConflict", "field": ".data.a", "message": 'conflict with "kubectl" using v1'}
    cluster.refuse("PATCH", MAP, 409, reason="Conflict", details={"causes": [cause]})
    with pytest.raises(Refused, match=r'\.data\.a: conflict with "kubectl" using v1') as caught:
        objects.create(config_map(), timeout=0, logs=told.logs)
    assert "pulumi.com/patchForce" in str(caught.value)


def test_a_creation_waits_for_its_namespace(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    obj = config_map(namespace="late")

    def make(_: str) -> None:
        cluster.objects["/api/v1/namespaces/late"] = {}

    assert objects.create(obj, timeout=0, logs=Logs(told.logs.warning, make))["metadata"]["namespace"] == "late"


def test_a_creation_waits_for_its_kind(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    thing = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}

    def define(_: str) -> None:
        cluster.served["/apis/example.org/v1"] = [("Thing", "things", False)]

    objects.create(thing, timeout=0, logs=Logs(told.logs.warning, define))
    assert "/apis/example.org/v1/things/a" in cluster.objects


def test_a_kind_that_never_comes_is_named_with_what_is_missing(objects: Resources, told: Told) -> None:
    thing = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}
    with pytest.raises(Refused, match=r"no Thing in example\.org/v1; is its CustomResourceDefinition installed"):
        objects.create(thing, timeout=0, logs=told.logs)


def test_a_workload_is_returned_once_it_is_ready(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    cluster.controller = rolls_out
    live = objects.create(deployment(), timeout=5, logs=told.logs)
    assert live["status"]["availableReplicas"] == 1
    assert told.statuses == ["waiting for the controller to see the change", ""]


def test_a_workload_with_skip_await_is_not_looked_at(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(deployment({"pulumi.com/skipAwait": "true"}), timeout=5, logs=told.logs)
    assert cluster.methods() == ["PATCH"]


def test_time_that_is_up_gives_the_live_object_and_its_pods_reasons(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}
    cluster.objects["/api/v1/namespaces/demo/pods/web-1"] = {
        "metadata": {"name": "web-1"},
        "status": {"containerStatuses": [{"name": "c", "state": {"waiting": waiting}}]},
    }
    with pytest.raises(NotReady) as caught:
        objects.create(deployment({"pulumi.com/timeoutSeconds": "0"}), timeout=0.05, logs=told.logs)
    assert caught.value.reasons == [
        "not ready after 0 s: waiting for the controller to see the change",
        'pod web-1: CreateContainerConfigError: secret "x" not found',
    ]
    assert caught.value.live["metadata"]["uid"]
    pods = next(request for request in cluster.requests if request.path.endswith("/pods"))
    assert pods.query == {"labelSelector": "app=web"}


def test_a_custom_resource_gives_its_condition_alone(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    cluster.served["/apis/example.org/v1"] = [("Thing", "things", False)]
    metadata = {"name": "a", "annotations": {"pulumi.com/waitFor": "condition=Ready"}}
    thing = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": metadata}
    with pytest.raises(NotReady) as caught:
        objects.create(thing, timeout=0.01, logs=told.logs)
    assert caught.value.reasons == ["not ready after 0 s: waiting for condition=Ready of Thing a, found nothing"]


def test_a_condition_that_stays_false_is_waited_for_and_told_with_object_and_message(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    def refuse(_: str, obj: dict[str, Any]) -> None:
        condition = {"type": "Synced", "status": "False", "message": "no key could decrypt secret (token)"}
        obj["status"] = {"conditions": [condition]}

    cluster.controller = refuse
    cluster.served["/apis/bitnami.com/v1alpha1"] = [("SealedSecret", "sealedsecrets", True)]
    metadata = {
        "name": "keys",
        "namespace": "demo",
        "annotations": {"pulumi.com/waitFor": "condition=Synced"},
    }
    sealed = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata}
    with pytest.raises(NotReady) as caught:
        objects.create(sealed, timeout=0.3, logs=told.logs)
    [reason] = caught.value.reasons
    assert reason.endswith(
        "waiting for condition=Synced of SealedSecret demo/keys, found False: no key could decrypt secret (token)"
    )
    # The condition may yet come true, so the time it was given is what ends the wait.
    assert len(cluster.methods()) > 3


def test_pods_that_may_not_be_read_keep_nobody_from_telling(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cluster.refuse("GET", "/api/v1/namespaces/demo/pods", 403)
    with pytest.raises(NotReady) as caught:
        objects.create(deployment(), timeout=0.01, logs=told.logs)
    assert caught.value.reasons == ["not ready after 0 s: waiting for the controller to see the change"]


def test_an_api_server_that_fails_for_a_moment_is_asked_again(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cluster.controller = rolls_out
    cluster.refuse("GET", WEB, 500)

    def recover(message: str) -> None:
        told.statuses.append(message)
        if message == "refused with 500":
            cluster.refusals.clear()

    objects.create(deployment(), timeout=5, logs=Logs(told.logs.warning, recover))
    assert "refused with 500" in told.statuses


def test_what_pods_say_is_told_while_waiting(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    event = {
        "type": "Warning",
        "reason": "FailedCreate",
        "message": "exceeded quota",
        "involvedObject": {"kind": "ReplicaSet", "name": "web-5d8f"},
    }
    cluster.objects["/api/v1/namespaces/demo/events/e"] = event
    with pytest.raises(NotReady):
        objects.create(deployment(), timeout=0.1, logs=told.logs)
    assert any(status.endswith("; replicaset web-5d8f: FailedCreate: exceeded quota") for status in told.statuses)


def test_a_pod_security_refusal_does_not_wait_for_the_timeout(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cluster.objects["/api/v1/namespaces/demo/events/e"] = {
        "type": "Warning",
        "reason": "FailedCreate",
        "message": 'pod is forbidden: violates PodSecurity "restricted"',
        "involvedObject": {"kind": "ReplicaSet", "name": "web-5d8f"},
    }
    with pytest.raises(NotReady, match="violates PodSecurity"):
        objects.create(deployment(), timeout=60, logs=told.logs)


def test_a_workload_that_is_deleted_while_waited_for_is_not_ready(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cluster.controller = lambda path, _: cluster.vanish(path)
    with pytest.raises(NotReady, match="demo/web was deleted while it was waited for"):
        objects.create(deployment(), timeout=60, logs=told.logs)


def test_cancelling_ends_a_wait_with_its_reason(
    cluster: FakeCluster, objects: Resources, told: Told, cancelled: threading.Event
) -> None:
    logs = Logs(told.logs.warning, lambda _: cancelled.set())
    with pytest.raises(NotReady, match="cancelled: waiting for the controller"):
        objects.create(deployment(), timeout=60, logs=logs)


def test_a_custom_condition_is_waited_for_instead(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    def label(_: str, obj: dict[str, Any]) -> None:
        obj["metadata"]["labels"] = {"done": "yes"}

    cluster.controller = label
    live = objects.create(
        config_map(annotations={"pulumi.com/waitFor": "jsonpath={.metadata.labels.done}=yes"}),
        timeout=5,
        logs=told.logs,
    )
    assert live["metadata"]["labels"] == {"done": "yes"}
    assert told.statuses[0] == "waiting for jsonpath={.metadata.labels.done}=yes of ConfigMap demo/map, found nothing"


def test_a_service_is_awaited_by_its_endpoint_slices(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "demo"},
        "spec": {"selector": {"app": "web"}},
    }
    path = "/apis/discovery.k8s.io/v1/namespaces/demo/endpointslices/web-1"
    cluster.objects[path] = {"endpoints": [{"conditions": {"ready": True}}]}
    objects.create(service, timeout=5, logs=told.logs)
    assert cluster.requests[-1].query == {"labelSelector": "kubernetes.io/service-name=web"}


def test_a_claim_of_a_class_that_waits_for_a_pod_is_ready(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "demo"},
        "spec": {"storageClassName": "slow"},
    }
    cluster.objects["/apis/storage.k8s.io/v1/storageclasses/slow"] = {"volumeBindingMode": "WaitForFirstConsumer"}
    cluster.controller = lambda path, obj: obj.update(status={"phase": "Pending"}) if "claims" in path else None
    assert objects.create(claim, timeout=5, logs=told.logs)["status"] == {"phase": "Pending"}


def test_a_preview_changes_nothing(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    foretold = objects.preview(config_map(), told.logs)
    assert cluster.requests[-1].query["dryRun"] == "All"
    assert MAP not in cluster.objects
    assert foretold == config_map()


def test_a_preview_in_a_namespace_that_is_not_there_yet_foretells_nothing(objects: Resources, told: Told) -> None:
    assert objects.preview(config_map(namespace="later"), told.logs) is None


def test_a_preview_of_a_kind_that_is_not_there_yet_foretells_nothing(objects: Resources, told: Told) -> None:
    thing = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}
    assert objects.preview(thing, told.logs) is None


@pytest.mark.parametrize(("status", "causes"), [(403, []), (422, [{"field": "spec", "message": "field is immutable"}])])
def test_a_preview_that_may_work_after_other_changes_foretells_nothing(
    cluster: FakeCluster, objects: Resources, told: Told, status: int, causes: list[dict[str, str]]
) -> None:
    cluster.refuse("PATCH", MAP, status, details={"causes": causes})
    assert objects.preview(config_map(), told.logs) is None


def test_a_preview_of_an_invalid_object_is_refused(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    cluster.refuse("PATCH", MAP, 422, message="ConfigMap is invalid: data: Too long", reason="Invalid")
    with pytest.raises(Refused, match="Too long"):
        objects.preview(config_map(), told.logs)


def test_fields_the_server_will_not_change_are_found_by_a_dry_run(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cause = {"field": "data", "message": "field is immutable when `immutable` is set"}
    cluster.refuse("PATCH", MAP, 422, reason="Invalid", details={"causes": [cause]})
    assert objects.refused_fields(config_map()) == ["data"]
    assert cluster.requests[-1].query.items() >= {"dryRun": "All", "force": "true"}.items()


def test_updating_brings_an_object_to_its_inputs(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(config_map(), timeout=0, logs=told.logs)
    changed = {**config_map(), "data": {"a": "2"}}
    objects.update(changed, "demo/map", [], timeout=0, logs=told.logs)
    assert cluster.objects[MAP]["data"] == {"a": "2"}


def test_updating_what_is_gone_says_how_to_go_on(objects: Resources, told: Told) -> None:
    with pytest.raises(Refused, match=r"ConfigMap demo/map is gone; `pulumi refresh`"):
        objects.update(config_map(), "demo/map", [], timeout=0, logs=told.logs)


def test_an_ignored_field_of_another_manager_is_left_to_it(
    cluster: FakeCluster, objects: Resources, told: Told
) -> None:
    cluster.controller = rolls_out
    objects.create(deployment(), timeout=5, logs=told.logs)
    live = cluster.objects[WEB]
    live["spec"]["replicas"] = 5
    live["metadata"]["managedFields"] = [{"manager": "autoscaler", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]
    objects.update(
        deployment({"pulumi.com/skipAwait": "true"}), "demo/web", ["spec.replicas"], timeout=5, logs=told.logs
    )
    assert "replicas" not in cluster.requests[-1].body["spec"]


OWNED: dict[str, Any] = {"fieldsV1": {"f:spec": {"f:replicas": {}, "f:paused": {}}}}


@pytest.mark.parametrize(
    ("ignored", "owners", "expected"),
    [
        (["spec.replicas"], ["autoscaler"], {"paused": True}),
        (["spec.replicas"], ["autoscaler", "pulumi-kubernetes"], {"paused": True, "replicas": 5}),
        (["spec.replicas"], [], {"paused": True, "replicas": 5}),
        (["spec.missing"], ["autoscaler"], {"paused": True, "replicas": 1}),
        (["spec.list[0]"], ["autoscaler"], {"paused": True, "replicas": 1}),
        ([], ["autoscaler"], {"paused": True, "replicas": 1}),
    ],
)
def test_an_ignored_field_is_as_it_is_live_unless_it_is_another_managers_alone(
    ignored: list[str], owners: list[str], expected: dict[str, Any]
) -> None:
    managed = [{"manager": owner, **OWNED} for owner in owners]
    live = {"metadata": {"managedFields": managed}, "spec": {"replicas": 5, "paused": False, "list": [1]}}
    obj = {"spec": {"replicas": 1, "paused": True}}
    assert leave_ignored(obj, live, ignored, "pulumi-kubernetes") == {"spec": expected}


def test_what_is_gone_is_read_as_nothing(objects: Resources) -> None:
    assert objects.read(CONFIG_MAP, "demo/map") is None
    assert objects.read(Type("example.org", "v1", "Thing"), "demo/a") is None


def test_an_id_without_namespace_means_the_providers(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(config_map(), timeout=0, logs=told.logs)
    assert objects.read(CONFIG_MAP, "map") == cluster.objects[MAP]


@pytest.mark.parametrize(
    ("job", "unready"),
    [
        (None, False),
        ({"status": {}}, True),
        ({"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, False),
    ],
)
def test_a_job_is_unready_while_it_is_there_and_has_not_completed(
    cluster: FakeCluster, objects: Resources, job: dict[str, Any] | None, unready: bool
) -> None:
    if job is not None:
        cluster.objects["/apis/batch/v1/namespaces/demo/jobs/m"] = {"apiVersion": "batch/v1", "kind": "Job", **job}
    assert objects.is_unready_job(Type("batch", "v1", "Job"), "demo/m") is unready


def test_deleting_waits_until_the_object_is_gone(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(config_map(), timeout=0, logs=told.logs)
    cluster.finalizing.add(MAP)
    looks: list[str] = []

    def finish(path: str, _: dict[str, Any]) -> None:
        looks.append(path)
        if len(looks) == 3:
            del cluster.objects[path]

    cluster.controller = finish
    objects.delete(CONFIG_MAP, "demo/map", config_map(), timeout=5, logs=told.logs)
    assert MAP not in cluster.objects
    assert told.statuses == ["waiting for the end of ConfigMap map", ""]


@pytest.mark.parametrize(
    ("annotations", "propagation"),
    [
        ({}, "Foreground"),
        ({"pulumi.com/deletionPropagationPolicy": "orphan"}, "Orphan"),
        ({"pulumi.com/deletionPropagationPolicy": "Background"}, "Background"),
    ],
)
def test_dependents_go_first_unless_told_otherwise(
    cluster: FakeCluster, objects: Resources, told: Told, annotations: dict[str, str], propagation: str
) -> None:
    objects.delete(CONFIG_MAP, "demo/map", config_map(annotations=annotations), timeout=5, logs=told.logs)
    assert cluster.requests[-1].body["propagationPolicy"] == propagation


def test_deleting_what_is_gone_is_fine(objects: Resources, told: Told) -> None:
    objects.delete(CONFIG_MAP, "demo/map", config_map(), timeout=5, logs=told.logs)
    objects.delete(Type("example.org", "v1", "Thing"), "a", {}, timeout=5, logs=told.logs)


def test_a_deletion_that_does_not_end_says_what_keeps_it(cluster: FakeCluster, objects: Resources, told: Told) -> None:
    objects.create(config_map(finalizers=["example.org/hold"]), timeout=0, logs=told.logs)
    cluster.finalizing.add(MAP)
    message = r"not gone after 0 s: waiting for the end of ConfigMap map; finalizers: example.org/hold"
    with pytest.raises(StillThere, match=message):
        objects.delete(CONFIG_MAP, "demo/map", config_map(), timeout=0.05, logs=told.logs)


@pytest.mark.parametrize(("type_", "waits"), [(DEPLOYMENT, False), (CONFIG_MAP, True)])
def test_skip_await_skips_the_end_of_workloads_only(
    cluster: FakeCluster, objects: Resources, told: Told, type_: Type, waits: bool
) -> None:
    path = {DEPLOYMENT: WEB, CONFIG_MAP: MAP}[type_]
    cluster.objects[path] = {"metadata": {"name": path.rpartition("/")[2]}}
    cluster.finalizing.add(path)
    cluster.controller = lambda path, _: cluster.vanish(path)
    skipping = {"metadata": {"annotations": {"pulumi.com/skipAwait": "true"}}}
    objects.delete(type_, f"demo/{path.rpartition('/')[2]}", skipping, timeout=5, logs=told.logs)
    assert ("GET" in cluster.methods()) is waits


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_wait_becomes_a_failure_when_its_time_is_up() -> None:
    clock = Clock()
    deadline = Deadline(10, clock)
    clock.now += 9
    assert deadline.judge(Waiting("w")) == Waiting("w")
    clock.now += 1
    assert deadline.judge(Waiting("w")) == Failed("not ready after 10 s: w")


def test_a_wait_with_patience_fails_once_it_has_been_stuck_that_long() -> None:
    clock = Clock()
    deadline = Deadline(600, clock)
    clock.now += 100
    assert deadline.judge(Waiting("moves")) == Waiting("moves")
    clock.now += 29
    assert deadline.judge(Waiting("stuck", 30)) == Waiting("stuck", 30)
    clock.now += 1
    assert deadline.judge(Waiting("stuck", 30)) == Failed("stuck")


def test_a_wait_that_moves_in_between_starts_its_patience_anew() -> None:
    clock = Clock()
    deadline = Deadline(600, clock)
    for _ in range(3):
        clock.now += 20
        assert isinstance(deadline.judge(Waiting("stuck", 30)), Waiting)
        deadline.judge(Waiting("moves"))
