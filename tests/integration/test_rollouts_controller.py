"""The real Argo Rollouts controller of the control plane: what it does with pods here, and how the provider waits."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from local import crds, rollouts
from local.plane import ControlPlane
from local.provider.objects import Type
from local.provider.resources import Logs, Refused, Resources
from local.provider.transport import ApiError
from local.session import Session
from local.toolchain import go
from operations.rollout.live import LiveWorkload
from operations.rollout.retention import surplus
from operations.rollout.revision import revisions
from tests.integration.space import PATIENCE, POD, Space, new_space

ROLLOUT: Final = Type("argoproj.io", "v1alpha1", "Rollout")
RUN: Final = Type("argoproj.io", "v1alpha1", "AnalysisRun")
REPLICA_SET: Final = Type("apps", "v1", "ReplicaSet")
SERVICE: Final = Type("", "v1", "Service")
MERGE: Final = "application/merge-patch+json"


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def space(session: Session) -> Iterator[Space]:
    with new_space(session) as made:
        yield made


def rollout(space: Space, tag: str, **fields: Any) -> dict[str, Any]:
    """Return a Rollout of five pods that goes by 20 and 40 percent and waits for somebody at both."""
    labels = {"name": "web"}
    steps = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 40}, {"pause": {}}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": f"app:{tag}"}]}}
    canary = {"maxSurge": 1, "maxUnavailable": 0, "steps": steps}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {
            "name": "web",
            "namespace": space.name,
            "annotations": {"pulumi.com/waitFor": '["condition=Available"]', "pulumi.com/patchForce": "true"},
        },
        "spec": {
            "replicas": 5,
            "selector": {"matchLabels": labels},
            "template": template,
            "strategy": {"canary": canary},
            **fields,
        },
    }


def resources(space: Space) -> Resources:
    return Resources(space.api, "default", threading.Event())


def silent() -> Logs:
    return Logs(warning=lambda _: None, status=lambda _: None)


def create(space: Space, tag: str, **fields: Any) -> dict[str, Any]:
    """Create a Rollout as the provider does, and return it as it is when the provider has done waiting."""
    return resources(space).create(rollout(space, tag, **fields), timeout=PATIENCE, logs=silent())


def update(space: Space, tag: str, **fields: Any) -> dict[str, Any]:
    wanted = rollout(space, tag, **fields)
    return resources(space).update(wanted, f"{space.name}/web", [], timeout=PATIENCE, logs=silent())


def ready(space: Space) -> dict[str, int]:
    """Return how many pods are ready, by the tag of their image."""
    return {
        one["spec"]["template"]["spec"]["containers"][0]["image"].partition(":")[2]: count
        for one in space.api.list(REPLICA_SET, space.name)
        if (count := one.get("status", {}).get("readyReplicas", 0))
    }


def status(space: Space) -> dict[str, Any]:
    found: dict[str, Any] = space.read(ROLLOUT, "web").get("status") or {}
    return found


def paused_at(space: Space, step: int) -> bool:
    found = status(space)
    return found.get("currentStepIndex") == step and bool(found.get("pauseConditions"))


def go_on(space: Space, session: Session) -> None:
    """Let a Rollout go on from its pause, until its controller has taken notice."""
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{space.name}/rollouts/web"
    step = status(space)["currentStepIndex"]
    session.request("PATCH", f"{path}/status", body={"status": {"pauseConditions": None}}, content_type=MERGE)
    until_noticed(space, session, lambda: status(space)["currentStepIndex"] > step)


def until_noticed(space: Space, session: Session, condition: Callable[[], Any]) -> None:
    """Wait for what the controller does, and have it look again meanwhile.

    It writes its own changes back into its cache (`writeBackToInformer`), and so may lose one that comes just then.
    """

    def noticed() -> bool:
        touch = {"metadata": {"annotations": {"test/touched": str(time.monotonic())}}}
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{space.name}/rollouts/web"
        session.request("PATCH", path, body=touch, content_type=MERGE)
        return bool(condition())

    space.until(noticed)


def test_canary_goes_through_its_steps(space: Space, session: Session) -> None:
    create(space, "1")
    assert ready(space) == {"1": 5}
    update(space, "2")
    space.until(lambda: paused_at(space, 1))
    space.until(lambda: ready(space) == {"1": 4, "2": 1})
    go_on(space, session)
    space.until(lambda: paused_at(space, 3))
    space.until(lambda: ready(space) == {"1": 3, "2": 2})
    go_on(space, session)
    space.until(lambda: status(space).get("phase") == "Healthy")
    assert ready(space) == {"2": 5}
    assert status(space)["stableRS"] == status(space)["currentPodHash"]


def test_canary_goes_on_after_its_controller_was_killed(plane: ControlPlane, space: Space, session: Session) -> None:
    create(space, "1")
    update(space, "2")
    space.until(lambda: paused_at(space, 1))
    before = {process.name: process.pid for process in plane.status()}
    os.kill(before[rollouts.NAME] or 0, signal.SIGKILL)
    while {process.name: process.running for process in plane.status()}[rollouts.NAME]:
        time.sleep(0.01)
    plane.up(storage_classes=["openebs-hostpath"])
    after = {process.name: process.pid for process in plane.status()}
    assert {name for name in before if before[name] != after[name]} == {rollouts.NAME}
    go_on(space, session)
    space.until(lambda: paused_at(space, 3))


@pytest.mark.parametrize("fault", ["crash", "unready", "pull"])
def test_version_whose_pods_do_not_start_is_given_up_and_the_old_one_serves_on(space: Space, fault: str) -> None:
    create(space, "1")  # which may take its time
    update(space, f"2-{fault}", progressDeadlineSeconds=8, progressDeadlineAbort=True)
    space.until(lambda: status(space).get("abort"))
    space.until(lambda: status(space).get("phase") == "Degraded")
    space.until(lambda: ready(space) == {"1": 5})
    assert status(space)["stableRS"] != status(space)["currentPodHash"]


def analysis(space: Space, name: str, query: str) -> None:
    prometheus = {"query": query}
    metric = {"name": "answer", "successCondition": "result[0] == 42", "provider": {"prometheus": prometheus}}
    space.apply("argoproj.io/v1alpha1", "AnalysisRun", name, spec={"metrics": [metric]})


@pytest.mark.parametrize(("query", "phase"), [("vector(42)", "Successful"), ("vector(41)", "Failed")])
def test_analysis_that_names_no_prometheus_asks_the_one_of_the_control_plane(
    space: Space, query: str, phase: str
) -> None:
    analysis(space, "ask", query)
    space.until(lambda: space.read(RUN, "ask").get("status", {}).get("phase") == phase)


@pytest.mark.parametrize("room", [True, False])
def test_version_that_outlived_others_is_kept_when_it_is_left_only_where_room_was_made(
    space: Space, session: Session, *, room: bool
) -> None:
    """The reason for `operations/rollout/retention.py`: where the second case fails, it is not needed any more."""
    create(space, "1", revisionHistoryLimit=2)
    for tried in ("2", "3"):
        update(space, tried, revisionHistoryLimit=2)
        until_noticed(space, session, lambda: paused_at(space, 1))
        update(space, "1", revisionHistoryLimit=2)
        until_noticed(space, session, lambda: ready(space) == {"1": 5})
    assert tags(space) == {"1", "2", "3"}
    for one in surplus(live(space), lambda _: False) if room else ():
        space.api.delete(REPLICA_SET, space.name, one.name, propagation="Background")
    update(space, "4", revisionHistoryLimit=2)
    for step in (1, 3):
        until_noticed(space, session, partial(paused_at, space, step))
        go_on(space, session)
    until_noticed(space, session, lambda: ready(space) == {"4": 5})
    until_noticed(space, session, lambda: len(tags(space)) == 3)
    assert tags(space) == ({"4", "3", "1"} if room else {"4", "3", "2"})


def live(space: Space) -> LiveWorkload:
    found, sets = space.read(ROLLOUT, "web"), space.api.list(REPLICA_SET, space.name)
    return LiveWorkload("embedded", space.name, "web", "Rollout", "main", found, revisions(found, "Rollout", sets))


def tags(space: Space) -> set[str]:
    found = (
        one["spec"]["template"]["spec"]["containers"][0]["image"] for one in space.api.list(REPLICA_SET, space.name)
    )
    return {image.partition(":")[2] for image in found}


def test_provider_returns_once_a_new_rollout_is_available(space: Space) -> None:
    made = create(space, "1")
    assert {one["type"]: one["status"] for one in made["status"]["conditions"]}["Available"] == "True"
    assert made["status"]["availableReplicas"] == 5


def test_provider_waits_until_a_deleted_rollout_and_its_pods_are_gone(space: Space) -> None:
    create(space, "1")
    resources(space).delete(ROLLOUT, f"{space.name}/web", rollout(space, "1"), timeout=PATIENCE, logs=silent())
    assert not space.read(ROLLOUT, "web")
    assert space.api.list(REPLICA_SET, space.name) == []
    assert space.api.list(POD, space.name) == []


def service(space: Space) -> dict[str, Any]:
    """Return a Service with a selector of ours, as it was before Rollouts managed it."""
    metadata = {"name": "web", "namespace": space.name, "annotations": {"pulumi.com/skipAwait": "true"}}
    spec = {"selector": {"name": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def selector(space: Space) -> dict[str, str]:
    found: dict[str, str] = space.read(SERVICE, "web")["spec"].get("selector") or {}
    return found


def test_selector_that_rollouts_wrote_stays_where_ours_is_ignored(space: Space) -> None:
    """Not to declare it is not enough while it is ours: to apply without it takes it away, and the pods with it."""
    resources(space).create(service(space), timeout=PATIENCE, logs=silent())
    create(space, "1", strategy={"blueGreen": {"activeService": "web"}})
    space.until(lambda: "rollouts-pod-template-hash" in selector(space))
    before = selector(space)
    changed = service(space)
    changed["metadata"]["labels"] = {"changed": "true"}
    where = f"{space.name}/web"
    with pytest.raises(Refused, match=r"spec\.selector"):
        resources(space).update(changed, where, [], timeout=PATIENCE, logs=silent())
    resources(space).update(changed, where, ["spec.selector"], timeout=PATIENCE, logs=silent())
    assert space.read(SERVICE, "web")["metadata"]["labels"] == {"changed": "true"}
    assert selector(space) == before
    fields = space.read(SERVICE, "web")["metadata"]["managedFields"]
    assert {one["manager"] for one in fields if "f:selector" in one["fieldsV1"].get("f:spec", {})} == {rollouts.NAME}
    del changed["spec"]["selector"]
    resources(space).update(changed, where, [], timeout=PATIENCE, logs=silent())
    assert selector(space) == before


def test_its_rights_are_those_of_its_own_manifests() -> None:
    module = next(module for module in crds.SOURCES if module.endswith("/argo-rollouts"))
    pins = Path(crds.__file__).parent / "toolchain" / "crds"
    [version] = [
        line.split()[1] for line in (pins / "go.mod").read_text("utf-8").splitlines() if f"\t{module} " in line
    ]
    [place] = go.download(pins, [f"{module}@{version}"]).values()
    [role] = yaml.safe_load_all((place / "manifests/role/argo-rollouts-clusterrole.yaml").read_text(encoding="utf-8"))
    [own] = [obj for obj in rollouts.objects() if obj["kind"] == "ClusterRole"]

    def rights(rules: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
        return {
            (group, resource, verb)
            for rule in rules
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }

    assert rights(own["rules"]) == rights(role["rules"])
    assert not any("resourceNames" in rule for rule in role["rules"])


def test_its_certificate_opens_no_more(plane: ControlPlane) -> None:
    with Session(plane.kubeconfig.with_name("rollouts.kubeconfig")) as session:
        session.request("GET", "/apis/argoproj.io/v1alpha1/rollouts", query={"limit": "1"})
        for method, place in (
            ("GET", "/api/v1/nodes"),
            ("DELETE", "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/x"),
            ("DELETE", "/api/v1/namespaces/default/pods/x"),
            ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        ):
            with pytest.raises(ApiError) as refused:
                session.request(method, place)
            assert refused.value.status == 403
            assert rollouts.USER in str(refused.value)
