"""Risks and images as people read them: what is the same on several stacks or objects is told once. Pure."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from operations.diff.model import Danger, ImageChange, Report, Risk, StackDiff, Subject
from operations.diff.places import Where, clusters_of, thing, together, where_of
from operations.diff.values import flat

_MANY: Final = 3
"""Risks that are told together."""
_NAME: Final = "…"
_PREFIX: Final = re.compile(r"(^|; )[a-z0-9][-a-z0-9.]*: ")
_HOST: Final = re.compile(r"(?<![-\w./@])(?:\*\.)?(?:[a-z0-9][-a-z0-9]*\.)+[a-z]{2,}(?![-\w])(?:/[-\w./]*)?")
_CONTAINER: Final = re.compile(
    r"(?:(?<=^)|(?<=; ))[a-z][-a-z0-9]*(?= (?:goes back|runs the tag|loses its digest|is another image))"
    r"|(?<= of )[a-z][-a-z0-9]*(?= is )"
)
_SEVERAL: Final = re.compile(rf"{_NAME}(?:, {_NAME})+(?:, [0-9]+ more)?")
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
    names: tuple[str, ...]
    """System and name of each: `plate/plate-api`."""
    where: Where


@dataclass(frozen=True, slots=True)
class Alike:
    """Risks that differ by what they are about alone."""

    told: tuple[ToldRisk, ...]
    reason: str
    """Without the names of objects, containers and hosts, where there are several."""
    names: tuple[str, ...]
    """What they are about, where there are several: with the system where the name alone does not tell them apart."""

    @property
    def files(self) -> tuple[str, ...]:
        """Where they were probably changed."""
        return tuple(dict.fromkeys(file for one in self.told for file in one.files))


def alike(told: Iterable[ToldRisk]) -> list[Alike]:
    """Return risks with those together that have the same level, danger, reason and place, if they are many."""
    found: list[Alike] = []
    for group in together(told, lambda one: (one.risk.level, one.risk.danger, _without_names(one.risk), one.where)):
        if len(group) < _MANY:
            found += (Alike((one,), one.risk.reason, ()) for one in group)
            continue
        subjects = list(dict.fromkeys(one.risk.subject for one in group))
        bare = [subject.name for subject in subjects]
        unclear = len(set(bare)) < len(bare)
        names = map(_with_system, subjects) if unclear else bare
        found.append(Alike(tuple(group), _without_names(group[0].risk), tuple(dict.fromkeys(names))))
    return found


def _without_names(risk: Risk) -> str:
    """Return a reason without what is only a name in it: `… goes back from 2.0.0 to 1.0.0`."""
    text = _PREFIX.sub(r"\1", flat(risk.reason))
    for own in filter(None, (risk.subject.name, risk.subject.namespace)):
        text = re.sub(rf"(?<![-\w./]){re.escape(own)}(?![-\w/]|\.\w)", _NAME, text)
    text = _CONTAINER.sub(_NAME, _HOST.sub(_NAME, text))
    return _SEVERAL.sub(_NAME, text)


def _with_system(subject: Subject) -> str:
    return flat(f"{subject.system}/{subject.name}" if subject.system else subject.name)


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
    every = ((stack, image) for stack in report.stacks for image in stack.images)
    told = [
        ToldImage(
            group[0][1],
            tuple(dict.fromkeys(_with_system(image.subject) for _, image in group)),
            where_of(touched, ((stack, (image.subject.cluster,)) for stack, image in group)),
        )
        for group in together(every, lambda one: (one[1].before, one[1].after, one[1].back))
    ]
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
