"""Whether a workload is updated with less care than before."""

from collections.abc import Iterator

from manifests.placed import Manifest
from operations.diff.finding import Weak
from operations.diff.model import Level
from operations.diff.pods import share
from operations.diff.risks.analysis import Metrics, less_measured, templates
from settings.types import duration_seconds

_ALL_TRAFFIC = 100
_LEAP = 2
"""How many times as much traffic the first step may take before it is told."""


def weaker(before: Manifest, after: Manifest, pods: int, metrics: tuple[Metrics, Metrics] = ({}, {})) -> list[Weak]:
    """Return what is weaker about the strategy of a workload that has that many pods.

    `metrics` are those of the templates before and after; one that is not there stands for itself.
    """
    kinds = before["kind"], after["kind"]
    if kinds == ("Rollout", "Rollout"):
        strategies = before["spec"]["strategy"], after["spec"]["strategy"]
        return [*less_measured(strategies, metrics), *_of_rollout(*strategies, pods)]
    if kinds[0] == "Rollout":
        (told,) = before["spec"]["strategy"] or ("",)
        measured = "" if not templates(before["spec"]["strategy"]) else " and its analysis"
        reason = f"its strategy {told}{measured} goes: a bad version reaches all pods, and no step stops it"
        return [(Level.HIGH, f"the Rollout becomes a {kinds[1]} and all pods are replaced; {reason}")]
    if kinds[0] != kinds[1]:
        return [(Level.MEDIUM, f"the {kinds[0]} becomes a {kinds[1]}: all pods are replaced by those of the other")]
    return [*_of_deployment(before["spec"], after["spec"], pods)] if kinds[0] == "Deployment" else []


def _of_deployment(before: Manifest, after: Manifest, pods: int) -> Iterator[Weak]:
    old, new = before.get("strategy") or {}, after.get("strategy") or {}
    if new.get("type") == "Recreate" and old.get("type") != "Recreate":
        yield Level.HIGH, "the strategy is Recreate: every update stops all pods before it starts new ones"
        return
    rolling = old.get("rollingUpdate") or {}, new.get("rollingUpdate") or {}
    was, now = (side.get("maxUnavailable", "25%") for side in rolling)
    yield from _unavailable(was, now, pods)


def _unavailable(old: int | str, new: int | str, pods: int) -> Iterator[Weak]:
    was, now = (share(value, pods, up=False) for value in (old, new))
    if now > was:
        everything = now >= pods
        level = Level.HIGH if everything else Level.MEDIUM
        yield level, f"{'all' if everything else new} pods may be away during an update (maxUnavailable was {old})"


def _of_rollout(before: Manifest, after: Manifest, pods: int) -> Iterator[Weak]:
    old, new = before.get("canary"), after.get("canary")
    if old is not None and new is not None:
        yield from _of_canary(old, new, pods)
    old, new = before.get("blueGreen"), after.get("blueGreen")
    if old is not None and new is not None:
        yield from _of_blue_green(old, new)
    if before.get("canary") is not None and after.get("canary") is None:
        yield Level.MEDIUM, "the canary becomes blue and green: all traffic moves at once"


def _of_canary(old: Manifest, new: Manifest, pods: int) -> Iterator[Weak]:
    yield from _unavailable(old.get("maxUnavailable", "25%"), new.get("maxUnavailable", "25%"), pods)
    before, after = old.get("steps") or [], new.get("steps") or []
    if before and not after:
        yield Level.HIGH, "all steps of the canary are removed: a new version takes all traffic at once"
        return
    waits = [_waits(steps) for steps in (before, after)]
    if waits[1][1] < waits[0][1]:
        yield Level.MEDIUM, "a pause that waits for somebody is removed: the canary goes on by itself"
    if waits[1][0] < waits[0][0]:
        yield Level.MEDIUM, f"the pauses of the canary are shortened from {_time(waits[0][0])} to {_time(waits[1][0])}"
    first = [
        next((step["setWeight"] for step in steps if "setWeight" in step), _ALL_TRAFFIC) for steps in (before, after)
    ]
    if before and first[1] >= first[0] * _LEAP:
        yield Level.MEDIUM, f"the first step takes {first[1]} % of the traffic for {first[0]} %"
    if old.get("trafficRouting") and not new.get("trafficRouting"):
        yield Level.MEDIUM, "traffic is no longer divided by weight, only by how many pods there are"


def _of_blue_green(old: Manifest, new: Manifest) -> Iterator[Weak]:
    if old.get("autoPromotionEnabled", True) is False and new.get("autoPromotionEnabled", True):
        yield Level.MEDIUM, "autoPromotionEnabled is turned on: a new version takes all traffic with nobody's word"
    if (was := old.get("scaleDownDelaySeconds", 30)) > (now := new.get("scaleDownDelaySeconds", 30)):
        level = Level.LOW if now else Level.MEDIUM
        yield level, f"the old version is kept {now} s for {was} s: less time to go back at once"


def _waits(steps: list[Manifest]) -> tuple[int, int]:
    """Return for how many seconds a canary pauses by itself, and how often it waits for somebody."""
    pauses = [step["pause"] or {} for step in steps if "pause" in step]
    timed = [pause["duration"] for pause in pauses if "duration" in pause]
    seconds = sum(int(found) if str(found).isdigit() else duration_seconds(str(found)) for found in timed)
    return seconds, len(pauses) - len(timed)


def _time(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
