"""What promote, abort and retry come to: the patches of Argo's kubectl plugin, and what is refused."""

from typing import Any

import pytest

from operations.rollout import decision, patches
from operations.rollout.live import LiveWorkload
from operations.rollout.phase import NOT_ANSWERED
from operations.rollout.revision import revisions
from operations.rollout.telling import promoted
from tests.unit.operations.rollout_builders import CREATED, Object, a_replica_set, a_rollout

SETS = [a_replica_set("1", 1, replicas=4), a_replica_set("2", 2, replicas=1)]


def workload(found: Object) -> LiveWorkload:
    return LiveWorkload("seoul", "shop", "web", "Rollout", "main", found, revisions(found, "Rollout", SETS))


def paused(*reasons: str) -> dict[str, Any]:
    conditions = [{"reason": reason, "startTime": CREATED} for reason in reasons]
    return {"pauseConditions": conditions, "controllerPause": True, "phase": "Paused"}


def canary(index: int = 1, **status: Any) -> LiveWorkload:
    return workload(a_rollout(currentStepIndex=index, **status))


def blue_green(**status: Any) -> LiveWorkload:
    return workload(a_rollout(blue_green=True, **status))


def test_promotion_of_a_paused_canary_ends_the_pause_and_nothing_else() -> None:
    found = decision.promotion(canary(**paused("CanaryPauseStep")), full=False)
    assert found.patches == patches.Patches(
        status={"status": {"pauseConditions": None}},
        unified={"spec": {"paused": False}, "status": {"pauseConditions": None}},
    )
    assert found.said == "seoul/shop/web: goes on after step 2 of 6"


def test_promotion_of_a_canary_that_is_not_paused_leaves_its_step_behind_and_says_so() -> None:
    found = decision.promotion(canary(2), full=False)
    assert found.patches is not None
    assert found.patches.status == {"status": {"pauseConditions": None, "currentStepIndex": 3}}
    assert found.patches.unified == {
        "spec": {"paused": False},
        "status": {"pauseConditions": None, "currentStepIndex": 3},
    }
    assert found.said == "seoul/shop/web: step 3 of 6 is not finished, and is left behind"


def test_promotion_after_the_last_step_goes_no_further() -> None:
    found = decision.promotion(canary(6), full=False)
    assert found.patches is not None
    assert found.patches.status == {"status": {"pauseConditions": None, "currentStepIndex": 6}}


def test_promotion_of_an_inconclusive_step_analysis_takes_the_controllers_pause_with_it() -> None:
    run = {"currentStepAnalysisRunStatus": {"name": "run", "status": "Inconclusive"}}
    found = decision.promotion(canary(1, canary=run, **paused("InconclusiveAnalysisRun")), full=False)
    assert found.patches is not None
    assert found.patches.status == {
        "status": {"pauseConditions": None, "controllerPause": False, "currentStepIndex": 2}
    }
    assert "although its analysis is inconclusive" in found.said


def test_full_promotion_leaves_everything_behind() -> None:
    found = decision.promotion(canary(**paused("CanaryPauseStep")), full=True)
    assert found.patches == patches.Patches(
        status={"status": {"promoteFull": True}},
        unified={"spec": {"paused": False}, "status": {"promoteFull": True}},
    )
    assert found.said == "seoul/shop/web: 2 gets all traffic, without steps and analysis"


def test_promotion_also_ends_a_pause_by_hand() -> None:
    by_hand = canary(**paused("CanaryPauseStep"))
    by_hand.object["spec"]["paused"] = True
    found = decision.promotion(by_hand, full=False)
    assert found.patches is not None
    assert found.patches.spec == {"spec": {"paused": False}}


def test_promotion_of_a_stable_version_changes_nothing_and_is_no_error() -> None:
    found = decision.promotion(workload(a_rollout("2", "2")), full=True)
    assert (found.patches, found.refused) == (None, False)
    assert found.said == "seoul/shop/web: nothing to promote: 2 is its stable version"


def test_blue_green_becomes_active_by_a_promotion() -> None:
    found = decision.promotion(blue_green(**paused("BlueGreenPause")), full=False)
    assert found.patches is not None
    assert found.patches.status == {"status": {"pauseConditions": None}}
    assert found.said == "seoul/shop/web: 2 becomes active"


