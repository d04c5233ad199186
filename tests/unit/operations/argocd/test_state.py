"""How Applications are, and what a system still waits for."""

from typing import Any

import pytest

from operations.argocd.state import Application, Standing, application, begun, blocked, standing

OLD, NEW = "0" * 40, "1" * 40


def live(name: str, *, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"source": {"targetRevision": NEW}, **spec}, "status": status or {}}


def an_application(name: str = "dev-shop", **changes: Any) -> Application:
    usual: dict[str, Any] = {
        "automated": True,
        "target": NEW,
        "sync": "Synced",
        "revision": NEW,
        "health": "Healthy",
        "phase": "Succeeded",
        "operated": NEW,
    }
    return Application(name, **{**usual, **changes})


def stands(parent: Application, *children: Application) -> Standing:
    return standing(parent, children, NEW)


FOUNDATION, WORKLOADS = an_application("foundation"), an_application("workloads")


def test_application_that_nobody_looked_at_yet_says_nothing() -> None:
    found = application({"metadata": {"name": "dev-shop"}, "spec": {}})
    assert found == Application("dev-shop", False, "", "", "", "", "", "")
    assert not found.running


@pytest.mark.parametrize(
    ("policy", "automated"),
    [({"automated": {}}, True), ({"automated": {"enabled": False}}, False), ({}, False), (None, False)],
)
def test_application_is_automated_where_its_policy_says_so(policy: dict[str, Any] | None, automated: bool) -> None:
    assert application(live("a", syncPolicy=policy)).automated is automated


def test_operation_that_is_asked_for_and_not_begun_is_under_way() -> None:
    assert application({**live("a"), "operation": {"sync": {}}}).running


def test_failed_hook_is_named_with_its_reason_before_the_operation_s_own_words() -> None:
    resources = [
        {"kind": "Deployment", "namespace": "shop", "name": "web", "status": "Synced"},
        {"kind": "Job", "namespace": "shop", "name": "migrate", "hookPhase": "Failed", "message": "backoff limit"},
    ]
    status = {
        "operationState": {
            "phase": "Failed",
            "message": "one or more tasks failed",
            "syncResult": {"revision": NEW, "resources": resources},
        },
        "conditions": [{"type": "SyncError", "message": "Failed last sync"}, {"type": "OrphanedResourceWarning"}],
    }
    found = application(live("a", status=status))
    assert found.trouble == ("Job shop/migrate: backoff limit", "one or more tasks failed", "Failed last sync")
    assert (found.phase, found.operated) == ("Failed", NEW)


def test_running_operation_says_what_it_waits_for() -> None:
    status = {"operationState": {"phase": "Running", "message": "waiting for completion of hook batch/Job/migrate"}}
    assert application(live("a", status=status)).waiting == "waiting for completion of hook batch/Job/migrate"


def test_system_is_there_when_all_its_applications_are() -> None:
    assert stands(an_application(), FOUNDATION, WORKLOADS) == Standing("there")


def test_version_that_waits_for_somebody_to_promote_it_holds_no_system_up() -> None:
    assert stands(an_application(), FOUNDATION, an_application("w", health="Suspended")).state == "there"


@pytest.mark.parametrize(
    ("parent", "child", "reason"),
    [
        ({"revision": OLD}, {}, "dev-shop is at 000000000000"),
        ({"revision": "", "sync": ""}, {}, "dev-shop is at nothing yet"),
        ({"sync": "OutOfSync"}, {}, "dev-shop is OutOfSync"),
        ({"phase": "Running", "waiting": "healthy state of x"}, {}, "dev-shop: healthy state of x"),
        ({"phase": "Running"}, {"target": OLD}, "workloads: it comes after what is before it"),
        ({}, {"phase": "Running", "waiting": "hook"}, "workloads: hook"),
        ({}, {"revision": OLD, "operated": OLD}, "workloads: it is at 000000000000"),
        ({}, {"sync": "OutOfSync", "operated": OLD}, "workloads: it is OutOfSync"),
        ({}, {"sync": "OutOfSync", "self_heals": True}, "workloads: it is put back to what is published"),
        ({}, {"sync": "OutOfSync", "stale": True}, "workloads: it is put back to what is published"),
        ({"sync": "OutOfSync", "stale": True, "automated": False}, {}, "dev-shop is compared again"),
        ({"sync": "OutOfSync", "automated": False}, {}, "dev-shop is OutOfSync after its sync"),
        ({}, {"health": "Progressing"}, "workloads is Progressing"),
        ({}, {"health": ""}, "workloads is not looked at yet"),
    ],
)
def test_system_waits_for_the_first_that_is_not_there(
    parent: dict[str, Any], child: dict[str, Any], reason: str
) -> None:
    assert stands(an_application(**parent), FOUNDATION, an_application("workloads", **child)) == Standing(
        "waiting", reason
    )


