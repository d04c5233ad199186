"""What an operator's decision comes to for a workload as it is now. Pure."""

from dataclasses import dataclass
from typing import Any

from operations.rollback.version import shown
from operations.rollout import patches
from operations.rollout.analysis import run_names
from operations.rollout.live import LiveWorkload
from operations.rollout.patches import Patches
from operations.rollout.pause import INCONCLUSIVE
from operations.rollout.phase import NOT_ANSWERED

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be changed, and the words about it; nothing to change where it is refused, or done already."""

    said: str
    patches: Patches | None = None
    refused: bool = False


def in_progress(workload: LiveWorkload) -> bool:
    """Tell whether a Rollout has a version on its way that is not the stable one yet."""
    return workload.current is not None and workload.stable is not None and workload.current != workload.stable


def promotion(workload: LiveWorkload, *, full: bool) -> Decision:
    """Decide what a promotion of a Rollout does, and what it cannot do."""
    if (refused := _unfit(workload)) is not None:
        return refused
    if workload.aborted or workload.phase == "degraded":
        return _refused(
            workload, f"it is {workload.reason}; `naru rollout retry` tries it again, and then it is promoted"
        )
    paused = bool(workload.object["spec"].get("paused"))
    if not in_progress(workload) and not paused:
        return Decision(f"{_at(workload)}: nothing to promote: {_version(workload)} is its stable version")
    if full:
        said: str | None = f"{_version(workload)} gets all traffic, without steps and analysis"
    else:
        reasons = {str(one.get("reason")) for one in _status(workload).get("pauseConditions") or ()}
        said = _step(workload, reasons) if workload.steps else _blue_green(workload, reasons, paused=paused)
    if said is None:
        why = f"it waits for nobody yet: {_unfinished(workload)}; --full promotes it all the same"
        return _refused(workload, why)
    return Decision(f"{_at(workload)}: {said}", patches.promote(workload, full=full))


def abort(workload: LiveWorkload) -> Decision:
    """Decide what calling a Rollout off does."""
    if (refused := _unfit(workload)) is not None:
        return refused
    if workload.aborted:
        return Decision(f"{_at(workload)}: it is aborted already: {workload.reason}")
    if not in_progress(workload):
        why = f"nothing is in progress: {_version(workload)} is its stable version"
        return _refused(workload, f"{why}; `naru rollback` takes it to an older one")
    stable = workload.stable
    back = shown(stable.image) if stable is not None else "the stable version"
    return Decision(f"{_at(workload)}: back to {back}, away from {_version(workload)}", patches.ABORT)


def retry(workload: LiveWorkload) -> Decision:
    """Decide what trying an aborted version again does."""
    if (refused := _unfit(workload)) is not None:
        return refused
    if not workload.aborted:
        return _refused(workload, f"it was not aborted: it is {workload.phase}")
    return Decision(f"{_at(workload)}: {_version(workload)} is tried again, from its first step", patches.RETRY)


def _unfit(workload: LiveWorkload) -> Decision | None:
    if workload.phase == "absent" or workload.reason == NOT_ANSWERED:
        return _refused(workload, workload.reason)
    return None


def _refused(workload: LiveWorkload, why: str) -> Decision:
    return Decision(f"{_at(workload)}: {why}", refused=True)


def _step(workload: LiveWorkload, reasons: set[str]) -> str:
    number = min((workload.step or 0) + 1, workload.steps)
    what = f"step {number} of {workload.steps}"
    if INCONCLUSIVE in reasons:
        return f"goes on after {what} although its analysis is inconclusive, and is asked again"
    return f"goes on after {what}" if reasons else f"{what} is not finished, and is left behind"


def _blue_green(workload: LiveWorkload, reasons: set[str], *, paused: bool) -> str | None:
    """Return what a promotion does; None where it would do nothing, as the plugin then does without a word."""
    if not (reasons or paused):
        return None
    if INCONCLUSIVE in reasons:
        # The controller begins a new analysis, and switches once that succeeds.
        return "its analysis was inconclusive and is asked again; --full promotes without it"
    return f"{_version(workload)} becomes active"


def _unfinished(workload: LiveWorkload) -> str:
    blue_green = _status(workload).get("blueGreen") or {}
    for moment in run_names(workload.object):
        run = blue_green.get(
            "prePromotionAnalysisRunStatus" if moment == "pre-promotion" else "postPromotionAnalysisRunStatus"
        )
        if run and run.get("status") in {"Pending", "Running", ""}:
            return f"its {moment} analysis is not over"
    return workload.reason or "its pods are not ready"


def _version(workload: LiveWorkload) -> str:
    return shown(workload.current.image) if workload.current is not None else "its version"


def _at(workload: LiveWorkload) -> str:
    return f"{workload.cluster}/{workload.namespace}/{workload.name}"


def _status(workload: LiveWorkload) -> Object:
    return dict(workload.object.get("status") or {})
