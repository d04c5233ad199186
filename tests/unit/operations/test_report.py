"""What a stack has come to, and why something of it is not ready."""

from typing import Any

import pytest

from manifests.migration import migrations
from manifests.placed import Place
from operations.report import SystemState, states
from settings.container import Amounts, Image, Port, Resources
from settings.migration import Migration, MigrationEngine, MigrationTarget
from settings.service import Exposure, Service
from settings.system import Secret, SecretKey
from tests.unit.operations.builders import manifest, placed, stack, system, workload

AMOUNTS = Amounts(cpu="1", memory="1Gi")
API = Service(
    name="api",
    image=Image(repository="api", tag="1"),
    ports={"http": Port(container=8080)},
    resources=Resources(requests=AMOUNTS, limits=AMOUNTS),
    exposure={"public": Exposure(hosts=("main",))},
)
STACK = stack(system("plate", services={"api": API}), domains={"main": "plate.example.com"})
PLACE = Place(STACK, STACK.systems["plate"], "seoul")


def live(ready: int = 2, *, kind: str = "Deployment", conditions: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    status = {"readyReplicas": ready, "updatedReplicas": 2, "observedGeneration": 1, "conditions": list(conditions)}
    found = workload(kind, status={**status, **more})
    found["metadata"] |= {"uid": "w1", "generation": 1}
    del found["kind"]
    found["status"] = found["spec"].pop("status")
    return found


def pod(
    name: str = "api-1", *, created: str = "1", labels: dict[str, str] | None = None, **status: Any
) -> dict[str, Any]:
    metadata = {"uid": name, "creationTimestamp": created, "labels": {"app": "api"} if labels is None else labels}
    return manifest("Pod", name, metadata=metadata, status=status)


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {
        "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": reason, "message": message}}, **more}]
    }


def warning(uid: str, reason: str, message: str, at: str = "1") -> dict[str, Any]:
    about = {"uid": uid}
    return {"type": "Warning", "involvedObject": about, "reason": reason, "message": message, "lastTimestamp": at}


def state(**lists: list[dict[str, Any]]) -> SystemState:
    return states(PLACE, placed(workload()), lists)


def reason(*pods: dict[str, Any], events: tuple[dict[str, Any], ...] = (), **more: Any) -> str:
    return state(Deployment=[live(0, **more)], Pod=list(pods), Event=list(events)).workloads[0].reason


def test_a_workload_with_all_pods_updated_and_ready_has_no_reason() -> None:
    found = state(Deployment=[live()])
    assert (found.workloads[0].ready, found.workloads[0].desired, found.ready) == (2, 2, True)


def test_a_workload_that_is_not_there_is_not_ready() -> None:
    found = state(Deployment=[])
    assert found.workloads[0].reason == "it is not there"
    assert not found.ready


def test_ready_pods_of_the_old_revision_do_not_count() -> None:
    assert state(Deployment=[live(updatedReplicas=1)]).workloads[0].reason


def test_a_workload_its_controller_has_not_seen_is_not_ready() -> None:
    assert state(Deployment=[live(observedGeneration=0)]).workloads[0].reason


def test_no_pods_wanted_is_ready_with_none() -> None:
    found = live(0)
    found["spec"]["replicas"] = 0
    del found["status"]["readyReplicas"]
    assert state(Deployment=[found]).ready


def test_addresses_are_those_of_the_exposed_services() -> None:
    assert state(Deployment=[live()]).addresses == {"api": ("https://plate.example.com/",)}


def test_without_a_cluster_to_ask_only_addresses_are_told() -> None:
    found = states(PLACE, placed(workload()), None)
    assert (found.workloads, list(found.addresses), found.ready) == ((), ["api"], True)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (waiting("ImagePullBackOff", 'no image "api:2"'), 'ImagePullBackOff: no image "api:2"'),
        (waiting("CrashLoopBackOff", restartCount=4, lastState={"terminated": {"exitCode": 3}}),
         "CrashLoopBackOff: exit code 3, 4 restarts"),
        (waiting("CreateContainerConfigError", 'no secret "db"'), 'CreateContainerConfigError: no secret "db"'),
        ({"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]},
         "i: Error, exit code 1"),
        ({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "No", "message": "no nodes"}]},
         "No: no nodes"),
        ({"conditions": [{"type": "Ready", "status": "False", "message": "containers with unready status: [main]"}]},
         "containers with unready status: [main]"),
        ({"phase": "Pending", **waiting("ContainerCreating")}, "phase Pending"),
    ],
    ids=["image", "crash", "configuration", "init", "unschedulable", "probe", "starting"],
)  # fmt: skip
def test_a_pod_says_why_in_the_words_of_kubelet_and_scheduler(status: dict[str, Any], told: str) -> None:
    assert reason(pod(**status)) == f"api-1: {told}"


