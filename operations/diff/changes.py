"""What happens to the objects of a stack: added, changed, removed, replaced, and what only follows from that. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from operations.diff import hashed
from operations.diff.causes import NAMED_ANEW, WORKLOADS, Causes, Difference
from operations.diff.compare import fields
from operations.diff.hashed import Paired
from operations.diff.immutable import replaced
from operations.diff.model import Action, Change, Field, Objects, Subject

_MAKERS: Final = frozenset({"ExternalSecret", "SealedSecret", "Secret"})
_ONE_THING: Final = (WORKLOADS, _MAKERS)
"""Kinds of which one takes the place of another by the same name."""


def changes(before: Objects, after: Objects) -> tuple[Change, ...]:
    """Return what happens to each object: by system in the order of the new side, then by kind and name."""
    return of_paired(hashed.paired(before, after))


def of_paired(sides: Paired) -> tuple[Change, ...]:
    """Return what happens to each object, once what has a hash in its name has one name on both sides."""
    found = list(_differences(sides))
    causes = Causes(found)
    told = (change for one in found if (change := _change(one, causes)) is not None)
    systems = list(dict.fromkeys(subject.system for subject in (*sides.after, *sides.before)))
    clusters = list(dict.fromkeys(subject.cluster for subject in (*sides.after, *sides.before)))

    def order(change: Change) -> tuple[int, str, str, str, int]:
        subject = change.subject
        place = systems.index(subject.system), subject.kind, subject.namespace, subject.name
        return *place, clusters.index(subject.cluster)

    return tuple(sorted(told, key=order))


def _change(one: Difference, causes: Causes) -> Change | None:
    if one.action in {"added", "removed"}:
        return Change(one.action, one.subject)
    own = causes.own(one)
    if own:
        return Change(one.action, one.subject, own)
    because = causes.of(one)
    if because:
        return Change(one.action, one.subject, (), because)
    return Change(one.action, one.subject, one.fields) if one.fields else None


def _differences(sides: Paired) -> Iterator[Difference]:
    before, after = sides.before, sides.after
    successors = dict(_successors(before, after))
    for subject, manifest in after.items():
        old = before.get(subject)
        if old is None and subject in successors:
            predecessor = before[successors[subject]]
            yield Difference("replaced", subject, predecessor, manifest, fields(predecessor, manifest))
        elif old is None:
            yield Difference("added", subject, None, manifest, ())
        elif subject in sides.names:
            yield _named_anew(subject, sides)
        elif old != manifest or subject in sides.naming:
            found = fields(old, manifest)
            action: Action = "replaced" if replaced(old, manifest, found) else "changed"
            yield Difference(action, subject, old, manifest, found)
    succeeded = set(successors.values())
    for subject, manifest in before.items():
        if subject not in after and subject not in succeeded:
            yield Difference("removed", subject, manifest, None, ())


def _named_anew(subject: Subject, sides: Paired) -> Difference:
    """Return what became of an object with another hash in its name.

    Configuration is there under both names, so that it is changed; anything else goes, and another one comes.
    """
    old, new = sides.before[subject], sides.after[subject]
    found = fields(old, new) or (Field(NAMED_ANEW, *sides.names[subject]),)
    action: Action = "changed" if subject.kind == "ConfigMap" else "replaced"
    return Difference(action, subject, old, new, found, named_anew=True)


def _successors(before: Objects, after: Objects) -> Iterator[tuple[Subject, Subject]]:
    """Yield what is of another kind by the same name, and what it was: a Rollout in place of a Deployment."""
    for kinds in _ONE_THING:
        gone = {_place(subject): subject for subject in _only(before, after, kinds)}
        for subject in _only(after, before, kinds):
            if (predecessor := gone.pop(_place(subject), None)) is not None:
                yield subject, predecessor


def _only(objects: Objects, others: Objects, kinds: Iterable[str]) -> Iterator[Subject]:
    return (subject for subject in objects if subject.kind in kinds and subject not in others)


def _place(subject: Subject) -> tuple[str, str, str, str]:
    return subject.cluster, subject.system, subject.namespace, subject.name
