"""Whether pods have the room that they ask for: in the quota of their namespace, and in their own limit of memory."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from manifests.placed import Manifest
from operations.diff.cost import asked
from operations.diff.finding import Finding, Weak, together
from operations.diff.model import Danger, Level, Objects
from operations.diff.pairs import WORKLOADS, Sides
from operations.diff.pods import claims, containers
from operations.diff.risks.cost import amount
from settings.types import quantity_value

_LESS, _HALF = Decimal("0.75"), Decimal("0.5")
_ASKED = ("requests.cpu", "requests.memory", "requests.storage", "pods", "persistentvolumeclaims")

_Sums: TypeAlias = dict[tuple[str, str], dict[str, Decimal]]
"""Cluster and namespace to what is asked for there, by the keys of a quota."""


def room(sides: Sides) -> Iterator[Finding]:
    """Yield quotas that what is asked for does not fit in any more, and containers with a lot less memory."""
    yield from _quotas(sides)
    for pair in sides.workloads():
        if pair.before is not None and pair.after is not None:
            at = ("resources", "limits", "memory")
            yield from together(Danger.DOWNTIME, pair.subject, [*_less_memory(pair.before, pair.after)], at)


def _quotas(sides: Sides) -> Iterator[Finding]:
    sums = _sums(sides.before), _sums(sides.after)
    for subject, after in sides.kinds_after.get("ResourceQuota", ()):
        before = sides.old(subject.cluster, subject.kind, subject.namespace, subject.name)
        place = subject.cluster, subject.namespace
        was, now = (side.get(place, {}) for side in sums)
        limits = [{} if side is None else (side.get("spec") or {}).get("hard") or {} for side in (before, after)]
        found: list[Weak] = []
        at = ""
        for key in _ASKED:
            hard = limits[1].get(key, limits[1].get(key.removeprefix("requests.")))
            old = limits[0].get(key, limits[0].get(key.removeprefix("requests.")))
            if hard is None or now.get(key, Decimal()) <= quantity_value(str(hard)):
                continue
            if old is None or was.get(key, Decimal()) <= quantity_value(str(old)):
                said, wanted = (_said(key, value) for value in (quantity_value(str(hard)), now[key]))
                text = f"{key} is {said}, and the namespace asks for {wanted}: what is beyond it does not start"
                found.append((Level.HIGH, text))
                at = at or key
        yield from together(Danger.DOWNTIME, subject, found, ("quota", at))


def _said(key: str, value: Decimal) -> str:
    return amount(
        {"requests.cpu": "cpu", "requests.memory": "memory", "requests.storage": "storage"}.get(key, "cpu"), value
    )


def _sums(objects: Objects) -> _Sums:
    found: defaultdict[tuple[str, str], defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for subject, one in asked(objects).items():
        here = found[subject.cluster, subject.namespace]
        here["requests.cpu"] += one.cpu * one.pods
        here["requests.memory"] += one.memory * one.pods
        here["requests.storage"] += one.storage * one.pods
        here["pods"] += one.pods if subject.kind in WORKLOADS else 0
        here["persistentvolumeclaims"] += one.pods * len(claims(objects[subject]))
    return {place: dict(sums) for place, sums in found.items()}


def _less_memory(before: Manifest, after: Manifest) -> Iterator[Weak]:
    now = containers(after)
    for name, container in containers(before).items():
        limits = [
            ((side.get("resources") or {}).get("limits") or {}).get("memory") for side in (container, now.get(name, {}))
        ]
        if None in limits:
            continue
        old, new = (quantity_value(str(limit)) for limit in limits)
        if new <= old * _LESS:
            level = Level.MEDIUM if new <= old * _HALF else Level.LOW
            yield level, f"the limit of {name} is {limits[1]} for {limits[0]}: it may be killed for memory"
