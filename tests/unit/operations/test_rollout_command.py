"""The commands `naru rollout …`: what each does under each strategy, what they refuse, and how they end."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations import api_server
from operations.__main__ import main
from operations.api_server import UnreachableError
from operations.exits import Exit, Stop
from operations.rollout import released, telling, watching
from settings.environment import Cluster as ClusterSettings
from tests.unit.operations.rollout_builders import (
    BLUE_GREEN,
    CANARY,
    CANARY_DEPLOYMENT,
    COLORS,
    CREATED,
    DEPLOYMENTS,
    PODS_PATH,
    ROLLOUTS,
    RUNS,
    SERVICES,
    SETS,
    Cluster,
    Object,
    a_deployment,
    a_replica_set,
    a_rollout,
    obeys,
    with_deployment,
    with_rollout,
    write_strategy,
)

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
Started = Callable[..., Path]

PAUSED: Object = {
    "phase": "Paused",
    "controllerPause": True,
    "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": CREATED}],
    "currentStepIndex": 1,
}
TWO_CLUSTERS = """\
      main: {context: nowhere, region: here, kubeconfig: kubeconfig, primary: true}
      other: {context: elsewhere, region: there, kubeconfig: kubeconfig}
"""


class Applied:
    """What `update_service` was asked for, and how it ends."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.code = Exit.OK
        self.stop: Stop | None = None

    def __call__(self, _root: Path, *words: str) -> "Applied":
        self.calls.append(words)
        if self.stop is not None:
            raise self.stop
        return self


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    found.reacts = obeys
    monkeypatch.setattr(api_server, "connect", lambda *_: found)
    monkeypatch.setattr(telling, "PATIENCE", 0.0)
    turns = iter(range(100))
    monkeypatch.setattr(watching, "pause", lambda _: next(turns))
    return found


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> Applied:
    found = Applied()
    monkeypatch.setattr(released, "update_service", found)
    return found


@pytest.fixture
def started(project: Project) -> Started:
    """Return a function that writes the project with a strategy of its service."""

    def write(strategy: str = "", release: str = "", *, tier: str = "staging", delivery: str = "direct") -> Path:
        root = project(tier, delivery)
        write_strategy(root, strategy, release)
        return root

    return write


def run(*words: str) -> int:
    return main(["rollout", words[0], "--stack", "test", "shop/web", *words[1:]])


def release_of(root: Path) -> Any:
    return yaml.safe_load((root / "releases" / "test.yaml").read_text(encoding="utf-8"))["shop"]["web"]


def a_canary(cluster: Cluster, **status: Any) -> Cluster:
    return with_rollout(
        cluster, a_rollout(**status), a_replica_set("1", 1, replicas=4), a_replica_set("2", 2, replicas=1)
    )


def a_rolling(cluster: Cluster, deployment: Object, *, healthy: str = "") -> Cluster:
    return with_deployment(
        cluster,
        deployment,
        a_replica_set("1", 1, kind="Deployment", replicas=2, healthy=healthy, config_map="web-env-aaa"),
        a_replica_set("2", 2, kind="Deployment", replicas=1, ready=0, config_map="web-env-bbb"),
    )


def two_deployments(cluster: Cluster, first: str, second: str, *, ready: int = 3, older: str = "") -> Cluster:
    for name, tag, created in ((first, "1", CREATED), (second, "2", older or "2026-01-03T00:00:00Z")):
        count = 3 if name == first else ready
        healthy = "2026-01-04T00:00:00Z"
        replica_set = a_replica_set(
            tag, 1, kind="Deployment", owner=name, replicas=3, ready=count, created=created, healthy=healthy
        )
        with_deployment(cluster, a_deployment(name, available=count), replica_set)
    return cluster


