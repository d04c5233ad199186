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
        an_application("dev-main-other-foundation", "dev-other", wave=0),
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


@pytest.mark.parametrize(("commit", "ended"), [(OLD, ["dev-main-shop-workloads"]), (NEW, [])])
def test_only_what_is_at_another_commit_gives_up(commit: str, ended: list[str]) -> None:
    server = FakeArgoCD(
        an_application("dev-shop", "dev", **running(NEW)),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1, **running(commit)),
    )
    assert applications(server).give_up("shop", NEW) == ended
    assert [name for name, _ in server.patches] == ended


def test_failed_part_is_synced_again_before_its_parent() -> None:
    failed = {
        "status": {
            "operationState": {"phase": "Failed", "message": "no", "syncResult": {"revision": NEW}},
            "sync": {"status": "OutOfSync", "revision": NEW},
        }
    }
    server = FakeArgoCD(
        an_application("dev-shop", "dev"),
        an_application("dev-main-shop-foundation", "dev-shop", wave=0, target=NEW),
        an_application("dev-main-shop-workloads", "dev-shop", wave=1, target=NEW, **failed),
    )
    start(applications(server), "shop", NEW)
    assert [name for name, _ in server.patches] == ["dev-main-shop-workloads", "dev-shop"]
