"""The real engine against the real API server, through the command line: one deployment from its first to its last."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.plane import ControlPlane
from local.session import Session
from tests.integration.on_plane import CONFIG_MAP, DEPLOYMENT, NAMESPACE, POD, SECRET, VOLUME, Cluster, OnPlane, until
from tests.projects import MAIL, SHOP

# Each test goes on from where the one before left the deployment: the tests of this file run as a whole.


@pytest.fixture(scope="module")
def shop(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    return OnPlane(tmp_path_factory.mktemp("shop"), plane, {"shop": SHOP, "mail": MAIL})


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


def staying(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the pods of the service `api` that are not about to end."""
    pods = cluster.api.list(POD, "shop", labelSelector="app.kubernetes.io/name=api")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def test_status_of_the_control_plane_is_told(shop: OnPlane, plane: ControlPlane) -> None:
    told = shop.naru("local", "status", "--json").succeeded().data
    assert told["running"] is True
    assert [process["name"] for process in told["processes"]] == [process.name for process in plane.status()]
    assert "kube-apiserver" in shop.naru("local", "status").succeeded().stdout


def test_up_makes_every_object_and_every_workload_ready(shop: OnPlane, cluster: Cluster) -> None:
    done = shop.naru("up", "--stack", "local", "--json").succeeded().data
    assert done["result"] == "succeeded"
    objects = [item for item in shop.checkpoint()["resources"] if item["type"].startswith("kubernetes:")]
    assert done["changes"] == {"create": len(objects)}
    assert {(state["system"], state["ready"]) for state in done["systems"]} == {("shop", True), ("mail", True)}
    pods = {one["name"]: (one["ready"], one["desired"]) for state in done["systems"] for one in state["workloads"]}
    assert pods == {"web": (1, 1), "api": (2, 2), "store": (1, 1), "relay": (1, 1)}
    assert cluster.read(DEPLOYMENT, "shop", "api")["status"]["availableReplicas"] == 2


def test_preview_right_after_shows_no_change(shop: OnPlane) -> None:
    assert shop.naru("preview", "--stack", "local", "--json").succeeded().data["changes"] == {}


def test_second_up_touches_no_workload(shop: OnPlane, cluster: Cluster) -> None:
    before = cluster.versions("shop", "mail")
    done = shop.naru("up", "--stack", "local").succeeded()
    assert "no change" in done.stderr
    assert cluster.versions("shop", "mail") == before


def test_new_image_touches_one_workload(shop: OnPlane, cluster: Cluster) -> None:
    before = cluster.versions("shop", "mail")
    shop.change("releases/local.yaml", "api: { tag: 1.0.0 }", "api: { tag: 1.0.1 }")
    planned = shop.naru("preview", "--stack", "local", "--json").succeeded().data["resources"]
    assert [(change["operation"], change["resource"]) for change in planned] == [
        ("update", "main/shop/api:deployment:api")
    ]
    assert cluster.versions("shop", "mail") == before
    done = shop.naru("up", "--stack", "local", "--json").succeeded().data
    assert done["changes"] == {"update": 1}
    after = cluster.versions("shop", "mail")
    assert {name for name in after if after[name] != before[name]} == {"api"}
    images = {pod["spec"]["containers"][0]["image"] for pod in staying(cluster)}
    assert images == {"harbor.example.com/shop/api:1.0.1"}


def test_changed_variable_makes_a_new_config_map_and_keeps_the_old(shop: OnPlane, cluster: Cluster) -> None:
    before, old = cluster.versions("shop", "mail"), cluster.names(CONFIG_MAP, "shop")
    shop.change("catalog/shop.yaml", "MODE: fast", "MODE: slow")
    done = shop.naru("up", "--stack", "local", "--json").succeeded().data
    assert done["changes"] == {"replace": 1, "update": 1}
    (new,) = cluster.names(CONFIG_MAP, "shop") - old
    assert old < cluster.names(CONFIG_MAP, "shop")
    assert cluster.read(CONFIG_MAP, "shop", new)["data"] == {"MODE": "slow"}
    after = cluster.versions("shop", "mail")
    assert {name for name in after if after[name] != before[name]} == {"api"}
    pods = staying(cluster)
    assert len(pods) == 2
    assert all(new in json.dumps(pod["spec"]) for pod in pods)