def test_status_tells_phase_step_share_and_what_can_be_done(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    cluster.objects[f"{SERVICES}/web"] = {"metadata": {"name": "web"}, "spec": {"selector": {"a": "b"}}}
    assert run("status") == Exit.OK
    shown = capsys.readouterr().out
    assert "‖ shop/web on main: paused, step 2 of 6 (pause: 5m), 20 % = 1 of 5 pods" in shown
    assert "strategy   canary: 1 → 2" in shown
    assert "1/1 ready    canary   example.com/web:2  (revision 2)" in shown
    assert "web → all pods" in shown
    assert "`naru rollout promote shop/web --stack test` goes on now" in shown


def test_status_as_json_has_the_same(started: Started, cluster: Cluster, capsys: Capture) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    assert run("status", "--json") == Exit.OK
    (found,) = json.loads(capsys.readouterr().out)["clusters"]
    assert (found["phase"], found["step"], found["steps"], found["waits_for_somebody"]) == ("paused", 2, 6, False)
    assert found["weight"] == {"asked": 20, "actual": 20, "pods": 1, "of": 5, "routed": False}


def test_status_shows_the_analysis_that_the_rollout_names(started: Started, cluster: Cluster, capsys: Capture) -> None:
    started(CANARY)
    a_canary(cluster, canary={"currentBackgroundAnalysisRunStatus": {"name": "web-2", "status": "Running"}})
    result = {"name": "latency", "phase": "Running", "count": 1, "measurements": [{"phase": "Failed", "value": "[3]"}]}
    cluster.objects[f"{RUNS}/web-2"] = {
        "metadata": {"name": "web-2"},
        "spec": {"metrics": [{"name": "latency", "successCondition": "result[0] <= 2"}]},
        "status": {"metricResults": [result]},
    }
    assert run("status") == Exit.OK
    assert "analysis   latency (background): 3 (limit <= 2); 0 failed, 0 inconclusive of 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "code"),
    [({"phase": "Degraded", "abort": True}, Exit.FAILED), ({"phase": "Progressing"}, Exit.OK)],
)
def test_status_fails_only_where_the_version_did(
    status: Object, code: Exit, started: Started, cluster: Cluster
) -> None:
    started(CANARY)
    a_canary(cluster, **status)
    assert run("status") == code


def test_status_says_why_pods_are_not_ready(started: Started, cluster: Cluster, capsys: Capture) -> None:
    started()
    a_rolling(cluster, a_deployment(updated=1))
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}, "name": "web"}
    labels = a_deployment()["spec"]["selector"]["matchLabels"]
    cluster.objects[f"{PODS_PATH}/web-x"] = {
        "metadata": {"name": "web-x", "namespace": "shop", "labels": labels},
        "spec": {"containers": []},
        "status": {"phase": "Pending", "containerStatuses": [waiting]},
    }
    assert run("status") == Exit.OK
    assert "1 of 3 pods are of the new version; web-x: ImagePullBackOff: no such tag" in capsys.readouterr().out


def test_status_marks_what_is_healthy(started: Started, cluster: Cluster) -> None:
    started()
    with_deployment(cluster, a_deployment(), a_replica_set("2", 2, kind="Deployment", replicas=3))
    assert run("status") == Exit.OK
    assert [path for path, _ in cluster.changes] == [f"{SETS}/web-h2"]


def test_who_may_only_look_sees_the_status_all_the_same(started: Started, cluster: Cluster) -> None:
    started()
    with_deployment(cluster, a_deployment(), a_replica_set("2", 2, kind="Deployment", replicas=3))
    cluster.refuses = {SETS: 403}
    assert run("status") == Exit.OK


def test_guard_that_called_a_canary_off_is_quoted(started: Started, cluster: Cluster, capsys: Capture) -> None:
    started(CANARY_DEPLOYMENT, '{tag: "1", canary: {tag: "2"}}')
    two_deployments(cluster, "web", "web-canary")
    cluster.objects[f"{DEPLOYMENTS}/web-canary"]["spec"]["replicas"] = 0
    labels = {"app.kubernetes.io/name": "web-canary", "app.kubernetes.io/component": "web"}
    for name, created, message in (("old", "2026-01-01T00:00:00Z", "old news"), ("new", CREATED, "too many errors")):
        cluster.objects[f"{RUNS}/{name}"] = {
            "metadata": {"name": name, "labels": labels, "creationTimestamp": created},
            "spec": {},
            "status": {"phase": "Failed", "completedAt": CREATED, "message": message},
        }
    assert run("status") == Exit.FAILED
    shown = capsys.readouterr().out
    assert "it is scaled to 0 pods; its guard called it off: Failed: too many errors" in shown
    assert "old news" not in shown


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [
        ({"phase": "Healthy", "stableRS": "h2"}, Exit.OK, "healthy"),
        ({"phase": "Degraded", "abort": True, "message": "no"}, Exit.FAILED, "degraded"),
        ({**PAUSED, "currentStepIndex": 3}, Exit.OK, "the pause of step 4 ends when it is promoted"),
    ],
)
def test_watch_follows_until_nothing_moves(
    last: Object, code: Exit, said: str, started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    then = iter([{}, {"phase": "Progressing", "pauseConditions": [], "controllerPause": False}, last])
    follow(cluster, then)
    assert run("status", "--watch") == code
    told = capsys.readouterr()
    assert said in told.out + told.err
    assert "step 2 of 6" in told.out
    assert next(then, None) is None


def follow(cluster: Cluster, then: Iterator[Object]) -> None:
    """Have the Rollout change between two looks."""
    get = cluster.get

    def look(path: str, *words: str, **query: str) -> Object:
        if path == f"{ROLLOUTS}/web":
            cluster.objects[path]["status"] |= next(then, {})
        return get(path, *words, **query)

    cluster.get = look  # type: ignore[method-assign]


def test_watch_tells_a_state_once(started: Started, cluster: Cluster, capsys: Capture) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    follow(
        cluster,
        iter([*([{}] * 5), {"phase": "Healthy", "stableRS": "h2", "pauseConditions": [], "controllerPause": False}]),
    )
    assert run("status", "--watch", "--json") == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[state["phase"] for state in states] for states in lines] == [["paused"], ["healthy"]]