def test_the_newest_pod_is_asked_first() -> None:
    pods = (pod("new", created="2", **waiting("ErrImagePull")), pod("old", created="1", **waiting("CrashLoopBackOff")))
    assert reason(*pods).startswith("new: ErrImagePull")


def test_pods_that_are_ready_or_going_or_of_another_workload_say_nothing() -> None:
    going = pod("going", **waiting("CrashLoopBackOff"))
    going["metadata"]["deletionTimestamp"] = "now"
    ready = pod("ready", conditions=[{"type": "Ready", "status": "True"}])
    other = pod("other", labels={"app": "web"}, **waiting("CrashLoopBackOff"))
    assert reason(going, ready, other) == "pods have not started yet"


def test_a_pod_without_words_is_explained_by_its_newest_warning() -> None:
    events = (warning("api-1", "Unhealthy", "probe failed: 503", "2"), warning("api-1", "FailedMount", "old", "1"))
    assert reason(pod(**waiting("ContainerCreating")), events=events) == "api-1: Unhealthy: probe failed: 503"


def test_pods_that_cannot_be_made_are_explained_by_the_workload() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    assert reason(conditions=(refused,)) == "FailedCreate: exceeded quota"


def test_a_pod_says_more_than_a_deadline_that_passed() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    assert reason(pod(**waiting("ErrImagePull")), conditions=(late,)) == "api-1: ErrImagePull"
    assert reason(conditions=(late,)) == "ProgressDeadlineExceeded: timed out"


def test_a_stateful_set_without_pods_is_explained_by_its_events() -> None:
    found = states(
        PLACE,
        placed(workload("StatefulSet")),
        {
            "StatefulSet": [live(0, kind="StatefulSet")],
            "Event": [warning("w1", "FailedCreate", "violates PodSecurity")],
        },
    )
    assert found.workloads[0].reason == "FailedCreate: violates PodSecurity"


def test_a_reason_is_one_line() -> None:
    assert "\n" not in reason(pod(**waiting("RunContainerError", "first\nsecond")))


def other(kind: str, status: dict[str, Any], *, pods: tuple[dict[str, Any], ...] = ()) -> dict[str, str]:
    item = manifest(kind, "x", status=status, metadata={"uid": "x1"})
    found = states(PLACE, placed(manifest(kind, "x")), {kind: [item], "Pod": list(pods)})
    return dict(found.unready)


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        ("Certificate", {"conditions": [{"type": "Ready", "status": "False", "reason": "No", "message": "no order"}]},
         "No: no order"),
        ("Certificate", {}, "its controller has not answered yet"),
        ("Ingress", {"loadBalancer": {}}, "it has no address yet"),
        ("Gateway", {"conditions": [{"type": "Accepted", "status": "True"}]}, "its controller has not answered yet"),
    ],
)  # fmt: skip
def test_other_objects_that_are_not_ready_say_why(kind: str, status: dict[str, Any], told: str) -> None:
    assert other(kind, status) == {f"{kind} ns/x": told}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("Certificate", {"conditions": [{"type": "Ready", "status": "True"}]}),
        ("Ingress", {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}),
        ("PersistentVolumeClaim", {"phase": "Bound"}),
        ("PersistentVolumeClaim", {"phase": "Pending"}),
    ],
    ids=["certificate", "ingress", "bound", "pending, and mounted by nobody"],
)
def test_other_objects_that_are_ready_say_nothing(kind: str, status: dict[str, Any]) -> None:
    assert other(kind, status) == {}


