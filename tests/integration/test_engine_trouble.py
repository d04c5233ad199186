"""What goes wrong while the real engine deploys: it is told with its reason, keeps nothing else back, and is mended."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.plane import ControlPlane
from local.session import Session
from tests.integration.on_plane import DEPLOYMENT, NAMESPACE, Cluster, Ended, OnPlane, until

WARD = """\
description: Ward
namespaces:
  main: { name: ward }
services:
  crashing: { image: { repository: ward/crashing }, ports: { http: { container: 8080 } } }
  lacking: { image: { repository: ward/lacking }, ports: { http: { container: 8080 } } }
  unready: { image: { repository: ward/unready }, ports: { http: { container: 8080 } } }
  keyless:
    image: { repository: ward/keyless }
    ports: { http: { container: 8080 } }
    secretEnv: { PASSWORD: { secret: given, key: password } }
secrets:
  given: { source: existing, keys: { password: {} } }
"""
HALE = """\
description: Hale
namespaces:
  main: { name: hale }
services:
  hale: { image: { repository: hale/hale }, ports: { http: { container: 8080 } } }
"""
LATE = """\
  late:
    image: { repository: hale/late }
    ports: { http: { container: 8080 } }
    secretEnv: { TOKEN: { secret: late, key: token } }
secrets:
  late: { source: existing, keys: { token: {} } }
"""
RELEASE = """\
ward:
  crashing: { tag: 1.0.0-crash }
  lacking: { tag: 1.0.0-pull }
  unready: { tag: 1.0.0-unready }
  keyless: { tag: 1.0.0 }
hale:
  hale: { tag: 1.0.0 }
"""
SICK = {"crashing", "lacking", "unready", "keyless"}
IMPATIENT = 8  # seconds without progress, in place of the ten minutes of the manifests


@pytest.fixture(scope="module")
def ward(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    return OnPlane(tmp_path_factory.mktemp("ward"), plane, {"ward": WARD, "hale": HALE}, RELEASE)


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def failed(ward: OnPlane, plane: ControlPlane) -> Ended:
    """The end of an update in which every service of one of two systems has a fault of its own."""
    with Session(plane.kubeconfig) as session, _impatience(Cluster(session)):
        return ward.naru("up", "--stack", "local", "--json")


@contextmanager
def _impatience(cluster: Cluster) -> Iterator[None]:
    """Give the cluster the Secret that lacks a key, and have it give up on all that is sick once that is all it is.

    A deadline from the start would be over on a busy machine before anything has begun, or has said what it lacks.
    """
    ended = threading.Event()

    def hurry() -> None:
        given = False
        while not ended.wait(0.2):
            if not given and "ward" in cluster.names(NAMESPACE):
                cluster.apply("v1", "Secret", "ward", "given", stringData={"user": "ward"})
                given = True
            begun = cluster.names(DEPLOYMENT, "hale") >= {"hale"} and cluster.names(DEPLOYMENT, "ward") >= SICK
            if begun and all(cluster.says_why("ward", name) for name in SICK):
                for name in SICK:
                    cluster.apply("apps/v1", "Deployment", "ward", name, spec={"progressDeadlineSeconds": IMPATIENT})
                return

    thread = threading.Thread(target=hurry)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crashing", "CrashLoopBackOff"),
        ("lacking", "ImagePullBackOff"),
        ("unready", "Readiness probe failed"),
        ("keyless", "couldn't find key password in Secret ward/given"),
    ],
)
def test_failing_pod_gives_its_reason(failed: Ended, name: str, reason: str) -> None:
    told = {failure["resource"]: failure["reason"] for failure in failed.data["failures"]}
    assert reason in told[f"main/ward/{name}:deployment:{name}"]
    assert any(line.startswith("failed: ") and reason in line for line in failed.stderr.splitlines())


def test_failure_has_its_exit_code_and_names_nothing_else(failed: Ended) -> None:
    assert failed.code == 3
    assert failed.data["result"] == "failed"
    found = {failure["resource"] for failure in failed.data["failures"] if ":deployment:" in failure["resource"]}
    assert found == {f"main/ward/{name}:deployment:{name}" for name in SICK}


def test_failure_in_one_system_lets_what_has_begun_in_the_other_finish(failed: Ended, cluster: Cluster) -> None:
    ready = {state["system"]: state["ready"] for state in failed.data["systems"]}
    assert ready == {"ward": False, "hale": True}
    assert cluster.read(DEPLOYMENT, "hale", "hale")["status"]["availableReplicas"] == 1


def test_killed_update_is_continued_by_the_next(failed: Ended, ward: OnPlane, cluster: Cluster) -> None:
    for fault in ("crash", "pull", "unready"):
        ward.change("releases/local.yaml", f"1.0.0-{fault}", "1.0.0")
    cluster.apply("v1", "Secret", "ward", "given", stringData={"password": "given"})
    # Another service, so that something is being created when the engine dies: it waits for a Secret till then.
    ward.add("catalog/hale.yaml", LATE)
    ward.change("releases/local.yaml", "hale: { tag: 1.0.0 }", "hale: { tag: 1.0.0 }\n  late: { tag: 1.0.0 }")
    with ward.begin("up", "--stack", "local") as process:
        until(lambda: "late" in cluster.names(DEPLOYMENT, "hale"), "the new Deployment")
        until(lambda: ward.checkpoint().get("pending_operations"), "its record in the state")
        os.kill(_engine(process), signal.SIGKILL)
        process.communicate()
    assert process.returncode == 3
    cluster.apply("v1", "Secret", "hale", "late", stringData={"token": "given"})
    continued = ward.naru("up", "--stack", "local", "--json").succeeded()
    assert "its lock is taken away" in continued.stderr
    assert all(state["ready"] for state in continued.data["systems"])
    assert {one["name"] for state in continued.data["systems"] for one in state["workloads"]} == {*SICK, "hale", "late"}
    assert ward.naru("preview", "--stack", "local", "--json").succeeded().data["changes"] == {}


def test_destroy_after_all_that_leaves_nothing(ward: OnPlane, cluster: Cluster) -> None:
    ward.naru("destroy", "--stack", "local", "--yes").succeeded()
    assert not cluster.names(NAMESPACE) & {"ward", "hale"}


def _engine(command: subprocess.Popen[str]) -> int:
    """Return the number of the engine's process, a child of the command."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(command.pid)], capture_output=True, text=True, check=True
    )
    (found,) = (line.split()[0] for line in listed.stdout.splitlines() if line.split()[1] == "pulumi")
    return int(found)
