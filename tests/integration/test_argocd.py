"""The real Argo CD beside the control plane: what it deploys of a repository, and in which order."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from local.argocd import names as argocd
from local.commands import ORDER
from local.plane import ControlPlane, PlaneError
from local.progress import lines
from local.provider.objects import Type
from local.session import Session
from manifests.argocd.pin import PIN_FILE, REVISION, pin
from tests.integration.branch import Branch
from tests.integration.on_plane import CONFIG_MAP, DEPLOYMENT, Cluster
from tests.integration.test_control_plane import listening

APPLICATION: Final = Type("argoproj.io", "v1alpha1", "Application")
JOB: Final = Type("batch", "v1", "Job")
PATIENCE: Final = 180.0  # seconds; a bound for a machine that does other things too, never waited for

SPACE: Final = "shop"
PARENT, FOUNDATION, WORKLOADS = "demo-shop", "demo-main-shop-foundation", "demo-main-shop-workloads"
APPLICATIONS: Final = "main/applications/shop"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with Argo CD, of its own: what others test would be slower beside it."""
    made = ControlPlane(tmp_path_factory.mktemp("argocd"), pod_seconds=(0.5, 1))
    try:
        made.up(progress=lines(), extras=["argocd"])
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


def application(plane: ControlPlane, name: str, path: str, **metadata: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "naru"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": argocd.NAMESPACE, "labels": labels, **metadata},
        "spec": {
            "project": "demo",
            "destination": {"name": "naru-local", "namespace": argocd.NAMESPACE},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true"],
                "retry": {"limit": 2, "refresh": True, "backoff": {"duration": "1s", "factor": 1}},
            },
            "source": {"repoURL": plane.argocd.url, "path": path, "targetRevision": "env/demo"},
        },
    }


def child(plane: ControlPlane, name: str, part: str, wave: int) -> dict[str, Any]:
    annotations = {"argocd.argoproj.io/sync-wave": str(wave)}
    made = application(plane, name, f"main/shop/{part}/1-manifest", annotations=annotations)
    # Its own attempts come to an end before its parent's do.
    made["spec"]["syncPolicy"]["retry"] = {"backoff": {"duration": "1s"}}
    return made