def test_system_that_is_synced_by_hand_waits_for_somebody() -> None:
    found = stands(an_application(automated=False, sync="OutOfSync", phase="", operated=""), FOUNDATION)
    assert found.state == "by hand"
    assert "waits for somebody" in found.reason


def test_system_somebody_is_syncing_waits_for_nobody_else() -> None:
    parent = an_application(automated=False, sync="OutOfSync", phase="Running", operated="")
    assert stands(parent, FOUNDATION).state == "waiting"


def test_child_that_failed_at_the_commit_fails_its_system_with_the_reason() -> None:
    child = an_application("workloads", phase="Failed", trouble=("Job a/b: backoff limit", "later"))
    assert stands(an_application(phase="Failed"), FOUNDATION, child) == Standing(
        "failed", "workloads: Job a/b: backoff limit"
    )


@pytest.mark.parametrize(
    ("names", "unsynced"),
    [(("old", "new"), False), (("new", "old"), True), ((None,), False), ((), False)],
    ids=["synced-last", "synced-once", "before-there-were-names", "never-synced"],
)
def test_application_says_whether_its_last_sync_was_of_what_it_should_apply(
    names: tuple[str | None, ...], *, unsynced: bool
) -> None:
    history = [{"source": {"name": name} if name else {}} for name in names]
    source = {"targetRevision": NEW, "name": "new"}
    assert application(live("a", status={"history": history}, source=source)).unsynced is unsynced
    assert not application(live("a", status={"history": history})).unsynced


@pytest.mark.parametrize("trouble", [("denied the request",), ()])
def test_child_that_was_never_synced_with_what_it_should_apply_fails_its_system_though_it_is_called_synced(
    trouble: tuple[str, ...],
) -> None:
    refused = {"operated": OLD, "phase": "Failed", "trouble": trouble}
    found = stands(an_application(), FOUNDATION, an_application("workloads", unsynced=True, **refused))
    told = "denied the request" if trouble else "no sync of what it applies went through"
    assert found == Standing("failed", f"workloads: {told}")
    assert stands(an_application(), FOUNDATION, an_application("workloads", **refused)).state == "there"


@pytest.mark.parametrize("change", [{"revision": OLD}, {"sync": "OutOfSync"}], ids=["not-compared", "to-be-synced"])
def test_child_that_was_never_synced_with_what_it_should_apply_is_waited_for_until_it_is_compared(
    change: dict[str, Any],
) -> None:
    child = an_application("workloads", operated=OLD, phase="Failed", unsynced=True, **change)
    assert stands(an_application(), FOUNDATION, child).state == "waiting"


def test_child_that_is_tried_again_has_not_failed_its_system() -> None:
    child = an_application("workloads", phase="Running", waiting="Retrying attempt #1", sync="OutOfSync")
    assert stands(an_application(phase="Failed"), FOUNDATION, child).state == "waiting"


def test_child_that_failed_at_an_earlier_commit_is_still_to_be_moved() -> None:
    child = an_application("workloads", target=OLD, operated=OLD, phase="Failed")
    assert stands(an_application(phase="Running"), FOUNDATION, child).state == "waiting"


def test_parent_that_failed_says_so_where_no_child_did() -> None:
    parent = an_application(phase="Error", sync="OutOfSync", trouble=("not permitted in project",))
    assert stands(parent, FOUNDATION) == Standing("failed", "dev-shop: not permitted in project")


