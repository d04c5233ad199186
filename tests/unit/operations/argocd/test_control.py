"""What Argo CD is told through its cluster's API."""

from __future__ import annotations

from typing import Any, cast

import pytest

from operations.api_server import ApiError, ApiServer
from operations.argocd import control
from operations.argocd.control import Applications
from operations.argocd.syncing import start
from settings.environment import ArgoCD
from settings.stack import Stack
from settings.system import Sync
from tests.builders import a_stack, a_system
from tests.unit.operations.argocd.fake_argocd import FakeArgoCD, an_application

OLD, NEW = "0" * 40, "1" * 40
ARGOCD = ArgoCD(repository="https://git.example.com/naru.git")


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_LOOK_EVERY", 0)


def stack(**sync: Any) -> Stack:
    return a_stack(a_system(name="shop", sync=Sync(**sync)))


def applications(server: FakeArgoCD, **sync: Any) -> Applications:
    return Applications(cast("ApiServer", server), stack(**sync), ARGOCD)


def running(commit: str) -> dict[str, Any]:
    state = {"phase": "Running", "syncResult": {"revision": commit}}
    return {"operation": {"sync": {}}, "status": {"operationState": state}}


def test_children_are_those_of_the_system_s_project_in_the_order_they_are_moved() -> None:
    server = FakeArgoCD(
        an_application("dev-shop", "dev"),
        an_application("dev-aomori-shop-foundation", "dev-shop", wave=2),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1),
        an_application("dev-main-shop-foundation", "dev-shop", wave=0),
        an_application("dev-main-other-foundation", "dev-other", wave=0, system="other"),
    )
    parent, children = applications(server).of("shop")
    assert parent is not None
    assert [one.name for one in children] == [
        "dev-main-shop-foundation",
        "dev-main-shop-workloads",
        "dev-aomori-shop-foundation",
    ]


def test_system_nobody_made_yet_has_no_parent() -> None:
    assert applications(FakeArgoCD()).of("shop") == (None, [])


def test_refresh_is_done_when_argo_cd_has_taken_the_annotation_away() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev"))
    asked = applications(server)
    asked.refresh("shop")
    assert not asked.refreshed("shop")
    del server.live["dev-shop"]["metadata"]["annotations"]["argocd.argoproj.io/refresh"]
    assert asked.refreshed("shop")


def test_sync_is_an_operation_to_the_commit_with_the_application_s_own_options() -> None:
    policy = {"syncPolicy": {"syncOptions": ["ServerSideApply=true"]}}
    server = FakeArgoCD(an_application("dev-shop", "dev", spec=policy, status={"operationState": {"phase": "Failed"}}))
    applications(server).sync("dev-shop", NEW, by="somebody")
    operation = server.live["dev-shop"]["operation"]
    assert operation["sync"]["revision"] == NEW
    assert operation["sync"]["syncOptions"] == ["ServerSideApply=true"]
    assert operation["sync"]["prune"] is True
    assert operation["initiatedBy"] == {"username": "somebody"}
    assert "operationState" not in server.live["dev-shop"]["status"], "what was before is no state of this one"


def test_sync_by_hand_prunes_no_more_than_the_settings_do() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev"))
    applications(server, prune=False).sync("dev-shop", NEW, by="somebody")
    assert server.live["dev-shop"]["operation"]["sync"]["prune"] is False


def test_sync_of_one_that_is_at_work_has_it_give_that_up_first() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev", **running(OLD)))

    def ends(fake: FakeArgoCD, name: str) -> None:
        if fake.live[name].get("status", {}).get("operationState", {}).get("phase") == "Terminating":
            fake.live[name].pop("operation")

    server.after = ends
    applications(server).sync("dev-shop", NEW, by="somebody")
    first, second = (body for _, body in server.patches)
    assert first["status"] == {"operationState": {"phase": "Terminating"}}
    assert second["operation"]["sync"]["revision"] == NEW


def test_sync_of_what_changed_meanwhile_is_decided_anew() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev"))
    server.meanwhile.append(lambda fake: fake.touch("dev-shop"))
    applications(server).sync("dev-shop", NEW, by="somebody")
    ((_, patch),) = server.patches
    assert patch["metadata"] == {"resourceVersion": "2"}, "it is for the object as it was read last"
    assert server.live["dev-shop"]["operation"]["sync"]["revision"] == NEW


def test_one_that_never_gives_up_is_told_and_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_TRIES", 2)
    server = FakeArgoCD(an_application("dev-shop", "dev", **running(OLD)))
    with pytest.raises(ApiError, match="dev-shop does not give up"):
        applications(server).sync("dev-shop", NEW, by="somebody")
    assert server.live["dev-shop"]["operation"] == {"sync": {}}


def both(parent: dict[str, Any], child: dict[str, Any], *, pinned: str = NEW) -> FakeArgoCD:
    parent = {**parent, "status": {**parent.get("status", {}), "sync": {"revision": NEW}}}
    return FakeArgoCD(
        an_application("dev-shop", "dev", **parent),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1, target=pinned, **child),
    )


