"""`naru drift` beside a real API server: what was changed by hand is told, what others own is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.plane import ControlPlane
from local.session import Session
from operations.__main__ import main
from operations.api_server import ApiError
from operations.drift.run import DRIFTED
from operations.exits import Exit
from operations.publishing.publish import publish
from tests.integration.on_plane import DEPLOYMENT, Cluster, OnPlane
from tests.integration.publishing import Project as Published
from tests.integration.publishing import git
from tests.projects import SHOP

SERVICE = (
    SHOP.replace("namespaces:\n  main: { name: shop }", "namespaces:\n  main: { name: drift }")
    .replace("    dependsOn: [store]\n", "    dependsOn: [store]\n    scaling: { min: 2, max: 4, cpu: 70 }\n")
    .replace("    replicas: 2\n", "")
)
RELEASE = "stall:\n  web: { tag: 1.0.0 }\n  api: { tag: 1.0.0 }\n"


@pytest.fixture(scope="module")
def shop(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    """A project that is deployed."""
    made = OnPlane(tmp_path_factory.mktemp("drift"), plane, {"stall": SERVICE}, RELEASE)
    made.naru("up", "--stack", "local", "--yes").succeeded()
    return made


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


def drifted(shop: OnPlane) -> dict[str, dict[str, Any]]:
    """Return what has drifted, by name."""
    ended = shop.naru("drift", "--stack", "local", "--json")
    found = {one["name"]: one for one in ended.data["found"]}
    assert ended.code == (DRIFTED if found else 0), ended.text
    return found


def test_what_was_just_deployed_has_not_drifted_though_controllers_wrote_to_it(shop: OnPlane) -> None:
    assert drifted(shop) == {}


def test_field_changed_by_hand_is_told_with_both_values_and_by_whom(shop: OnPlane, cluster: Cluster) -> None:
    cluster.apply("apps/v1", "Deployment", "drift", "web", spec={"replicas": 3})
    found = drifted(shop)
    assert found.keys() == {"web"}
    (difference,) = found["web"]["differences"]
    assert (difference["path"], difference["live"], difference["rendered"]) == ("spec.replicas", 3, 1)
    assert difference["by"].startswith("test, ")
    assert cluster.read(DEPLOYMENT, "drift", "web")["spec"]["replicas"] == 3, "nothing was put back"
    cluster.apply("apps/v1", "Deployment", "drift", "web", spec={"replicas": 1})
    assert drifted(shop) == {}


def test_pods_that_an_autoscaler_counts_are_its_own(shop: OnPlane, cluster: Cluster) -> None:
    cluster.apply("apps/v1", "Deployment", "drift", "api", spec={"replicas": 4})
    assert drifted(shop) == {}


def test_object_that_is_gone_is_missing_and_one_nobody_renders_is_told(shop: OnPlane, cluster: Cluster) -> None:
    labels = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": "stall"}
    port = {"ports": [{"port": 80}], "selector": {"a": "b"}}
    extra = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "old", "namespace": "drift", "labels": labels}}
    cluster.api.apply(
        {**extra, "spec": port}, field_manager="test", force=True, dry_run=False, warn=lambda warning: None
    )
    removed = shop.root / "catalog" / "stall.yaml"
    before = removed.read_text(encoding="utf-8")
    shop.change("catalog/stall.yaml", "    dependsOn: [api]\n", "    dependsOn: [api]\n    env: { NEW: value }\n")
    try:
        found = drifted(shop)
    finally:
        removed.write_text(before, encoding="utf-8")
    assert found["old"]["state"] == "unexpected"
    assert {one["state"] for one in found.values() if one["kind"] == "ConfigMap"} == {"missing"}
    assert found["web"]["state"] == "drifted"


def test_cluster_that_does_not_answer_is_refused_in_one_line(shop: OnPlane, tmp_path: Path) -> None:
    config = (shop.root / "Pulumi.local.yaml").read_text(encoding="utf-8")
    shop.write("Pulumi.local.yaml", config.replace("context: naru-local", "context: nowhere"))
    try:
        ended = shop.naru("drift", "--stack", "local")
    finally:
        shop.write("Pulumi.local.yaml", config)
    assert ended.code == 4
    assert "has no context nowhere" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_last_object_of_a_kind_and_a_namespace_that_is_rendered_no_more_are_told(
    shop: OnPlane, cluster: Cluster
) -> None:
    def added(kind: str, name: str, namespace: str, of: str, **more: Any) -> None:
        labels = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": of}
        place = {"namespace": namespace} if namespace else {}
        cluster.add({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels, **place}, **more})

    added("ResourceQuota", "last", "drift", "stall", spec={"hard": {"pods": "50"}})
    added("Namespace", "drift-old", "", "stall")
    added("ServiceAccount", "left", "drift-old", "stall")
    added("Namespace", "drift-other", "", "another-project-s")
    added("ServiceAccount", "another-s", "drift-other", "another-project-s")
    found = drifted(shop)
    assert found["last"]["state"] == found["left"]["state"] == "unexpected"
    assert "another-s" not in found


class FakeCluster:
    """Has Applications that are pinned to commits, and nothing else."""

    def __init__(self, *, refuses: str = "", **commits: str) -> None:
        self._refuses = refuses
        self._applications: dict[str, dict[str, Any]] = {
            f"test-main-{system}-workloads": {
                "metadata": {"name": f"test-main-{system}-workloads", "labels": {"app.kubernetes.io/part-of": system}},
                "spec": {"project": f"test-{system}", "source": {"targetRevision": commit}},
            }
            for system, commit in commits.items()
        }
        self._parents: dict[str, dict[str, Any]] = {
            f"test-{system}": {"metadata": {"name": f"test-{system}"}} for system in commits
        }

    def get(self, path: str, accept: str = "", **query: str) -> dict[str, Any]:
        if path in ("/api", "/apis"):
            return {}
        if self._refuses:
            raise ApiError(403, self._refuses)
        found = {**self._applications, **self._parents}.get(path.rpartition("/")[2])
        if found is None:
            raise ApiError(404, "not found")
        return found

    def items(self, path: str, accept: str = "", **query: str) -> list[dict[str, Any]]:
        return list(self._applications.values())


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """A project that is published."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    made = Published(tmp_path)
    monkeypatch.chdir(made.root)
    publish(made.root, "test")
    return made


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Return what `naru drift --json` tells beside a fake of a cluster."""

    def told(cluster: FakeCluster, *words: str) -> dict[str, Any]:
        monkeypatch.setattr("operations.api_server.connect", lambda *_: cluster)
        capsys.readouterr()
        assert main(["drift", "--stack", "test", "--json", *words]) == DRIFTED
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return told


def test_release_that_is_not_synced_yet_is_held_against_what_is(
    published: Published, beside: Callable[..., dict[str, Any]]
) -> None:
    first = published.tip()
    published.catalog("shop", "api")
    published.versions.pop("shop/web")
    published.release()
    published.commit("without web")
    publish(published.root, "test")
    second = published.tip()
    before = beside(FakeCluster(shop=first, desk=second))
    assert before["source"] == f"what was published: {second[:12]} of desk; {first[:12]} of shop"
    assert "web" in {one["name"] for one in before["found"]}
    after = beside(FakeCluster(shop=second, desk=second))
    assert after["source"] == f"what {second[:12]} published"
    assert "web" not in {one["name"] for one in after["found"]}


def test_commit_far_back_on_the_branch_is_found(published: Published, beside: Callable[..., dict[str, Any]]) -> None:
    first = published.tip()
    by_hand = published.branch()
    for number in range(35):
        by_hand("commit", "--quiet", "--allow-empty", "--message", str(number))
    by_hand.push()
    told = beside(FakeCluster(shop=first, desk=first))
    assert told["source"] == f"what {first[:12]} published ({published.tip()[:12]} is newer)"


def test_argo_cd_that_may_not_be_asked_is_told(published: Published, beside: Callable[..., dict[str, Any]]) -> None:
    told = beside(FakeCluster(refuses="applications is forbidden"))
    assert told["source"] == (
        f"what {published.tip()[:12]}, the newest, published: Argo CD cannot be asked: applications is forbidden"
    )


def test_branch_is_read_where_it_is_said_to_be(
    published: Published, beside: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    git(published.root, "remote", "remove", "origin")
    told = beside(FakeCluster(), "--remote", str(published.bare))
    assert told["source"].startswith(f"what {published.tip()[:12]}, the newest, published")
    assert main(["drift", "--stack", "test", "--json"]) == Exit.REFUSED
    assert "no remote origin" in capsys.readouterr().err
    assert main(["drift", "--stack", "test", "--source", "files", "--remote", "origin"]) == Exit.USAGE
    assert capsys.readouterr().err.startswith("--remote says where the branch is")


def test_cluster_that_is_gone_from_the_settings_is_told_and_the_others_are_compared(
    published: Published, beside: Callable[..., dict[str, Any]]
) -> None:
    published.change("Pulumi.test.yaml", "context: nowhere", "context: elsewhere")
    by_hand = published.branch()
    by_hand.rewrite("name: nowhere\n    namespace: shop", "name: elsewhere\n    namespace: shop")
    by_hand("commit", "--quiet", "--all", "--message", "shop moved")
    by_hand.push()
    found = beside(FakeCluster())["found"]
    unknown = [one for one in found if one["state"] == "unknown"]
    assert [(one["kind"], one["name"]) for one in unknown] == [("Cluster", "nowhere")]
    assert "desk is published to it" in unknown[0]["reason"]
    assert {one["system"] for one in found if one["state"] == "missing"} == {"shop"}
