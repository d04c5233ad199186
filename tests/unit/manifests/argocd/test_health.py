"""What Argo CD is told of health: run as it runs it, without the libraries that it does not give."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from lupa import lua51

from manifests.argocd.health import FOUNDATION_DEADLINE_SECONDS
from manifests.argocd.server_settings import server_settings

HEALTH = "resource.customizations.health."
LIBRARIES = "resource.customizations.useOpenLibs."
COMMIT, EARLIER = "a" * 40, "b" * 40

# What is there without `useOpenLibs`: the base, tables, and of `os` the two functions that are asked for by `require`.
_SANDBOX = """
local safe = { time = os.time, date = os.date }
require = function(name) assert(name == "os", "no library " .. name); return safe end
debug.setmetatable("", nil)
string, os, io, math, debug, coroutine = nil, nil, nil, nil, nil, nil
"""


def health(kind: str, manifest: dict[str, Any]) -> tuple[str, str]:
    """Return status and message of an object as the program for its kind has them."""
    settings = server_settings()
    lua = lua51.LuaRuntime()
    if settings.get(f"{LIBRARIES}{kind}") != "true":
        lua.execute(_SANDBOX)
    lua.globals().obj = lua.table_from(manifest, recursive=True)
    found = lua.execute(settings[f"{HEALTH}{kind}"])
    return found.status, found.message


def ago(seconds: int) -> str:
    """Return the time that many seconds ago, as Kubernetes writes it."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def operation(phase: str = "Succeeded", commit: str = COMMIT, **changes: Any) -> dict[str, Any]:
    """Return what an Application says of a sync, which began two minutes ago."""
    found: dict[str, Any] = {
        "phase": phase,
        "message": "as it went",
        "operation": {"sync": {"revision": commit}},
        "syncResult": {"revision": commit},
        "startedAt": ago(120),
        **changes,
    }
    if phase not in {"Running", "Terminating"}:
        found.setdefault("finishedAt", ago(60))
    return found


def application(change: Callable[[dict[str, Any]], Any] = lambda it: None, part: str = "workloads") -> dict[str, Any]:
    """Return a child at its commit, synced and healthy, but for the change."""
    source = {"targetRevision": COMMIT, "path": f"seoul/demo/{part}"}
    found: dict[str, Any] = {
        "metadata": {"labels": {"app.kubernetes.io/managed-by": "naru", "app.kubernetes.io/component": part}},
        "spec": {"source": dict(source), "syncPolicy": {"automated": {"prune": True}}},
        "status": {
            "sync": {"status": "Synced", "revision": COMMIT, "comparedTo": {"source": dict(source)}},
            "health": {"status": "Healthy"},
            "operationState": operation(),
            "reconciledAt": ago(30),
        },
    }
    change(found)
    return found


def of(change: Callable[[dict[str, Any]], Any], part: str = "workloads") -> tuple[str, str]:
    return health("argoproj.io_Application", application(change, part))


def live(status: str) -> Callable[[dict[str, Any]], Any]:
    return lambda it: it["status"].update(health={"status": status, "message": "its own"})


