"""When an object of each kind counts as ready, from its status alone."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.objects import Type
from local.provider.readiness import Failed, Ready, Surroundings, Verdict, Waiting, default_timeout, is_awaited, verdict

NOTHING = Surroundings()


def judged(
    api_version: str, kind: str, spec: Any = None, status: Any = None, around: Surroundings = NOTHING
) -> Verdict:
    obj = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "a", "namespace": "demo", "generation": 2},
        "spec": spec or {},
        "status": status or {},
    }
    return verdict(obj, around)


def deployment(spec: Any = None, **status: Any) -> Verdict:
    settled = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    return judged("apps/v1", "Deployment", {"replicas": 3, **(spec or {})}, {**settled, **status})


def stateful_set(spec: Any = None, **status: Any) -> Verdict:
    settled = {
        "observedGeneration": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "updatedReplicas": 2,
        "currentRevision": "r",
        "updateRevision": "r",
    }
    return judged("apps/v1", "StatefulSet", {"replicas": 2, **(spec or {})}, {**settled, **status})


def condition(type_: str, status: str, reason: str = "", message: str = "") -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason, "message": message}


def test_a_deployment_is_ready_when_all_pods_are_updated_and_available() -> None:
    assert deployment() == Ready()


def test_a_deployment_without_replicas_wants_one() -> None:
    assert judged("apps/v1", "Deployment", {}, {"observedGeneration": 2}) == Waiting(
        "waiting for 1 of 1 pods to be updated"
    )


def test_a_deployment_scaled_to_zero_is_ready() -> None:
    assert judged("apps/v1", "Deployment", {"replicas": 0}, {"observedGeneration": 2}) == Ready()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"observedGeneration": 1}, "waiting for the controller to see the change"),
        ({"updatedReplicas": 1}, "waiting for 2 of 3 pods to be updated"),
        ({"replicas": 4}, "waiting for 1 old pods to end"),
        ({"availableReplicas": 1}, "waiting for 2 of 3 pods"),
    ],
)
def test_a_deployment_says_what_it_waits_for(status: dict[str, Any], message: str) -> None:
    assert deployment(**status) == Waiting(message)


def test_a_deployment_past_its_deadline_has_failed() -> None:
    late = condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing.")
    assert deployment(availableReplicas=0, conditions=[late]) == Failed(
        "ProgressDeadlineExceeded: has timed out progressing."
    )


def test_a_pod_that_pod_security_refuses_fails_at_once() -> None:
    refused = condition(
        "ReplicaFailure", "True", "FailedCreate", 'pods "a" is forbidden: violates PodSecurity "restricted"'
    )
    assert isinstance(deployment(updatedReplicas=0, conditions=[refused]), Failed)


def test_a_pod_that_a_quota_refuses_is_given_some_time() -> None:
    refused = condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota")
    assert deployment(updatedReplicas=0, conditions=[refused]) == Waiting("FailedCreate: exceeded quota", 30)


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, Ready()),
        ({}, {"observedGeneration": 1}, Waiting("waiting for the controller to see the change")),
        ({}, {"readyReplicas": 1}, Waiting("waiting for 1 of 2 pods")),
        ({}, {"updateRevision": "s", "updatedReplicas": 1}, Waiting("waiting for 1 of 2 pods to be updated")),
        ({"updateStrategy": {"type": "OnDelete"}}, {"updateRevision": "s", "updatedReplicas": 0}, Ready()),
        (
            {"updateStrategy": {"rollingUpdate": {"partition": 1}}},
            {"updateRevision": "s", "updatedReplicas": 1},
            Ready(),
        ),
        ({}, {"availableReplicas": 1}, Waiting("waiting for 1 of 2 pods")),
    ],
)
def test_a_stateful_set_is_ready_when_its_pods_are_of_the_new_revision(
    spec: dict[str, Any], status: dict[str, Any], expected: Verdict
) -> None:
    assert stateful_set(spec, **status) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"numberAvailable": 2, "updatedNumberScheduled": 2}, Ready()),
        ({"numberAvailable": 1, "updatedNumberScheduled": 2}, Waiting("waiting for 1 of 2 pods")),
        ({"numberAvailable": 2, "updatedNumberScheduled": 1}, Waiting("waiting for 1 of 2 pods to be updated")),
        ({"numberAvailable": 2, "observedGeneration": 1}, Waiting("waiting for the controller to see the change")),
    ],
)
def test_a_daemon_set_is_ready_when_every_node_has_its_pod(status: dict[str, Any], expected: Verdict) -> None:
    settled = {"observedGeneration": 2, "desiredNumberScheduled": 2}
    assert judged("apps/v1", "DaemonSet", {}, {**settled, **status}) == expected


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {"conditions": [condition("Complete", "True")]}, Ready()),
        (
            {},
            {"conditions": [condition("Failed", "True", "BackoffLimitExceeded", "too often")]},
            Failed("the Job failed: BackoffLimitExceeded: too often"),
        ),
        ({"suspend": True}, {}, Waiting("waiting for the Job to be resumed (spec.suspend)")),
        ({"completions": 3}, {"succeeded": 1}, Waiting("waiting for 2 of 3 completions")),
        (
            {"backoffLimit": 3},
            {"failed": 2},
            Waiting("waiting for 1 of 1 completions, 2 pods failed (backoffLimit 3)"),
        ),
    ],
)
def test_a_job_is_ready_when_it_has_completed(spec: dict[str, Any], status: dict[str, Any], expected: Verdict) -> None:
    assert judged("batch/v1", "Job", spec, status) == expected


@pytest.mark.parametrize(
    ("phase", "mode", "expected"),
    [
        ("Bound", "", Ready()),
        ("Pending", "WaitForFirstConsumer", Ready()),
        ("Pending", "Immediate", Waiting("waiting for a volume of class fast")),
        ("Lost", "", Failed("the claim lost its volume")),
    ],
)
def test_a_claim_is_ready_when_bound_or_when_its_class_waits_for_a_pod(
    phase: str, mode: str, expected: Verdict
) -> None:
    around = Surroundings(binding_mode=mode)
    spec = {"storageClassName": "fast"}
    assert judged("v1", "PersistentVolumeClaim", spec, {"phase": phase}, around) == expected


READY_SLICE = {"endpoints": [{"conditions": {"ready": False}}, {"conditions": {"ready": True}}]}
UNREADY_SLICE = {"endpoints": [{"conditions": {"ready": False}}]}


@pytest.mark.parametrize(
    ("spec", "slices", "expected"),
    [
        ({"selector": {"a": "b"}}, [READY_SLICE], Ready()),
        ({"selector": {"a": "b"}}, [{"endpoints": [{}]}], Ready()),
        ({"selector": {"a": "b"}}, [UNREADY_SLICE], Waiting("waiting for a ready pod behind the Service")),
        ({"selector": {"a": "b"}}, [{"endpoints": None}], Waiting("waiting for a ready pod behind the Service")),
        ({"selector": {"a": "b"}, "clusterIP": "None"}, [], Ready()),
        ({"selector": {"a": "b"}, "type": "ExternalName"}, [], Ready()),
        ({}, [], Ready()),
        ({"type": "LoadBalancer"}, [], Waiting("waiting for an address of the load balancer")),
    ],
)
def test_a_service_is_ready_with_a_pod_behind_it(spec: dict[str, Any], slices: list[Any], expected: Verdict) -> None:
    assert judged("v1", "Service", spec, {}, Surroundings(slices=slices)) == expected


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}


@pytest.mark.parametrize(
    ("api_version", "kind", "status", "ready"),
    [
        ("v1", "Service", ADDRESS, True),
        ("networking.k8s.io/v1", "Ingress", ADDRESS, True),
        ("networking.k8s.io/v1", "Ingress", {}, False),
        ("v1", "Namespace", {"phase": "Active"}, True),
        ("v1", "Namespace", {"phase": "Terminating"}, False),
        ("v1", "PersistentVolume", {"phase": "Available"}, True),
        ("v1", "PersistentVolume", {"phase": "Pending"}, False),
        ("v1", "Pod", {"phase": "Running", "conditions": [condition("Ready", "True")]}, True),
        ("v1", "Pod", {"phase": "Running", "conditions": [condition("Ready", "False")]}, False),
        ("v1", "Pod", {"phase": "Succeeded"}, True),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            {"conditions": [condition("Established", "True")]},
            True,
        ),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, False),
        ("cert-manager.io/v1", "Certificate", {}, True),
        ("v1", "ConfigMap", {}, True),
    ],
)
def test_each_other_kind_is_ready_by_its_own_rule(
    api_version: str, kind: str, status: dict[str, Any], ready: bool
) -> None:
    spec = {"type": "LoadBalancer"} if kind == "Service" else {}
    assert isinstance(judged(api_version, kind, spec, status), Ready if ready else Waiting)


def test_a_failed_pod_and_a_definition_with_a_taken_name_have_failed() -> None:
    taken = {"conditions": [condition("NamesAccepted", "False", "", "foos is taken")]}
    assert isinstance(judged("v1", "Pod", {}, {"phase": "Failed"}), Failed)
    assert judged("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, taken) == Failed(
        "the names are refused: foos is taken"
    )


def test_custom_resources_are_not_awaited_by_themselves() -> None:
    assert not is_awaited(Type("argoproj.io", "v1alpha1", "Rollout"))
    assert is_awaited(Type("apps", "v1", "Deployment"))


def test_claims_and_pods_are_given_five_minutes_and_workloads_ten() -> None:
    assert default_timeout(Type("", "v1", "PersistentVolumeClaim")) == 300
    assert default_timeout(Type("apps", "v1", "Deployment")) == 600
