"""A stack as files: which there are, what happens to those of before, and what is left alone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from manifests.assembly import assemble
from manifests.placed import Part, Placed
from manifests.tree import Tree, tree
from operations import render as module
from operations.render import MARKER, NotOursError, RenderReport, render, rendered
from settings.stack import Stack
from tests.builders import TWO_CLUSTERS, a_service, a_stack, a_system, with_sealed

WORKLOADS = "main/demo/workloads/1-manifest"
ARGOCD: dict[str, Any] = {
    "delivery": "gitops",
    "argocd": {"repository": "https://git.example.com/deployments.git"},
}


def stack_of(*names: str, **changes: object) -> Stack:
    return a_stack(a_system(*(a_service(name, **changes) for name in names)))


def files_in(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def all_files(stack: Stack) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for folder, files in rendered(stack).items() for name, content in files.items()}


def assert_whole(found: dict[str, bytes], *right: dict[str, bytes]) -> None:
    """See that each file where somebody may read it is one of those it can be."""
    for path, content in found.items():
        if path.endswith(".yaml") and ".unfinished/" not in path:
            assert content in [files.get(path) for files in right], path


def moments(out: Path) -> dict[str, tuple[int, int]]:
    """Give what changes of each file when it is written again."""
    found = {path.relative_to(out).as_posix(): path.stat() for path in out.rglob("*") if path.is_file()}
    return {path: (status.st_ino, status.st_mtime_ns) for path, status in found.items()}


def test_every_object_of_every_cluster_has_its_file(tmp_path: Path) -> None:
    service = a_service()
    stack = a_stack(a_system(service, clusters="all"), clusters=TWO_CLUSTERS)
    report = render(stack, tmp_path / "out")

    read = {
        (path.relative_to(tmp_path / "out").parts[:3], path.name): yaml.safe_load(path.read_text("utf-8"))
        for path in (tmp_path / "out").rglob("*.yaml")
    }
    expected = [
        ((cluster, system, str(placed.part)), placed.manifest)
        for cluster in TWO_CLUSTERS
        for system, objects in assemble(stack, cluster).items()
        for placed in objects
    ]
    assert report == RenderReport(objects=len(expected), written=len(expected), unchanged=0, removed=0)
    assert len(read) == len(expected)
    for place, manifest in expected:
        assert any(place == found and manifest == value for (found, _), value in read.items())


def test_files_are_those_of_the_pure_function(tmp_path: Path) -> None:
    stack = stack_of("api", "web")
    render(stack, tmp_path)
    assert files_in(tmp_path) == all_files(stack) | {MARKER: (tmp_path / MARKER).read_bytes()}


def test_second_run_touches_nothing(tmp_path: Path) -> None:
    stack = stack_of("api")
    first = render(stack, tmp_path)
    before = moments(tmp_path)
    report = render(stack, tmp_path)
    assert report == RenderReport(objects=first.objects, written=0, unchanged=first.objects, removed=0)
    assert moments(tmp_path) == before


def test_change_of_one_service_rewrites_its_files_alone(tmp_path: Path) -> None:
    system = a_system(a_service("api"), a_service("web"))
    render(a_stack(system), tmp_path)
    before = moments(tmp_path)
    changed = a_system(a_service("api"), a_service("web", replicas=3))
    report = render(a_stack(changed), tmp_path)

    after = moments(tmp_path)
    differing = {path for path in after if after[path] != before.get(path)}
    assert differing
    assert all("-web" in path for path in differing)
    assert report.written == len(differing)
    assert files_in(tmp_path)[f"{WORKLOADS}/apps_v1-deployment-demo-web.yaml"].count(b"replicas: 3") == 1


def test_file_that_was_changed_by_hand_is_put_right(tmp_path: Path) -> None:
    stack = stack_of("api")
    render(stack, tmp_path)
    before = files_in(tmp_path)
    (tmp_path / WORKLOADS / "apps_v1-deployment-demo-api.yaml").write_bytes(b"")
    (tmp_path / WORKLOADS / "v1-service-demo-api.yaml").unlink()
    assert render(stack, tmp_path).written == 2
    assert files_in(tmp_path) == before


def test_files_of_objects_that_are_gone_are_removed(tmp_path: Path) -> None:
    both, one = stack_of("api", "web"), stack_of("api")
    full = render(both, tmp_path)
    report = render(one, tmp_path)
    assert report.removed == full.objects - report.objects > 0
    assert files_in(tmp_path).keys() == all_files(one).keys() | {MARKER}


def test_folders_of_a_system_that_is_gone_go_with_it(tmp_path: Path) -> None:
    demo, other = a_system(a_service("api")), a_system(a_service("web"), name="other")
    render(a_stack(demo, other), tmp_path)
    assert (tmp_path / "main" / "other").is_dir()
    render(a_stack(demo), tmp_path)
    assert not (tmp_path / "main" / "other").exists()
    assert (tmp_path / "main" / "demo").is_dir()


def test_folders_of_argo_cd_are_written_and_go_with_it(tmp_path: Path) -> None:
    system = a_system(a_service("api"), clusters="all")
    with_it = a_stack(system, clusters=TWO_CLUSTERS, **ARGOCD)
    without = a_stack(system, clusters=TWO_CLUSTERS, delivery="gitops")
    render(with_it, tmp_path)
    found = set(files_in(tmp_path))
    assert "seoul/argocd/1-manifest/argoproj.io_v1alpha1-appproject-argocd-dev-demo.yaml" in found
    children = "seoul/applications/demo/1-manifest/argoproj.io_v1alpha1-application-argocd"
    assert f"{children}-dev-tokyo-demo-workloads.yaml" in found
    assert not (tmp_path / "tokyo").exists()

    report = render(without, tmp_path)
    assert set(files_in(tmp_path)) == {*all_files(without), MARKER}
    assert report.removed == len([path for path in found if "/argocd/" in path or "/applications/" in path])
    assert not (tmp_path / "seoul" / "argocd").exists()
    assert not (tmp_path / "seoul" / "applications").exists()


def test_application_of_a_part_that_is_gone_is_removed(tmp_path: Path) -> None:
    both = a_system(a_service("api"), clusters="all")
    render(a_stack(both, clusters=TWO_CLUSTERS, **ARGOCD), tmp_path)
    one = a_stack(a_system(a_service("api")), clusters=TWO_CLUSTERS, **ARGOCD)
    assert render(one, tmp_path).removed == 2
    assert set(files_in(tmp_path)) == {*all_files(one), MARKER}


def test_what_was_left_unfinished_of_argo_cds_folders_is_removed(tmp_path: Path) -> None:
    stack = a_stack(a_system(a_service("api")), **ARGOCD)
    render(stack, tmp_path)
    for folder in ("main/argocd", "main/applications/demo"):
        unfinished = tmp_path / folder / "0-crd.unfinished"
        unfinished.mkdir()
        (unfinished / "half.yaml").touch()
        (tmp_path / folder / "1-manifest" / "half.yaml.unfinished").touch()
    render(stack, tmp_path)
    assert set(files_in(tmp_path)) == {*all_files(stack), MARKER}


def test_what_pins_the_applications_in_a_branch_stays(tmp_path: Path) -> None:
    stack = a_stack(a_system(a_service("api")), **ARGOCD)
    render(stack, tmp_path)
    pinned = tmp_path / "main/applications/demo/pinned.jsonnet"
    pinned.write_text("[]", encoding="utf-8")
    assert render(stack, tmp_path).removed == 0
    assert pinned.is_file()


def test_what_somebody_else_put_beside_the_files_stays(tmp_path: Path) -> None:
    stack = stack_of("api")
    render(stack, tmp_path)
    beside = [
        tmp_path / "README.md",
        tmp_path / "kustomization.yaml",
        tmp_path / "main" / "demo" / "application.yaml",
        tmp_path / WORKLOADS / "README.md",
        tmp_path / "main" / "demo" / "workloads" / "2-more" / "own.yaml",
    ]
    for path in beside:
        path.parent.mkdir(exist_ok=True)
        path.write_text("kept", encoding="utf-8")
    assert render(stack, tmp_path).removed == 0
    assert [path.read_text("utf-8") for path in beside] == ["kept"] * len(beside)


def test_directory_with_foreign_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "own.yaml").write_text("own", encoding="utf-8")
    with pytest.raises(NotOursError, match="is not empty and not of `naru render`"):
        render(stack_of("api"), tmp_path)
    assert files_in(tmp_path) == {"main/own.yaml": b"own"}


def test_directory_of_another_stack_is_refused_and_left_alone(tmp_path: Path) -> None:
    system = a_system(a_service("api"))
    render(a_stack(system, name="dev"), tmp_path)
    before = files_in(tmp_path)
    with pytest.raises(NotOursError, match="belongs to another stack"):
        render(a_stack(name="prod"), tmp_path)
    assert files_in(tmp_path) == before


def test_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("own", encoding="utf-8")
    with pytest.raises(NotOursError, match="is not a directory"):
        render(stack_of("api"), tmp_path / "out")


def test_refusal_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own").touch()
    with pytest.raises(NotOursError) as refused:
        render(stack_of("api"), tmp_path)
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("interrupted_after", range(0, 8, 2))
def test_interrupted_run_leaves_no_half_written_file_and_the_next_one_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_after: int
) -> None:
    render(stack_of("web"), tmp_path / "out")
    stack = stack_of("api", "web", replicas=2)
    before = files_in(tmp_path / "out")
    monkeypatch.setattr(os, "write", half_writing(os.write, interrupted_after))
    with pytest.raises(KeyboardInterrupt):
        render(stack, tmp_path / "out")
    monkeypatch.undo()

    assert_whole(files_in(tmp_path / "out"), before, all_files(stack))
    render(stack, tmp_path / "out")
    assert files_in(tmp_path / "out").keys() == all_files(stack).keys() | {MARKER}


@pytest.mark.parametrize("interrupted_after", range(1, 9, 2))
def test_interrupted_first_run_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_after: int
) -> None:
    stack = stack_of("api")
    monkeypatch.setattr(os, "write", half_writing(os.write, interrupted_after))
    with pytest.raises(KeyboardInterrupt):
        render(stack, tmp_path)
    monkeypatch.undo()
    assert_whole(files_in(tmp_path), all_files(stack))
    report = render(stack, tmp_path)
    assert len(files_in(tmp_path)) == report.objects + 1


def half_writing(write: Callable[[int, bytes], int], after: int) -> Callable[[int, bytes], int]:
    """Give an `os.write` that writes half of its bytes and is interrupted, once it has done its work some times."""
    calls = 0

    def interrupted(descriptor: int, content: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls <= after:
            return write(descriptor, content)
        write(descriptor, content[: len(content) // 2])
        raise KeyboardInterrupt

    return interrupted


def test_file_is_written_to_its_end_where_the_system_takes_it_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, write = stack_of("api"), os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:7]))
    render(stack, tmp_path)
    folder = rendered(stack)[WORKLOADS]
    assert {name: (tmp_path / WORKLOADS / name).read_bytes() for name in folder} == folder


def test_secret_is_rendered_as_its_ciphertext(tmp_path: Path) -> None:
    system = a_system(a_service(), secrets={"credentials": {"keys": {"password": {}}}})
    stack = with_sealed(
        a_stack(system, policies={"secrets": "sealed"}), {"demo": {"credentials": {"password": "AgA1"}}}
    )
    render(stack, tmp_path)
    folder = tmp_path / "main/demo/foundation/1-manifest"
    sealed = yaml.safe_load((folder / "bitnami.com_v1alpha1-sealedsecret-demo-credentials.yaml").read_bytes())
    assert sealed["spec"]["encryptedData"] == {"password": "AgA1"}
    assert list(folder.glob("v1-secret-*")) == []


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_secret_with_values_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    stack = a_stack(a_system(a_service()))
    metadata = {"name": "credentials", "namespace": "demo"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, field: {"password": "hunter2"}}
    folders = {**tree(stack).folders, "main/demo/foundation": (Placed(secret, Part.FOUNDATION),)}
    monkeypatch.setattr(module, "tree", lambda _: Tree(folders, {}))
    with pytest.raises(ValueError, match="credentials carries values") as refused:
        render(stack, tmp_path / "out")
    assert "hunter2" not in str(refused.value)
    assert not (tmp_path / "out").exists()
