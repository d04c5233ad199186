"""What the kubelet says of a pod before it starts."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulation.kubelet import ADMITTED, Present, Refusal, admitted, fault, refusal, refused, warnings


def container(name: str = "app", image: str = "example.com/app:1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **fields}


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "app-1", "namespace": "shop"},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def variable(kind: str, name: str, key: str, **reference: Any) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key, **reference}}}]}


def config_error(message: str, name: str = "app") -> Refusal:
    return Refusal("CreateContainerConfigError", message, "Failed", name)


def mount_error(message: str) -> Refusal:
    return Refusal("ContainerCreating", f'MountVolume.SetUp failed for volume "v" : {message}', "FailedMount")


PRESENT = Present(
    secrets={"keys": frozenset({"a"})},
    config_maps={"settings": frozenset({"a"})},
    claims={"bound": True, "unbound": False},
)


def test_pod_that_names_nothing_starts() -> None:
    assert refusal(pod(), Present()) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (variable("secret", "other", "a"), 'secret "other" not found'),
        (variable("secret", "keys", "b"), "couldn't find key b in Secret shop/keys"),
        (variable("configMap", "other", "a"), 'configmap "other" not found'),
        (variable("configMap", "settings", "b"), "couldn't find key b in ConfigMap shop/settings"),
        ({"envFrom": [{"secretRef": {"name": "other"}}]}, 'secret "other" not found'),
        ({"envFrom": [{"configMapRef": {"name": "other"}}]}, 'configmap "other" not found'),
    ],
)
def test_variable_without_a_source_is_a_configuration_error(fields: dict[str, Any], message: str) -> None:
    assert refusal(pod(container(**fields)), PRESENT) == config_error(message)


@pytest.mark.parametrize(
    "fields",
    [
        variable("secret", "keys", "a"),
        variable("configMap", "settings", "a"),
        variable("secret", "other", "a", optional=True),
        variable("secret", "keys", "b", optional=True),
        {"envFrom": [{"secretRef": {"name": "keys"}}, {"configMapRef": {"name": "settings"}}]},
        {"envFrom": [{"secretRef": {"name": "other", "optional": True}}]},
        {
            "env": [
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ]
        },
    ],
)
def test_variable_with_a_source_or_without_need_of_one_starts(fields: dict[str, Any]) -> None:
    assert refusal(pod(container(**fields)), PRESENT) is None


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"secret": {"secretName": "other"}}, 'secret "other" not found'),
        ({"secret": {"secretName": "keys", "items": [{"key": "b"}]}}, "references non-existent secret key: b"),
        ({"configMap": {"name": "other"}}, 'configmap "other" not found'),
        ({"configMap": {"name": "settings", "items": [{"key": "b"}]}}, "references non-existent config key: b"),
        (
            {"projected": {"sources": [{"secret": {"name": "keys"}}, {"secret": {"name": "other"}}]}},
            'secret "other" not found',
        ),
    ],
)
def test_volume_without_a_source_cannot_be_mounted(volume: dict[str, Any], message: str) -> None:
    assert refusal(pod(volumes=[{"name": "v", **volume}]), PRESENT) == mount_error(message)


@pytest.mark.parametrize(
    "volume",
    [
        {"secret": {"secretName": "keys", "items": [{"key": "a"}]}},
        {"secret": {"secretName": "other", "optional": True}},
        {"configMap": {"name": "settings"}},
        {"emptyDir": {}},
        {"persistentVolumeClaim": {"claimName": "bound"}},
        {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "settings"}}]}},
    ],
)
def test_volume_with_a_source_is_mounted(volume: dict[str, Any]) -> None:
    assert refusal(pod(volumes=[{"name": "v", **volume}]), PRESENT) is None


@pytest.mark.parametrize(
    ("claim", "trouble"),
    [
        ("lost", 'failed to fetch PVC from API server: persistentvolumeclaims "lost" not found'),
        ("unbound", "PVC is not bound"),
    ],
)
def test_claim_without_a_volume_is_waited_for(claim: str, trouble: str) -> None:
    why = refusal(pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]), PRESENT)
    assert why is not None
    assert (why.reason, why.event) == ("ContainerCreating", "FailedMount")
    assert why.message.endswith(f"error processing PVC shop/{claim}: {trouble}")


def test_ephemeral_volume_has_a_claim_named_after_its_pod() -> None:
    volumes = [{"name": "v", "ephemeral": {"volumeClaimTemplate": {}}}]
    assert refusal(pod(volumes=volumes), Present(claims={"app-1-v": True})) is None
    assert refusal(pod(volumes=volumes), Present()) is not None


def test_volumes_come_before_containers_and_init_containers_before_the_others() -> None:
    broken = variable("secret", "other", "a")
    whole = pod(container(**broken), initContainers=[container("migrate", **broken)])
    assert refusal(whole, PRESENT) == config_error('secret "other" not found', "migrate")
    whole["spec"]["volumes"] = [{"name": "v", "secret": {"secretName": "other"}}]
    assert refusal(whole, PRESENT) == mount_error('secret "other" not found')


def test_refused_container_shows_reason_and_message_and_the_others_wait() -> None:
    why = config_error('secret "other" not found')
    status = refused(pod(container(), container("sidecar")), why, "now")["status"]
    assert status["phase"] == "Pending"
    [app, sidecar] = [one["state"]["waiting"] for one in status["containerStatuses"]]
    assert app == {"reason": "CreateContainerConfigError", "message": 'secret "other" not found'}
    assert sidecar == {"reason": "ContainerCreating"}
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "ContainersReady": "False",
        "Ready": "False",
    }
    assert "initContainerStatuses" not in status


def test_pod_that_waits_for_a_volume_keeps_all_containers_creating() -> None:
    status = refused(pod(container(), container("sidecar")), mount_error("x"), "now")["status"]
    assert [one["state"]["waiting"] for one in status["containerStatuses"]] == [{"reason": "ContainerCreating"}] * 2


def test_init_container_holds_up_the_others() -> None:
    why = config_error('secret "other" not found', "migrate")
    status = refused(pod(initContainers=[container("migrate")]), why, "now")["status"]
    assert status["initContainerStatuses"][0]["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    assert status["containerStatuses"][0]["state"]["waiting"] == {"reason": "PodInitializing"}


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("example.com/app:2.4.1", "Healthy"),
        ("example.com/app:2.4.1-crash", "Crash"),
        ("example.com/app:unready", "Unready"),
        ("app:pull-1", "Pull"),
        ("example.com:5000/app", "Healthy"),
        ("example.com/crash/unready:1", "Healthy"),
        ("example.com/app:crashpad-3", "Healthy"),
        ("example.com/app:2.4.1-crash@sha256:0a", "Crash"),
        ("example.com/app@sha256:0a", "Healthy"),
        ("example.com/app:2.4.1-fail", "Healthy"),
    ],
)
def test_fault_follows_a_word_of_the_tag(image: str, found: str) -> None:
    assert fault(pod(container(image=image)))[0] == found


def test_job_fails_where_a_long_running_container_would_crash() -> None:
    job = pod(container(image="app:1-fail"), restartPolicy="Never")
    assert fault(job) == ("Fail", ("app",))
    assert fault(pod(container(image="app:1-crash"), restartPolicy="OnFailure")) == ("Healthy", ())


def test_only_the_containers_with_the_tag_have_the_fault() -> None:
    whole = pod(container(), container("worker", "app:1-crash"), container("other", "app:2-crash"))
    assert fault(whole) == ("Crash", ("worker", "other"))
    [condition] = admitted(whole, "now")["status"]["conditions"]
    assert (condition["type"], condition["status"]) == (ADMITTED, "True")
    assert (condition["reason"], condition["message"]) == ("Crash", "worker,other")


@pytest.mark.parametrize(("tag", "reason"), [("crash", "BackOff"), ("unready", "Unhealthy"), ("pull", "Failed")])
def test_fault_comes_with_its_event(tag: str, reason: str) -> None:
    [(said, message)] = warnings(pod(container(image=f"app:{tag}"), container("well")), Present())
    assert said == reason
    assert message


def test_healthy_pod_comes_without_events() -> None:
    assert warnings(pod(imagePullSecrets=[{"name": "keys"}]), PRESENT) == []


def test_missing_pull_secret_is_named_in_an_event() -> None:
    [(reason, message)] = warnings(pod(imagePullSecrets=[{"name": "harbor"}]), PRESENT)
    assert reason == "FailedToRetrieveImagePullSecret"
    assert "(harbor)" in message