def foundation(**data: str) -> dict[str, Any]:
    def path(kind: str) -> str:
        return f"main/shop/foundation/1-manifest/{kind}.yaml"

    settings = {"name": "settings", "namespace": SPACE}
    return {
        path("namespace"): {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
        path("settings"): {"apiVersion": "v1", "kind": "ConfigMap", "metadata": settings, "data": data},
    }


def store(tag: str) -> dict[str, Any]:
    """Return something of the foundation that has pods, which are ready or not by their tag."""
    # One that is to be ready may take its time: Argo CD gives a commit up while it is Degraded.
    soon = {"progressDeadlineSeconds": 3} if tag.endswith("-unready") else {}
    return {"main/shop/foundation/1-manifest/store.yaml": deployment("store", tag, **soon)}


def deployment(name: str, tag: str, **spec: Any) -> dict[str, Any]:
    labels = {"name": name}
    pod = {"containers": [{"name": "app", "image": f"example.com/{name}:{tag}"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SPACE},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def workloads(tag: str, migration: str = "") -> dict[str, Any]:
    """Return a Deployment and the migration before it, which stays until the next one."""
    hook = {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation"}
    reference = {"configMapKeyRef": {"name": "settings", "key": f"for-{tag}"}}
    image = f"example.com/web:{migration or tag}"
    container = {"name": "migrate", "image": image, "env": [{"name": "KEY", "valueFrom": reference}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": SPACE, "annotations": hook},
        "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }
    folder = "main/shop/workloads/1-manifest"
    return {f"{folder}/web.yaml": deployment("web", tag), f"{folder}/migrate.yaml": job}


def project(plane: ControlPlane, cluster: Cluster, name: str, destination: str) -> None:
    """Make a project that may deploy anything of the repository, to one destination."""
    everything = [{"group": "*", "kind": "*"}]
    cluster.apply(
        "argoproj.io/v1alpha1",
        "AppProject",
        argocd.NAMESPACE,
        name,
        spec={
            "sourceRepos": [plane.argocd.url],
            "destinations": [{"name": destination, "namespace": "*"}],
            "clusterResourceWhitelist": everything,
            "namespaceResourceWhitelist": everything,
        },
    )


@pytest.fixture(scope="module")
def branch(plane: ControlPlane, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch of a stack with one system, which has been deployed once."""
    made = Branch(tmp_path_factory.mktemp("published") / "tree", plane.argocd.repository, "env/demo")
    files = {
        "1-manifest/foundation.yaml": child(plane, FOUNDATION, "foundation", 0),
        "1-manifest/workloads.yaml": child(plane, WORKLOADS, "workloads", 1),
    }
    made.commit(
        {
            f"{APPLICATIONS}/{path}": content
            for path, content in {**files, PIN_FILE: pin(dict.fromkeys(files, ()))}.items()
        }
    )
    project(plane, cluster, "demo", "naru-local")
    settled(cluster, start(plane, cluster, made))
    return made


def start(plane: ControlPlane, cluster: Cluster, branch: Branch) -> str:
    """Publish the system and make its parent, as Pulumi does; return the commit."""
    commit = branch.commit({**foundation(**{"for-1": "a"}), **workloads("1")})
    variables = [{"name": REVISION, "value": "$ARGOCD_APP_REVISION"}]
    parent = application(plane, PARENT, APPLICATIONS)
    parent["spec"]["source"]["directory"] = {"include": PIN_FILE, "jsonnet": {"extVars": variables}}
    cluster.add(parent)
    return commit


def told(cluster: Cluster) -> str:
    """Return what each Application says, for a test that waited in vain."""
    return "\n".join(
        f"{one['metadata']['name']} {one['spec']['source']['targetRevision'][:7]}: {one.get('status', {}).get('sync')} "
        f"{one.get('status', {}).get('health')} {one.get('status', {}).get('operationState', {}).get('message')} "
        f"{one.get('status', {}).get('conditions')}"
        for one in cluster.api.list(APPLICATION, argocd.NAMESPACE)
    )


def until(cluster: Cluster, condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, told(cluster)
        time.sleep(0.2)
    return found


def state(cluster: Cluster, name: str) -> tuple[str, str, str]:
    """Return whether an Application is synced, to which commit, and how healthy it is."""
    status = (cluster.api.read(APPLICATION, argocd.NAMESPACE, name) or {}).get("status") or {}
    sync = status.get("sync") or {}
    return sync.get("status", ""), sync.get("revision", ""), (status.get("health") or {}).get("status", "")


def pinned(cluster: Cluster, name: str) -> str:
    found = cluster.api.read(APPLICATION, argocd.NAMESPACE, name)
    return str(found["spec"]["source"]["targetRevision"]) if found else ""


def failed(cluster: Cluster, name: str, commit: str) -> Any:
    """Return how an Application could not be synced to a commit, nothing while that has not failed."""
    found = cluster.read(APPLICATION, argocd.NAMESPACE, name)["status"].get("operationState") or {}
    return found.get("phase") == "Failed" and found["syncResult"]["revision"] == commit and found["syncResult"]


def settled(cluster: Cluster, commit: str) -> None:
    """Wait until all Applications are where a commit has them."""
    everything = (PARENT, FOUNDATION, WORKLOADS)
    until(cluster, lambda: all(state(cluster, name) == ("Synced", commit, "Healthy") for name in everything))
    assert [pinned(cluster, name) for name in (FOUNDATION, WORKLOADS)] == [commit, commit]


def image(cluster: Cluster) -> str:
    found: str = cluster.read(DEPLOYMENT, SPACE, "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


def test_migration_ran_after_the_foundation_and_before_the_workloads(cluster: Cluster, branch: Branch) -> None:
    job, web = cluster.read(JOB, SPACE, "migrate"), cluster.read(DEPLOYMENT, SPACE, "web")
    settings = cluster.read(CONFIG_MAP, SPACE, "settings")["metadata"]["creationTimestamp"]
    assert settings <= job["metadata"]["creationTimestamp"]
    assert job["status"]["completionTime"] <= web["metadata"]["creationTimestamp"]


def test_key_comes_before_the_migration_of_its_commit_that_needs_it_and_a_revert_goes_back(
    cluster: Cluster, branch: Branch
) -> None:
    before = image(cluster), cluster.read(CONFIG_MAP, SPACE, "settings")["data"]
    settled(cluster, branch.commit({**foundation(**{"for-2": "b"}), **workloads("2")}))
    ended, begun = (
        cluster.read(APPLICATION, argocd.NAMESPACE, name)["status"]["operationState"][field]
        for name, field in ((FOUNDATION, "finishedAt"), (WORKLOADS, "startedAt"))
    )
    assert ended <= begun
    [container] = cluster.read(JOB, SPACE, "migrate")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image(cluster) == "example.com/web:2"

    settled(cluster, branch.revert())
    assert (image(cluster), cluster.read(CONFIG_MAP, SPACE, "settings")["data"]) == before


def test_foundation_that_is_not_healthy_holds_the_workloads_until_a_commit_mends_it(
    cluster: Cluster, branch: Branch
) -> None:
    before = pinned(cluster, WORKLOADS), image(cluster)
    held = branch.commit({**foundation(**{"for-3": "c"}), **store("1-unready"), **workloads("3")})
    until(cluster, lambda: state(cluster, FOUNDATION) == ("Synced", held, "Degraded"))
    # While a parent waits it takes no newer commit: it has to be told that this one will not do.
    until(cluster, lambda: failed(cluster, PARENT, held))
    assert (pinned(cluster, WORKLOADS), image(cluster)) == before
    settled(cluster, branch.commit(store("1")))
    assert image(cluster) == "example.com/web:3"


def test_migration_that_fails_leaves_what_runs_and_a_revert_mends_it(cluster: Cluster, branch: Branch) -> None:
    before = image(cluster), cluster.versions(SPACE)
    broken = branch.commit({**foundation(**{"for-4": "d"}), **workloads("4", migration="4-fail")})
    result = until(cluster, lambda: failed(cluster, WORKLOADS, broken))
    [hook] = [one for one in result["resources"] if one.get("hookPhase")]
    assert (hook["name"], hook["hookPhase"]) == ("migrate", "Failed")
    settled(cluster, branch.revert())
    # Not even synced anew: that what runs is what is published again is seen without it, and no hook runs then.
    assert (image(cluster), cluster.versions(SPACE)) == before


def test_what_is_changed_by_hand_comes_back_and_what_is_no_longer_published_goes(
    cluster: Cluster, branch: Branch
) -> None:
    settled(cluster, branch.commit({**foundation(kept="a"), **store("2")}))
    cluster.apply("v1", "ConfigMap", SPACE, "settings", data={"kept": "by hand"})
    until(cluster, lambda: cluster.read(CONFIG_MAP, SPACE, "settings")["data"]["kept"] == "a")
    commit = branch.commit({}, *store("2"))
    settled(cluster, commit)
    assert "store" not in cluster.names(DEPLOYMENT, SPACE)


def test_cluster_is_deployed_to_by_another_name(plane: ControlPlane, cluster: Cluster, branch: Branch) -> None:
    secret = plane.argocd_cluster("naru-dev")
    cluster.add(secret)
    project(plane, cluster, "other", "naru-dev")
    other = application(plane, "other", "main/other")
    other["spec"]["project"] = "other"
    other["spec"]["destination"] = {"name": "naru-dev", "namespace": "default"}
    metadata = {"name": "elsewhere", "namespace": "default"}
    elsewhere = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    branch.commit({"main/other/elsewhere.yaml": elsewhere, **foundation(again="a")})
    cluster.add(other)
    until(cluster, lambda: "elsewhere" in cluster.names(CONFIG_MAP, "default"))
    # To Argo CD the one name is not the other: it would refuse what a project is not for.
    until(cluster, lambda: cluster.read(CONFIG_MAP, SPACE, "settings")["data"] == {"again": "a"})


def test_nothing_of_it_is_reached_from_elsewhere(plane: ControlPlane) -> None:
    found = {process.name: listening(process.pid) for process in plane.status() if process.pid}
    assert {address for name in argocd.PROCESSES for address, _ in found[name]} == {"0100007F"}
    told = {process.name: process.port for process in plane.status() if process.name in argocd.PROCESSES}
    assert all(port in {one for _, one in found[name]} for name, port in told.items())


def test_repository_is_served_for_reading_only(plane: ControlPlane, branch: Branch, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    subprocess.run(["git", "clone", "--quiet", "--branch=env/demo", plane.argocd.url, str(tree)], check=True)
    refused = subprocess.run(
        ["git", "push", "origin", "HEAD:refs/heads/mine"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert "denied" in refused.stderr or "not exported" in refused.stderr or "service not enabled" in refused.stderr


def test_password_of_the_cache_is_on_no_command_line_and_in_no_environment(plane: ControlPlane) -> None:
    password = (plane.kubeconfig.parent / "argocd" / "redis" / "auth").read_bytes()
    assert len(password) > 30
    for process in plane.status():
        for file in ("cmdline", "environ"):
            assert password not in Path("/proc", str(process.pid), file).read_bytes()


@pytest.mark.parametrize("name", argocd.PROCESSES)
def test_plain_up_heals_what_runs_beside_the_control_plane(plane: ControlPlane, name: str) -> None:
    before = {process.name: process.pid for process in plane.status()}
    assert before.keys() == {*ORDER, *argocd.PROCESSES}
    pid = before[name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while any(process.running for process in plane.status() if process.name == name):
        time.sleep(0.01)
    plane.up()
    after = {process.name: process.pid for process in plane.status()}
    assert {changed for changed in after if after[changed] != before[changed]} == {name}


def test_it_ends_with_the_control_plane_and_what_was_published_stays(
    plane: ControlPlane, cluster: Cluster, branch: Branch
) -> None:
    repository = plane.argocd.repository
    plane.down()
    assert not any(process.running for process in plane.status())
    with pytest.raises(PlaneError, match=r"naru local up --with argocd"):
        _ = plane.argocd
    plane.up()
    assert {process.name for process in plane.status()} == set(ORDER)
    plane.up(extras=["argocd"])
    assert plane.argocd.repository == repository
    until(cluster, lambda: state(cluster, WORKLOADS)[0] == "Synced")