def test_handing_over_to_an_autoscaler_keeps_the_pods(shop: OnPlane, cluster: Cluster) -> None:
    before = {pod["metadata"]["uid"] for pod in staying(cluster)}
    shop.change("catalog/shop.yaml", "    replicas: 2\n", "    scaling: { min: 1, max: 5 }\n")
    done = shop.naru("up", "--stack", "local", "--json").succeeded().data
    assert done["changes"]["create"] == 1
    assert cluster.read(DEPLOYMENT, "shop", "api")["spec"]["replicas"] == 2
    assert {pod["metadata"]["uid"] for pod in staying(cluster)} == before


def test_values_of_secrets_are_nowhere_but_in_the_cluster(shop: OnPlane, cluster: Cluster) -> None:
    kept = (shop.private / "secrets" / "local" / "shop.yaml").read_text(encoding="utf-8")
    assert "kind: SealedSecret" in kept
    value = base64.b64decode(cluster.read(SECRET, "shop", "db")["data"]["password"]).decode()
    assert len(value) >= 32
    shop.naru("render", "--stack", "local", "--out", "rendered").succeeded()
    assert "encryptedData" in "".join(file.read_text(encoding="utf-8") for file in shop.root.glob("rendered/**/*.yaml"))
    told = "".join(ended.text for ended in shop.told)
    assert "main/shop" in told
    assert value not in told
    assert shop.holding(value) == []


def test_search_for_values_finds_one_that_is_there(shop: OnPlane) -> None:
    planted = "a-value-that-is-in-the-clear"
    for file in (shop.root / "rendered" / "planted.yaml", shop.temporary / "planted", shop.private / "planted"):
        file.write_bytes(base64.b64encode(planted.encode()) if file.suffix else planted.encode())
        assert shop.holding(planted) == [file.name]
        file.unlink()


def test_destroy_without_a_confirmation_changes_nothing(shop: OnPlane, cluster: Cluster) -> None:
    before = cluster.versions("shop", "mail")
    assert shop.naru("destroy", "--stack", "local").code == 2
    assert cluster.versions("shop", "mail") == before


def test_protected_data_are_not_deleted(shop: OnPlane, cluster: Cluster) -> None:
    shop.change("Pulumi.local.yaml", "protectData: false", "protectData: true")
    assert shop.naru("up", "--stack", "local", "--json").succeeded().data["changes"] == {}
    before = cluster.versions("shop", "mail")
    refused = shop.naru("destroy", "--stack", "local", "--yes")
    assert refused.code == 4
    assert "set policies.protectData to false" in refused.stderr
    assert before
    assert cluster.versions("shop", "mail") == before


def claimed(cluster: Cluster) -> set[str]:
    """Return the namespaces whose claims have volumes."""
    return {volume["spec"]["claimRef"]["namespace"] for volume in cluster.api.list(VOLUME, "")}


def test_destroy_leaves_nothing(shop: OnPlane, cluster: Cluster) -> None:
    shop.change("Pulumi.local.yaml", "protectData: true", "protectData: false")
    shop.naru("up", "--stack", "local").succeeded()
    gone = shop.naru("destroy", "--stack", "local", "--yes", "--json").succeeded().data
    assert gone["result"] == "succeeded"
    assert not cluster.names(NAMESPACE) & {"shop", "mail"}
    # A volume goes with its claim, but after it: nobody waits for that.
    until(lambda: "shop" not in claimed(cluster), "the end of its volumes")
    assert not shop.checkpoint().get("resources")
