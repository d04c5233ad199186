"""Parents pin and move, children deploy: foundation before workloads, one cluster after the other."""

from collections.abc import Iterator
from typing import Any

import pytest

from manifests.argocd.applications import FINALIZER, PARENT, WAVE
from manifests.argocd.objects import ArgoObjects, argo_objects
from manifests.argocd.pin import PIN_FILE
from manifests.placed import Manifest
from settings.faults import SettingsError
from tests.assembled import STACKS
from tests.assembled import stack as project_stack
from tests.builders import a_data_store, a_service, a_stack, a_system
from tests.unit.manifests.argocd.stacks import ARGOCD, argo, assembled, in_two_regions, named, synced

WITH_ARGO = [name for name in STACKS if project_stack(name).environment.argocd]
AUTOMATED = {"automated": True, "selfHeal": True}


def of_sync(**sync: Any) -> dict[str, Manifest]:
    """Return the objects of a system that is synced so."""
    return named(synced(a_system(a_service(), a_data_store(), sync=sync)))


def empty_values(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of what Argo CD leaves out when it saves an object."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from empty_values(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from empty_values(inner, f"{path}[{index}]")
    elif not value:
        yield path


def test_stack_without_argo_cd_needs_no_object_of_it() -> None:
    assert argo(a_stack(a_system(a_service()), delivery="gitops")) == ArgoObjects((), {})


def test_each_system_and_what_they_share_has_a_parent_which_reads_its_children_pinned() -> None:
    found = named(synced())
    assert [name for name in found if name.startswith("Application/")] == [
        "Application/dev-common",
        "Application/dev-demo",
        "Application/dev-main-common-foundation",
        "Application/dev-main-demo-foundation",
        "Application/dev-main-demo-workloads",
    ]
    parent = found["Application/dev-demo"]["spec"]
    assert parent["project"] == "dev"
    assert parent["destination"] == {"name": "main", "namespace": "argocd"}
    assert parent["source"] == {
        "repoURL": ARGOCD["repository"],
        "path": "main/applications/demo",
        "targetRevision": "env/dev",
        "directory": {
            "include": PIN_FILE,
            "jsonnet": {"extVars": [{"name": "revision", "value": "$ARGOCD_APP_REVISION"}]},
        },
    }
    child = found["Application/dev-main-demo-workloads"]["spec"]
    assert child["project"] == "dev-demo"
    assert child["destination"] == {"name": "main", "namespace": "demo"}
    assert child["source"] == {
        "repoURL": ARGOCD["repository"],
        "path": "main/demo/workloads",
        "targetRevision": "env/dev",
        "directory": {"recurse": True},
    }
    assert found["Application/dev-main-common-foundation"]["spec"]["destination"] == {"name": "main"}


def test_foundation_is_synced_before_workloads_and_the_primary_cluster_before_the_next() -> None:
    children = argo(in_two_regions()).children
    waves = [
        (placed.manifest["metadata"]["name"], placed.manifest["metadata"]["annotations"][WAVE])
        for placed in children["demo"]
    ]
    assert waves == [
        ("dev-seoul-demo-foundation", "0"),
        ("dev-seoul-demo-workloads", "1"),
        ("dev-busan-demo-foundation", "2"),
        ("dev-busan-demo-workloads", "3"),
    ]
    shared = [placed.manifest["metadata"]["annotations"][WAVE] for placed in children["common"]]
    assert shared == ["0", "2"]


def test_clusters_with_the_same_files_read_the_same_folder() -> None:
    stack = in_two_regions()
    found = argo_objects(stack, assembled(stack), lambda cluster, system, part: f"seoul/{system}/{part.value}")
    paths = [placed.manifest["spec"]["source"]["path"] for placed in found.children["demo"]]
    assert paths == ["seoul/demo/foundation", "seoul/demo/workloads"] * 2


def test_branch_and_namespace_are_the_environments() -> None:
    stack = synced(argocd={**ARGOCD, "branch": "rendered/dev", "namespace": "delivery"})
    for manifest in named(stack).values():
        assert manifest["metadata"]["namespace"] == "delivery"
        if manifest["kind"] == "Application":
            assert manifest["spec"]["source"]["targetRevision"] == "rendered/dev"


@pytest.mark.parametrize(
    ("sync", "parent", "child"),
    [
        ({}, None, {"prune": True}),
        ({"automated": True}, {"prune": True}, {"prune": True}),
        (AUTOMATED, {"prune": True, "selfHeal": True}, {"prune": True, "selfHeal": True}),
        ({"selfHeal": True}, None, {"prune": True, "selfHeal": True}),
        ({"automated": True, "prune": False}, {}, {}),
    ],
    ids=["manual", "automatic", "self-heal", "manual-and-self-heal", "without-pruning"],
)
def test_parent_is_what_is_manual_or_automatic_and_children_follow_it(
    sync: dict[str, Any], parent: dict[str, bool] | None, child: dict[str, bool]
) -> None:
    found = of_sync(**sync)
    assert found["Application/dev-demo"]["spec"]["syncPolicy"].get("automated") == parent
    for part in ("foundation", "workloads"):
        assert found[f"Application/dev-main-demo-{part}"]["spec"]["syncPolicy"]["automated"] == child


def test_what_all_systems_share_is_automatic_where_any_of_them_is() -> None:
    manual, automatic = a_system(a_service("web"), name="other"), a_system(a_service(), sync=AUTOMATED)
    shared = named(synced(manual, automatic))["Application/dev-common"]["spec"]["syncPolicy"]
    assert shared["automated"] == {"prune": True, "selfHeal": True}
    assert "automated" not in named(synced(manual))["Application/dev-common"]["spec"]["syncPolicy"]


def test_sync_is_a_server_side_apply_that_leaves_to_others_what_is_theirs() -> None:
    for name, manifest in named(synced()).items():
        if name.startswith("Application/"):
            options = manifest["spec"]["syncPolicy"]["syncOptions"]
            assert {"ServerSideApply=true", "CreateNamespace=false"} <= set(options)
            of_parent = manifest["metadata"]["labels"]["app.kubernetes.io/component"] == PARENT
            # The status of an Application is ignored, and would be applied: it is no subresource.
            assert ("RespectIgnoreDifferences=true" in options) is not of_parent
            assert manifest["metadata"]["annotations"]["argocd.argoproj.io/compare-options"] == "ServerSideDiff=true"


def test_what_is_pruned_goes_last_and_only_the_sync_of_everything_skips_nothing() -> None:
    """What took its place is healthy first, and stays watched: a sync of the changed alone would not look at it."""
    for part in ("foundation", "workloads"):
        options = of_sync()[f"Application/dev-main-demo-{part}"]["spec"]["syncPolicy"]["syncOptions"]
        assert {"PruneLast=true", "PrunePropagationPolicy=background"} <= set(options)
        assert "ApplyOutOfSyncOnly=true" not in options


def test_failed_sync_is_tried_again_after_longer_and_longer_waits() -> None:
    found = of_sync(retry={"limit": 5, "backoff": "5s", "factor": 3, "longest": "1m"})
    backoff = {"duration": "5s", "factor": 3, "maxDuration": "1m"}
    policy = found["Application/dev-main-demo-workloads"]["spec"]["syncPolicy"]
    assert policy["retry"] == {"limit": 5, "backoff": backoff}
    # A child's operation keeps the commit that it began with, whatever it is told; a parent's reads its branch anew.
    assert found["Application/dev-demo"]["spec"]["syncPolicy"]["retry"] == {**policy["retry"], "refresh": True}


def test_no_retry_is_said_as_argo_cd_would_otherwise_try_five_times() -> None:
    retry = of_sync(retry={"limit": 0})["Application/dev-main-demo-workloads"]["spec"]["syncPolicy"]["retry"]
    assert retry == {"backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}}


@pytest.mark.parametrize(("protects", "finalizers"), [(True, None), (False, [FINALIZER])])
def test_deleted_application_takes_along_what_it_made_only_where_data_are_not_protected(
    *, protects: bool, finalizers: list[str] | None
) -> None:
    for name, manifest in named(synced(policies={"protectData": protects})).items():
        if name.startswith("Application/"):
            assert manifest["metadata"].get("finalizers") == finalizers


@pytest.mark.parametrize("name", WITH_ARGO)
def test_application_says_nothing_that_argo_cd_leaves_out_when_it_saves_it(name: str) -> None:
    """A parent would see a difference, put it back, and see it again."""
    for manifest in named(project_stack(name)).values():
        if manifest["kind"] == "Application":
            found = set(empty_values(manifest["spec"])) - {".syncPolicy.automated"}
            assert found == set(), manifest["metadata"]["name"]


@pytest.mark.parametrize("name", WITH_ARGO)
def test_objects_of_argo_cd_carry_the_labels_of_all_objects_and_none_is_too_long(name: str) -> None:
    for manifest in named(project_stack(name)).values():
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "naru"
        assert labels["app.kubernetes.io/part-of"] in {"common", *project_stack(name).systems}
        assert all(len(label) <= 63 for label in labels.values())


def test_long_names_are_no_labels() -> None:
    system = a_system(a_service(), name="s" * 63, namespaces={"main": {"name": "demo"}})
    found = named(synced(system, clusters={"c" * 63: {"context": "main", "region": "seoul"}}))
    assert all(len(manifest["metadata"]["name"]) <= 253 for manifest in found.values())
    assert all(len(label) <= 63 for manifest in found.values() for label in manifest["metadata"]["labels"].values())


def test_two_applications_of_one_name_are_refused() -> None:
    first = a_system(a_service(), name="b-c", namespaces={"main": {"name": "one"}}, clusters="all")
    second = a_system(a_service(), name="c", namespaces={"main": {"name": "two"}}, clusters="all")
    clusters = {
        "a": {"context": "a", "region": "seoul", "primary": True},
        "a-b": {"context": "b", "region": "busan"},
    }
    with pytest.raises(SettingsError, match="two objects of Argo CD have one name, Application/argocd/dev-a-b-c-"):
        argo(synced(first, second, clusters=clusters))


def test_system_that_is_off_has_nothing_of_argo_cd() -> None:
    found = named(synced(a_system(a_service()), a_system(a_service("web"), name="other", enabled=False)))
    assert not [name for name in found if "other" in name]