def test_a_pending_claim_that_a_pod_mounts_is_not_ready() -> None:
    user = manifest("Pod", "p", spec={"volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]})
    assert other("PersistentVolumeClaim", {"phase": "Pending"}, pods=(user,)) == {
        "PersistentVolumeClaim ns/x": "phase Pending"
    }


def test_where_nothing_gives_addresses_an_ingress_without_one_is_ready() -> None:
    pending = stack(system("plate"), address_pending=True)
    place = Place(pending, pending.systems["plate"], "seoul")
    assert states(place, placed(manifest("Ingress", "x")), {"Ingress": [manifest("Ingress", "x")]}).ready


def test_a_kind_that_may_not_be_listed_is_not_judged() -> None:
    assert states(PLACE, placed(manifest("Certificate", "x")), {}).ready


def test_scaling_shows_bounds_and_use_with_a_dash_where_there_are_no_metrics() -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}}
    memory = {"type": "Resource", "resource": {"name": "memory", "target": {"averageUtilization": 80}}}
    current = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 35}}}
    target = {"kind": "Deployment", "name": "api"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5, "metrics": [cpu, memory]}
    scaler = manifest("HorizontalPodAutoscaler", "api", spec=spec, status={"currentMetrics": [current]})
    found = state(Deployment=[live()], HorizontalPodAutoscaler=[scaler])
    assert found.workloads[0].scaling == "2–5, cpu 35%/70%, memory –/80%"


def made(kind: str, reason: str, message: str) -> str:
    wanted = {"SealedSecret": "Synced", "ExternalSecret": "Ready"}[kind]
    condition = {"type": wanted, "status": "False", "reason": reason, "message": message}
    (told,) = other(kind, {"conditions": [condition] if reason else []}).values()
    return told


def test_secret_that_cannot_be_opened_says_what_to_do() -> None:
    assert made("SealedSecret", "", "") == "its controller has not answered yet"
    assert made("SealedSecret", "ErrUnsealFailed", "no key could decrypt secret (A)") == (
        "ErrUnsealFailed: no key could decrypt secret (A); sealed for another name or namespace, or with another "
        "certificate: `naru seal plate/x --stack staging`"
    )
    owned = 'Resource "x" already exists and is not managed by SealedSecret'
    assert "sealedsecrets.bitnami.com/managed=true" in made("SealedSecret", "ErrUpdateFailed", owned)


def test_secret_that_its_store_does_not_give_says_where_to_look() -> None:
    told = made("ExternalSecret", "SecretSyncedError", "could not get secret data from provider")
    assert told.startswith("SecretSyncedError: could not get secret data from provider; look for its keys")
    assert made("ExternalSecret", "", "") == "its controller has not answered yet"


@pytest.mark.parametrize(("kind", "condition"), [("SealedSecret", "Synced"), ("ExternalSecret", "Ready")])
def test_secret_that_is_made_says_nothing(kind: str, condition: str) -> None:
    assert other(kind, {"conditions": [{"type": condition, "status": "True"}]}) == {}


MIGRATED = API.model_copy(
    update={
        "exposure": {},
        "migration": Migration(engine=MigrationEngine.GOOSE, secret="db", databases={"shop_db": MigrationTarget()}),
    }
)


def migrated(*conditions: str) -> SystemState:
    found = stack(
        system(
            "plate", services={"api": MIGRATED}, secrets={"db": Secret(source="existing", keys={"URL": SecretKey()})}
        )
    )
    place = Place(found, found.systems["plate"], "seoul")
    (job,) = (one for one in migrations(place, MIGRATED) if one.manifest["kind"] == "Job")
    status = {"conditions": [{"type": one, "status": "True", "reason": "R", "message": "m"} for one in conditions]}
    live_job = {**job.manifest, "status": status, "spec": {**job.manifest["spec"], "selector": {}}}
    return states(place, [job], {"Job": [live_job] if conditions else []})


def test_migrations_are_part_of_the_report() -> None:
    found = migrated("Complete")
    assert found.ready
    assert [(one.database, one.status) for one in found.migrations] == [("shop_db", "complete")]
    assert found.as_json()["migrations"][0]["status"] == "complete"


@pytest.mark.parametrize(("conditions", "status"), [(("Failed",), "failed"), ((), "absent")])
def test_migration_that_has_not_completed_is_not_ready(conditions: tuple[str, ...], status: str) -> None:
    found = migrated(*conditions)
    assert not found.ready
    assert [one.status for one in found.migrations] == [status]
    assert found.migrations[0].reason == ("R: m" if conditions else "")


