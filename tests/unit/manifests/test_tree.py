"""The folders of a stack: what is in which, what clusters share, and what is registered with the engine."""

from typing import Any

import pytest

from manifests import tree as module
from manifests.argocd.names import applications_folder, applied_folder, parent_name, parents_project, project_name
from manifests.assembly import COMMON, assemble
from manifests.delivered import argocd_objects, delivered, owner
from manifests.placed import Part, Placed
from manifests.tree import tree
from settings.stack import Stack
from settings.system import System
from tests.builders import TWO_CLUSTERS, a_service, a_stack, a_system

ARGOCD: dict[str, Any] = {"delivery": "gitops", "argocd": {"repository": "https://git.example.com/deployments.git"}}


def two_clusters(*systems: System, **changes: Any) -> Stack:
    return a_stack(*systems, **{"clusters": TWO_CLUSTERS, **ARGOCD, **changes})


def everywhere(name: str = "demo", **changes: Any) -> System:
    return a_system(a_service(**changes), name=name, clusters="all")


def assembled_of(stack: Stack) -> dict[str, dict[str, tuple[Placed, ...]]]:
    return {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}


def manifests(objects: tuple[Placed, ...]) -> list[dict[str, Any]]:
    return [placed.manifest for placed in objects]


def test_every_part_of_every_system_has_a_folder_with_its_objects() -> None:
    stack = a_stack(everywhere())
    objects = assemble(stack, "main")["demo"]
    assert tree(stack).folders == {
        f"main/demo/{part.value}": tuple(placed for placed in objects if placed.part is part) for part in Part
    }


def test_equal_parts_of_two_clusters_are_written_once() -> None:
    found = tree(two_clusters(everywhere()))
    assert found.shared == {f"tokyo/demo/{part.value}": f"seoul/demo/{part.value}" for part in Part}
    assert [path for path in found.folders if path.startswith("tokyo/")] == []


def test_parts_that_differ_in_one_value_are_both_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = two_clusters(everywhere())
    assembled = assembled_of(stack)
    changed = tuple(
        Placed({**placed.manifest, "spec": {"changed": True}}, placed.part)
        if placed.manifest["kind"] == "Deployment"
        else placed
        for placed in assembled["tokyo"]["demo"]
    )
    found = tree(stack, {**assembled, "tokyo": {"demo": changed}})
    assert found.shared == {"tokyo/demo/foundation": "seoul/demo/foundation"}
    assert "tokyo/demo/workloads" in found.folders


@pytest.mark.parametrize(
    "environment",
    [{"delivery": "direct"}, {"delivery": "direct", "argocd": ARGOCD["argocd"]}, {"delivery": "gitops"}],
    ids=["direct", "direct, with an Argo CD", "somebody else applies"],
)
def test_nothing_is_shared_or_made_for_argo_cd_where_it_does_not_apply(environment: dict[str, Any]) -> None:
    stack = a_stack(everywhere(), clusters=TWO_CLUSTERS, **environment)
    found = tree(stack)
    assert (found.shared, found.applied) == ({}, ())
    assert {path.rpartition("/")[0] for path in found.folders} == {"seoul/demo", "tokyo/demo"}
    assert delivered(stack, assembled_of(stack), found) == assembled_of(stack)


def test_applications_stand_in_the_primary_clusters_folders() -> None:
    stack = two_clusters(everywhere())
    found = tree(stack)
    assert found.folders[applied_folder(stack)] == found.applied
    paths = {placed.manifest["spec"]["source"]["path"] for placed in found.folders[applications_folder(stack, "demo")]}
    assert paths == {"seoul/demo/foundation", "seoul/demo/workloads"}
    assert {placed.manifest["kind"] for placed in found.applied} == {"AppProject", "Application"}


def test_one_cluster_is_compared_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_alike", lambda *_: pytest.fail("compared"))
    stack = a_stack(everywhere(), **ARGOCD)
    assert tree(stack).shared == {}


def test_what_is_registered_is_what_is_written() -> None:
    stack = two_clusters(everywhere(), a_system(a_service("web"), name="other"))
    found = tree(stack)
    registered = [
        manifest
        for systems in delivered(stack, assembled_of(stack), found).values()
        for objects in systems.values()
        for manifest in manifests(objects)
    ]
    written = [manifest for objects in found.folders.values() for manifest in manifests(objects)]
    assert len(registered) == len(written)
    assert all(manifest in written for manifest in registered)


def test_what_comes_after_a_part_that_another_cluster_has_comes_after_nothing() -> None:
    stack = two_clusters(everywhere())
    assembled = assembled_of(stack)
    web = tuple(
        Placed({**placed.manifest, "changed": True}, placed.part, after=placed.after)
        if placed.part is Part.WORKLOADS
        else placed
        for placed in assembled["tokyo"]["demo"]
    )
    assembled["tokyo"] = {"demo": web}
    found = tree(stack, assembled)
    objects = delivered(stack, assembled, found)["tokyo"]["demo"]
    known = {placed.reference for placed in objects}
    assert objects
    assert {placed.part for placed in objects} == {Part.WORKLOADS}
    assert all(known.issuperset(placed.after) for placed in objects)
    assert any(placed.after for placed in assembled["tokyo"]["demo"])


def test_argo_cds_objects_are_with_the_systems_they_are_for() -> None:
    stack = two_clusters(everywhere())
    found = argocd_objects(stack, tree(stack))
    names = {system: [placed.manifest["metadata"]["name"] for placed in objects] for system, objects in found.items()}
    assert names[COMMON] == [parents_project(stack)]
    assert names["demo"][:2] == [project_name(stack, "demo"), parent_name(stack, "demo")]
    assert len(names["demo"]) == 2 + len(Part) * len(TWO_CLUSTERS)


def test_whoever_looks_for_the_owner_of_a_project_finds_the_system() -> None:
    stack = two_clusters(everywhere("one"), everywhere("two"))
    owners = {placed.reference: owner(stack, placed) for placed in tree(stack).applied}
    assert owners[f"AppProject/argocd/{parents_project(stack)}"] == COMMON
    assert owners[f"AppProject/argocd/{project_name(stack, 'two')}"] == "two"
    assert owners[f"Application/argocd/{parent_name(stack, 'one')}"] == "one"


def test_projects_are_registered_before_the_applications_in_them() -> None:
    stack = two_clusters(everywhere("one"), everywhere("two"))
    applied = {placed.reference for placed in tree(stack).applied}
    known: set[str] = set()
    for objects in argocd_objects(stack, tree(stack)).values():
        for placed in objects:
            assert known.issuperset(placed.after)
            known.add(placed.reference)
    parents = [p for objects in argocd_objects(stack, tree(stack)).values() for p in objects if p.reference in applied]
    assert all(len(placed.after) == 2 for placed in parents if placed.manifest["kind"] == "Application")


def test_what_pulumi_applies_for_argo_cd_is_kept_as_data_are() -> None:
    stack = two_clusters(everywhere())
    applied = {placed.reference for placed in tree(stack).applied}
    kept = {
        placed.reference: placed.keeps_data
        for objects in argocd_objects(stack, tree(stack)).values()
        for placed in objects
    }
    assert {reference for reference, keeps in kept.items() if keeps} == applied


def test_no_object_that_is_written_is_annotated_for_pulumi() -> None:
    found = tree(two_clusters(everywhere()))
    assert "pulumi.com/" not in str([manifests(objects) for objects in found.folders.values()])
