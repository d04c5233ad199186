"""The policy of the documents beside a real API server: who looks for drift may ask anything and change nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml

from local.plane import ControlPlane
from local.session import Session
from local.toolchain import ensure
from tests.integration.on_plane import CONFIG_MAP, REPOSITORY, Cluster, until

POLICY = REPOSITORY / "docs" / "examples" / "drift-dry-run-only.yaml"
GROUP = "naru:drift"
REFUSED = "whoever is in naru:drift may ask for a dry run only"
RBAC = "rbac.authorization.k8s.io"
PATCH = ("patch", "configmap", "held", "--type", "merge", "--patch", '{"data": {"a": "changed"}}')
DRY_RUN = "--dry-run=server"

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    """A ConfigMap, and a group that RBAC lets do everything to such."""
    with Session(plane.kubeconfig) as session:
        made = Cluster(session)
        made.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dry-run"}})
        made.add({
            "apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "drift"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}],
        })  # fmt: skip
        made.add({
            "apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "drift"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "drift"},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": GROUP}],
        })  # fmt: skip
        made.apply("v1", "ConfigMap", "dry-run", "held", data={"a": "as it was"})
        yield made


@pytest.fixture(scope="module")
def kubectl(plane: ControlPlane, cluster: Cluster) -> Iterator[Kubectl]:
    """kubectl as a user of that group, since the policy holds."""
    command = str(ensure(["kubectl"])["kubectl"])

    def run(*words: str, group: str = GROUP) -> subprocess.CompletedProcess[str]:
        given = ("--kubeconfig", str(plane.kubeconfig), "--namespace", "dry-run", "--as", "kim", "--as-group", group)
        return subprocess.run([command, *given, *words], capture_output=True, text=True, check=False, timeout=60)

    policies = list(yaml.safe_load_all(POLICY.read_text(encoding="utf-8")))
    for policy in policies:
        cluster.add(policy)
    same = '{"data": {"a": "as it was"}}'
    until(lambda: REFUSED in run(*PATCH[:-1], same).stderr, "the policy holds")
    yield run
    run("delete", "--filename", str(POLICY), group="system:masters").check_returncode()


def held(cluster: Cluster) -> str:
    return str(cluster.read(CONFIG_MAP, "dry-run", "held")["data"]["a"])


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((*PATCH, DRY_RUN), id="what a patch would do"),
        pytest.param(("create", "configmap", "new", DRY_RUN), id="what creating would do"),
        pytest.param(("get", "configmap", "held"), id="what is there"),
    ],
)
def test_asking_is_allowed(kubectl: Kubectl, cluster: Cluster, words: tuple[str, ...]) -> None:
    ended = kubectl(*words)
    assert ended.returncode == 0, ended.stderr
    assert held(cluster) == "as it was"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(PATCH, id="patching"),
        pytest.param(("create", "configmap", "new"), id="creating"),
        pytest.param(("delete", "configmap", "held"), id="deleting"),
    ],
)
def test_changing_anything_is_refused(kubectl: Kubectl, cluster: Cluster, words: tuple[str, ...]) -> None:
    ended = kubectl(*words)
    assert ended.returncode == 1
    assert REFUSED in ended.stderr
    assert held(cluster) == "as it was"


def test_others_are_not_held(kubectl: Kubectl, cluster: Cluster) -> None:
    assert kubectl(*PATCH, group="system:masters").returncode == 0
    assert held(cluster) == "changed"