def rollout(ready: int = 2, strategy: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = workload("Rollout", strategy=strategy or {"blueGreen": {"activeService": "api"}})
    status = {"readyReplicas": ready, "observedGeneration": "1", "stableRS": "a", "currentPodHash": "b", **more}
    return {**found, "metadata": {**found["metadata"], "uid": "w1", "generation": 1}, "status": status}


def of_rollout(item: dict[str, Any], *pods: dict[str, Any]) -> SystemState:
    return states(PLACE, placed(workload("Rollout")), {"Rollout": [item], "Pod": list(pods)})


STEPS: dict[str, Any] = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}, {"setWeight": 40}, {"pause": {}}]}}


@pytest.mark.parametrize(
    ("item", "under_way"),
    [
        (rollout(phase="Healthy"), ""),
        (rollout(phase="Paused", message="BlueGreenPause"), "BlueGreenPause"),
        (
            rollout(phase="Paused", message="CanaryPauseStep", currentStepIndex=1, strategy=STEPS),
            "step 2 of 4, 20 %; CanaryPauseStep",
        ),
        (
            rollout(phase="Progressing", message="more replicas", currentStepIndex=4, strategy=STEPS),
            "step 4 of 4, 40 %; more replicas",
        ),
    ],
    ids=["healthy", "paused blue-green", "canary that pauses", "canary after its last step"],
)
def test_rollout_that_serves_is_as_it_should_be_and_says_what_is_under_way(
    item: dict[str, Any], under_way: str
) -> None:
    found = of_rollout(item)
    [told] = found.workloads
    assert (told.ready, told.desired, told.reason, told.under_way) == (2, 2, "", under_way)
    assert found.ready


@pytest.mark.parametrize(
    ("reason", "step", "paused"),
    [
        ("CanaryPauseStep", {"pause": {"duration": "10m"}}, "for a time"),
        ("CanaryPauseStep", {"pause": {}}, "for somebody"),
        ("InconclusiveAnalysisRun", {"pause": {"duration": "10m"}}, "for somebody"),
    ],
)
def test_rollout_that_pauses_says_whether_somebody_has_to_decide(
    reason: str, step: dict[str, Any], paused: str
) -> None:
    since = [{"reason": reason, "startTime": "2026-01-01T00:00:00Z"}]
    canary = {"canary": {"steps": [{"setWeight": 20}, step]}}
    item = rollout(phase="Paused", currentStepIndex=1, strategy=canary, pauseConditions=since)
    assert of_rollout(item).workloads[0].paused == paused
    assert of_rollout(rollout(phase="Paused")).workloads[0].paused == "for somebody"
    assert of_rollout(rollout(phase="Progressing")).workloads[0].paused == ""
    assert of_rollout(rollout(phase="Degraded", pauseConditions=since)).workloads[0].paused == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"phase": "Degraded", "message": "RolloutAborted: metric success-rate failed", "abort": True}, "success-rate"),
        ({"phase": "Degraded", "message": "InvalidSpec: no such Service"}, "InvalidSpec"),
        ({"phase": "Degraded", "message": "ProgressDeadlineExceeded: timed out"}, "ProgressDeadlineExceeded"),
    ],
    ids=["aborted", "invalid", "too slow"],
)
def test_rollout_that_was_called_off_is_not_ready_though_its_pods_are(status: dict[str, Any], said: str) -> None:
    found = of_rollout(rollout(**status))
    assert said in found.workloads[0].reason
    assert found.workloads[0].under_way == ""
    assert not found.ready


def test_pods_of_a_rollout_tell_why_it_does_not_go_on() -> None:
    stuck = pod(**waiting("ImagePullBackOff", "no such tag"))
    assert "ImagePullBackOff" in of_rollout(rollout(phase="Progressing"), stuck).workloads[0].under_way
    aborted = of_rollout(rollout(phase="Degraded", message="RolloutAborted", abort=True), stuck)
    assert aborted.workloads[0].reason == "RolloutAborted; api-1: ImagePullBackOff: no such tag"


def test_first_version_of_a_rollout_that_is_not_ready_is_a_failure_as_nothing_else_serves() -> None:
    found = of_rollout(rollout(1, phase="Progressing", message="more replicas", stableRS=""))
    assert found.workloads[0].reason == "more replicas"
    assert not found.ready


def test_healthy_rollout_that_lost_a_pod_is_not_ready() -> None:
    assert of_rollout(rollout(1, phase="Healthy")).workloads[0].reason


def test_rollout_whose_newest_change_nobody_has_seen_says_so() -> None:
    [told] = of_rollout(rollout(phase="Healthy", observedGeneration="0")).workloads
    assert not told.seen
    assert "does the controller run" in told.reason