def differs(*, heals: bool, resources: list[dict[str, Any]], **status: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a change after which the Application is OutOfSync at its commit."""

    def change(it: dict[str, Any]) -> None:
        it["spec"]["syncPolicy"]["automated"]["selfHeal"] = heals
        it["status"]["sync"]["status"] = "OutOfSync"
        it["status"].update(resources=resources, **status)

    return change


CHANGED = {"kind": "Deployment", "name": "api", "status": "OutOfSync"}
SURPLUS = {"kind": "PersistentVolumeClaim", "name": "data", "status": "OutOfSync", "requiresPruning": True}


def test_application_at_its_commit_synced_and_healthy_is_healthy() -> None:
    assert of(lambda it: None) == ("Healthy", "")


def test_application_that_nothing_had_to_be_done_for_is_healthy_without_an_operation() -> None:
    assert of(lambda it: it["status"].pop("operationState")) == ("Healthy", "")
    assert of(lambda it: it["status"].update(operationState=operation(commit=EARLIER))) == ("Healthy", "")


@pytest.mark.parametrize("status", ["Healthy", "Suspended", "Degraded"])
def test_application_at_its_commit_is_as_healthy_as_what_it_deployed(status: str) -> None:
    assert of(live(status)) == (status, "its own")


@pytest.mark.parametrize("status", ["Progressing", "Missing", "Unknown"])
def test_what_is_not_healthy_yet_is_waited_for(status: str) -> None:
    assert of(live(status)) == ("Progressing", "its own")


def test_application_without_a_status_is_waited_for() -> None:
    assert of(lambda it: it.pop("status"))[0] == "Progressing"
    assert of(lambda it: it["status"].pop("health"))[0] == "Progressing"


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["status"]["sync"].update(revision=EARLIER),
        lambda it: it["status"]["sync"]["comparedTo"]["source"].update(targetRevision=EARLIER),
        lambda it: it["status"]["sync"]["comparedTo"]["source"].update(path="tokyo/demo/workloads"),
        lambda it: it["status"]["sync"].pop("comparedTo"),
        lambda it: it["status"].pop("sync"),
    ],
    ids=["another-commit", "another-pin", "another-folder", "nothing-compared", "no-sync"],
)
def test_health_of_another_commit_says_nothing_of_the_pinned_one(change: Callable[[dict[str, Any]], Any]) -> None:
    assert of(change) == ("Progressing", f"is not at {COMMIT} yet")


def cannot(kind: str, **sync: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a change after which the Application says that it cannot be compared, with those words of its sync."""

    def change(it: dict[str, Any]) -> None:
        it["status"]["sync"].update(sync)
        it["status"]["conditions"] = [{"type": "Other", "message": "else"}, {"type": kind, "message": "no such folder"}]

    return change


@pytest.mark.parametrize("kind", ["ComparisonError", "InvalidSpecError"])
def test_comparison_that_is_not_possible_is_not_waited_for(kind: str) -> None:
    """The parent's sync fails instead, and is tried again with whatever commit is the newest by then."""
    assert of(cannot(kind, status="Unknown")) == ("Degraded", "no such folder")


def test_application_that_is_none_is_not_waited_for() -> None:
    assert of(cannot("InvalidSpecError", revision=EARLIER)) == ("Degraded", "no such folder")


def test_comparison_of_an_earlier_commit_that_was_not_possible_says_nothing_of_the_pinned_one() -> None:
    assert of(cannot("ComparisonError", revision=EARLIER, status="Unknown"))[0] == "Progressing"


def test_condition_from_before_counts_no_more_once_a_comparison_was_possible() -> None:
    assert of(cannot("ComparisonError")) == ("Healthy", "")


def test_failed_migration_is_told_of_with_its_reason() -> None:
    job = {"kind": "Job", "name": "auth-service-migrate", "hookPhase": "Failed", "message": "BackoffLimitExceeded"}
    done = {"kind": "Job", "name": "other-migrate", "hookPhase": "Succeeded", "message": "done"}
    result = {"revision": COMMIT, "resources": [done, job]}
    failed = operation("Failed", message="one or more tasks completed unsuccessfully", syncResult=result)
    assert of(lambda it: it["status"].update(operationState=failed)) == (
        "Degraded",
        "one or more tasks completed unsuccessfully: Job auth-service-migrate: BackoffLimitExceeded",
    )


def test_object_that_was_refused_is_told_of() -> None:
    refused = {"kind": "Service", "name": "api", "status": "SyncFailed", "message": "spec.ports: Required value"}
    failed = operation("Failed", message="failed to apply", syncResult={"revision": COMMIT, "resources": [refused]})
    assert of(lambda it: it["status"].update(operationState=failed)) == (
        "Degraded",
        "failed to apply: Service api: spec.ports: Required value",
    )


def test_error_before_anything_was_synced_is_the_pinned_commits_by_what_was_asked_for() -> None:
    failed = operation("Error", syncResult={})
    assert of(lambda it: it["status"].update(operationState=failed)) == ("Degraded", "as it went")


def test_failure_of_an_earlier_commit_is_forgotten_once_the_revert_is_live() -> None:
    assert of(lambda it: it["status"].update(operationState=operation("Failed", EARLIER))) == ("Healthy", "")


def synced_with(*names: str | None, last: dict[str, Any], sync: str = "Synced") -> Callable[[dict[str, Any]], Any]:
    """Return a change after which files called `new` are to be applied, and files of those names were, one by one."""

    def change(it: dict[str, Any]) -> None:
        it["spec"]["source"]["name"] = "new"
        history = [{"revision": EARLIER, "source": {"name": name} if name else {}} for name in names]
        it["status"].update(operationState=last, history=history)
        it["status"]["sync"]["status"] = sync

    return change


@pytest.mark.parametrize(
    "last",
    [
        operation("Failed", EARLIER),
        operation("Error", EARLIER),
        operation("Succeeded", EARLIER),
        operation("Succeeded", operation={"sync": {"revision": COMMIT, "dryRun": True}}),
    ],
    ids=["refused-at-another-commit", "not-compared", "of-other-files", "tried-out"],
)
def test_files_that_no_sync_went_through_with_are_not_healthy_though_argo_cd_calls_them_synced(
    last: dict[str, Any],
) -> None:
    """It remembers no difference of a comparison that a policy refused."""
    status, message = of(synced_with("new", "old", last=last))
    assert (status, "`naru sync`" in message) == ("Degraded", True)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_files_that_were_synced_last_are_healthy_at_a_later_commit_without_a_sync(phase: str) -> None:
    """Also after a release that failed was taken back, before anything of it was applied."""
    assert of(synced_with("old", "new", last=operation(phase, EARLIER))) == ("Healthy", "")


def test_files_that_are_about_to_be_synced_are_waited_for() -> None:
    change = synced_with("old", last=operation("Failed", EARLIER), sync="OutOfSync")
    assert of(change) == ("Progressing", "is OutOfSync")


def test_application_of_which_nothing_says_what_it_was_synced_with_is_as_argo_cd_calls_it() -> None:
    """It was made over what was there, or synced before pins named the files."""
    assert of(synced_with(last=operation(commit=EARLIER))) == ("Healthy", "")
    assert of(synced_with(None, last=operation(commit=EARLIER))) == ("Healthy", "")


def test_sync_that_was_only_tried_out_did_not_fail() -> None:
    tried = operation("Failed", operation={"sync": {"revision": COMMIT, "dryRun": True}})
    assert of(lambda it: it["status"].update(operationState=tried)) == ("Healthy", "")


@pytest.mark.parametrize("phase", ["Running", "Terminating"])
def test_running_sync_and_one_that_will_be_tried_again_are_waited_for(phase: str) -> None:
    again = operation(phase, message="failed. Retrying attempt #1", finishedAt=ago(5))
    assert of(lambda it: it["status"].update(operationState=again)) == ("Progressing", "failed. Retrying attempt #1")
    other = operation(phase, EARLIER)
    expected = ("Progressing", f"waits for the end of a sync to {EARLIER}")
    assert of(lambda it: it["status"].update(operationState=other)) == expected


def test_sync_that_was_asked_for_is_waited_for() -> None:
    def change(it: dict[str, Any]) -> None:
        it["operation"] = {"sync": {"revision": COMMIT}}
        it["status"].pop("operationState")

    assert of(change) == ("Progressing", "a sync begins")


def test_difference_that_is_about_to_be_synced_is_waited_for() -> None:
    before = operation(commit=EARLIER)
    assert of(differs(heals=False, resources=[CHANGED], operationState=before)) == ("Progressing", "is OutOfSync")


def test_comparison_from_before_the_end_of_the_sync_is_not_believed() -> None:
    for seen in (ago(61), ago(60)):
        change = differs(
            heals=False, resources=[CHANGED], reconciledAt=seen, operationState=operation(finishedAt=ago(60))
        )
        assert of(change)[0] == "Progressing"


@pytest.mark.parametrize(("heals", "status"), [(False, "Healthy"), (True, "Progressing")])
def test_what_somebody_changed_by_hand_is_waited_for_only_if_it_is_put_back(*, heals: bool, status: str) -> None:
    assert of(differs(heals=heals, resources=[CHANGED]))[0] == status


def test_what_is_kept_on_purpose_holds_nothing_up() -> None:
    assert of(differs(heals=True, resources=[SURPLUS]))[0] == "Healthy"
    assert of(differs(heals=True, resources=[SURPLUS, CHANGED]))[0] == "Progressing"


@pytest.mark.parametrize(
    ("part", "since", "status"),
    [
        ("foundation", FOUNDATION_DEADLINE_SECONDS - 60, "Progressing"),
        ("foundation", FOUNDATION_DEADLINE_SECONDS + 60, "Degraded"),
        ("workloads", FOUNDATION_DEADLINE_SECONDS + 60, "Progressing"),
    ],
)
def test_foundation_that_does_not_get_healthy_does_not_hold_its_parent_for_ever(
    part: str, since: int, status: str
) -> None:
    def change(it: dict[str, Any]) -> None:
        it["status"].update(operationState=operation(finishedAt=ago(since)), health={"status": "Progressing"})

    assert of(change, part)[0] == status


def test_foundation_that_waits_by_hand_or_is_healthy_has_no_deadline() -> None:
    def change(it: dict[str, Any]) -> None:
        it["status"].update(operationState=operation(finishedAt=ago(10**6)))

    assert of(change, "foundation")[0] == "Healthy"


def test_application_of_a_branch_is_at_its_commit_whichever_that_is() -> None:
    def change(it: dict[str, Any]) -> None:
        it["spec"]["source"]["targetRevision"] = "env/dev"
        it["status"]["sync"]["comparedTo"]["source"]["targetRevision"] = "env/dev"

    assert of(change) == ("Healthy", "")


def test_applications_of_others_are_as_they_say() -> None:
    def change(it: dict[str, Any]) -> None:
        it["metadata"] = {}
        it["status"]["operationState"] = operation("Failed")

    assert of(change) == ("Healthy", "")
    assert health("argoproj.io_Application", {"metadata": {}}) == ("Progressing", "")


def sealed(observed: int | None, synced: str | None) -> tuple[str, str]:
    status: dict[str, Any] = {} if observed is None else {"observedGeneration": observed}
    if synced is not None:
        status["conditions"] = [{"type": "Synced", "status": synced, "message": "said"}]
    return health("bitnami.com_SealedSecret", {"metadata": {"generation": 2}, "status": status})


def test_sealed_secret_is_healthy_once_its_newest_generation_is_open() -> None:
    assert sealed(2, "True") == ("Healthy", "said")
    assert sealed(2, "False") == ("Degraded", "said")
    for observed, synced in ((1, "True"), (1, "False"), (None, None), (2, None)):
        assert sealed(observed, synced)[0] == "Progressing"
    assert health("bitnami.com_SealedSecret", {"metadata": {"generation": 1}})[0] == "Progressing"


def external(version: str | None, ready: str | None) -> tuple[str, str]:
    status: dict[str, Any] = {} if version is None else {"syncedResourceVersion": version}
    if ready is not None:
        status["conditions"] = [{"type": "Ready", "status": ready, "message": "said"}]
    return health("external-secrets.io_ExternalSecret", {"metadata": {"generation": 2}, "status": status})


def test_external_secret_is_healthy_once_its_newest_generation_was_fetched() -> None:
    assert external("2-1234", "True") == ("Healthy", "said")
    for version in ("1-1234", "21-1234", "12-2-1", "", None):
        assert external(version, "True")[0] == "Progressing"
    assert external("2-1234", None)[0] == "Progressing"
    assert external("1-1234", "False") == ("Degraded", "said")
    assert health("external-secrets.io_ExternalSecret", {"metadata": {"generation": 1}})[0] == "Progressing"


@pytest.mark.parametrize(
    ("phase", "status"),
    [("Bound", "Healthy"), ("Pending", "Healthy"), ("Lost", "Degraded"), (None, "Progressing")],
)
def test_claim_that_waits_for_its_first_pod_is_healthy(phase: str | None, status: str) -> None:
    manifest: dict[str, Any] = {"metadata": {}, "status": {"phase": phase} if phase else {}}
    assert health("PersistentVolumeClaim", manifest)[0] == status


UNHEEDED = {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "true"}}


