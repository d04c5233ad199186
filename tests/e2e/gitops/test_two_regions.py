"""Two regions on two control planes, one Argo CD for both: what fails in the first never reaches the second.

The tests are chapters of one story: each goes on from where the one before left the two regions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from local.plane import ControlPlane
from local.progress import lines
from local.session import Session
from tests.e2e.delivery import REPLICA_SET
from tests.e2e.gitops.git_project import PATIENCE, GitProject
from tests.e2e.regions import NAMESPACE, impatience, last_ready, made, refusing, settled, tags, versions
from tests.integration.on_plane import NAMESPACE as NAMESPACES
from tests.integration.on_plane import Cluster, until
from tests.projects import COMMON

STACK: Final = "dev"
SEOUL: Final = "naru-regions-seoul"
TOKYO: Final = "naru-regions-tokyo"
RELEASE: Final = f"releases/{STACK}.yaml"
FIRST: Final = "seoul-market-workloads"
SECOND: Final = "tokyo-market-workloads"
PARENT: Final = "market"
CATALOG: Final = "catalog/market.yaml"
REFUSAL: Final = "3.0.0 is not let into this region"
RECONCILED: Final = 25.0
"""Seconds in which Argo CD has looked at everything twice, as the control plane has it look every ten."""

_MARKET: Final = """\
description: Market
clusters: all
namespaces:
  main: { name: market }
services:
  web:
    image: { repository: market/web }
    replicas: 2
    ports: { http: { container: 8080 } }
sync: { automated: true, selfHeal: false, retry: { limit: 0 } }
"""
_CONFIG: Final = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: development
    delivery: gitops
    clusters:
      tokyo: {{ context: {tokyo}, region: ap-northeast-1 }}
      seoul: {{ context: {seoul}, region: ap-northeast-2, primary: true }}
    registries: {{ harbor: harbor.example.com }}
    issuers: {{ self: {{ server: self-signed }} }}
    defaultIssuer: self
    policies: {{ secrets: existing, protectData: false }}
    argocd: {{ repository: "{url}" }}
"""

