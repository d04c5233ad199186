"""Risks and images as people read them: what is the same on several stacks or objects is told once. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from operations.diff.model import Danger, ImageChange, Report, Risk, StackDiff
from operations.diff.places import Thing, Where, clusters_of, thing, together, where_of
from operations.diff.values import flat

_DANGERS: Final = {danger: index for index, danger in enumerate(Danger)}


@dataclass(frozen=True, slots=True)
class ToldRisk:
    """A risk, once."""

    risk: Risk
    where: Where
    spots: tuple[tuple[str, str, int], ...]
    """Stack, file and line of each."""

    @property
    def files(self) -> tuple[str, ...]:
        """Where it was probably changed: `catalog/plate.yaml:12`."""
        found = (f"{file}:{line}" if line else file for _, file, line in self.spots if file)
        return tuple(dict.fromkeys(map(flat, found)))


@dataclass(frozen=True, slots=True)
class ToldImage:
    """An image that takes the place of another, once."""

    image: ImageChange
    containers: tuple[tuple[Thing, str], ...]
    """Objects and the container of each."""
    where: Where


def risks(report: Report) -> list[ToldRisk]:
    """Return all risks: the highest first, then as the dangers are listed, then as the report has them."""
    touched = clusters_of(report)
    found: dict[Hashable, list[tuple[StackDiff, Risk]]] = defaultdict(list)
    for stack in report.stacks:
        for risk in stack.risks:
            found[risk.level, risk.danger, risk.subject.system, thing(risk.subject), risk.reason].append((stack, risk))
    told = [
        ToldRisk(
            risk=group[0][1],
            where=where_of(touched, ((stack, risk.clusters or (risk.subject.cluster,)) for stack, risk in group)),
            spots=tuple(dict.fromkeys((stack.stack, risk.file, risk.line) for stack, risk in group)),
        )
        for group in _across_namespaces(found.values())
    ]
    return sorted(told, key=lambda one: (-one.risk.level, _DANGERS[one.risk.danger]))


def images(report: Report) -> list[ToldImage]:
    """Return all images that take the place of another; those that go back first."""
    touched = clusters_of(report)
    found: dict[Hashable, list[tuple[StackDiff, ImageChange]]] = defaultdict(list)
    for stack in report.stacks:
        for image in stack.images:
            key = (thing(image.subject), image.container, image.before, image.after, image.back)
            found[key].append((stack, image))
    alone = [
        ToldImage(
            group[0][1],
            ((thing(group[0][1].subject), group[0][1].container),),
            where_of(touched, ((stack, (image.subject.cluster,)) for stack, image in group)),
        )
        for group in found.values()
    ]
    same = together(alone, lambda one: (one.image.before, one.image.after, one.image.back, one.where))
    told = [ToldImage(group[0].image, tuple(one.containers[0] for one in group), group[0].where) for group in same]
    return sorted(told, key=lambda one: not one.image.back)


def _across_namespaces(groups: Iterable[list[tuple[StackDiff, Risk]]]) -> Iterator[list[tuple[StackDiff, Risk]]]:
    """Yield risks that differ by their namespace alone as one without any, where each stack has but one of them.

    A namespace is often called after the environment.
    """
    alike = together(groups, lambda group: _but_namespace(group[0][1]))
    for same in alike:
        stacks = [stack.stack for group in same for stack in {id(stack): stack for stack, _ in group}.values()]
        if len(same) > 1 and len(set(stacks)) == len(stacks):
            yield [(stack, _anywhere(risk)) for group in same for stack, risk in group]
        else:
            yield from same


def _but_namespace(risk: Risk) -> Hashable:
    return (risk.level, risk.danger, risk.subject.system, risk.subject.kind, risk.subject.name, risk.reason)


def _anywhere(risk: Risk) -> Risk:
    return replace(risk, subject=replace(risk.subject, namespace=""))