def test_branch_that_cannot_be_read_fails_the_system() -> None:
    parent = an_application(sync="Unknown", revision=OLD, trouble=("cannot read the repository",))
    assert stands(parent) == Standing("failed", "dev-shop: cannot read the repository")


def test_child_that_cannot_be_compared_at_an_earlier_commit_is_still_to_be_moved() -> None:
    child = an_application("workloads", target=OLD, sync="Unknown", trouble=("no such path",))
    assert stands(an_application(phase="Running"), FOUNDATION, child).state == "waiting"


FIRST, SECOND = an_application("dev-a-shop-workloads"), an_application("dev-b-shop-workloads", target=OLD)


def test_release_has_begun_when_the_first_workloads_are_applied_however_far_their_pods_are() -> None:
    progressing = an_application("dev-a-shop-workloads", health="Progressing")
    assert begun(an_application(phase="Running"), [FOUNDATION, progressing, SECOND], NEW).state == "there"


@pytest.mark.parametrize(
    "first",
    [
        {"target": OLD},
        {"phase": "Running"},
        {"revision": OLD, "operated": OLD},
        {"sync": "OutOfSync", "operated": OLD},
    ],
    ids="".join,
)
def test_release_has_not_begun_before_its_first_workloads_are_applied(first: dict[str, Any]) -> None:
    workloads = an_application("dev-a-shop-workloads", **first)
    found = begun(an_application(), [FOUNDATION, workloads, FIRST], NEW)
    assert found.state == "waiting"
    assert found.reason.startswith("dev-a-shop-workloads: ")


def test_release_has_not_begun_before_there_are_any_parts() -> None:
    assert begun(an_application(revision=OLD), [], NEW) == Standing("waiting", "dev-shop is at 000000000000")


@pytest.mark.parametrize(("phase", "state"), [("", "by hand"), ("Running", "waiting")])
def test_release_of_a_system_that_is_synced_by_hand_begins_by_hand(phase: str, state: str) -> None:
    parent = an_application(automated=False, sync="OutOfSync", phase=phase, operated="")
    assert begun(parent, [FOUNDATION, an_application("dev-a-shop-workloads", target=OLD)], NEW).state == state


def test_change_by_hand_that_nobody_puts_back_waits_for_somebody_and_holds_no_release_up() -> None:
    drifted = an_application("dev-a-shop-foundation", sync="OutOfSync")
    found = stands(an_application(), drifted, FIRST)
    assert (found.state, "dev-a-shop-foundation was changed by hand" in found.reason) == ("by hand", True)
    assert begun(an_application(), [drifted, FIRST], NEW).state == "there"


def test_what_is_left_over_and_not_to_be_pruned_makes_a_system_no_less_there() -> None:
    resources = [
        {"name": "dev-b-shop-workloads", "status": "OutOfSync", "requiresPruning": True},
        {"name": "dev-a-shop-workloads", "status": "Synced"},
    ]
    status = {"sync": {"status": "OutOfSync", "revision": NEW}, "resources": resources}
    kept = application(live("dev-shop", status=status), prunes=False)
    assert kept.left_over == {"dev-b-shop-workloads"}
    assert stands(kept, FOUNDATION).state == "there"
    assert stands(application(live("dev-shop", status=status)), FOUNDATION).state == "by hand"
    resources.append({"name": "dev-a-shop-workloads", "status": "OutOfSync"})
    assert stands(application(live("dev-shop", status=status), prunes=False), FOUNDATION).state == "by hand"


@pytest.mark.parametrize(("compared", "stale"), [("2026-01-01T00:00:05Z", True), ("2026-01-01T00:00:06Z", False)])
def test_sync_status_is_of_the_time_before_until_it_is_compared_again(compared: str, stale: bool) -> None:
    status = {
        "operationState": {"phase": "Succeeded", "finishedAt": "2026-01-01T00:00:05Z"},
        "reconciledAt": compared,
    }
    assert application(live("a", status=status)).stale is stale


def test_sync_that_a_window_keeps_has_failed_and_says_so() -> None:
    parent = an_application(phase="Running", waiting="Sync operation blocked by sync window", sync="OutOfSync")
    assert blocked(parent)
    assert "sync window" in stands(parent, FOUNDATION).reason
    assert stands(parent, FOUNDATION).state == "failed"