@pytest.mark.parametrize(
    ("server", "ended"),
    [
        (both({}, running(OLD)), {"dev-main-shop-workloads": OLD}),
        (both({}, running(OLD), pinned=OLD), {}),
        (both(running(OLD), {}), {"dev-shop": OLD}),
        (both(running(NEW), running(NEW)), {}),
        (both({"operation": {"sync": {}}}, {}), {}),
    ],
    ids=["a part", "a part that is still to be pinned", "the parent", "nothing", "what has not begun"],
)
def test_what_is_at_work_for_a_commit_left_behind_gives_way(server: FakeArgoCD, ended: dict[str, str]) -> None:
    assert applications(server).left_behind("shop", NEW) == ended
    assert not server.patches, "looking changes nothing"
    assert applications(server).give_way("shop", NEW) == list(ended)
    assert [name for name, _ in server.patches] == list(ended)


def test_nothing_gives_way_to_a_commit_that_the_parent_is_past() -> None:
    server = both(running(NEW), running(NEW))
    assert applications(server).give_way("shop", OLD) == []
    assert not server.patches


def test_nobody_is_there_to_give_way() -> None:
    assert applications(FakeArgoCD()).give_way("shop", NEW) == []


def test_operation_that_has_not_begun_is_taken_back_as_it_has_no_state_to_end() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev", operation={"sync": {"revision": OLD}}))
    applications(server).sync("dev-shop", NEW, by="somebody")
    assert server.patches[0][1]["operation"] is None
    assert "status" not in server.patches[0][1]
    assert server.live["dev-shop"]["operation"]["sync"]["revision"] == NEW


def test_sync_to_the_commit_that_is_under_way_goes_on() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev", **running(NEW)))
    applications(server).sync("dev-shop", NEW, by="somebody")
    assert not server.patches


def test_sync_is_tried_again_as_the_settings_say_and_never_with_a_newer_commit() -> None:
    retry = {"limit": 3, "refresh": True, "backoff": {"duration": "10s"}}
    server = FakeArgoCD(an_application("dev-shop", "dev", spec={"syncPolicy": {"retry": retry}}))
    applications(server).sync("dev-shop", NEW, by="somebody")
    assert server.live["dev-shop"]["operation"]["retry"] == {"limit": 3, "backoff": {"duration": "10s"}}


def test_what_all_systems_share_is_pruned_where_all_of_them_are() -> None:
    server = FakeArgoCD(an_application("dev-common", "dev", system="common"))
    applications(server, prune=False).sync("dev-common", NEW, by="somebody")
    assert server.live["dev-common"]["operation"]["sync"]["prune"] is False


def test_what_is_only_left_over_is_no_child_any_more() -> None:
    left: dict[str, Any] = {"status": {"resources": [{"name": "dev-aomori-shop-workloads", "requiresPruning": True}]}}
    server = FakeArgoCD(
        an_application("dev-shop", "dev", **left),
        an_application("dev-aomori-shop-workloads", "dev-shop", wave=3),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1),
    )
    assert [one.name for one in applications(server).of("shop")[1]] == ["dev-main-shop-workloads"]


def test_operation_that_a_window_keeps_is_taken_back() -> None:
    server = FakeArgoCD(an_application("dev-shop", "dev", **running(NEW)))
    applications(server).withdraw("shop")
    assert "operation" not in server.live["dev-shop"]


def test_failed_part_is_synced_again_before_its_parent() -> None:
    failed = {
        "status": {
            "operationState": {"phase": "Failed", "message": "no", "syncResult": {"revision": NEW}},
            "sync": {"status": "OutOfSync", "revision": NEW},
        }
    }
    server = FakeArgoCD(
        an_application("dev-shop", "dev"),
        an_application(
            "dev-main-shop-foundation", "dev-shop", wave=0, target=NEW, status={"sync": {"status": "Synced"}}
        ),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1, target=NEW, **failed),
    )
    start(applications(server), "shop", NEW)
    assert [name for name, _ in server.patches] == ["dev-main-shop-workloads", "dev-shop"]


@pytest.mark.parametrize(("heals", "started"), [(True, ["dev-shop"]), (False, ["dev-main-shop-workloads", "dev-shop"])])
def test_part_that_was_changed_by_hand_is_put_back_where_it_does_not_heal_itself(
    heals: bool, started: list[str]
) -> None:
    done = {"phase": "Succeeded", "syncResult": {"revision": NEW}, "finishedAt": "2026-01-01T00:00:00Z"}
    drifted = {"sync": {"status": "OutOfSync", "revision": NEW}, "operationState": done, "reconciledAt": "2026-01-02"}
    policy = {"syncPolicy": {"automated": {"selfHeal": heals}}}
    server = FakeArgoCD(
        an_application("dev-shop", "dev"),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1, target=NEW, spec=policy, status=drifted),
    )
    start(applications(server), "shop", NEW)
    assert [name for name, _ in server.patches] == started
