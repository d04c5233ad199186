"""`naru drift` beside a real API server: what was changed by hand is told, what others own is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.plane import ControlPlane
from local.session import Session
from operations.drift.run import DRIFTED
from tests.integration.on_plane import DEPLOYMENT, Cluster, OnPlane
from tests.projects import SHOP

SERVICE = (
    SHOP.replace("namespaces:\n  main: { name: shop }", "namespaces:\n  main: { name: drift }")
    .replace("    dependsOn: [store]\n", "    dependsOn: [store]\n    scaling: { min: 2, max: 4, cpu: 70 }\n")
    .replace("    replicas: 2\n", "")
)
RELEASE = "shop:\n  web: { tag: 1.0.0 }\n  api: { tag: 1.0.0 }\n"


@pytest.fixture(scope="module")
def shop(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    """A project that is deployed."""
    made = OnPlane(tmp_path_factory.mktemp("drift"), plane, {"shop": SERVICE}, RELEASE)
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
    labels = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": "shop"}
    port = {"ports": [{"port": 80}], "selector": {"a": "b"}}
    extra = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "old", "namespace": "drift", "labels": labels}}
    cluster.api.apply(
        {**extra, "spec": port}, field_manager="test", force=True, dry_run=False, warn=lambda warning: None
    )
    removed = shop.root / "catalog" / "shop.yaml"
    before = removed.read_text(encoding="utf-8")
    shop.change("catalog/shop.yaml", "    dependsOn: [api]\n", "    dependsOn: [api]\n    env: { NEW: value }\n")
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
