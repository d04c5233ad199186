"""What is said about something that is not ready."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.reasons import explain, is_certain, lingering, pod_selector

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api", "namespace": "demo"},
    "spec": {"selector": {"matchLabels": {"app": "api", "part": "x"}}},
}


def pod(name: str = "api-1", **status: Any) -> dict[str, Any]:
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}, "status": status}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"name": "api", "ready": False, "state": {"waiting": {"reason": reason, "message": message}}}


def event(kind: str, name: str, reason: str, message: str, at: str = "2026-01-01T00:00:00Z", **more: Any) -> Any:
    about = {"kind": kind, "name": name}
    return {
        "type": "Warning",
        "reason": reason,
        "message": message,
        "involvedObject": about,
        "lastTimestamp": at,
        **more,
    }


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (
            {"containerStatuses": [waiting("CreateContainerConfigError", 'secret "x" not found')]},
            'pod api-1: CreateContainerConfigError: secret "x" not found',
        ),
        (
            {"containerStatuses": [waiting("ImagePullBackOff", "no such image")]},
            "pod api-1: ImagePullBackOff: no such image",
        ),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes fit"}
                ]
            },
            "pod api-1: Unschedulable: 0/3 nodes fit",
        ),
        (
            {"containerStatuses": [{"name": "api", "ready": False, "state": {"running": {}}}]},
            "pod api-1: container api runs but is not ready",
        ),
        (
            {"initContainerStatuses": [{"name": "wait", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}]},
            "pod api-1: container wait ended with exit code 3: Error",
        ),
        ({"phase": "Failed", "reason": "Evicted", "message": "disk is full"}, "pod api-1: Evicted: disk is full"),
    ],
)
def test_a_pod_gives_its_own_reason(status: dict[str, Any], line: str) -> None:
    assert explain(DEPLOYMENT, [pod(**status)], []) == [line]


def test_a_crashing_container_gives_both_its_state_and_how_it_last_ended() -> None:
    crashing = waiting("CrashLoopBackOff", "back-off 10s") | {
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "no such table"}}
    }
    assert explain(DEPLOYMENT, [pod(containerStatuses=[crashing])], []) == [
        "pod api-1: CrashLoopBackOff: back-off 10s",
        "pod api-1: container api ended with exit code 1: Error: no such table",
    ]


def test_pods_with_the_same_problem_share_a_line() -> None:
    pods = [pod(f"api-{n}", containerStatuses=[waiting("ErrImagePull")]) for n in range(3)]
    assert explain(DEPLOYMENT, pods, []) == ["pod api-0 and 2 more: ErrImagePull"]


@pytest.mark.parametrize(
    "status",
    [
        {"containerStatuses": [waiting("ContainerCreating")]},
        {"phase": "Succeeded", "containerStatuses": [waiting("Error")]},
        {"containerStatuses": [{"name": "api", "ready": True, "state": {"running": {}}}]},
    ],
)
def test_a_pod_that_starts_has_ended_well_or_runs_is_no_problem(status: dict[str, Any]) -> None:
    assert explain(DEPLOYMENT, [pod(**status)], []) == []


def test_a_pod_that_is_being_deleted_is_no_problem() -> None:
    going = pod(containerStatuses=[waiting("ErrImagePull")])
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert explain(DEPLOYMENT, [going], []) == []


def test_events_about_the_object_its_replica_sets_and_its_pods_are_told_newest_first() -> None:
    events = [
        event("Pod", "api-1", "Unhealthy", "probe failed: 500", "2026-01-01T00:00:01Z"),
        event("ReplicaSet", "api-5d8f", "FailedCreate", "exceeded quota", "2026-01-01T00:00:02Z"),
        event("Deployment", "api", "Odd", "something", "2026-01-01T00:00:00Z"),
        event("Pod", "other-1", "Unhealthy", "not ours"),
        event("ReplicaSet", "api-web-5d8f", "FailedCreate", "not ours either"),
        event("Pod", "api-1", "Pulled", "normal", type="Normal"),
    ]
    assert explain(DEPLOYMENT, [pod()], events) == [
        "replicaset api-5d8f: FailedCreate: exceeded quota",
        "pod api-1: Unhealthy: probe failed: 500",
        "deployment api: Odd: something",
    ]


def test_of_repeated_events_only_the_newest_is_told() -> None:
    events = [event("Pod", "api-1", "Unhealthy", f"probe {n}", f"2026-01-01T00:00:0{n}Z") for n in range(3)]
    assert explain(DEPLOYMENT, [pod()], events) == ["pod api-1: Unhealthy: probe 2"]


def test_an_event_says_nothing_that_was_told_already() -> None:
    unready = pod(containerStatuses=[waiting("CreateContainerConfigError", 'secret "x" not found')])
    events = [
        event("Pod", "api-1", "Failed", 'secret "x" not found'),
        event("ReplicaSet", "api-5d8f", "FailedCreate", "quota (again)"),
    ]
    told = explain(DEPLOYMENT, [unready], events, told="FailedCreate: quota")
    assert told == ['pod api-1: CreateContainerConfigError: secret "x" not found']


def test_no_more_than_five_lines_are_told() -> None:
    pods = [pod(f"api-{n}", containerStatuses=[waiting("ErrImagePull", f"image {n}")]) for n in range(9)]
    assert len(explain(DEPLOYMENT, pods, [])) == 5


def test_only_pod_security_is_a_certain_failure() -> None:
    assert is_certain('forbidden: violates PodSecurity "restricted:latest"')
    assert not is_certain("exceeded quota")


@pytest.mark.parametrize(
    ("obj", "selector"),
    [
        (DEPLOYMENT, "app=api,part=x"),
        ({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"}}, "batch.kubernetes.io/job-name=m"),
        ({"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"a": "b"}}}, "a=b"),
        ({"apiVersion": "v1", "kind": "Service", "spec": {}}, None),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, None),
    ],
)
def test_the_pods_of_an_object_are_found_by_its_selector(obj: dict[str, Any], selector: str | None) -> None:
    assert pod_selector(obj) == selector


def test_what_keeps_an_object_from_its_end_is_told() -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"finalizers": ["a/b"]},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"conditions": [{"status": "True", "message": "pods remain"}, {"status": "False", "message": "no"}]},
    }
    assert lingering(namespace) == "pods remain; finalizers: a/b, kubernetes (spec)"
    assert lingering({"metadata": {}}) == ""
