"""The five systems as production has them, brought to an empty cluster by the real Argo CD from a Git repository."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from tests.e2e.gitops.git_project import (
    JOB,
    PATIENCE,
    SECRET_VALUE,
    GitProject,
    real_files,
    sealed_for,
    stack_file,
)
from tests.integration.on_plane import DEPLOYMENT, Cluster, until

STACK: Final = "prod"
CONTEXT: Final = "naru-prod-seoul"
BY_HAND: Final = "services-platform"
SYNCED_BY_ITSELF: Final = ("common", "ams", "immersiverse", "plate")
ALL: Final = (*SYNCED_BY_ITSELF, "korea-public-data", BY_HAND)

INGRESS: Final = Type("networking.k8s.io", "v1", "Ingress")
SERVICE: Final = Type("", "v1", "Service")
RECONCILED: Final = 25.0
"""Seconds in which Argo CD has looked at everything twice, as the control plane has it look every ten."""

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def project(
    argocd_plane: ControlPlane, argocd_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> GitProject:
    """The repository's own catalog, releases and stacks; of production the first region, as there is one cluster."""
    files = real_files()
    clusters = {"seoul": {"context": CONTEXT, "region": "ap-northeast-2", "primary": True}}
    files[f"Pulumi.{STACK}.yaml"] = stack_file(files[f"Pulumi.{STACK}.yaml"], argocd_plane.argocd.url, clusters)
    made = GitProject(tmp_path_factory.mktemp("systems"), argocd_plane, argocd_cluster, files, (CONTEXT,))
    sealed_for(argocd_plane, made, STACK)
    made.commit("secrets of this cluster")
    return made


@pytest.fixture(scope="module")
def published(project: GitProject) -> str:
    """Everything is published, and Pulumi has made the AppProjects and parents; the commit on the branch."""
    commit = project.publish(STACK)
    project.naru("up", "--stack", STACK, "--yes").succeeded()
    return commit


@pytest.fixture(scope="module")
def synced(project: GitProject, published: str) -> str:
    """What waits for somebody was synced by hand."""
    project.arrived(STACK, published, *SYNCED_BY_ITSELF)
    project.naru("sync", "--stack", STACK, "--yes").succeeded()
    return published


def test_systems_that_sync_by_themselves_come_from_nothing_without_a_hand(project: GitProject, published: str) -> None:
    project.arrived(STACK, published, *SYNCED_BY_ITSELF)


def test_system_that_is_synced_by_hand_waits_for_it(project: GitProject, published: str) -> None:
    project.arrived(STACK, published, *SYNCED_BY_ITSELF)
    until(lambda: _compared(project, BY_HAND) == "OutOfSync", "it is compared with its branch")
    applications = project.applications(STACK)
    assert not [name for name in applications if name != BY_HAND and BY_HAND in name], "its parts are not made yet"


def test_all_systems_are_synced_and_healthy_after_a_sync_by_hand(project: GitProject, synced: str) -> None:
    project.arrived(STACK, synced)
    applications = project.applications(STACK)
    assert {name for name in applications if name in ALL} == set(ALL)
    parts = {name for name in applications if name not in ALL}
    assert parts == {
        *(f"seoul-{name}-foundation" for name in ALL),
        *(f"seoul-{name}-workloads" for name in ALL if name != "common"),
    }


def test_migrations_ran_before_the_workloads_of_their_service(
    project: GitProject, synced: str, argocd_cluster: Cluster
) -> None:
    project.arrived(STACK, synced)
    jobs = {job["metadata"]["name"]: job for job in argocd_cluster.api.list(JOB, "services")}
    assert "auth-service-migrate" in jobs
    for name, job in jobs.items():
        service = job["metadata"]["labels"]["app.kubernetes.io/component"]
        deployment = argocd_cluster.read(DEPLOYMENT, "services", service)
        completed, made = job["status"]["completionTime"], deployment["metadata"]["creationTimestamp"]
        assert completed <= made, f"{name} was complete at {completed}, and {service} made at {made}"
    identity = [
        jobs[f"identity-service-migrate-{database}"]["status"] for database in ("identity-db", "auth-db", "legal-db")
    ]
    assert all(before["completionTime"] <= after["startTime"] for before, after in pairwise(identity)), (
        "one database after the other, as their waves have it"
    )