def test_blue_green_with_an_unfinished_analysis_is_not_promoted_in_silence() -> None:
    status = {"blueGreen": {"prePromotionAnalysisRunStatus": {"name": "run", "status": "Running"}}}
    found = decision.promotion(blue_green(**status), full=False)
    assert (found.refused, found.patches) == (True, None)
    assert "its pre-promotion analysis is not over; --full" in found.said
    assert decision.promotion(blue_green(**status), full=True).patches is not None


def test_blue_green_whose_pods_are_not_ready_is_not_promoted_in_silence() -> None:
    found = decision.promotion(blue_green(message="updated replicas are still becoming available"), full=False)
    assert found.refused
    assert "updated replicas are still becoming available" in found.said


def test_blue_green_with_an_inconclusive_analysis_is_asked_again() -> None:
    found = decision.promotion(blue_green(**paused("InconclusiveAnalysisRun")), full=False)
    assert found.patches is not None
    assert found.patches.status == {"status": {"pauseConditions": None}}
    assert found.said.endswith("its analysis was inconclusive and is asked again; --full promotes without it")


@pytest.mark.parametrize("full", [True, False])
def test_aborted_version_is_not_promoted(full: bool) -> None:
    found = decision.promotion(canary(abort=True, message="RolloutAborted: no"), full=full)
    assert found.refused
    assert "naru rollout retry" in found.said


@pytest.mark.parametrize("decide", [decision.abort, decision.retry, lambda one: decision.promotion(one, full=False)])
def test_nothing_is_decided_about_what_no_controller_has_seen(decide: Any) -> None:
    assert decide(workload(a_rollout(observedGeneration=""))) == decision.Decision(
        f"seoul/shop/web: {NOT_ANSWERED}", refused=True
    )
    absent = LiveWorkload("seoul", "shop", "web", "Rollout", "main", {}, missing="it is not deployed yet")
    assert decide(absent) == decision.Decision("seoul/shop/web: it is not deployed yet", refused=True)


def test_abort_goes_back_to_the_stable_version() -> None:
    found = decision.abort(canary())
    assert found.patches == patches.ABORT
    assert patches.ABORT.status == {"status": {"abort": True}}
    assert found.said == "seoul/shop/web: back to 1, away from 2"


def test_abort_of_a_stable_version_is_refused_as_it_would_only_be_called_degraded() -> None:
    found = decision.abort(workload(a_rollout("2", "2")))
    assert (found.refused, found.patches) == (True, None)
    assert "nothing is in progress" in found.said


def test_abort_of_an_aborted_version_changes_nothing_and_is_no_error() -> None:
    found = decision.abort(canary(abort=True, message="by hand"))
    assert (found.refused, found.patches) == (False, None)


def test_retry_is_for_aborted_versions() -> None:
    assert decision.retry(canary(abort=True)).patches == patches.RETRY
    assert patches.RETRY.status == {"status": {"abort": False}}
    assert decision.retry(canary()).refused


def test_restart_says_when() -> None:
    assert patches.restart(CREATED) == patches.Patches(spec={"spec": {"restartAt": CREATED}})


@pytest.mark.parametrize(
    ("now", "noticed"),
    [
        ({"controllerPause": True}, False),
        ({}, True),
        (paused("InconclusiveAnalysisRun"), False),
        ({**paused("InconclusiveAnalysisRun"), "blueGreen": {"prePromotionAnalysisRunStatus": {"name": "b"}}}, True),
        ({**paused("InconclusiveAnalysisRun"), "currentStepIndex": 2}, True),
        ({"observedGeneration": "2"}, False),
    ],
)
def test_controller_goes_on_when_it_has_seen_it_and_does_not_stand_in_the_same_pause(
    now: dict[str, Any], noticed: bool
) -> None:
    assert promoted(a_rollout(**paused("InconclusiveAnalysisRun")), a_rollout(**now)) is noticed


def test_full_promotion_of_a_stable_version_does_not_promote_its_next_one() -> None:
    by_hand = workload(a_rollout("2", "2"))
    by_hand.object["spec"]["paused"] = True
    found = decision.promotion(by_hand, full=True).patches
    assert found is not None
    assert (found.spec, found.status) == ({"spec": {"paused": False}}, None)
