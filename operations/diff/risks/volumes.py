"""Volumes that are claimed otherwise, and what Argo CD makes of that.

Source: Kubernetes, validation of apps/v1: of a StatefulSet the claim templates cannot be changed; Argo CD 3.3 makes no
object anew unless its options say `Replace=true` and `Force=true`.
"""

from collections.abc import Iterator
from typing import Any

from manifests.placed import Manifest
from operations.diff.finding import Finding, listed
from operations.diff.model import Danger, Level, Subject
from operations.diff.pods import claims
from settings.types import quantity_value


def cannot_change(kind: str) -> str:
    """Return the sentence that says what becomes of a change that the API server refuses."""
    return f"Argo CD cannot change it: the sync fails until the {kind} is made anew by hand"


def by_argo(subject: Subject, before: Manifest, after: Manifest, level: Level) -> Iterator[Finding]:
    """Yield one finding for all that is claimed otherwise by a StatefulSet; as bad as `level` unless it only grows."""
    was, now = claims(before), claims(after)
    found: list[tuple[bool, str]] = []
    for name, old in was.items():
        if name not in now:
            found.append((True, f"the claim {name} is removed or renamed: pods would start with empty volumes"))
            continue
        for worse, text in other_volume(old, now[name]):
            cannot = ", which no volume can" if text.startswith("shrinks") else ""
            found.append((worse, f"the claim {name} {text}{cannot}"))
    if not found:
        found += [(False, f"the claim {name} is new") for name in now if name not in was]
    if not found:
        return
    worst = any(worse for worse, _ in found)
    said = listed((text for worse, text in sorted(found, key=lambda one: not one[0])), "; ")
    reason = f"{said}. {cannot_change(subject.kind)}; its claims stay"
    danger = Danger.DATA if worst else Danger.DOWNTIME
    yield Finding(level if worst else Level.MEDIUM, danger, subject, reason, ("storage",))


def other_volume(old: Manifest, new: Manifest) -> Iterator[tuple[bool, str]]:
    """Yield how a claim differs, and whether by more than that it grows."""
    was, now = ((spec.get("resources") or {}).get("requests", {}).get("storage") for spec in (old, new))
    if was and now and (sizes := [quantity_value(str(size)) for size in (was, now)])[0] != sizes[1]:
        shrinks = sizes[1] < sizes[0]
        yield shrinks, f"{'shrinks' if shrinks else 'grows'} from {was} to {now}"
    for key in ("storageClassName", "accessModes", "volumeName"):
        if old.get(key) != new.get(key):
            yield True, f"has the {key} {_said(new.get(key))} for {_said(old.get(key))}"


def _said(value: Any) -> str:
    return "none" if value is None else listed(value) if isinstance(value, list) else str(value)