def test_foundation_was_healthy_before_the_workloads_were_synced(project: GitProject, synced: str) -> None:
    project.arrived(STACK, synced)
    applications = project.applications(STACK)
    for system in (name for name in ALL if name != "common"):
        history = [
            applications[f"seoul-{system}-{part}"]["status"]["history"][0]["deployedAt"]
            for part in ("foundation", "workloads")
        ]
        assert history == sorted(history), f"{system}: {history}"


def test_deleted_service_of_plate_comes_back(project: GitProject, synced: str, argocd_cluster: Cluster) -> None:
    project.arrived(STACK, synced)
    before = argocd_cluster.read(SERVICE, "plate-prod", "plate-api")["metadata"]["uid"]
    argocd_cluster.api.delete(SERVICE, "plate-prod", "plate-api", propagation="Background")
    until(
        lambda: (
            (found := argocd_cluster.api.read(SERVICE, "plate-prod", "plate-api"))
            and found["metadata"]["uid"] != before
        ),
        "the Service is made again",
        patience=PATIENCE,
    )
    project.arrived(STACK, synced)


def test_replicas_that_somebody_changed_come_back_where_no_autoscaler_counts(
    project: GitProject, synced: str, argocd_cluster: Cluster
) -> None:
    project.arrived(STACK, synced)
    rendered = argocd_cluster.read(DEPLOYMENT, "plate-prod", "plate-llm")["spec"]["replicas"]
    argocd_cluster.apply("apps/v1", "Deployment", "plate-prod", "plate-llm", spec={"replicas": rendered + 2})
    until(
        lambda: argocd_cluster.read(DEPLOYMENT, "plate-prod", "plate-llm")["spec"]["replicas"] == rendered,
        "the replicas are as rendered again",
        patience=PATIENCE,
    )


def test_ingress_annotation_that_somebody_set_in_production_stays(
    project: GitProject, synced: str, argocd_cluster: Cluster
) -> None:
    project.arrived(STACK, synced)
    key = "nginx.ingress.kubernetes.io/proxy-body-size"
    found = argocd_cluster.read(INGRESS, "plate-prod", "plate-api")["metadata"]["annotations"]
    changed = dict.fromkeys(found, "by-hand") | {key: "64m"}
    argocd_cluster.apply_metadata("networking.k8s.io/v1", "Ingress", "plate-prod", "plate-api", annotations=changed)
    _stays(lambda: argocd_cluster.read(INGRESS, "plate-prod", "plate-api")["metadata"]["annotations"], changed)
    project.arrived(STACK, synced, "plate")


def test_no_secret_is_in_the_branch_or_in_what_argo_cd_says(project: GitProject, synced: str) -> None:
    project.arrived(STACK, synced)
    assert SECRET_VALUE not in str(project.applications(STACK))
    files = project.git("-C", str(project.bare), "grep", "-c", "kind: SealedSecret", f"env/{STACK}")
    assert files, "there are secrets, sealed"
    assert not any(SECRET_VALUE in ended.text for ended in project.told)


def test_drift_is_none_beside_what_is_published(project: GitProject, synced: str) -> None:
    project.arrived(STACK, synced)
    ended = project.naru("drift", "--stack", STACK, "immersiverse", "services-platform", "ams", "--json")
    assert ended.code == 0, ended.text
    assert ended.data["source"].startswith(f"what {synced[:12]}")


def _compared(project: GitProject, name: str) -> str:
    """Return the sync status of an Application; nothing before it was compared with its branch."""
    status = project.applications(STACK)[name].get("status") or {}
    return str((status.get("sync") or {}).get("status") or "")


def _stays(look: Callable[[], Any], wanted: Any) -> None:
    until_seen = time.monotonic() + RECONCILED
    while time.monotonic() < until_seen:
        assert look() == wanted
        time.sleep(1)
