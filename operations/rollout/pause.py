"""What a Rollout waits for while it is paused, and until when. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from operations.rollout.live import LiveWorkload

Object = dict[str, Any]

STEP: Final = "CanaryPauseStep"
BLUE_GREEN: Final = "BlueGreenPause"
INCONCLUSIVE: Final = "InconclusiveAnalysisRun"
BY_HAND: Final = "spec.paused"

_PART = re.compile(r"([0-9.]+)(ms|h|m|s)")
_SECONDS: Final = {"ms": 0.001, "h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Pause:
    """One reason why a Rollout stands still."""

    reason: str
    """As Argo Rollouts spells it, or `spec.paused`."""
    since: str
    until: str
    """When it goes on by itself; empty where it waits for somebody."""

    @property
    def for_somebody(self) -> bool:
        """Whether it waits until somebody decides."""
        return not self.until


def pauses(workload: LiveWorkload) -> tuple[Pause, ...]:
    """Return what a workload waits for; one that waits for several goes on when all of them are over."""
    return tuple(_pauses(workload))


def _pauses(workload: LiveWorkload) -> Iterator[Pause]:
    spec, status = workload.object.get("spec") or {}, workload.object.get("status") or {}
    if spec.get("paused"):
        yield Pause(BY_HAND, "", "")
    for condition in status.get("pauseConditions") or ():
        reason, since = str(condition.get("reason", "")), str(condition.get("startTime") or "")
        seconds = _seconds(workload, reason)
        until = _later(since, seconds) if seconds is not None else ""
        yield Pause(reason, since, until)


def _seconds(workload: LiveWorkload, reason: str) -> float | None:
    strategy = workload.object["spec"].get("strategy") or {}
    if reason == STEP and workload.step is not None and workload.step < workload.steps:
        duration = (workload.canary_steps[workload.step].get("pause") or {}).get("duration")
        return None if duration is None else duration_of(duration)
    if reason == BLUE_GREEN:
        settings = strategy.get("blueGreen") or {}
        seconds = settings.get("autoPromotionSeconds")
        return float(seconds) if seconds and settings.get("autoPromotionEnabled", True) else None
    return None


def duration_of(duration: object) -> float | None:
    """Return the seconds of a pause: a number, or a duration as Go spells it. None for what is neither."""
    text = str(duration)
    if text.isdecimal():
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _later(since: str, seconds: float) -> str:
    try:
        moment = datetime.fromisoformat(since) + timedelta(seconds=seconds)
    except ValueError:
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