@pytest.mark.parametrize(
    ("condition", "status"),
    [("Complete", "Healthy"), ("Failed", "Degraded"), ("Suspended", "Suspended"), (None, "Progressing")],
)
def test_job_is_waited_for(condition: str | None, status: str) -> None:
    conditions = [{"type": condition, "status": "True", "message": "said"}] if condition else []
    assert health("batch_Job", {"metadata": {}, "status": {"conditions": conditions}})[0] == status


def test_job_and_analysis_whose_end_nobody_waits_for_hold_no_sync_up() -> None:
    assert health("batch_Job", {"metadata": UNHEEDED})[0] == "Healthy"
    running = {"metadata": UNHEEDED, "status": {"phase": "Running"}}
    assert health("argoproj.io_AnalysisRun", running)[0] == "Healthy"
    assert health("argoproj.io_AnalysisRun", {**running, "metadata": {}})[0] == "Progressing"
    failed = {"conditions": [{"type": "Failed", "status": "True"}]}
    assert health("batch_Job", {"metadata": UNHEEDED, "status": failed})[0] == "Degraded"


@pytest.mark.parametrize(
    ("phase", "status"),
    [("Successful", "Healthy"), ("Failed", "Degraded"), ("Error", "Degraded"), ("Inconclusive", "Unknown")],
)
def test_analysis_is_as_it_ended(phase: str, status: str) -> None:
    found = health("argoproj.io_AnalysisRun", {"metadata": UNHEEDED, "status": {"phase": phase, "message": "said"}})
    assert found == (status, "said")


def test_a_program_has_no_library_that_argo_cd_does_not_give_it() -> None:
    with pytest.raises(lua51.LuaError):
        health("argoproj.io_Application", {"metadata": {"labels": 1}})
    lua = lua51.LuaRuntime()
    lua.execute(_SANDBOX)
    with pytest.raises(lua51.LuaError):
        lua.execute('return ("a"):match("a")')


def test_keys_are_those_of_the_config_map() -> None:
    programs = {key.removeprefix(HEALTH) for key in server_settings() if key.startswith(HEALTH)}
    libraries = {key.removeprefix(LIBRARIES) for key in server_settings() if key.startswith(LIBRARIES)}
    assert libraries == {"external-secrets.io_ExternalSecret"} <= programs
    assert len(server_settings()) == len(programs) + len(libraries)
