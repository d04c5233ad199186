"""The directory of an update: completed after the providers, cleared after a destroy."""

from pathlib import Path
from typing import Any

import pytest

from components.rendered_files import MARKER, clear, complete, files_of
from manifests.argocd.names import parent_name
from manifests.tree import tree
from settings.stack import Stack
from tests.builders import TWO_CLUSTERS, a_service, a_stack, a_system

ARGOCD: dict[str, Any] = {
    "delivery": "gitops",
    "clusters": TWO_CLUSTERS,
    "argocd": {"repository": "https://git.example.com/deployments.git"},
}


@pytest.fixture
def stack() -> Stack:
    return a_stack(a_system(a_service("api"), name="one"), a_system(a_service("web"), name="two"), **ARGOCD)


def files_in(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def whole(stack: Stack) -> dict[str, bytes]:
    files = files_of(tree(stack).folders)
    return {f"{folder}/{name}": content for folder, each in files.items() for name, content in each.items()}


def test_directory_that_is_not_there_is_written_as_a_whole(stack: Stack, tmp_path: Path) -> None:
    out = tmp_path / "rendered" / "dev"
    complete(stack, tree(stack), out)
    found = files_in(out)
    assert b"naru render --stack dev" in found.pop(MARKER)
    assert found == whole(stack)


def test_directory_that_is_right_is_not_touched(stack: Stack, tmp_path: Path) -> None:
    complete(stack, tree(stack), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    complete(stack, tree(stack), tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_file_that_a_provider_wrote_otherwise_or_left_is_put_right(stack: Stack, tmp_path: Path) -> None:
    complete(stack, tree(stack), tmp_path)
    folder = tmp_path / "seoul/one/workloads/1-manifest"
    (folder / "v1-service-one-api.yaml").write_bytes(b"kind: Service\n")
    (folder / "v1-service-one-former.yaml").write_bytes(b"kind: Service\n")
    (folder / "apps_v1-deployment-one-api.yaml").unlink()
    complete(stack, tree(stack), tmp_path)
    assert files_in(tmp_path).keys() - {MARKER} == whole(stack).keys()
    assert files_in(tmp_path)["seoul/one/workloads/1-manifest/v1-service-one-api.yaml"] != b"kind: Service\n"


def test_update_of_some_systems_completes_these_alone(stack: Stack, tmp_path: Path) -> None:
    complete(stack, tree(stack), tmp_path)
    for path in tmp_path.rglob("*.yaml"):
        path.write_bytes(b"pending\n")
    complete(stack, tree(stack), tmp_path, ["two"])
    pending = {path for path, content in files_in(tmp_path).items() if content == b"pending\n"}
    theirs = "seoul/argocd/1-manifest/argoproj.io_v1alpha1-"
    assert pending == {
        *(path for path in whole(stack) if "/one/" in path),
        *(f"{theirs}{kind}-argocd-{parent_name(stack, 'one')}.yaml" for kind in ("application", "appproject")),
    }


def test_destroy_leaves_no_directory(stack: Stack, tmp_path: Path) -> None:
    out = tmp_path / "dev"
    complete(stack, tree(stack), out)
    clear(stack, tree(stack), out)
    assert not out.exists()
    clear(stack, tree(stack), out)


def test_destroy_leaves_what_somebody_else_put_there(stack: Stack, tmp_path: Path) -> None:
    complete(stack, tree(stack), tmp_path)
    (tmp_path / "README.md").write_text("kept", encoding="utf-8")
    clear(stack, tree(stack), tmp_path)
    assert files_in(tmp_path).keys() == {"README.md", MARKER}


def test_destroy_of_a_system_takes_the_files_of_its_application_along(stack: Stack, tmp_path: Path) -> None:
    complete(stack, tree(stack), tmp_path)
    before = files_in(tmp_path).keys()
    clear(stack, tree(stack), tmp_path, ["one"])
    gone = before - files_in(tmp_path).keys()
    assert {path.rpartition("/")[0] for path in gone} == {"seoul/argocd/1-manifest"}
    assert {path.rpartition("-argocd-")[2] for path in gone} == {"dev-one.yaml"}