def test_watch_outlives_a_server_that_is_silent_for_a_moment(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    a_canary(cluster, phase="Progressing")
    get, looks = cluster.get, iter(range(100))

    def look(path: str, *words: str, **query: str) -> Object:
        if path == f"{ROLLOUTS}/web":
            number = next(looks)
            if number in {1, 2}:
                message = "no answer"
                raise UnreachableError(message)
            if number > 2:
                cluster.objects[path]["status"]["phase"] = "Healthy"
        return get(path, *words, **query)

    cluster.get = look  # type: ignore[method-assign]
    assert run("status", "--watch") == Exit.OK
    assert capsys.readouterr().err.count("no answer; asking again") == 1


def test_cluster_that_does_not_answer_is_told_beside_those_that_do(
    started: Started, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, capsys: Capture
) -> None:
    root = started(CANARY)
    on_two_clusters(root, monkeypatch, cluster)
    a_canary(cluster, phase="Progressing")
    assert run("status") == Exit.FAILED
    told = capsys.readouterr()
    assert "shop/web on main: progressing" in told.out
    assert "warning: other: no answer" in told.err
    assert run("status", "--cluster", "main") == Exit.OK
    cluster.changes.clear()
    assert run("promote") == Exit.REFUSED
    assert cluster.changes == []
    assert run("abort") == Exit.FAILED
    assert cluster.changes == [(f"{ROLLOUTS}/web/status", {"status": {"abort": True}})]


def on_two_clusters(
    root: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, second: Cluster | None = None
) -> None:
    """Give the stack a second cluster, which does not answer unless there is one."""
    stack, catalog = root / "Pulumi.test.yaml", root / "catalog" / "shop.yaml"
    text = stack.read_text(encoding="utf-8")
    one = "      main: {context: nowhere, region: here, kubeconfig: kubeconfig}\n"
    stack.write_text(text.replace(one, TWO_CLUSTERS), encoding="utf-8")
    catalog.write_text(f"clusters: all\n{catalog.read_text(encoding='utf-8')}", encoding="utf-8")

    def connect(settings: ClusterSettings, _: Path) -> Cluster:
        if settings.context == "nowhere":
            return cluster
        if second is None:
            message = "no answer"
            raise UnreachableError(message)
        return second

    monkeypatch.setattr(api_server, "connect", connect)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rollout", "status", "sho/web"], 'sho/web: no such system on test, or not enabled; did you mean "shop"?'),
        (["rollout", "abort", "shop/wob"], 'did you mean "shop/web"?'),
        (["rollout", "history", "shop"], 'shop: no service is named; did you mean "shop/web"?'),
        (["rollout", "promote", "shop/web", "--cluster", "mani"], 'it does not run on "mani"; did you mean "main"?'),
    ],
)
def test_what_does_not_exist_is_one_line(
    words: list[str], said: str, started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    assert main([*words, "--stack", "test"]) == Exit.FAULTS
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert said in told
    assert cluster.changes == []


@pytest.mark.parametrize("command", ["promote", "abort", "retry", "restart"])
def test_what_is_not_deployed_is_refused(command: str, started: Started, cluster: Cluster, capsys: Capture) -> None:
    started(CANARY)
    assert run(command) == Exit.REFUSED
    assert "main/shop/web: it is not deployed yet" in capsys.readouterr().err


def test_status_of_what_is_not_deployed_fails_and_says_what_deploys_it(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    assert cluster.changes == []
    assert run("status") == Exit.FAILED
    assert "`naru up --stack test shop` deploys it" in capsys.readouterr().out


def test_promote_changes_the_status_of_a_rollout_and_nothing_else(started: Started, cluster: Cluster) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    assert run("promote") == Exit.OK
    assert cluster.changes == [(f"{ROLLOUTS}/web/status", {"status": {"pauseConditions": None}})]


def test_old_rollouts_without_a_status_subresource_are_promoted_in_one_change(
    started: Started, cluster: Cluster
) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    cluster.refuses = {f"{ROLLOUTS}/web/status": 404}
    assert run("promote") == Exit.OK
    assert cluster.changes == [(f"{ROLLOUTS}/web", {"spec": {"paused": False}, "status": {"pauseConditions": None}})]


@pytest.mark.parametrize("command", ["abort", "retry"])
def test_where_nothing_is_in_progress_there_is_nothing_to_decide(
    command: str, started: Started, cluster: Cluster
) -> None:
    started(CANARY)
    with_rollout(cluster, a_rollout("2", "2"), a_replica_set("2", 2, replicas=5))
    assert run(command) == Exit.REFUSED
    assert cluster.changes == []


@pytest.mark.parametrize("command", ["promote", "abort", "restart"])
def test_controller_that_takes_no_notice_is_a_failure(
    command: str, started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY)
    a_canary(cluster, **PAUSED)
    cluster.reacts = lambda _: None
    assert run(command) == Exit.FAILED
    assert "main: Argo Rollouts has taken no notice of it" in capsys.readouterr().err


def meanwhile(monkeypatch: pytest.MonkeyPatch, cluster: Cluster, moved: Object) -> None:
    """Have the Rollout's status change while somebody is asked."""

    def agreed(*_: Any, **__: Any) -> bool:
        cluster.objects[f"{ROLLOUTS}/web"]["status"].update(moved)
        return True

    monkeypatch.setattr(telling, "agreed", agreed)


@pytest.mark.parametrize("moved", [{"currentStepIndex": 3}, {"currentPodHash": "3"}, {"abort": True}])
def test_rollout_that_went_on_while_somebody_was_asked_is_not_promoted(
    moved: Object, started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    meanwhile(monkeypatch, cluster, moved)
    started(CANARY)
    a_canary(cluster, **PAUSED)
    assert run("promote") == Exit.FAILED
    assert cluster.changes == []
    assert "has gone on since it was looked at, and nothing was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("moved", "code"),
    [
        ({"currentStepIndex": 4, "pauseConditions": None}, Exit.OK),
        ({"currentPodHash": "h3"}, Exit.FAILED),
        ({"stableRS": "h2"}, Exit.FAILED),
        ({"abort": True}, Exit.FAILED),
    ],
)
def test_promote_in_full_goes_on_from_any_step_of_the_version_that_was_looked_at(
    moved: Object, code: Exit, started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, cluster, moved)
    started(CANARY)
    a_canary(cluster, **PAUSED)
    assert run("promote", "--full") == code
    told = [body for _, body in cluster.changes if "status" in body]
    assert told == ([{"status": {"promoteFull": True}}] if code is Exit.OK else [])


def test_a_pause_that_was_not_there_before_is_no_sign_that_promote_in_full_was_heard(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    later = {
        "currentStepIndex": 3,
        "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-01-02T05:00:00Z"}],
    }

    meanwhile(monkeypatch, cluster, later)
    started(CANARY)
    a_canary(cluster, **PAUSED)
    cluster.reacts = lambda _: None
    assert run("promote", "--full") == Exit.FAILED
    assert "Argo Rollouts has taken no notice of it" in capsys.readouterr().err


def test_promote_on_production_is_confirmed_and_abort_is_not(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(CANARY, tier="production")
    a_canary(cluster, **PAUSED)
    assert run("promote") == Exit.USAGE
    assert cluster.changes == []
    assert "nobody is there to confirm this: give --yes" in capsys.readouterr().err
    assert run("promote", "--yes") == Exit.OK
    assert run("abort") == Exit.OK
    assert [path for path, _ in cluster.changes] == [f"{ROLLOUTS}/web/status"] * 2


@pytest.mark.parametrize("command", ["promote", "abort", "restart"])
def test_dry_run_says_what_would_be_done(
    command: str, started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("DRY_RUN", "true")
    started(CANARY)
    a_canary(cluster, **PAUSED)
    assert run(command) == Exit.OK
    assert cluster.changes == []
    assert "DRY_RUN is set: nothing is changed" in capsys.readouterr().err


def test_promote_is_for_all_clusters_or_none_and_abort_for_those_that_need_it(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    root, second = started(CANARY), Cluster()
    second.reacts = obeys
    on_two_clusters(root, monkeypatch, cluster, second)
    a_canary(cluster, **PAUSED)
    a_canary(second, abort=True, abortedAt=CREATED, phase="Degraded", message="aborted")
    assert run("promote") == Exit.REFUSED
    assert "nothing was changed on any cluster: name one by --cluster" in capsys.readouterr().err
    assert cluster.changes == second.changes == []
    assert run("abort") == Exit.OK
    assert (len(cluster.changes), len(second.changes)) == (1, 0)


def test_abort_is_not_kept_from_one_cluster_by_another_where_nothing_is_in_progress(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, second = started(CANARY), Cluster()
    on_two_clusters(root, monkeypatch, cluster, second)
    a_canary(cluster, **PAUSED)
    with_rollout(second, a_rollout("2", "2"), a_replica_set("2", 2, replicas=5))
    assert run("abort") == Exit.OK
    assert (len(cluster.changes), len(second.changes)) == (1, 0)


def test_abort_reaches_the_other_clusters_when_one_fails(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    root, second = started(CANARY), Cluster()
    second.reacts = obeys
    on_two_clusters(root, monkeypatch, cluster, second)
    a_canary(cluster, **PAUSED)
    a_canary(second, **PAUSED)
    cluster.refuses = {ROLLOUTS: 403}
    assert run("abort") == Exit.FAILED
    assert second.changes == [(f"{ROLLOUTS}/web/status", {"status": {"abort": True}})]
    assert "failed: main: no" in capsys.readouterr().err


def test_abort_reaches_the_other_clusters_when_one_connects_and_then_falls_silent(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    root, second = started(CANARY), Cluster()
    second.silent = True
    on_two_clusters(root, monkeypatch, cluster, second)
    a_canary(cluster, **PAUSED)
    assert run("promote") == Exit.REFUSED
    assert "refused: other: https://here does not answer" in capsys.readouterr().err
    assert run("abort") == Exit.FAILED
    assert cluster.changes == [(f"{ROLLOUTS}/web/status", {"status": {"abort": True}})]
    assert "warning: other: https://here does not answer: timed out; nothing was called off there" in (
        capsys.readouterr().err
    )


def test_retry_takes_an_abort_back(started: Started, cluster: Cluster) -> None:
    started(CANARY)
    a_canary(cluster, abort=True, abortedAt=CREATED, phase="Degraded")
    assert run("retry") == Exit.OK
    assert cluster.changes == [(f"{ROLLOUTS}/web/status", {"status": {"abort": False}})]


def test_retry_of_what_has_no_aborted_versions_says_what_to_do(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started()
    a_rolling(cluster, a_deployment(updated=1))
    assert run("retry") == Exit.REFUSED
    assert "`naru up --stack test shop` tries again" in capsys.readouterr().err


def test_restart_of_a_rollout_says_when_and_of_a_deployment_marks_its_pods(started: Started, cluster: Cluster) -> None:
    root = started(CANARY)
    a_canary(cluster)
    assert run("restart") == Exit.OK
    ((path, body),) = cluster.changes
    assert path == f"{ROLLOUTS}/web"
    assert body["spec"]["restartAt"].endswith("Z")
    catalog = root / "catalog" / "shop.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace(CANARY, COLORS), encoding="utf-8")
    two_deployments(cluster, "web-blue", "web-green")
    cluster.changes.clear()
    del cluster.objects[f"{ROLLOUTS}/web"]
    assert run("restart") == Exit.OK
    assert [path for path, _ in cluster.changes] == [f"{DEPLOYMENTS}/web-blue", f"{DEPLOYMENTS}/web-green"]
    annotations = cluster.changes[0][1]["spec"]["template"]["metadata"]["annotations"]
    assert annotations.keys() == {"kubectl.kubernetes.io/restartedAt"}


def test_rolling_has_nothing_to_promote_unless_it_was_paused_by_hand(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started()
    a_rolling(cluster, a_deployment(updated=1))
    assert run("promote") == Exit.OK
    assert "nothing to promote: `rolling` replaces pods" in capsys.readouterr().err
    assert cluster.changes == []
    cluster.objects[f"{DEPLOYMENTS}/web"]["spec"]["paused"] = True
    assert run("promote") == Exit.OK
    assert cluster.changes == [(f"{DEPLOYMENTS}/web", {"spec": {"paused": False}})]


def test_abort_of_a_rolling_update_gives_it_the_pods_it_had(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started()
    a_rolling(cluster, a_deployment(updated=1))
    assert run("abort") == Exit.OK
    path, body = cluster.changes[0]
    assert path == f"{DEPLOYMENTS}/web"
    (container,) = body["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "example.com/web:1"
    told = capsys.readouterr().err
    assert "main: back to 1 (revision 1), away from 2" in told
    assert "releases/test.yaml still has the version that was called off" in told


@pytest.mark.parametrize("available", [3, 2])
def test_abort_of_what_was_complete_once_is_refused_though_a_node_went_away(
    available: int, started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started()
    done = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    a_rolling(cluster, a_deployment(available=available, conditions=[done]))
    assert run("abort") == Exit.REFUSED
    assert cluster.changes == []
    assert "nothing is in progress" in capsys.readouterr().err


def test_abort_of_a_rolling_update_is_refused_where_argo_cd_would_undo_it(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started(delivery="gitops")
    a_rolling(cluster, a_deployment(updated=1))
    assert run("abort") == Exit.REFUSED
    assert cluster.changes == []
    assert "`naru rollback shop/web --stack test` changes the release" in capsys.readouterr().err


def test_promoted_canary_becomes_the_version_of_the_service(
    started: Started, cluster: Cluster, applied: Applied
) -> None:
    root = started(CANARY_DEPLOYMENT, '{tag: "1", canary: {tag: "2"}}')
    two_deployments(cluster, "web", "web-canary")
    assert run("promote") == Exit.OK
    assert release_of(root) == {"tag": "2"}
    assert applied.calls == [("test", "shop", "web")]


def test_canary_that_is_not_ready_is_not_promoted(
    started: Started, cluster: Cluster, applied: Applied, capsys: Capture
) -> None:
    root = started(CANARY_DEPLOYMENT, '{tag: "1", canary: {tag: "2"}}')
    two_deployments(cluster, "web", "web-canary", ready=2)
    assert run("promote") == Exit.REFUSED
    assert "2 of 3 pods ready" in capsys.readouterr().err
    assert release_of(root) == {"tag": "1", "canary": {"tag": "2"}}
    assert applied.calls == []


def test_aborted_canary_loses_its_pods_first_and_then_leaves_the_release(
    started: Started, cluster: Cluster, applied: Applied
) -> None:
    root = started(CANARY_DEPLOYMENT, '{tag: "1", canary: {tag: "2"}}', tier="production")
    two_deployments(cluster, "web", "web-canary")
    assert run("abort") == Exit.OK
    assert cluster.changes == [(f"{DEPLOYMENTS}/web-canary", {"spec": {"replicas": 0}})]
    assert release_of(root) == {"tag": "1"}
    assert applied.calls == [("test", "shop", "web")]


@pytest.mark.parametrize("command", ["promote", "abort"])
def test_canary_deployment_without_a_canary_has_nothing_to_decide(
    command: str, started: Started, cluster: Cluster, applied: Applied
) -> None:
    started(CANARY_DEPLOYMENT)
    with_deployment(cluster, a_deployment(), a_replica_set("1", 1, kind="Deployment", replicas=3))
    assert run(command) == (Exit.OK if command == "promote" else Exit.REFUSED)
    assert applied.calls == []


def test_idle_color_becomes_live_by_a_promotion(started: Started, cluster: Cluster, applied: Applied) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}')
    two_deployments(cluster, "web-blue", "web-green")
    assert run("promote") == Exit.OK
    assert release_of(root) == {"tag": "1", "colors": {"green": {"tag": "2"}}, "live": "green"}
    assert applied.calls == [("test", "shop", "web")]


def test_color_that_is_not_wholly_ready_does_not_become_live(
    started: Started, cluster: Cluster, applied: Applied, capsys: Capture
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}')
    two_deployments(cluster, "web-blue", "web-green", ready=2)
    assert run("promote") == Exit.REFUSED
    assert "green is not wholly ready: 2 of 3 pods ready" in capsys.readouterr().err
    assert "live" not in release_of(root)
    assert applied.calls == []


def test_abort_makes_that_color_live_again_that_was_live_before(
    started: Started, cluster: Cluster, applied: Applied
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}, live: green}')
    two_deployments(cluster, "web-blue", "web-green")
    assert run("abort") == Exit.OK
    assert release_of(root)["live"] == "blue"
    assert len(applied.calls) == 1


def test_abort_never_sends_traffic_to_a_color_that_waits_for_its_turn(
    started: Started, cluster: Cluster, applied: Applied, capsys: Capture
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}')
    two_deployments(cluster, "web-blue", "web-green")
    assert run("abort") == Exit.REFUSED
    assert "nothing is in progress: blue is live, and green is not what was live before it" in capsys.readouterr().err
    assert "live" not in release_of(root)
    assert applied.calls == []


def test_release_is_as_it_was_where_its_change_is_refused(
    started: Started, cluster: Cluster, applied: Applied, capsys: Capture
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}')
    before = (root / "releases" / "test.yaml").read_bytes()
    two_deployments(cluster, "web-blue", "web-green")
    applied.stop = Stop(Exit.REFUSED, "refused: older than its schema")
    assert run("promote") == Exit.REFUSED
    assert (root / "releases" / "test.yaml").read_bytes() == before
    assert "releases/test.yaml is as it was before" in capsys.readouterr().err


def test_change_of_the_release_is_for_all_clusters(
    started: Started, cluster: Cluster, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}')
    on_two_clusters(root, monkeypatch, cluster, cluster)
    two_deployments(cluster, "web-blue", "web-green")
    assert run("promote", "--cluster", "main") == Exit.REFUSED
    assert applied.calls == []
    assert run("promote") == Exit.OK


def test_where_argo_cd_delivers_the_release_is_changed_and_waits_for_its_commit(
    started: Started, cluster: Cluster, applied: Applied, capsys: Capture
) -> None:
    root = started(COLORS, '{tag: "1", colors: {green: {tag: "2"}}}', delivery="gitops")
    two_deployments(cluster, "web-blue", "web-green")
    assert run("promote") == Exit.OK
    assert release_of(root)["live"] == "green"
    assert "it applies this once it is committed" in capsys.readouterr().err
    assert len(applied.calls) == 1


def test_blue_green_is_promoted_where_argo_cd_delivers_too(started: Started, cluster: Cluster) -> None:
    started(BLUE_GREEN, delivery="gitops")
    waiting = {**PAUSED, "pauseConditions": [{"reason": "BlueGreenPause", "startTime": CREATED}]}
    with_rollout(cluster, a_rollout(blue_green=True, **waiting), a_replica_set("1", 1), a_replica_set("2", 2))
    assert run("promote") == Exit.OK
    assert cluster.changes == [(f"{ROLLOUTS}/web/status", {"status": {"pauseConditions": None}})]


def test_history_is_of_the_clusters_that_answer(
    started: Started, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    root, second = started(), Cluster()
    second.silent = True
    on_two_clusters(root, monkeypatch, cluster, second)
    a_rolling(cluster, a_deployment(updated=1))
    assert run("history") == Exit.FAILED
    told = capsys.readouterr()
    assert "Deployment shop/web on main" in told.out
    assert told.err.splitlines() == ["warning: other: https://here does not answer: timed out"]


def test_history_is_newest_first_with_what_changed_and_what_runs(
    started: Started, cluster: Cluster, capsys: Capture
) -> None:
    started()
    a_rolling(cluster, a_deployment(updated=1), healthy="2026-01-02T04:00:00Z")
    assert run("history") == Exit.OK
    assert capsys.readouterr().out.splitlines() == [
        "Deployment shop/web on main",
        "     2  2026-01-02T03:00:00Z  example.com/web:2  never seen healthy  ← new, 0/1 ready",
        "        web: 1 → 2",
        "        ConfigMap web-env: aaa → bbb",
        "     1  2026-01-02T03:00:00Z  example.com/web:1  healthy 2026-01-02T04:00:00Z  ← stable, 2/2 ready",
    ]
    assert run("history", "--json") == Exit.OK
    (found,) = json.loads(capsys.readouterr().out)["workloads"]
    assert [row["revision"] for row in found["revisions"]] == [2, 1]
