"""A stack that Argo CD deploys: what the real engine applies, and the files it writes, against a real API server."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from components.rendered_files import MARKER
from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from local.toolchain import ensure
from manifests.argocd.names import parent_name, parents_project, project_name
from manifests.argocd.server_settings import CONFIG_MAP as SETTINGS
from manifests.argocd.server_settings import server_settings
from operations.api_server import UnreachableError, connect
from settings.environment import Cluster as Settings
from settings.loading import load
from settings.stack import Stack
from tests.integration.on_plane import CONFIG_MAP, NAMESPACE, SECRET, Cluster, Ended, OnPlane
from tests.projects import MAIL, SHOP

# Each test goes on from where the one before left the deployment: the tests of this file run as a whole.

APPLICATION = Type("argoproj.io", "v1alpha1", "Application")
PROJECT = Type("argoproj.io", "v1alpha1", "AppProject")

STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: local
    delivery: gitops
    clusters:
      main: { context: naru-local, region: seoul, primary: true }
      far: { context: naru-far, region: tokyo, dataDomain: data.example.com }
    domains: { shop: shop.localhost, mail: mail.localhost }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    policies: { secrets: existing, protectData: false }
    argocd: { repository: "https://git.example.com/deployments.git" }
"""
# Nothing of it differs between clusters.
EVERYWHERE = "description: Mail\nclusters: all\n"


