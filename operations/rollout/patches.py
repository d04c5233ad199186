"""What an operator's decision about a Rollout changes in it: exactly what Argo's kubectl plugin changes. Pure.

Source: argo-rollouts 1.9.1, pkg/kubectl-argo-rollouts/cmd/{promote,abort,retry,restart}.
"""

from dataclasses import dataclass
from typing import Any, Final

from operations.rollout.live import LiveWorkload

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patches:
    """JSON merge patches of a Rollout, each for its part of the object; None where that part stays as it is."""

    spec: Object | None = None
    status: Object | None = None
    unified: Object | None = None
    """For both together, where an old CRD has no status subresource."""


ABORT: Final = Patches(status={"status": {"abort": True}}, unified={"status": {"abort": True}})
RETRY: Final = Patches(status={"status": {"abort": False}}, unified={"status": {"abort": False}})

_UNPAUSED: Final = {"paused": False}


def restart(moment: str) -> Patches:
    """Replace all pods that are older than a moment (RFC 3339), a few at a time."""
    return Patches(spec={"spec": {"restartAt": moment}})


def promote(workload: LiveWorkload, *, full: bool) -> Patches:
    """End what a Rollout waits for; where it waits for nothing, leave the present step of a canary behind.

    `full` leaves all steps, pauses and analysis behind.
    """
    spec = {"spec": _UNPAUSED} if workload.object["spec"].get("paused") else None
    if full:
        # `promoteFull` on a Rollout that has nothing to promote would stay set for its next version.
        status = {"promoteFull": True} if workload.current != workload.stable else None
        return Patches(spec, _status(status), {"spec": _UNPAUSED, "status": {"promoteFull": True}})
    found = _unpaused(workload)
    return Patches(spec, _status(found), {"spec": _UNPAUSED, "status": {"pauseConditions": None, **(found or {})}})


def _unpaused(workload: LiveWorkload) -> Object | None:
    status = workload.object.get("status") or {}
    paused, next_step = bool(status.get("pauseConditions")), _next_step(workload)
    if paused and status.get("controllerPause") and next_step is not None and _step_is_inconclusive(workload):
        # Otherwise it would stand still again at once, if the next step is a pause.
        return {"pauseConditions": None, "controllerPause": False, "currentStepIndex": next_step}
    if paused:
        return {"pauseConditions": None}
    return None if next_step is None else {"pauseConditions": None, "currentStepIndex": next_step}


def _next_step(workload: LiveWorkload) -> int | None:
    return min((workload.step or 0) + 1, workload.steps) if workload.steps else None


def _step_is_inconclusive(workload: LiveWorkload) -> bool:
    canary = (workload.object.get("status") or {}).get("canary") or {}
    return (canary.get("currentStepAnalysisRunStatus") or {}).get("status") == "Inconclusive"


def _status(found: Object | None) -> Object | None:
    return None if found is None else {"status": found}
