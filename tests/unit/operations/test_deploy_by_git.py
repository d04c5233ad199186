"""The commands that change clusters, for a stack that Argo CD deploys: what they ask, refuse and tell."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.providers import KUBECONFIG
from components.rendered_files import MARKER
from manifests.argocd.server_settings import server_settings
from operations import session
from operations.__main__ import main
from operations.api_server import UnreachableError
from operations.exits import Exit
from settings.environment import Cluster
from tests.unit.operations import fake_stack
from tests.unit.operations.conftest import FakePulumi
from tests.unit.operations.events import begun, finished
from tests.unit.operations.fake_stack import FakeEngine, FakeServer

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
UP = ["up", "--stack", "test", "--yes", "--skip-preview"]
FOLDER = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"


@pytest.fixture
def argocd(project: Project, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stack an Argo CD deploys that has everything."""
    root = project(delivery="gitops")
    with (root / "Pulumi.test.yaml").open("a", encoding="utf-8") as file:
        file.write("    argocd: {repository: 'https://git.example.com/deployments.git'}\n")
    monkeypatch.setitem(fake_stack.KINDS, "argoproj.io/v1alpha1", ["Application", "AppProject"])
    server.objects["/api/v1/namespaces/argocd"] = {"metadata": {"name": "argocd"}}
    server.objects["/api/v1/namespaces/argocd/configmaps/argocd-cm"] = {"data": server_settings()}
    name = base64.b64encode(b"nowhere").decode()
    server.lists["/api/v1/namespaces/argocd/secrets"] = [{"data": {"name": name}}]
    server.objects[f"{FOLDER}/test-shop"] = {
        "metadata": {"name": "test-shop"},
        "spec": {"project": "test"},
        "status": {"sync": {"status": "Synced", "revision": "0123456789abcdef"}, "health": {"status": "Healthy"}},
    }
    return root


def test_an_update_tells_how_the_applications_are_and_what_comes_next(
    argocd: Path, engine: FakeEngine, capsys: Capture
) -> None:
    assert main(UP) == Exit.OK
    captured = capsys.readouterr()
    (line,) = [line for line in captured.out.splitlines() if "test-shop" in line]
    assert line.split() == ["shop", "test-shop", "Synced", "Healthy", "0123456789ab"]
    assert "next: `naru publish --stack test` writes the files to env/test" in captured.err
    assert "once they are committed" not in captured.err
    assert engine.operations == ["up"]


def test_an_update_tells_the_applications_as_json(argocd: Path, engine: FakeEngine, capsys: Capture) -> None:
    engine.events = [begun("a"), finished("a")]
    assert main([*UP, "--json"]) == Exit.OK
    (application,) = json.loads(capsys.readouterr().out)["applications"]
    assert application["name"] == "test-shop"
    assert (application["sync"], application["health"], application["there"]) == ("Synced", "Healthy", True)


def test_an_update_completes_the_files_that_its_providers_did_not_write(argocd: Path, engine: FakeEngine) -> None:
    assert main(UP) == Exit.OK
    updated = argocd / "rendered" / "test"
    assert main(["render", "--stack", "test", "--out", str(argocd / "out")]) == Exit.OK

    def files(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert files(updated) == files(argocd / "out")
    assert len(files(updated)) > 5


def test_a_preview_writes_nothing(argocd: Path, engine: FakeEngine) -> None:
    assert main(["preview", "--stack", "test"]) == Exit.OK
    assert not (argocd / "rendered").exists()
    assert engine.operations == ["preview"]


def test_files_that_cannot_be_written_are_told_in_one_line(argocd: Path, engine: FakeEngine, capsys: Capture) -> None:
    (argocd / "rendered").touch()
    assert main(UP) == Exit.FAILED
    assert "Not a directory" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/namespaces/argocd", "refused: main: there is no namespace argocd"),
        ("/api/v1/namespaces/argocd/configmaps/argocd-cm", "refused: main: the ConfigMap argocd-cm in argocd lacks"),
        ("/api/v1/namespaces/argocd/secrets", "refused: main: Argo CD in argocd knows no cluster nowhere"),
    ],
)
@pytest.mark.parametrize("command", ["up", "preview"])
def test_what_argo_cd_lacks_is_refused_before_any_change(
    command: str, path: str, said: str, argocd: Path, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    server.objects.pop(path, None)
    server.lists.pop(path, None)
    assert main([command, "--stack", "test"]) == Exit.REFUSED
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("refused: ")]
    assert len(lines) == 1
    assert lines[0].startswith(said)
    assert engine.operations == []


