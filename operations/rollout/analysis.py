"""What the analysis of a version has found: each metric against its limit, and why one says nothing. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from operations.tally import one_line

Object = dict[str, Any]

RUNS: Final = {
    ("canary", "currentBackgroundAnalysisRunStatus"): "background",
    ("canary", "currentStepAnalysisRunStatus"): "step",
    ("blueGreen", "prePromotionAnalysisRunStatus"): "pre-promotion",
    ("blueGreen", "postPromotionAnalysisRunStatus"): "post-promotion",
}
"""Where a Rollout's status names its analysis runs, and what each is called."""

_LIMIT = re.compile(r"result(?:\[0\])?\s*(<=|>=|<|>)\s*(-?[0-9.]+)(?![0-9.])")
_ARGUMENT = re.compile(r"\{\{\s*args\.([A-Za-z0-9_-]+)\s*\}\}")
_LOW_TRAFFIC = "-1"


@dataclass(frozen=True, slots=True)
class MetricState:
    """One metric of an analysis run."""

    moment: str
    """When it is asked: `background`, `step`, `pre-promotion`, `post-promotion`, or `guard` of a second Deployment."""
    name: str
    phase: str
    """As Argo Rollouts spells it: Pending, Running, Successful, Failed, Inconclusive or Error."""
    value: str
    """The last one that was measured; empty for none."""
    limit: str
    """What a value must hold to, such as `<= 0.05`; empty where the metric gives no such condition."""
    measured: int
    failed: int
    inconclusive: int
    errors: int
    reason: str
    """Why it failed or says nothing; empty where it does not."""


def run_names(rollout: Object) -> dict[str, str]:
    """Return the names of a Rollout's present analysis runs by their moment."""
    status = rollout.get("status") or {}
    found = {moment: (status.get(part) or {}).get(key) or {} for (part, key), moment in RUNS.items()}
    return {moment: str(run["name"]) for moment, run in found.items() if run.get("name")}


def metric_states(moment: str, run: Object) -> Iterator[MetricState]:
    """Yield each metric of an analysis run; those that were not measured yet too."""
    spec, status = run.get("spec") or {}, run.get("status") or {}
    arguments = {one["name"]: str(one.get("value", "")) for one in spec.get("args") or ()}
    results = {one["name"]: one for one in status.get("metricResults") or ()}
    for metric in spec.get("metrics") or ():
        result = results.get(metric["name"]) or {}
        measurements = result.get("measurements") or ()
        values = [str(one["value"]) for one in measurements if one.get("value")]
        yield MetricState(
            moment=moment,
            name=metric["name"],
            phase=str(result.get("phase") or "Pending"),
            value=_number(values[-1]) if values else "",
            limit=limit_of(metric, arguments),
            measured=int(result.get("count") or 0),
            failed=int(result.get("failed") or 0),
            inconclusive=int(result.get("inconclusive") or 0),
            errors=int(result.get("error") or 0),
            reason=_reason(result, measurements[-1] if measurements else {}),
        )


def limit_of(metric: Object, arguments: dict[str, str]) -> str:
    """Return what a value must hold to, of all the metric's conditions the one that compares with a real number."""
    for condition, holds in (("successCondition", True), ("failureCondition", False)):
        text = _ARGUMENT.sub(lambda found: arguments.get(found[1], found[0]), str(metric.get(condition) or ""))
        limits = [(sign, number) for sign, number in _LIMIT.findall(text) if not _is_guard(sign, number)]
        if limits:
            sign, number = limits[-1]
            return f"{sign if holds else _OPPOSITE[sign]} {number}"
    return ""


_OPPOSITE: Final = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}


def _is_guard(sign: str, number: str) -> bool:
    # `>= 0` only keeps out the -1 that stands for too little traffic.
    return sign in {">", ">="} and float(number) <= 0


def _number(value: str) -> str:
    inner = value.removeprefix("[").removesuffix("]")
    if not inner or inner == "NaN":
        return "no data"
    try:
        return f"{float(inner):.4g}"
    except ValueError:
        return one_line(value, 60)


def _reason(result: Object, last: Object) -> str:
    phase = str(last.get("phase") or result.get("phase") or "")
    message = one_line(str(last.get("message") or result.get("message") or ""), 400)
    if phase == "Error":
        return f"Prometheus was not asked or did not answer: {message}" if message else "Prometheus did not answer"
    if phase != "Inconclusive":
        return message
    value = _number(str(last.get("value") or ""))
    if value == "no data":
        return "no data: Prometheus has nothing for its query"
    if value == _LOW_TRAFFIC:
        return "too little traffic: fewer requests than `minimumRequests`"
    return message or "neither within its limit nor past it"
