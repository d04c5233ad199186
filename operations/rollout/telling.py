"""Telling Rollouts an operator's decision, and whether their controller has taken notice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from operations.api_server import ApiError, ApiServer, Object, UnreachableError
from operations.exits import Exit, Stop
from operations.output import say
from operations.rollout.analysis import run_names
from operations.rollout.asking import agreed
from operations.rollout.decision import Decision
from operations.rollout.live import LiveWorkload
from operations.rollout.patches import Patches
from operations.rollout.phase import is_observed
from operations.rollout.subject import Subject

PATIENCE: Final = 30.0
"""Seconds; a controller that runs takes notice within one or two."""
_LOOK_EVERY: Final = 0.25
_NOT_FOUND: Final = 404

Servers = Mapping[str, ApiServer]
Sign = Callable[[Object, Object], bool]
"""Tells by the Rollout before and now whether its controller has acted."""
About = Callable[[Object], tuple[object, ...]]
"""Returns what of a Rollout a decision is about."""


def carry_out(
    subject: Subject,
    servers: Servers,
    workloads: Sequence[LiveWorkload],
    decide: Callable[[LiveWorkload], Decision],
    *,
    sign: Sign,
    all_or_none: bool,
    about: About | None = None,
    yes: bool,
) -> Exit:
    """Decide for each cluster and change those that do not refuse, or none where one does. Raises Stop.

    `about` is for what must not be done to a Rollout that is another one, in that, since it was looked at.
    """
    decisions = [decide(workload) for workload in workloads]
    refusals = [decision.said for decision in decisions if decision.refused]
    if refusals and (all_or_none or len(refusals) == len(decisions)):
        partly = len(refusals) < len(decisions)
        more = ("nothing was changed on any cluster: name one by --cluster",) if partly else ()
        raise Stop(Exit.REFUSED, *(f"refused: {refusal}" for refusal in refusals), *more)
    what = "\n".join(decision.said for decision in decisions)
    if not any(decision.patches for decision in decisions):
        say(what)
        return Exit.OK
    if not agreed(subject, what, yes=yes):
        return Exit.OK
    wanted = {
        workload.cluster: decision.patches
        for workload, decision in zip(workloads, decisions, strict=True)
        if decision.patches is not None
    }

    def told(server: ApiServer, workload: LiveWorkload) -> None:
        if about is not None:
            now = server.get(workload.path)
            if about(now) != about(workload.object):
                raise _WentOnError
            workload = replace(workload, object=now)  # whose change is then waited for
        tell(server, workload, wanted[workload.cluster])
        heard.append(workload)

    def answered(server: ApiServer, workload: LiveWorkload) -> None:
        expect_notice(server, workload, sign)

    heard: list[LiveWorkload] = []
    failed = on_each(servers, [one for one in workloads if one.cluster in wanted], told)
    failed += on_each(servers, heard, answered)
    if not failed:
        say(f"`{subject.command('rollout status')} --watch` follows it")
    return Exit.FAILED if failed else Exit.OK


def on_each(
    servers: Servers, workloads: Sequence[LiveWorkload], action: Callable[[ApiServer, LiveWorkload], None]
) -> int:
    """Do something to each workload, whatever becomes of the others, and return how many it failed for."""
    failed = 0
    for workload in workloads:
        try:
            action(servers[workload.cluster], workload)
        except (ApiError, UnreachableError, _NoNoticeError, _WentOnError) as error:
            say(f"failed: {workload.cluster}: {error}")
            failed += 1
    return failed


class _WentOnError(Exception):
    """A Rollout that is no longer what the decision was about."""

    def __str__(self) -> str:
        return "the rollout has gone on since it was looked at, and nothing was changed: look again"


class _NoNoticeError(Exception):
    """A controller that does nothing."""

    def __str__(self) -> str:
        return (
            f"Argo Rollouts has taken no notice of it within {PATIENCE:.0f} s: does its controller run? "
            "It will act on it once it does"
        )


def tell(server: ApiServer, workload: LiveWorkload, patches: Patches) -> None:
    """Change the Rollout; its status first, as the plugin does. Raises ApiError and UnreachableError."""
    spec = patches.spec
    if patches.status is not None:
        try:
            server.merge(f"{workload.path}/status", patches.status)
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
            spec = patches.unified
    if spec is not None:
        server.merge(workload.path, spec)


def expect_notice(server: ApiServer, workload: LiveWorkload, sign: Sign) -> None:
    """Wait for the controller to act, as `on_each` has it. Raises what that catches."""
    if not took_notice(server, workload, sign):
        raise _NoNoticeError


def took_notice(
    server: ApiServer,
    workload: LiveWorkload,
    sign: Sign,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Wait for a sign in the Rollout that its controller has acted. Raises ApiError and UnreachableError."""
    end = clock() + PATIENCE
    while True:
        if sign(workload.object, server.get(workload.path)):
            return True
        if clock() >= end:
            return False
        sleep(_LOOK_EVERY)
        nudge(server, workload.path)


def nudge(server: ApiServer, path: str) -> None:
    """Change nothing of a Rollout but an annotation, for its controller to read it anew.

    It writes its own changes back into its cache (1.9.1, rollout/controller.go, writeBackToInformer), and one of ours
    that came meanwhile is lost to it until the Rollout changes again: no resync brings it. Raises ApiError and
    UnreachableError.
    """
    server.merge(path, {"metadata": {"annotations": {"naru/told": datetime.now(UTC).isoformat()}}})


def promoted(before: Object, now: Object) -> bool:
    """Tell whether the controller goes on: it takes back what ended the pause, and never puts the same pause there."""
    status = now.get("status") or {}
    unpausing = bool(status.get("controllerPause")) and not status.get("pauseConditions")
    again = bool(status.get("pauseConditions")) and _pause(now) == _pause(before)
    return is_observed(now) and not unpausing and not again


def _pause(rollout: Object) -> tuple[object, ...]:
    # Of two pauses within a second only the step or the analysis tells one from the other.
    status = rollout.get("status") or {}
    return status.get("pauseConditions"), status.get("currentStepIndex"), run_names(rollout)


def aborted(_before: Object, now: Object) -> bool:
    """Tell whether the controller has called it off."""
    return bool((now.get("status") or {}).get("abortedAt"))


def retried(before: Object, now: Object) -> bool:
    """Tell whether the controller tries it again."""
    return not aborted(before, now)


def version(rollout: Object) -> tuple[object, ...]:
    """Return which version it is about, and whether that is still on its way."""
    status = rollout.get("status") or {}
    return rollout["spec"].get("template"), *(status.get(key) for key in ("currentPodHash", "stableRS", "abort"))


def stage(rollout: Object) -> tuple[object, ...]:
    """Return which version it is about, how far that is, and what it waits for."""
    status = rollout.get("status") or {}
    return *version(rollout), status.get("currentStepIndex"), status.get("pauseConditions")


def seen(_before: Object, now: Object) -> bool:
    """Tell whether the controller has seen the newest change of the spec."""
    return is_observed(now)
