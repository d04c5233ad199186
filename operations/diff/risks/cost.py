"""Whether a stack asks for a lot more, or a lot less."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from operations.diff.cost import Asked, asked
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import WORKLOADS, Sides

_RESOURCES = {"cpu": "CPU", "memory": "memory", "storage": "storage"}
_GROWN, _GROWN_MUCH, _SHRUNK, _DOUBLED = Decimal("1.2"), Decimal("1.5"), Decimal("0.5"), 2
_NOTHING = Decimal()


def costs(sides: Sides) -> Iterator[Finding]:
    """Yield where a stack asks for over a fifth more, or half, and services each of whose pods asks for twice."""
    before, after = asked(sides.before), asked(sides.after)
    yield from _of_stack(before, after)
    for pair in sides.workloads():
        old = next((before[found] for found in before if _same(found, pair.subject)), None)
        new = after.get(pair.subject)
        if old is not None and new is not None:
            weak: list[Weak] = [
                (
                    Level.LOW,
                    f"each pod asks for {amount(resource, was)} {called}, now {amount(resource, now)}{_up_to(new)}",
                )
                for resource, called in _RESOURCES.items()
                if (was := getattr(old, resource)) and (now := getattr(new, resource)) >= _DOUBLED * was
            ]
            yield from together(Danger.COST, pair.subject, weak, ("resources", "requests"))


def _of_stack(before: Mapping[Subject, Asked], after: Mapping[Subject, Asked]) -> Iterator[Finding]:
    """Yield one finding for all that a stack asks for a lot more of, or less; nothing for one that comes or goes."""
    found: list[tuple[Level, str, Subject]] = []
    for resource, called in _RESOURCES.items():
        totals = [_totals(side, resource) for side in (before, after)]
        was, now = (sum(side.values(), Decimal()) for side in totals)
        if not was or not now or _SHRUNK <= now / was <= _GROWN:
            continue
        both = dict.fromkeys((*before, *after))
        grown = {subject: totals[1].get(subject, _NOTHING) - totals[0].get(subject, _NOTHING) for subject in both}
        by_much = sorted(grown, key=lambda subject: (-abs(grown[subject]), str(subject)))
        causes = [subject for subject in by_much if grown[subject] and (grown[subject] > 0) == (now > was)]
        most = sum((getattr(one, resource) * one.most for one in after.values()), Decimal())
        far = f", up to {amount(resource, most)} by autoscalers" if most > now else ""
        how = f"{'+' if now > was else '-'}{abs(now / was - 1):.0%}{far}"
        text = f"{amount(resource, now)} {called} for {amount(resource, was)} ({how})"
        text = f"{text}, mostly for {listed(causes, most=3)}"
        found.append((Level.MEDIUM if now / was > _GROWN_MUCH else Level.LOW, text, causes[0]))
    if found:
        worst = max(found, key=lambda one: one[0])
        reason = f"the stack asks for {'; '.join(text for _, text, _ in found)}"
        yield Finding(worst[0], Danger.COST, worst[2], reason, ("resources", "requests"))


def _totals(side: Mapping[Subject, Asked], resource: str) -> dict[Subject, Decimal]:
    return {subject: getattr(one, resource) * one.pods for subject, one in side.items()}


def _same(subject: Subject, other: Subject) -> bool:
    return subject.kind in WORKLOADS and (subject.cluster, subject.namespace, subject.name) == (
        other.cluster,
        other.namespace,
        other.name,
    )


def _up_to(found: Asked) -> str:
    return f" (of {found.pods} to {found.most} pods)" if found.most > found.pods else f" (of {found.pods})"


def amount(resource: str, value: Decimal) -> str:
    """Return an amount as people say it: `0.5`, `512 MiB`."""
    if resource == "cpu":
        return f"{value.normalize():f}" if value else "0"
    size = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TiB"
