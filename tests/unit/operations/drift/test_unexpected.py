"""What is live with our labels and rendered no more, and what may be another's."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest

from manifests.argocd.kinds import NAMESPACED, OF_AWS, SHARED
from operations.drift.unexpected import Scope, left_over, unexpected
from operations.drift.wanted import Wanted
from settings.environment import ArgoCD, Delivery
from settings.stack import Stack
from tests.unit.manifests.argocd.stacks import ARGOCD
from tests.unit.operations.builders import manifest, stack, system

HERE = stack(system("shop"))
BY_GIT = replace(
    HERE,
    environment=HERE.environment.model_copy(
        update={"delivery": Delivery.GITOPS, "argocd": ArgoCD.model_validate(ARGOCD)}
    ),
)
RENDERED = [Wanted("seoul", "shop", manifest("Deployment", "api", "shop", "apps/v1"))]


def live(kind: str = "Service", name: str = "old", namespace: str = "shop", *, of: str = "shop", **more: Any) -> Any:
    labels = {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/part-of": of}
    return manifest(kind, name, namespace, more.pop("version", "v1"), metadata={"labels": labels, **more})


def tracked(application: str, **more: Any) -> dict[str, Any]:
    return {"annotations": {"argocd.argoproj.io/tracking-id": f"{application}:/Service:shop/old", **more}}


def told(
    *objects: Any,
    among: Stack = HERE,
    named: Sequence[str] = (),
    elsewhere: Collection[str] | None = (),
    rendered: Sequence[Wanted] = RENDERED,
) -> list[tuple[str, str]]:
    scope = Scope(among, "seoul", lambda one: one in named if named else True, lambda: elsewhere)
    return [(one.state, one.wanted.subject) for one in left_over(objects, rendered, scope)]


OLD = [("unexpected", "Service shop/old")]


class Server:
    """Answers lists, and remembers which."""

    def __init__(self, **items: list[Any]) -> None:
        self._items = items
        self.asked: list[str] = []

    def items(self, path: str, accept: str, **query: str) -> list[Any]:
        assert "PartialObjectMetadataList" in accept
        assert query == {"labelSelector": "app.kubernetes.io/managed-by=naru"}
        self.asked.append(path)
        return self._items.get(path.rpartition("/")[2], [])


def test_every_kind_that_naru_makes_is_asked_for_once_in_the_version_that_is_preferred() -> None:
    every = (*NAMESPACED, *OF_AWS, *SHARED)
    served = {(f"{group}/v1" if group else "v1", kind): kind.lower() for group, kind in every}
    served |= {("v1", "Namespace"): "namespace", ("apps/v1beta1", "Deployment"): "deployment", ("v1", "Pod"): "pod"}
    server: Any = Server(service=[live()])
    rendered = [*RENDERED, Wanted("seoul", "shop", manifest("ConfigMap", "settings"))]
    found = unexpected(server, rendered, served, Scope(HERE, "seoul", lambda _: True, lambda: ()))
    assert [one.wanted.subject for one in found] == ["Service shop/old"]
    assert found[0].wanted.manifest["kind"] == "Service"
    coming_and_going = {"configmap", "job", "analysisrun", "persistentvolumeclaim", "pod"}
    kinds = [path.rpartition("/")[2] for path in server.asked]
    assert sorted(kinds) == sorted(set(served.values()) - coming_and_going)
    assert "/apis/apps/v1/deployment" in server.asked


def test_kind_that_is_not_served_is_left_out() -> None:
    server: Any = Server()
    assert unexpected(server, RENDERED, {("v1", "Service"): "services"}, Scope(HERE, "seoul", bool, lambda: ())) == []
    assert server.asked == ["/api/v1/services"]


def test_last_object_of_a_kind_is_told() -> None:
    assert told(live()) == OLD


def test_rendered_object_is_not_told() -> None:
    assert told(live("Deployment", "api", version="apps/v1")) == []


@pytest.mark.parametrize(
    "more",
    [
        {"ownerReferences": [{"kind": "Rollout"}]},
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        {"annotations": {"argocd.argoproj.io/hook": "PreSync"}},
    ],
)
def test_what_another_object_owns_or_is_going_is_not_told(more: dict[str, Any]) -> None:
    assert told(live(**more)) == []


def test_other_systems_are_told_only_where_none_is_named() -> None:
    assert told(live(of="gone"), named=["shop"]) == []
    assert told(live(of="gone")) == OLD


def test_object_that_argo_cd_keeps_on_purpose_is_told_as_kept() -> None:
    found = tracked("staging-seoul-shop-foundation", **{"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"})
    assert told(live(**found), among=BY_GIT) == [("kept", "Service shop/old")]


def test_what_argo_cd_made_for_this_stack_is_told_in_any_namespace_and_without_one() -> None:
    found = tracked("staging-seoul-gone-workloads")
    assert told(live(namespace="gone", of="gone", **found), among=BY_GIT) == [("unexpected", "Service gone/old")]
    nowhere = live("PriorityClass", "high", "", of="common", **tracked("staging-seoul-common-foundation"))
    assert told(nowhere, among=BY_GIT) == [("unexpected", "PriorityClass high")]


@pytest.mark.parametrize(
    "application", ["staging-eu-seoul-shop-workloads", "prod-seoul-shop-workloads", "staging-tokyo-shop-workloads"]
)
def test_what_argo_cd_made_for_another_stack_or_cluster_is_not_told(application: str) -> None:
    assert told(live(**tracked(application)), among=BY_GIT) == []
    assert told(live(**tracked(application))) == []


NAMESPACE = live("Namespace", "shop-old", "")
LEFT = live(namespace="shop-old")
IN_OLD = [("unexpected", "Service shop-old/old")]


def test_namespace_that_a_system_has_no_more_is_looked_into() -> None:
    assert told(NAMESPACE, LEFT) == IN_OLD
    assert told(NAMESPACE, LEFT, rendered=[]) == IN_OLD
    assert told(LEFT) == [], "a namespace without our labels is not ours"


def test_namespace_of_a_system_that_nobody_here_knows_may_be_another_project_s() -> None:
    theirs = live("Namespace", "gone", "", of="gone")
    assert told(theirs, live(namespace="gone", of="gone")) == []


@pytest.mark.parametrize("elsewhere", [("shop-old", "shop"), None], ids=["it has it", "it is on the same cluster"])
def test_what_may_be_another_stack_s_is_not_told(elsewhere: Collection[str] | None) -> None:
    assert told(NAMESPACE, LEFT, elsewhere=elsewhere) == []
    assert told(live(of="another"), elsewhere=elsewhere) == []
    assert told(live(), elsewhere=elsewhere) == OLD, "a system of ours in a namespace that is rendered is"


def test_where_argo_cd_delivers_what_it_did_not_make_is_told_in_rendered_namespaces_alone() -> None:
    assert told(NAMESPACE, LEFT, among=BY_GIT) == []
    assert told(live(), among=BY_GIT) == OLD
