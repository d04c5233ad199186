"""Releases by Git on the real Argo CD: what comes, what goes, what fails, and the way back.

The tests are chapters of one story: each leaves the stack Synced and Healthy for the next.
"""

from __future__ import annotations

import time
from typing import Any, Final

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from tests.e2e.gitops import shop
from tests.e2e.gitops.git_project import APPLICATION, JOB, PATIENCE, SECRET_VALUE, GitProject, sealed_for
from tests.e2e.gitops.shop import CONTEXT, NAMESPACE, STACK
from tests.integration.on_plane import CLAIM, CONFIG_MAP, DEPLOYMENT, SECRET, Cluster, until

REPLICA_SET: Final = Type("apps", "v1", "ReplicaSet")
STATEFUL_SET: Final = Type("apps", "v1", "StatefulSet")
RELEASE: Final = f"releases/{STACK}.yaml"
CATALOG: Final = "catalog/shop.yaml"
WORKLOADS: Final = f"{STACK}-main-shop-workloads"

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def project(
    argocd_plane: ControlPlane, argocd_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> GitProject:
    """The shop, published for the first time and deployed."""
    made = GitProject(
        tmp_path_factory.mktemp("shop"), argocd_plane, argocd_cluster, shop.files(argocd_plane.argocd.url), (CONTEXT,)
    )
    sealed_for(argocd_plane, made, STACK)
    made.commit("secrets of this cluster")
    commit = made.publish(STACK)
    made.naru("up", "--stack", STACK, "--yes").succeeded()
    made.arrived(STACK, commit)
    return made


@pytest.fixture
def settled(project: GitProject) -> GitProject:
    """The shop as the last test left it, at the tip of its branch."""
    project.arrived(STACK, project.git("-C", str(project.bare), "rev-parse", f"env/{STACK}"))
    return project


def image(cluster: Cluster, name: str) -> str:
    """Return the tag of a Deployment's image."""
    found: str = cluster.read(DEPLOYMENT, NAMESPACE, name)["spec"]["template"]["spec"]["containers"][0]["image"]
    return found.rpartition(":")[2]


def ready(cluster: Cluster, name: str) -> dict[str, int]:
    """Return how many pods of a Deployment are ready, by the tag of their image."""
    found: dict[str, int] = {}
    for one in cluster.api.list(REPLICA_SET, NAMESPACE, labelSelector=f"app.kubernetes.io/name={name}"):
        if count := one.get("status", {}).get("readyReplicas", 0):
            tag = one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
            found[tag] = found.get(tag, 0) + count
    return found


def test_service_that_was_taken_out_is_pruned_and_data_that_were_are_not(
    settled: GitProject, argocd_cluster: Cluster
) -> None:
    volume = argocd_cluster.read(CLAIM, NAMESPACE, "archive")["metadata"]["uid"]
    settled.change(
        CATALOG, "  old:\n    image: { repository: shop/old }\n    ports: { http: { container: 8080 } }\n", ""
    )
    settled.change(CATALOG, "claims:\n  archive: { size: 1Gi, storageClass: standard }\n", "")
    settled.change(RELEASE, "  old: { tag: 1.0.0 }\n", "")
    commit = settled.publish(STACK, "the old service goes, and its archive")
    settled.arrived(STACK, commit)
    assert argocd_cluster.api.read(DEPLOYMENT, NAMESPACE, "old") is None
    assert argocd_cluster.read(CLAIM, NAMESPACE, "archive")["metadata"]["uid"] == volume


def test_configuration_of_the_version_before_stays_for_it_to_come_back(
    settled: GitProject, argocd_cluster: Cluster
) -> None:
    before = {name for name in argocd_cluster.names(CONFIG_MAP, NAMESPACE) if name.startswith("api-")}
    settled.change(CATALOG, "env: { MODE: fast }", "env: { MODE: slow }")
    settled.arrived(STACK, settled.publish(STACK, "slower"))
    after = {name for name in argocd_cluster.names(CONFIG_MAP, NAMESPACE) if name.startswith("api-")}
    assert before < after


def test_migration_finds_the_key_that_came_with_it_in_one_commit(
    settled: GitProject, argocd_plane: ControlPlane, argocd_cluster: Cluster
) -> None:
    settled.change(
        CATALOG, "keys: { DATABASE_URL: {}, PASSWORD: {} }", "keys: { DATABASE_URL: {}, PASSWORD: {}, ROLE: {} }"
    )
    settled.change(CATALOG, "      secret: db\n", "      secret: db\n      env: { ROLE_NAME: $(ROLE) }\n")
    settled.change(RELEASE, "api: { tag: 1.0.0 }", "api: { tag: 1.1.0 }")
    sealed_for(argocd_plane, settled, STACK)
    settled.arrived(STACK, settled.publish(STACK, "a role, and the migration that needs it"))
    job = argocd_cluster.read(JOB, NAMESPACE, "api-migrate")
    assert job["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.1.0")
    assert not job["status"].get("failed")
    assert "ROLE" in argocd_cluster.read(SECRET, NAMESPACE, "db")["data"]
    foundation = settled.applications(STACK)["main-shop-foundation"]["status"]["history"][-1]["deployedAt"]
    assert foundation <= job["status"]["startTime"]
    assert job["status"]["completionTime"] <= _rolled(argocd_cluster, "api", "1.1.0")


def test_migration_that_changed_alone_runs(settled: GitProject, argocd_cluster: Cluster) -> None:
    before = argocd_cluster.read(DEPLOYMENT, NAMESPACE, "api")["spec"]["template"]
    settled.change(CATALOG, "directory: /migrations,", "directory: /other-migrations,")
    settled.arrived(STACK, settled.publish(STACK, "another folder of migrations"))
    job = argocd_cluster.read(JOB, NAMESPACE, "api-migrate")
    assert "/other-migrations" in str(job["spec"]["template"]["spec"]["containers"][0]["command"])
    assert argocd_cluster.read(DEPLOYMENT, NAMESPACE, "api")["spec"]["template"] == before, "no pod was replaced"


def test_release_whose_migration_fails_leaves_the_old_pods_says_why_and_is_taken_back_by_git_revert(
    settled: GitProject, argocd_cluster: Cluster
) -> None:
    settled.change(RELEASE, "api: { tag: 1.1.0 }", "api: { tag: 2.0.0-fail }")
    commit = settled.publish(STACK, "a release whose migration fails")
    until(lambda: _phase(argocd_cluster, commit) == "Failed", "the sync fails", patience=PATIENCE)
    assert ready(argocd_cluster, "api") == {"1.1.0": 2}
    assert image(argocd_cluster, "api") == "1.1.0"
    message = str(argocd_cluster.read(APPLICATION, "argocd", WORKLOADS)["status"])
    assert "api-migrate" in message
    told = settled.naru("sync", "--stack", STACK, "--no-wait", "--json")
    assert "Job shop-git/api-migrate" in told.text, "it is told which Job failed"

    back = settled.revert(STACK, commit)
    settled.arrived(STACK, back)
    assert ready(argocd_cluster, "api") == {"1.1.0": 2}

    held = settled.naru("publish", "--stack", STACK, "--yes")
    assert held.code == 4
    assert f"{RELEASE}:" in held.stderr
    settled.change(RELEASE, "api: { tag: 2.0.0-fail }", "api: { tag: 1.1.0 }")
    settled.commit("the release file agrees")
    ended = settled.naru("publish", "--stack", STACK, "--yes", "--json").succeeded()
    assert ended.data["result"] == "unchanged"


def test_rollback_takes_the_service_back_on_the_branch_and_it_stays_back(
    settled: GitProject, argocd_cluster: Cluster
) -> None:
    settled.change(RELEASE, "web: { tag: 1.0.0 }", "web: { tag: 1.1.0 }")
    settled.arrived(STACK, settled.publish(STACK, "a new web"))
    # What waits on main and is not published yet does not come along.
    settled.change(CATALOG, "env: { MODE: slow }", "env: { MODE: slower-still }")
    settled.commit("not published yet")

    ended = settled.naru("rollback", "shop/web", "--stack", STACK, "--yes", "--json").succeeded()

    assert ended.data["result"] == "verified"
    assert ready(argocd_cluster, "web") == {"1.0.0": 2}
    tip = settled.git("-C", str(settled.bare), "rev-parse", f"env/{STACK}")
    changed = settled.git("-C", str(settled.bare), "diff", "--name-only", f"{tip}~1", tip).splitlines()
    assert {name for name in changed if not name.endswith(("release.yaml", "deployment-shop-git-web.yaml"))} == set()
    for _ in range(3):
        settled.naru("sync", "--stack", STACK, "--yes").succeeded()
        assert image(argocd_cluster, "web") == "1.0.0"
    settled.arrived(STACK, tip)

    assert "web: { tag: 1.0.0 }" in (settled.root / RELEASE).read_text(encoding="utf-8")
    settled.git("checkout", "--", RELEASE)
    held = settled.naru("publish", "--stack", STACK, "--yes")
    assert (held.code, "web" in held.stderr) == (4, True), "what was rolled back does not come again by itself"


def test_no_secret_shows_anywhere(settled: GitProject) -> None:
    assert settled.told
    assert not settled.holding(SECRET_VALUE)


def _phase(cluster: Cluster, commit: str) -> str | None:
    status = cluster.read(APPLICATION, "argocd", WORKLOADS).get("status") or {}
    operation: dict[str, Any] = status.get("operationState") or {}
    at = (operation.get("syncResult") or {}).get("revision")
    return operation.get("phase") if at == commit else None


def _rolled(cluster: Cluster, name: str, tag: str) -> str:
    """Return when the first ReplicaSet of a version was made."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for one in cluster.api.list(REPLICA_SET, NAMESPACE, labelSelector=f"app.kubernetes.io/name={name}"):
            if one["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":{tag}"):
                made: str = one["metadata"]["creationTimestamp"]
                return made
        time.sleep(0.5)
    message = f"no ReplicaSet of {name} {tag}"
    raise AssertionError(message)
