"""Which analyses judge a new version, where in its strategy, and whether they judge it as they did."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from manifests.placed import Manifest
from operations.diff.finding import Weak, listed
from operations.diff.model import Level

Metrics: TypeAlias = Mapping[str, frozenset[str]]
"""By analysis template, the names of its metrics: what is measured, whatever the template is called."""

_ALL_TRAFFIC = 100
_STEP = "a step"
_LONGEST = 80
"""Characters of a condition."""
_CONDITIONS = ("successCondition", "failureCondition")


def less_measured(strategies: tuple[Manifest, Manifest], metrics: tuple[Metrics, Metrics]) -> Iterator[Weak]:
    """Yield what is measured no more, by the place where it was; `metrics` are those of the templates on each side.

    An analysis beside all steps stands for one of each of them.
    """
    before, after = (_places(*side) for side in zip(strategies, metrics, strict=True))
    early = [_early(*side) for side in zip(strategies, metrics, strict=True)]
    blind = bool(early[0]) and not early[1]
    left = any(after.values())
    same_kind = {*strategies[0]} == {*strategies[1]}
    everywhere = set().union(*(after.values()))
    for place, old in before.items():
        covered = after.get("", Counter()) if place == _STEP else Counter[str]()
        gone = old - after.get(place, Counter()) if same_kind else Counter(set(old) - everywhere)
        lost = sorted(name for name in gone if not covered[name])
        if not lost:
            continue
        follows = "less is measured"
        if not left:
            follows = "no analysis is left, nothing aborts a bad version"
        elif blind:
            follows = "nothing judges a new version before it takes all traffic"
        level = Level.HIGH if blind or not left else Level.MEDIUM
        yield level, f"the analysis {listed(lost)} is removed{f' from {place}' if place else ''}: {follows}"


def _places(strategy: Manifest, metrics: Metrics) -> dict[str, Counter[str]]:
    """Return what is measured, by place: empty for beside all steps; of steps, by how many."""
    canary, blue_green = strategy.get("canary") or {}, strategy.get("blueGreen") or {}
    found = {"": Counter(_measured(canary.get("analysis"), metrics))}
    for key in ("prePromotionAnalysis", "postPromotionAnalysis"):
        found[key] = Counter(_measured(blue_green.get(key), metrics))
    found[_STEP] = Counter(name for step in canary.get("steps") or () for name in _measured(step, metrics))
    return {place: names for place, names in found.items() if names}


def _early(strategy: Manifest, metrics: Metrics) -> set[str]:
    """Return what is measured before a new version takes all traffic."""
    canary, blue_green = strategy.get("canary") or {}, strategy.get("blueGreen") or {}
    found = _measured(canary.get("analysis"), metrics) | _measured(blue_green.get("prePromotionAnalysis"), metrics)
    for step in canary.get("steps") or ():
        if step.get("setWeight", 0) >= _ALL_TRAFFIC:
            break
        found |= _measured(step, metrics)
    return found


def _measured(part: Any, metrics: Metrics) -> set[str]:
    return {name for template in templates(part) for name in metrics.get(template, {template})}


def templates(part: Any) -> set[str]:
    """Return the names of all analysis templates that a strategy, or a part of it, names, wherever it does."""
    found: set[str] = set()
    if isinstance(part, Mapping):
        name = part.get("templateName")
        found |= {name} if isinstance(name, str) else set()
        for value in part.values():
            found |= templates(value)
    elif isinstance(part, list):
        for value in part:
            found |= templates(value)
    return found


def less_judged(before: Manifest, after: Manifest) -> Iterator[Weak]:
    """Yield what an analysis template measures no more, lets pass more often, or judges by something else."""
    now = {metric["name"]: metric for metric in after["spec"].get("metrics") or ()}
    for metric in before["spec"].get("metrics") or ():
        name, limit = metric["name"], metric.get("failureLimit") or 0
        if name not in now:
            yield Level.MEDIUM, f"the metric {name} is measured no more: it aborts no bad version"
            continue
        if isinstance(limit, int) and isinstance(other := now[name].get("failureLimit") or 0, int) and other > limit:
            yield Level.MEDIUM, f"the metric {name} may fail {other} times for {limit} before it aborts"
        yield from _otherwise(metric, now[name])


def _otherwise(before: Manifest, after: Manifest) -> Iterator[Weak]:
    """Yield the conditions and queries of a metric that are others; whether stricter ones, only a reader can say."""
    was, now = _judged(before), _judged(after)
    keys = [key for key in dict.fromkeys((*was, *now)) if was.get(key) != now.get(key)]
    if keys:
        said = [f"{key} {_told(was.get(key, ''), now.get(key, ''))}" for key in keys]
        level = Level.MEDIUM if "failureCondition" in keys and "failureCondition" not in now else Level.LOW
        yield level, f"the metric {before['name']} judges otherwise: {', '.join(said)}"


def _judged(metric: Manifest) -> dict[str, str]:
    found = {key: str(metric[key]) for key in _CONDITIONS if metric.get(key)}
    for settings in (metric.get("provider") or {}).values():
        if isinstance(settings, Mapping) and settings.get("query"):
            found["query"] = str(settings["query"])
    return found


def _told(before: str, after: str) -> str:
    """Return both, as much of them as tells them apart."""
    was, now = (" ".join(text.split()) for text in (before, after))
    same = next((place for place, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), 0)
    start = 0 if max(len(was), len(now)) <= _LONGEST else max(0, same - _LONGEST // 4)
    return f"{_short(was, start)} -> {_short(now, start)}"


def _short(text: str, start: int) -> str:
    if not text:
        return "none"
    end = start + _LONGEST
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