@pytest.fixture(scope="module")
def project(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    mail = MAIL.replace("description: Mail\n", EVERYWHERE).replace("    dependsOn: [shop/api]\n", "")
    made = OnPlane(tmp_path_factory.mktemp("gitops"), plane, {"shop": SHOP, "mail": mail})
    made.write("Pulumi.local.yaml", STACK)
    return made


@pytest.fixture(scope="module")
def stack(project: OnPlane) -> Stack:
    return load(project.root, "local").stack


@pytest.fixture(autouse=True)
def users_kubeconfig(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, no_other_cluster: None) -> None:
    """Have the cluster in the user's kubeconfig alone: the stack names no file."""
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(project: OnPlane) -> dict[str, bytes]:
    """Return the files that the update wrote."""
    return files_in(project.root / "rendered" / "local")


def rendered(project: OnPlane) -> dict[str, bytes]:
    """Return the files that `naru render` writes, without an engine."""
    out = project.root / "render"
    project.naru("render", "--stack", "local", "--out", str(out)).succeeded()
    return files_in(out)


def refused(ended: Ended, project: OnPlane) -> list[str]:
    """Return why a command changed nothing."""
    assert ended.code == 4, ended.text
    assert not project.checkpoint().get("resources")
    assert not (project.root / "rendered").exists()
    return [line for line in ended.stderr.splitlines() if line.startswith("refused: ")]


def register(cluster: Cluster, *names: str) -> None:
    """Have Argo CD know clusters."""
    for name in names:
        metadata = {
            "name": f"cluster-{name}",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        }
        data = {"name": base64.b64encode(name.encode()).decode(), "config": base64.b64encode(b"{}").decode()}
        cluster.add({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


@contextmanager
def argo_cd_at_work(plane: ControlPlane) -> Iterator[list[str]]:
    """Let Applications go that are deleted, as Argo CD does once it has deleted what they deployed; yield which."""
    ended = threading.Event()
    gone: list[str] = []

    def run() -> None:
        server = connect(Settings(context="naru-local", region="here", kubeconfig=str(plane.kubeconfig)), Path("/"))
        folder = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
        while not ended.wait(0.2):
            with suppress(UnreachableError):  # the machine may have been busy for longer than it asks
                for one in server.items(folder):
                    name = one["metadata"]["name"]
                    if "deletionTimestamp" in one["metadata"]:
                        gone.extend({name} - {*gone})
                        server.merge(f"{folder}/{name}", {"metadata": {"finalizers": None}})

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield gone
    finally:
        ended.set()
        thread.join()


def pulumi(project: OnPlane, *words: str) -> str:
    """Run plain Pulumi as a user does, in an environment that has KUBECONFIG."""
    environment = ControlPlane(project.root).pulumi_environment()
    config = project.private / "stacks" / "Pulumi.local.yaml"
    command = ["pulumi", *words, "--stack", "local", "--config-file", str(config), "--non-interactive"]
    done = subprocess.run(
        command, cwd=project.root, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_argo_cd_that_is_not_installed_is_refused(project: OnPlane) -> None:
    (line,) = refused(project.naru("up", "--stack", "local"), project)
    assert "refused: main: there is no namespace argocd: install Argo CD there" in line


def test_argo_cd_that_lacks_settings_and_clusters_is_refused_with_a_line_for_each(
    project: OnPlane, cluster: Cluster
) -> None:
    cluster.apply("v1", "Namespace", "", "argocd")
    settings, here, there = refused(project.naru("up", "--stack", "local"), project)
    assert all(key in settings for key in server_settings())
    assert "naru argocd config --stack local | kubectl --context naru-local apply --server-side" in settings
    assert "knows no cluster naru-local (it has none): `argocd cluster add naru-local`" in here
    assert "knows no cluster naru-far" in there


def test_config_that_naru_prints_is_what_was_lacking(project: OnPlane, cluster: Cluster, plane: ControlPlane) -> None:
    cluster.apply("v1", "ConfigMap", "argocd", SETTINGS, data={"url": "https://argocd.example.com"})
    printed = project.naru("argocd", "config", "--stack", "local").succeeded().stdout
    kubectl = str(ensure(["kubectl"])["kubectl"])
    command = [
        kubectl,
        "--kubeconfig",
        str(plane.kubeconfig),
        "apply",
        "--server-side",
        "--field-manager",
        "naru",
        "-f-",
    ]
    subprocess.run(command, input=printed, text=True, capture_output=True, check=True)
    live = cluster.read(CONFIG_MAP, "argocd", SETTINGS)
    assert live["data"] == {"url": "https://argocd.example.com", **server_settings()}
    assert live["metadata"]["labels"]["app.kubernetes.io/part-of"] == "argocd"
    lines = refused(project.naru("preview", "--stack", "local"), project)
    assert [line for line in lines if "argocd-cm" in line] == []


def test_setting_that_differs_is_refused(project: OnPlane, cluster: Cluster) -> None:
    key = next(iter(server_settings()))
    cluster.apply("v1", "ConfigMap", "argocd", SETTINGS, data={key: "another"})
    lines = refused(project.naru("up", "--stack", "local"), project)
    assert [line for line in lines if f"has another {key}" in line] != []
    cluster.apply("v1", "ConfigMap", "argocd", SETTINGS, data=server_settings())


def test_cluster_that_argo_cd_does_not_know_is_refused(project: OnPlane, cluster: Cluster) -> None:
    register(cluster, "naru-local")
    (line,) = refused(project.naru("up", "--stack", "local"), project)
    assert "knows no cluster naru-far (it has naru-local)" in line
    register(cluster, "naru-far")


def test_cluster_that_cannot_be_reached_is_refused(
    project: OnPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "naru-local",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "naru-local", "context": {"cluster": "c", "user": "u"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig), encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    (line,) = refused(project.naru("up", "--stack", "local"), project)
    assert "refused: main: http://127.0.0.1:1 does not answer" in line


def test_preview_writes_nothing(project: OnPlane) -> None:
    told = project.naru("preview", "--stack", "local", "--json").succeeded().data
    assert told["changes"]["create"] > 0
    assert not (project.root / "rendered").exists()


def test_update_applies_what_argo_cd_needs_and_writes_what_naru_render_does(
    project: OnPlane, cluster: Cluster, stack: Stack
) -> None:
    told = project.naru("up", "--stack", "local", "--json").succeeded().data
    assert written(project) == rendered(project)
    projects = {parents_project(stack), *(project_name(stack, system) for system in ("common", "shop", "mail"))}
    parents = {parent_name(stack, system) for system in ("common", "shop", "mail")}
    assert cluster.names(PROJECT, "argocd") == projects
    assert cluster.names(APPLICATION, "argocd") == parents
    assert {one["name"]: one["there"] for one in told["applications"]} == dict.fromkeys(parents, True)
    # Only Argo CD makes the rest.
    assert not cluster.names(NAMESPACE) & {"shop", "mail"}


def test_nothing_that_is_written_is_annotated_for_pulumi(project: OnPlane) -> None:
    assert [path for path, content in written(project).items() if b"pulumi.com/" in content] == []


def test_folder_that_two_clusters_share_is_written_once(project: OnPlane) -> None:
    folders = {path.rpartition("/")[0] for path in written(project)}
    assert "main/mail/workloads/1-manifest" in folders
    assert "main/applications/mail/1-manifest" in folders
    assert "main/argocd/1-manifest" in folders
    assert not {folder for folder in folders if folder.startswith("far/")}
    assert not {one["urn"] for one in objects(project) if "::far/" in one["urn"]}


def objects(project: OnPlane) -> list[dict[str, Any]]:
    return [one for one in project.checkpoint()["resources"] if one["type"].startswith("kubernetes:")]


def test_state_holds_no_path_of_this_machine_for_the_provider_that_applies(
    project: OnPlane, plane: ControlPlane
) -> None:
    providers = [one for one in project.checkpoint()["resources"] if one["type"] == "pulumi:providers:kubernetes"]
    (applying,) = [one["inputs"] for one in providers if "context" in one["inputs"]]
    assert applying["context"] == "naru-local"
    assert str(plane.kubeconfig) not in json.dumps(providers)
    assert all("kubeconfig" not in one["inputs"] for one in providers)


def test_update_from_a_fresh_checkout_writes_everything_and_changes_nothing(project: OnPlane) -> None:
    before = written(project)
    shutil.rmtree(project.root / "rendered")
    ended = project.naru("up", "--stack", "local").succeeded()
    assert "no change" in ended.stderr
    assert written(project) == before


def test_plain_pulumi_writes_everything_from_a_fresh_checkout_too(project: OnPlane) -> None:
    before = written(project)
    shutil.rmtree(project.root / "rendered")
    pulumi(project, "preview", "--expect-no-changes")
    assert not (project.root / "rendered").exists()
    pulumi(project, "up", "--yes", "--skip-preview", "--expect-no-changes")
    assert written(project) == before


def test_files_that_were_changed_by_hand_or_left_by_others_are_put_right(project: OnPlane) -> None:
    before = written(project)
    folder = project.root / "rendered" / "local" / "main" / "shop" / "workloads" / "1-manifest"
    (folder / "apps_v1-deployment-shop-api.yaml").write_bytes(b"by: hand\n")
    shutil.copy(folder / "v1-service-shop-api.yaml", folder / "v1-service-shop-former.yaml")
    pulumi(project, "up", "--yes", "--skip-preview")
    assert written(project) == before


def test_update_of_one_system_leaves_the_others_pending(project: OnPlane, cluster: Cluster) -> None:
    before = written(project)
    project.change("catalog/shop.yaml", "replicas: 2", "replicas: 3")
    project.change("releases/local.yaml", "relay: { tag: 1.0.0 }", "relay: { tag: 1.1.0 }")
    project.naru("up", "--stack", "local", "mail").succeeded()
    after = written(project)
    assert {path for path in after if after[path] != before.get(path)} == {
        path for path in after if "/mail/workloads/" in path and "deployment" in path
    }
    project.naru("up", "--stack", "local").succeeded()
    assert written(project) == rendered(project)


def test_service_that_is_removed_leaves_no_file(project: OnPlane) -> None:
    text = (project.root / "catalog" / "shop.yaml").read_text(encoding="utf-8")
    begin, end = text.index("  web:"), text.index("  api:")
    project.write("catalog/shop.yaml", text[:begin] + text[end:])
    project.change("releases/local.yaml", "  web: { tag: 1.0.0 }\n", "")
    project.naru("up", "--stack", "local").succeeded()
    after = written(project)
    assert [path for path in after if "deployment-shop-web" in path] == []
    assert after == rendered(project)


def test_system_that_is_removed_takes_its_application_and_project_along(
    project: OnPlane, cluster: Cluster, plane: ControlPlane
) -> None:
    stack = load(project.root, "local").stack
    project.add("catalog/mail.yaml", "enabled: false\n")
    with argo_cd_at_work(plane) as gone:
        project.naru("up", "--stack", "local").succeeded()
    assert gone == [parent_name(stack, "mail")]
    assert cluster.names(APPLICATION, "argocd") == {parent_name(stack, name) for name in ("common", "shop")}
    assert project_name(stack, "mail") not in cluster.names(PROJECT, "argocd")
    assert [path for path in written(project) if "mail" in path] == []
    assert written(project) == rendered(project)


def test_table_of_applications_says_what_argo_cd_says(project: OnPlane, cluster: Cluster) -> None:
    ended = project.naru("up", "--stack", "local").succeeded()
    assert "next: `naru publish --stack local`" in ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if "local-shop" in line]
    assert "not compared yet" in line


def test_destroy_takes_away_what_was_applied_and_what_was_written(
    project: OnPlane, cluster: Cluster, plane: ControlPlane
) -> None:
    with argo_cd_at_work(plane):
        ended = project.naru("destroy", "--stack", "local", "--yes").succeeded()
    assert "Argo CD deletes what local-shop deployed" in ended.stderr
    assert cluster.names(APPLICATION, "argocd") == set()
    assert cluster.names(PROJECT, "argocd") == set()
    assert not (project.root / "rendered" / "local").exists()
    assert cluster.names(SECRET, "argocd") >= {"cluster-naru-local", "cluster-naru-far"}


def test_what_the_update_wrote_is_what_naru_render_would(project: OnPlane, plane: ControlPlane) -> None:
    project.naru("up", "--stack", "local").succeeded()
    ended = project.naru("render", "--stack", "local", "--out", "rendered/local").succeeded()
    assert " 0 written, " in ended.stdout
    assert (project.root / "rendered" / "local" / MARKER).is_file()
    with argo_cd_at_work(plane):
        project.naru("destroy", "--stack", "local", "--yes").succeeded()
