"""An AppProject lets a system deploy what is its own, has those do it who may, and nobody else anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from manifests.argocd.kinds import NAMESPACED, OF_AWS, SHARED, group_of
from manifests.placed import Manifest, Placed
from settings.stack import Stack
from tests.assembled import STACKS
from tests.assembled import stack as project_stack
from tests.builders import a_service, a_system
from tests.unit.manifests.argocd.stacks import ARGOCD, argo, assembled, in_two_regions, named, synced
from tests.unit.manifests.strategies import BY_ALB, BY_INGRESS_NGINX, every_strategy, with_entrances

WITH_ARGO = [name for name in STACKS if project_stack(name).environment.argocd]
WINDOW = {"kind": "deny", "schedule": "0 9 * * mon-fri", "duration": "9h"}


def spec(stack: Stack, project: str) -> Manifest:
    """Return what an AppProject says."""
    found: Manifest = named(stack)[f"AppProject/{project}"]["spec"]
    return found


def policies(stack: Stack, project: str) -> dict[str, set[str]]:
    """Return what each role may do, as `resource action application`."""
    roles = spec(stack, project)["roles"]
    rules = {role["name"]: [policy.split(", ") for policy in role["policies"]] for role in roles}
    assert all(rule[0] == "p" and rule[-1] == "allow" for found in rules.values() for rule in found)
    assert all(rule[1] == f"proj:{project}:{role}" for role, found in rules.items() for rule in found)
    assert all(rule[4].startswith(f"{project}/") for found in rules.values() for rule in found)
    return {
        role: {f"{rule[2]} {rule[3]} {rule[4].removeprefix(f'{project}/')}" for rule in found}
        for role, found in rules.items()
    }


def permitted(project: Manifest, placed: Placed, context: str) -> bool:
    """Tell whether an AppProject lets an object through, as Argo CD would."""
    manifest, found = placed.manifest, project["spec"]
    metadata = manifest["metadata"]
    kind = {"group": group_of(manifest), "kind": manifest["kind"]}
    if "namespace" not in metadata:
        allowed = found.get("clusterResourceWhitelist", [])
        return any({**kind, "name": metadata["name"]} == {"name": metadata["name"], **one} for one in allowed)
    if {"group": "*", "kind": "*"} in found.get("namespaceResourceBlacklist", []):
        return False
    where = {"name": context, "namespace": metadata["namespace"]}
    return kind in found["namespaceResourceWhitelist"] and where in found["destinations"]


def placed_in(stack: Stack) -> Iterator[tuple[str, str, Placed]]:
    """Yield the system and the cluster of each object, and the object."""
    for cluster, systems in assembled(stack).items():
        for system, objects in systems.items():
            for placed in objects:
                yield system, stack.environment.clusters[cluster].context, placed


@pytest.mark.parametrize("name", [*WITH_ARGO, "with entrances"])
def test_every_object_may_be_made_by_its_own_system_and_by_no_other(name: str) -> None:
    stack = project_stack(name) if name in WITH_ARGO else with_entrances(argocd=ARGOCD)
    projects = {key: found for key, found in named(stack).items() if key.startswith("AppProject/")}
    for system, context, placed in placed_in(stack):
        allowing = [key for key, found in projects.items() if permitted(found, placed, context)]
        assert allowing == [f"AppProject/{stack.name}-{system}"], placed.reference


def test_kinds_that_may_be_made_are_those_that_naru_makes() -> None:
    every = [every_strategy(BY_INGRESS_NGINX), every_strategy(BY_ALB, ingressClass="alb"), with_entrances()]
    stacks = [*every, *(project_stack(name) for name in WITH_ARGO)]
    found = {
        (group_of(placed.manifest), placed.manifest["kind"], "namespace" in placed.manifest["metadata"])
        for stack in stacks
        for _, _, placed in placed_in(stack)
    }
    assert {(group, kind) for group, kind, namespaced in found if namespaced} == {*NAMESPACED, *OF_AWS}
    cluster_wide = {(group, kind) for group, kind, namespaced in found if not namespaced}
    assert cluster_wide == {("", "Namespace"), *SHARED}
    assert ("", "Secret") not in NAMESPACED


def test_what_systems_share_has_bindings_in_the_ingress_controllers_namespace_alone() -> None:
    found = spec(with_entrances(argocd=ARGOCD, ingressNamespace="edge"), "prod-common")
    assert found["namespaceResourceWhitelist"] == [{"group": "elbv2.k8s.aws", "kind": "TargetGroupBinding"}]
    assert "namespaceResourceBlacklist" not in found
    contexts = ("seoul", "tokyo")
    assert found["destinations"] == [
        *({"name": context} for context in contexts),
        *({"name": context, "namespace": "edge"} for context in contexts),
    ]


def test_kinds_of_aws_are_allowed_where_there_is_aws() -> None:
    kinds = [{"group": group, "kind": kind} for group, kind in OF_AWS]
    assert all(kind in spec(with_entrances(argocd=ARGOCD), "prod-demo")["namespaceResourceWhitelist"] for kind in kinds)
    assert not any(
        kind in spec(synced(a_system(a_service())), "dev-demo")["namespaceResourceWhitelist"] for kind in kinds
    )


def test_system_may_deploy_from_one_repository_to_its_namespaces_on_its_clusters() -> None:
    system = a_system(a_service(namespace="main"), namespaces={"main": {"name": "demo"}, "data": {"name": "demo-data"}})
    found = spec(synced(system), "dev-demo")
    assert found["sourceRepos"] == [ARGOCD["repository"]]
    assert found["destinations"] == [
        {"name": "main", "namespace": "demo"},
        {"name": "main", "namespace": "demo-data"},
    ]
    assert found["clusterResourceWhitelist"] == [
        {"group": "", "kind": "Namespace", "name": "demo"},
        {"group": "", "kind": "Namespace", "name": "demo-data"},
    ]
    both = spec(in_two_regions(), "dev-demo")["destinations"]
    assert both == [{"name": "seoul", "namespace": "demo"}, {"name": "busan", "namespace": "demo"}]


def test_what_all_systems_share_is_in_no_namespace() -> None:
    found = spec(in_two_regions(), "dev-common")
    assert found["destinations"] == [{"name": "seoul"}, {"name": "busan"}]
    assert found["namespaceResourceBlacklist"] == [{"group": "*", "kind": "*"}]
    assert {"group": "cert-manager.io", "kind": "ClusterIssuer"} in found["clusterResourceWhitelist"]


def test_parents_may_make_applications_beside_them_and_nothing_else() -> None:
    found = spec(in_two_regions(argocd={**ARGOCD, "namespace": "delivery"}), "dev")
    assert found["destinations"] == [{"name": "seoul", "namespace": "delivery"}]
    assert found["namespaceResourceWhitelist"] == [{"group": "argoproj.io", "kind": "Application"}]
    assert "clusterResourceWhitelist" not in found


@pytest.mark.parametrize(
    ("access", "more"),
    [
        ([], {"operations": {"applications sync *", "applications action/* *"}}),
        (["developers"], {"developers": {"applications sync *", "applications action/argoproj.io/Rollout/* *"}}),
        (
            ["qa", "operations"],
            {
                "qa": {"applications sync *", "applications action/argoproj.io/Rollout/* *"},
                "operations": {"applications sync *", "applications action/* *"},
            },
        ),
    ],
    ids=["guide-without-a-table", "developers", "two"],
)
def test_those_with_access_sync_and_the_others_look(access: list[str], more: dict[str, set[str]]) -> None:
    everybody = {"applications get *", "logs get *"}
    stack = synced(a_system(a_service(), operations={"access": access}))
    expected = {role: everybody | more.get(role, set()) for role in ("developers", "qa", "operations")}
    assert policies(stack, "dev-demo") == expected


def test_who_syncs_a_system_syncs_its_parent_and_no_other() -> None:
    stack = synced(
        a_system(a_service(), operations={"access": ["developers"]}),
        a_system(a_service("web"), name="other", operations={"access": ["qa"]}),
    )
    found = {role: sorted(rule for rule in rules if " sync " in rule) for role, rules in policies(stack, "dev").items()}
    assert found == {
        "developers": ["applications sync dev-demo"],
        "qa": ["applications sync dev-other"],
        "operations": ["applications sync dev-common"],
    }


@pytest.mark.parametrize("name", WITH_ARGO)
def test_nobody_may_sync_what_is_not_in_git_nor_change_an_application(name: str) -> None:
    for project in (key for key in named(project_stack(name)) if key.startswith("AppProject/")):
        for rules in policies(project_stack(name), project.removeprefix("AppProject/")).values():
            assert not [rule for rule in rules if rule.split()[1] in {"override", "create", "update", "delete", "*"}]


def test_role_is_the_groups_that_have_it() -> None:
    for project in ("dev", "dev-demo", "dev-common"):
        groups = {role["name"]: role.get("groups") for role in spec(synced(), project)["roles"]}
        assert groups == {"developers": ["builders"], "qa": None, "operations": ["on-call", "platform"]}


@pytest.mark.parametrize(("manual", "children"), [(False, True), (True, False)])
def test_window_holds_the_parent_and_its_children_unless_people_may_sync_all_the_same(
    *, manual: bool, children: bool
) -> None:
    """Children sync by themselves: a window that holds them would hold what somebody had synced by hand."""
    stack = synced(
        a_system(a_service(), sync={"windows": [{**WINDOW, "manual": manual}]}),
        a_system(a_service("web"), name="other"),
    )
    window: dict[str, Any] = {**WINDOW, "timeZone": "Asia/Seoul"}
    told = {"manualSync": True} if manual else {}
    assert spec(stack, "dev")["syncWindows"] == [{**window, "applications": ["dev-demo"], **told}]
    assert spec(stack, "dev-demo").get("syncWindows") == ([{**window, "applications": ["*"]}] if children else None)
    assert "syncWindows" not in spec(stack, "dev-other")


def test_projects_come_before_the_applications_that_are_in_them() -> None:
    found = argo(synced()).applied
    assert [placed.manifest["kind"] for placed in found] == ["AppProject"] * 3 + ["Application"] * 2
    known = {placed.reference for placed in found}
    for placed in found:
        assert set(placed.after) <= known
        if placed.manifest["kind"] == "Application":
            assert f"AppProject/argocd/{placed.manifest['spec']['project']}" in placed.after