def test_argo_cd_whose_kinds_are_not_served_is_refused(
    argocd: Path, engine: FakeEngine, server: FakeServer, capsys: Capture
) -> None:
    server.without = "Application"
    assert main(UP) == Exit.REFUSED
    assert "Application (argoproj.io/v1alpha1) is not served" in capsys.readouterr().err
    assert engine.operations == []


def test_only_the_primary_cluster_is_reached(
    argocd: Path, engine: FakeEngine, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (argocd / "Pulumi.test.yaml").read_text(encoding="utf-8")
    far = "      far: {context: far, region: there, primary: true}\n"
    (argocd / "Pulumi.test.yaml").write_text(text.replace("    clusters:\n", f"    clusters:\n{far}"), encoding="utf-8")
    names = [base64.b64encode(name).decode() for name in (b"nowhere", b"far")]
    server.lists["/api/v1/namespaces/argocd/secrets"] = [{"data": {"name": name}} for name in names]
    reached: list[str] = []

    def connect(cluster: Cluster, _: Path) -> FakeServer:
        reached.append(cluster.context)
        return server

    monkeypatch.setattr(session, "connect", connect)
    assert main(UP) == Exit.OK
    assert reached == ["far"]


def test_cluster_that_does_not_answer_is_refused(
    argocd: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def connect(*_: object) -> FakeServer:
        raise UnreachableError("https://10.0.0.1 does not answer: timed out")

    monkeypatch.setattr(session, "connect", connect)
    assert main(UP) == Exit.REFUSED
    assert capsys.readouterr().err.splitlines() == ["refused: main: https://10.0.0.1 does not answer: timed out"]
    assert engine.operations == []


def test_applications_that_cannot_be_read_afterwards_are_only_warned_about(
    argocd: Path, engine: FakeEngine, server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def gone(*_: object) -> Any:
        raise UnreachableError("gone")

    monkeypatch.setattr("operations.updating.rows", gone)
    assert main(UP) == Exit.OK
    assert "warning: gone; how the Applications are is not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("protect", "said"),
    [("true", "what Argo CD deployed stays in the clusters"), ("false", "Argo CD deletes what test-shop deployed")],
)
def test_destroy_says_what_becomes_of_what_argo_cd_deployed(
    protect: str, said: str, argocd: Path, engine: FakeEngine, capsys: Capture
) -> None:
    with (argocd / "Pulumi.test.yaml").open("a", encoding="utf-8") as file:
        file.write(f"    policies: {{protectData: {protect}}}\n")
    assert main(UP) == Exit.OK
    assert (argocd / "rendered" / "test" / MARKER).is_file()
    capsys.readouterr()
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.OK
    assert said in capsys.readouterr().err
    assert not (argocd / "rendered" / "test").exists()
    assert engine.operations == ["up", "destroy"]


def test_protected_project_of_all_systems_is_told_before_a_destroy(
    argocd: Path, engine: FakeEngine, capsys: Capture
) -> None:
    urn = "urn:pulumi:test::naru::kubernetes:argoproj.io/v1alpha1:AppProject::main/common/argocd:appproject:test"
    resource = {"urn": urn, "type": "kubernetes:argoproj.io/v1alpha1:AppProject", "protect": True}
    engine.state = {"deployment": {"resources": [resource]}}
    assert main(["destroy", "--stack", "test", "--yes"]) == Exit.REFUSED
    assert "main/common/argocd:appproject:test" in capsys.readouterr().err
    assert engine.operations == []


def test_the_engine_is_handed_the_kubeconfig_under_another_name(
    argocd: Path, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", f"config{os.pathsep}/elsewhere/config")
    pulumi.answers("stack-export", f"(here / 'handed').write_text(os.environ['{KUBECONFIG}'])\nprint('{{}}')")
    pulumi.answers("preview", "sys.exit(1)")
    main(["preview", "--stack", "test"])
    (asked,) = [call for call in pulumi.records() if call["words"][:2] == ["stack", "export"]]
    assert "KUBECONFIG" not in asked["environment"]
    handed = (pulumi.folder / "handed").read_text(encoding="utf-8")
    assert handed == f"{argocd / 'config'}{os.pathsep}/elsewhere/config"


def test_config_is_printed_as_it_is_to_be_applied(argocd: Path, capsys: Capture) -> None:
    assert main(["argocd", "config", "--stack", "test"]) == Exit.OK
    printed = yaml.safe_load(capsys.readouterr().out)
    assert (printed["kind"], printed["metadata"]["namespace"]) == ("ConfigMap", "argocd")
    assert printed["data"] == server_settings()


def test_config_of_a_stack_without_argo_cd_is_refused(project: Project, capsys: Capture) -> None:
    project()
    assert main(["argocd", "config", "--stack", "test"]) == Exit.USAGE
    assert "test is not delivered by Argo CD" in capsys.readouterr().err
