"""`naru preview --all`: what Pulumi itself says of all stacks beside the comparison, though one cannot be reached."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from local.plane import ControlPlane
from operations.exits import Exit
from tests.integration.on_plane import REPOSITORY, OnPlane
from tests.projects import MAIL, RELEASE, SHOP
from tests.unit.operations.diff.repository import Repository

CODE = ("components", "manifests", "operations", "settings")
FAR = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: local
    delivery: gitops
    clusters:
      main: { context: naru-far, region: tokyo, kubeconfig: unreachable }
    domains: { shop: shop.localhost, mail: mail.localhost }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    policies: { secrets: existing, protectData: false }
    argocd: { repository: "https://git.example.com/deployments.git" }
"""
UNREACHABLE = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "naru-far",
    "clusters": [{"name": "far", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "far", "user": {}}],
    "contexts": [{"name": "naru-far", "context": {"cluster": "far", "user": "far"}}],
}


@pytest.fixture(scope="module")
def project(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    """A project in Git with two stacks, of which only `local` has a cluster; not committed is one replica more."""
    made = OnPlane(tmp_path_factory.mktemp("previews"), plane, {"shop": SHOP, "mail": MAIL})
    made.write("Pulumi.far.yaml", FAR)
    made.write("releases/far.yaml", RELEASE)
    made.write("unreachable", json.dumps(UNREACHABLE))
    for part in CODE:  # what is in Git, no link that leads out of it: the base is rendered by its own code
        (made.root / part).unlink()
        shutil.copytree(REPOSITORY / part, made.root / part, ignore=shutil.ignore_patterns("__pycache__"))
    repository = Repository(made.root)
    repository.git("add", "Pulumi.yaml", "Pulumi.far.yaml", "Pulumi.local.yaml", "catalog", "releases", *CODE)
    repository.git("commit", "--quiet", "--message", "the project")
    made.change("catalog/shop.yaml", "replicas: 2", "replicas: 1")
    return made


def test_stacks_are_previewed_side_by_side_though_one_cannot_be_reached(project: OnPlane) -> None:
    ended = project.naru("preview", "--all", "--base", "main", "--json")

    assert ended.code == Exit.FAILED, ended.text
    far, local = ended.data["previews"]
    assert (far["stack"], far["result"], far["changes"]) == ("far", "failed", {})
    assert [one for one in far["reasons"] if one.startswith("refused: main: http://127.0.0.1:1 does not answer")]
    assert (local["stack"], local["result"], local["reasons"]) == ("local", "succeeded", [])
    assert local["changes"]["create"] > 0
    assert "previewed far: failed: refused: main: " in ended.stderr
    changed = {one["stack"]: {change["subject"]["name"] for change in one["changes"]} for one in ended.data["stacks"]}
    assert changed == {"far": {"api"}, "local": {"api"}}
    assert not project.checkpoint().get("resources"), "nothing was deployed"


def test_the_report_is_written_where_a_risk_ends_the_command(project: OnPlane, tmp_path: Path) -> None:
    file = tmp_path / "comment.md"
    ended = project.naru("preview", "--all", "--format", "markdown", "--out", str(file), "--fail-on", "low")

    assert ended.code == Exit.REFUSED, ended.text
    assert "--fail-on low: " in ended.stderr
    text = file.read_text(encoding="utf-8")
    assert "does not answer" in text
    assert "api" in text
