"""How far a workload is with its newest version, and why not further: read off its spec and status. Pure.

A Rollout is read as Argo's own kubectl plugin reads it (`GetRolloutPhase` of argo-rollouts' `utils/rollout`), a
Deployment as `kubectl rollout status` does.
"""

from typing import Any, Literal

from operations.tally import one_line

Object = dict[str, Any]
Phase = Literal["healthy", "progressing", "paused", "degraded", "absent"]

NOT_ANSWERED = "Argo Rollouts has not answered: does its controller run on this cluster?"


def desired(workload: Object) -> int:
    """Return how many pods a workload should have."""
    replicas = (workload.get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def is_observed(workload: Object) -> bool:
    """Tell whether its controller has seen the newest change of a workload's specification."""
    seen = (workload.get("status") or {}).get("observedGeneration")
    return str(seen) == str((workload.get("metadata") or {}).get("generation", 0))


def rollout_phase(rollout: Object) -> tuple[Phase, str]:
    """Return the phase of a Rollout and why it is not healthy."""
    status = rollout.get("status") or {}
    if not status.get("observedGeneration"):
        return "progressing", NOT_ANSWERED
    if not is_observed(rollout):
        return "progressing", "Argo Rollouts has not seen the newest change yet"
    if status.get("controllerPause") and not status.get("pauseConditions"):
        return "progressing", "it was promoted and goes on"
    phase, message = str(status.get("phase") or ""), one_line(str(status.get("message") or ""), 600)
    known: dict[str, Phase] = {"Healthy": "healthy", "Paused": "paused", "Degraded": "degraded"}
    if status.get("abort"):
        return "degraded", message or "aborted"
    found = known.get(phase, "progressing")
    return found, "" if found == "healthy" else message


def deployment_phase(deployment: Object) -> tuple[Phase, str]:
    """Return the phase of a Deployment and why it is not healthy."""
    status = deployment.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    progressing, refused = conditions.get("Progressing") or {}, conditions.get("ReplicaFailure") or {}
    refusal = _said(refused) if refused.get("status") == "True" else ""
    if int(status.get("observedGeneration") or 0) < int(deployment["metadata"].get("generation") or 0):
        return "progressing", "the cluster has not seen the newest change yet"
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return "degraded", refusal or _said(progressing)
    if deployment["spec"].get("paused"):
        return "paused", "paused by hand (spec.paused)"
    waits = refusal or _waits_for(status, desired(deployment))
    return ("progressing", waits) if waits else ("healthy", "")


def rolled_out(deployment: Object) -> bool:
    """Tell whether a Deployment's newest version had all of its pods once, whatever became of them since."""
    status = deployment.get("status") or {}
    reasons = {one.get("reason") for one in status.get("conditions") or () if one["type"] == "Progressing"}
    seen = int(status.get("observedGeneration") or 0) >= int(deployment["metadata"].get("generation") or 0)
    return seen and "NewReplicaSetAvailable" in reasons


def _waits_for(status: Object, wanted: int) -> str:
    pods, updated = int(status.get("replicas") or 0), int(status.get("updatedReplicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the new version"
    if pods > updated:
        return f"{pods - updated} pods of the old version are still there"
    return f"{available} of {updated} pods are available" if available < updated else ""


def _said(condition: Object) -> str:
    return one_line(f"{condition.get('reason', '')}: {condition.get('message', '')}".strip(": "), 600)