# Bounds for a machine that does other things too: the first test brings up two control planes and Argo CD.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def far_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The second region's control plane, which has no Argo CD of its own."""
    made = ControlPlane(tmp_path_factory.mktemp("tokyo"), pod_seconds=(0.5, 2))
    try:
        made.up(progress=lines(sys.__stderr__))
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="module")
def tokyo(far_plane: ControlPlane) -> Iterator[Cluster]:
    """The second region."""
    with Session(far_plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def project(
    argocd_plane: ControlPlane,
    argocd_cluster: Cluster,
    far_plane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> GitProject:
    """The market in both regions, published for the first time and deployed."""
    common, _, _ = COMMON.partition("environments:")
    files = {
        "Pulumi.yaml": "name: example\nruntime: python\n",
        f"Pulumi.{STACK}.yaml": _CONFIG.format(seoul=SEOUL, tokyo=TOKYO, url=argocd_plane.argocd.url),
        "catalog/common.yaml": common,
        CATALOG: _MARKET,
        RELEASE: "market:\n  web: { tag: 1.0.0 }\n",
    }
    root = tmp_path_factory.mktemp("market")
    made = GitProject(root, argocd_plane, argocd_cluster, files, (SEOUL,), {TOKYO: far_plane})
    commit = made.publish(STACK)
    made.naru("up", "--stack", STACK, "--yes").succeeded()
    made.arrived(STACK, commit)
    return made


def release(project: GitProject, old: str, new: str) -> str:
    """Publish another version and return the commit on the branch."""
    project.change(RELEASE, f"web: {{ tag: {old} }}", f"web: {{ tag: {new} }}")
    return project.publish(STACK, f"web {new}")


def pinned(project: GitProject) -> dict[str, str]:
    """Return the commit that each Application of the workloads is to be at."""
    found = project.applications(STACK)
    return {name: found[name]["spec"]["source"]["targetRevision"] for name in (FIRST, SECOND)}


def ended(project: GitProject, name: str, commit: str) -> str:
    """Return how the last sync of an Application to a commit ended; nothing before it did, or of another commit."""
    status: dict[str, Any] = project.applications(STACK)[name].get("status") or {}
    operation = status.get("operationState") or {}
    at = (operation.get("syncResult") or {}).get("revision")
    return str(operation.get("phase")) if at == commit and operation.get("finishedAt") else ""


def test_first_region_is_complete_before_anything_of_the_second_is_made(
    project: GitProject, argocd_cluster: Cluster, tokyo: Cluster
) -> None:
    assert tags(argocd_cluster) == tags(tokyo) == {"web": "1.0.0"}
    (begun,) = (
        item["metadata"]["creationTimestamp"]
        for item in tokyo.api.list(NAMESPACES, "")
        if item["metadata"]["name"] == NAMESPACE
    )
    assert last_ready(argocd_cluster) <= begun


def test_release_that_fails_in_the_first_region_never_reaches_the_second(
    project: GitProject, argocd_plane: ControlPlane, argocd_cluster: Cluster, tokyo: Cluster
) -> None:
    before, at = settled(tokyo), pinned(project)
    with impatience(argocd_plane):
        commit = release(project, "1.0.0", "2.0.0-crash")
        until(
            lambda: ended(project, PARENT, commit) == "Failed",
            "the release fails in the first region",
            patience=PATIENCE,
        )
    assert project.applications(STACK)[FIRST]["status"]["health"]["status"] == "Degraded"
    time.sleep(RECONCILED)
    assert pinned(project) == {FIRST: commit, SECOND: at[SECOND]}
    project.arrived(STACK, at[SECOND], SECOND)
    assert versions(tokyo) == before
    assert tags(argocd_cluster) == {"web": "2.0.0-crash"}


def test_mended_release_goes_through_both(project: GitProject, argocd_cluster: Cluster, tokyo: Cluster) -> None:
    commit = release(project, "2.0.0-crash", "2.0.0")
    project.arrived(STACK, commit)
    assert pinned(project) == {FIRST: commit, SECOND: commit}
    assert tags(argocd_cluster) == tags(tokyo) == {"web": "2.0.0"}
    assert last_ready(argocd_cluster, web="2.0.0") <= made(tokyo, REPLICA_SET, "2.0.0")


def held(project: GitProject, commit: str, before: str) -> None:
    """Wait until a release fails in the first region; it goes no further when Argo CD looks again either."""
    until(lambda: ended(project, PARENT, commit) == "Failed", "the release is refused", patience=PATIENCE)
    time.sleep(RECONCILED)
    assert pinned(project) == {FIRST: commit, SECOND: before}


def test_change_that_the_first_region_refuses_never_reaches_the_second(
    project: GitProject, argocd_cluster: Cluster, tokyo: Cluster
) -> None:
    """What is refused is there already: Argo CD asks by a dry run what would change, which is refused as well."""
    before, at = settled(tokyo), pinned(project)[SECOND]
    with refusing(argocd_cluster, "3.0.0"):
        commit = release(project, "2.0.0", "3.0.0")
        held(project, commit, at)
        told = project.naru("sync", "--stack", STACK, "--yes", "market")
        assert (told.code, REFUSAL in told.stderr) == (3, True), told
        assert pinned(project) == {FIRST: commit, SECOND: at}

        project.change(CATALOG, "description: Market", "description: The market")
        commit = project.publish(STACK, "something else")
        held(project, commit, at)
        told = project.naru("sync", "--stack", STACK, "--yes", "market")
        assert (told.code, REFUSAL in told.stderr) == (3, True), told
    assert tags(argocd_cluster) == tags(tokyo) == {"web": "2.0.0"}
    assert versions(tokyo) == before


def test_release_goes_on_when_what_refused_it_is_gone(
    project: GitProject, argocd_cluster: Cluster, tokyo: Cluster
) -> None:
    commit = pinned(project)[FIRST]
    # The parent may still meet the refusal of before in its part, and end with it: `naru sync` is for saying again.
    until(
        lambda: project.naru("sync", "--stack", STACK, "--yes", "market").code == 0,
        "the release goes on",
        patience=PATIENCE,
    )
    project.arrived(STACK, commit, "market")
    assert tags(argocd_cluster) == tags(tokyo) == {"web": "3.0.0"}
    assert last_ready(argocd_cluster, web="3.0.0") <= made(tokyo, REPLICA_SET, "3.0.0")
