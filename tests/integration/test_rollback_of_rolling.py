"""A bad version of a `rolling` service: it goes back by itself, or by hand, and pods serve all the while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.plane import ControlPlane
from local.session import Session
from tests.e2e.probe import Probe
from tests.integration.on_plane import DEPLOYMENT, Cluster, Ended, OnPlane

MART = """\
description: Mart
namespaces:
  main: { name: mart }
services:
  web:
    image: { repository: mart/web }
    replicas: 2
    ports: { http: { container: 8080 } }
    env: { MODE: fast }
    podAnnotations: { example.com/note: old }
    probes:
      startup: { http: { path: /health }, periodSeconds: 1 }
"""
RELEASE = """\
# Which version runs.
mart:
  web: { tag: 1.0.0 } # by hand
"""
WEB = "mart/web"
RELEASE_FILE = "releases/local.yaml"
IMPATIENT = 8  # seconds without progress, in place of the ten minutes of the manifests


@pytest.fixture(scope="module")
def mart(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    return OnPlane(tmp_path_factory.mktemp("mart"), plane, {"mart": MART}, RELEASE)


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def deployed(mart: OnPlane) -> Ended:
    return mart.naru("up", "--stack", "local").succeeded()


@contextmanager
def _impatience(cluster: Cluster) -> Iterator[None]:
    """Have the cluster give up soon on a version that makes no progress."""
    ended = threading.Event()

    def hurry() -> None:
        looks = 0
        while not ended.wait(0.2):
            # Before the cluster has noted that something new is on its way, a change makes it forget to. On a busy
            # machine it may note other things, and that one never: a while later a change does no harm either way.
            looks += _image(cluster).endswith("-crash")
            if looks > 100 or (looks and _progress(cluster) == "ReplicaSetUpdated"):
                cluster.apply("apps/v1", "Deployment", "mart", "web", spec={"progressDeadlineSeconds": IMPATIENT})
                return

    thread = threading.Thread(target=hurry)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _progress(cluster: Cluster) -> str:
    conditions = cluster.read(DEPLOYMENT, "mart", "web")["status"].get("conditions") or ()
    return next((str(one["reason"]) for one in conditions if one["type"] == "Progressing"), "")


def _template(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.read(DEPLOYMENT, "mart", "web")["spec"]["template"]
    return found


def _image(cluster: Cluster) -> str:
    return str(_template(cluster)["spec"]["containers"][0]["image"])


@pytest.fixture(scope="module")
def before(deployed: Ended, cluster: Cluster) -> dict[str, Any]:
    """The pod template of the first version."""
    assert deployed.code == 0
    return _template(cluster)


@pytest.fixture(scope="module")
def failed(before: dict[str, Any], mart: OnPlane, cluster: Cluster, plane: ControlPlane) -> Ended:
    """The end of an update to a version that crashes, with another configuration and without an annotation."""
    assert before
    mart.change(RELEASE_FILE, "1.0.0", "2.0.0-crash")
    mart.change("catalog/mart.yaml", "MODE: fast", "MODE: slow")
    mart.change("catalog/mart.yaml", "    podAnnotations: { example.com/note: old }\n", "")
    with Session(plane.kubeconfig) as session, Probe(plane.kubeconfig, "mart", "web") as probe:
        with _impatience(Cluster(session)):
            ended = mart.naru("up", "--stack", "local")
        assert probe["web"].least() == 2
    return ended


def test_a_failed_update_leads_back_to_the_template_of_before(
    failed: Ended, before: dict[str, Any], cluster: Cluster
) -> None:
    assert failed.code == 3
    assert "rolled back: mart/web on main: to revision 1, 1.0.0, healthy since" in failed.stderr
    assert "all its pods are ready" in failed.stderr
    assert _template(cluster) == before
    assert cluster.read(DEPLOYMENT, "mart", "web")["status"]["availableReplicas"] == 2


def test_it_says_that_the_release_still_asks_for_what_failed(failed: Ended, mart: OnPlane) -> None:
    assert "releases/local.yaml still says 2.0.0-crash" in failed.stderr
    assert "`naru rollback mart/web --stack local` writes 1.0.0 there" in failed.stderr
    assert "2.0.0-crash" in (mart.root / RELEASE_FILE).read_text(encoding="utf-8")


def test_the_fields_that_went_back_are_pulumis_own(failed: Ended, cluster: Cluster) -> None:
    assert failed.code == 3
    managed = cluster.read(DEPLOYMENT, "mart", "web")["metadata"]["managedFields"]
    of = {entry["manager"]: entry["fieldsV1"] for entry in managed if "f:spec" in entry["fieldsV1"]}
    assert "naru-rollback" not in of
    (owner,) = (fields for name, fields in of.items() if name.startswith("pulumi-kubernetes"))
    assert "f:example.com/note" in owner["f:spec"]["f:template"]["f:metadata"]["f:annotations"]


@pytest.fixture(scope="module")
def left_alone(failed: Ended, mart: OnPlane, cluster: Cluster, plane: ControlPlane) -> Ended:
    assert failed.code == 3
    with Session(plane.kubeconfig) as session, Probe(plane.kubeconfig, "mart", "web") as probe:
        with _impatience(Cluster(session)):
            ended = mart.naru("up", "--stack", "local", "--no-rollback")
        assert probe["web"].least() == 2
    return ended


def test_without_rollback_what_failed_stays_to_be_looked_at(left_alone: Ended, cluster: Cluster) -> None:
    assert left_alone.code == 3
    assert "rolled back" not in left_alone.stderr
    assert _image(cluster).endswith("2.0.0-crash")


def test_what_the_failed_version_does_without_did_not_outlast_it(left_alone: Ended, cluster: Cluster) -> None:
    assert left_alone.code == 3
    assert "example.com/note" not in (_template(cluster)["metadata"].get("annotations") or {})


@pytest.fixture(scope="module")
def gone_back(left_alone: Ended, mart: OnPlane, plane: ControlPlane) -> Ended:
    assert left_alone.code == 3
    with Probe(plane.kubeconfig, "mart", "web") as probe:
        ended = mart.naru("rollback", WEB, "--stack", "local", "--json")
        assert probe["web"].least() == 2
    return ended


def test_a_rollback_by_hand_writes_the_release_and_is_verified(
    gone_back: Ended, mart: OnPlane, cluster: Cluster
) -> None:
    found = gone_back.succeeded().data
    assert (found["from"], found["to"], found["result"]) == ("2.0.0-crash", "1.0.0", "verified")
    assert (mart.root / RELEASE_FILE).read_text(encoding="utf-8") == RELEASE
    assert _image(cluster).endswith("web:1.0.0")
    assert cluster.read(DEPLOYMENT, "mart", "web")["status"]["availableReplicas"] == 2


def test_it_says_openly_that_configuration_does_not_go_back(gone_back: Ended, mart: OnPlane) -> None:
    line = next(
        number
        for number, text in enumerate((mart.root / "catalog/mart.yaml").read_text(encoding="utf-8").splitlines(), 1)
        if "MODE" in text
    )
    assert gone_back.data["configuration"] == [
        {"key": "MODE", "now": "another", "file": "catalog/mart.yaml", "line": line}
    ]
    assert f"MODE is another (catalog/mart.yaml:{line})" in gone_back.stderr
    assert "slow" not in gone_back.text


def test_the_next_update_changes_nothing(gone_back: Ended, mart: OnPlane) -> None:
    assert gone_back.code == 0
    assert mart.naru("up", "--stack", "local", "--json").succeeded().data["changes"] == {}


def test_a_second_rollback_has_nothing_to_do(gone_back: Ended, mart: OnPlane, cluster: Cluster) -> None:
    assert gone_back.code == 0
    before = cluster.read(DEPLOYMENT, "mart", "web")["metadata"]["generation"]
    ended = mart.naru("rollback", WEB, "--stack", "local").succeeded()
    assert "nothing to do: mart/web on local is already at 1.0.0, healthy since" in ended.stderr
    assert cluster.read(DEPLOYMENT, "mart", "web")["metadata"]["generation"] == before


def test_a_version_that_there_is_not_is_refused_before_anything_is_changed(
    gone_back: Ended, mart: OnPlane, cluster: Cluster
) -> None:
    assert gone_back.code == 0
    before = cluster.read(DEPLOYMENT, "mart", "web")["metadata"]["generation"]
    ended = mart.naru("rollback", WEB, "--stack", "local", "--to", "9.9.9")
    assert ended.code == 4
    assert "refused: mart/web: it has no version 9.9.9; it has 1.0.0" in ended.stderr
    assert cluster.read(DEPLOYMENT, "mart", "web")["metadata"]["generation"] == before
