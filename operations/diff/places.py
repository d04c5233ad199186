"""Where something of a report is: on which stacks and clusters, and on which object of them. Pure."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from operations.diff.model import Report, StackDiff, Subject

Where: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Stacks in the order of the report, each with its clusters; with none where it is all that the report touches."""
Touched: TypeAlias = Mapping[str, tuple[str, ...]]
"""Stacks to their clusters."""
Thing: TypeAlias = tuple[str, str, str]
"""Kind, namespace and name of an object, whichever cluster it is on."""
Item = TypeVar("Item")


_TIERS: Final = ("production", "staging", "development", "local")


def by_tier(report: Report) -> Report:
    """Return the report with the stacks that matter most first; those whose tier is not known are the last."""
    stacks = sorted(report.stacks, key=lambda stack: _TIERS.index(stack.tier) if stack.tier in _TIERS else len(_TIERS))
    return replace(report, stacks=tuple(stacks))


def thing(subject: Subject) -> Thing:
    """Return what an object is called on any cluster."""
    return (subject.kind, subject.namespace, subject.name)


def clusters_of(report: Report) -> Touched:
    """Return the clusters of each stack that the report says anything of."""
    found: dict[str, dict[str, None]] = {}
    for stack in report.stacks:
        known = found.setdefault(stack.stack, {})
        known.update((change.subject.cluster, None) for change in stack.changes)
        known.update((image.subject.cluster, None) for image in stack.images)
        known.update((subject.cluster, None) for subject in stack.alone)
        for risk in stack.risks:
            known.update(dict.fromkeys(risk.clusters or (risk.subject.cluster,)))
    return {stack: tuple(filter(None, known)) for stack, known in found.items()}


def where_of(touched: Touched, places: Iterable[tuple[StackDiff, tuple[str, ...]]]) -> Where:
    """Return where all of these are."""
    found: dict[str, dict[str, None]] = {}
    for stack, clusters in places:
        found.setdefault(stack.stack, {}).update(dict.fromkeys(filter(None, clusters)))
    return tuple(
        (
            name,
            ()
            if len(found[name]) == len(clusters)
            else tuple(cluster for cluster in clusters if cluster in found[name]),
        )
        for name, clusters in touched.items()
        if name in found
    )


def partly(where: Where) -> bool:
    """Tell whether it leaves out a cluster of a stack."""
    return any(clusters for _, clusters in where)


def together(items: Iterable[Item], key: Callable[[Item], Hashable]) -> Iterator[list[Item]]:
    """Yield items with the same key together, in the order they come."""
    found: dict[Hashable, list[Item]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    yield from found.values()
