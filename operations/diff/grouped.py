"""Changes as people read them: what is the same on several stacks, clusters or objects is told once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from operations.diff.model import Action, Change, Field, Level, Report, StackDiff
from operations.diff.places import Thing, Touched, Where, clusters_of, partly, thing, together, where_of
from operations.diff.sealed import without_values

ACTIONS: Final[tuple[Action, ...]] = ("added", "changed", "removed", "replaced")
_ORDER: Final[tuple[Action, ...]] = ("removed", "replaced", "changed", "added")


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens in the same way to some objects of a system."""

    action: Action
    system: str
    things: tuple[Thing, ...]
    fields: tuple[Field, ...]
    because: str
    where: Where
    counts: Mapping[str, int]
    """Stack to how many changes of the report it stands for."""

    @property
    def count(self) -> int:
        """How many changes of the report it stands for."""
        return sum(self.counts.values())

    @property
    def follows(self) -> bool:
        """Whether there is nothing to it but its cause."""
        return bool(self.because) and not self.fields


@dataclass(frozen=True, slots=True)
class Section:
    """What happens on exactly these stacks."""

    stacks: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many changes there are on each stack."""
        found: Counter[str] = Counter()
        for entry in self.entries:
            found.update(entry.counts)
        return found

    def by_system(self) -> dict[str, list[Entry]]:
        """Return what does not only follow from something else."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if not entry.follows:
                found.setdefault(entry.system, []).append(entry)
        return found

    def by_cause(self) -> dict[tuple[str, Action], list[Entry]]:
        """Return what only follows from something else."""
        found: dict[tuple[str, Action], list[Entry]] = {}
        for entry in self.entries:
            if entry.follows:
                found.setdefault((entry.because, entry.action), []).append(entry)
        return found


def counts(stack: StackDiff) -> dict[Action, int]:
    """Return how many objects of a stack are added, changed, removed and replaced."""
    found = Counter(change.action for change in stack.changes)
    return {action: found[action] for action in ACTIONS}


def compared(stack: StackDiff) -> bool:
    """Tell whether there were two sides: where not, no change is no news."""
    return bool(stack.changes) or not stack.trouble


def highest(stack: StackDiff) -> Level | None:
    """Return the level of the worst risk of a stack."""
    return max((risk.level for risk in stack.risks), default=None)


def sections(report: Report) -> list[Section]:
    """Return all changes, by the stacks they are the same on; what is on most stacks first."""
    touched = clusters_of(report)
    found: dict[Hashable, list[tuple[StackDiff, Change]]] = defaultdict(list)
    for stack in report.stacks:
        for change in stack.changes:
            key = (change.action, change.subject.system, thing(change.subject), repr(change.fields), change.because)
            found[key].append((stack, change))
    alone = (_entry(touched, group) for group in found.values())
    same = together(
        alone, lambda one: (one.action, one.system, repr(one.fields), one.because, one.where, _kind_of_bare(one))
    )
    by_stacks: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for group in same:
        entry = _joined(group)
        by_stacks[tuple(stack for stack, _ in entry.where)].append(entry)
    for entries in by_stacks.values():
        entries.sort(key=lambda entry: (entry.system, _ORDER.index(entry.action)))
    names = [stack.stack for stack in report.stacks]
    order = sorted(by_stacks, key=lambda stacks: (-len(stacks), [names.index(stack) for stack in stacks]))
    return [Section(stacks, tuple(by_stacks[stacks])) for stacks in order]


def shared_where(entries: Iterable[Entry]) -> Where:
    """Return where all entries are, if that is one and the same and not all of it; else nothing."""
    wheres = {entry.where for entry in entries}
    where = next(iter(wheres), ())
    return where if len(wheres) == 1 and partly(where) else ()


def _entry(touched: Touched, group: list[tuple[StackDiff, Change]]) -> Entry:
    change = group[0][1]
    return Entry(
        action=change.action,
        system=change.subject.system,
        things=(thing(change.subject),),
        fields=tuple(without_values(change.subject.kind, field) for field in change.fields),
        because=change.because,
        where=where_of(touched, ((stack, (one.subject.cluster,)) for stack, one in group)),
        counts=Counter(stack.stack for stack, _ in group),
    )


def _kind_of_bare(entry: Entry) -> str:
    """Objects of which nothing is told but their name read best by kind."""
    return "" if entry.fields or entry.because else entry.things[0][0]


def _joined(group: list[Entry]) -> Entry:
    first = group[0]
    total: Counter[str] = Counter()
    for entry in group:
        total.update(entry.counts)
    things = tuple(sorted(entry.things[0] for entry in group))
    return Entry(first.action, first.system, things, first.fields, first.because, first.where, total)
