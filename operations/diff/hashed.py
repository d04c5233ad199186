"""Objects whose names end in a hash of their content: other content is another name, and the same thing. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from manifests.placed import Manifest
from operations.diff.model import Objects, Subject

_HASHED: Final = re.compile(r"(.+)-[0-9a-f]{8}")

_Where: TypeAlias = tuple[str, str]
"""Cluster and namespace: where a name is said without either."""
_Stem: TypeAlias = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Paired:
    """Both sides, with one name for what has another hash on each."""

    before: Objects
    after: Objects
    names: Mapping[Subject, tuple[str, str]]
    """The objects that changed so, and their names on both sides."""
    naming: frozenset[Subject]
    """The objects that name one of them."""


def paired(before: Objects, after: Objects) -> Paired:
    """Give what changed its content one name on both sides, without the hash; and so where other objects name it.

    Names stay where it is not plain which belong together.
    """
    gone, come = _by_stem(before, after), _by_stem(after, before)
    pairs = {stem: (gone[stem][0], come[stem][0]) for stem in gone if len(gone[stem]) == len(come.get(stem, ())) == 1}
    if not pairs:
        return Paired(before, after, {}, frozenset())
    names: dict[Subject, tuple[str, str]] = {}
    renamed: tuple[dict[Subject, str], dict[Subject, str]] = ({}, {})
    for (*_, stem), (old, new) in pairs.items():
        renamed[0][old] = renamed[1][new] = stem
        names[replace(new, name=stem)] = (old.name, new.name)
    naming: set[Subject] = set()
    old_side = _renamed(before, after, renamed[0], naming)
    return Paired(old_side, _renamed(after, before, renamed[1], naming), names, frozenset(naming))


def _by_stem(objects: Objects, others: Objects) -> dict[_Stem, list[Subject]]:
    """Return the objects with a hash in their name that the other side does not have, by what is before it."""
    found: defaultdict[_Stem, list[Subject]] = defaultdict(list)
    for subject, manifest in objects.items():
        if subject not in others and (match := _HASHED.fullmatch(subject.name)) and _is_ours(subject, manifest):
            found[subject.cluster, subject.system, subject.kind, subject.namespace, match[1]].append(subject)
    return found


def _is_ours(subject: Subject, manifest: Manifest) -> bool:
    """Tell whether the end of a name is a hash: of a ConfigMap only where it cannot change."""
    return subject.kind != "ConfigMap" or manifest.get("immutable") is True


def _renamed(objects: Objects, others: Objects, stems: Mapping[Subject, str], naming: set[Subject]) -> Objects:
    places: defaultdict[_Where, dict[str, str]] = defaultdict(dict)
    for subject, stem in stems.items():
        places[subject.cluster, subject.namespace][subject.name] = stem
    patterns = {where: _pattern(names) for where, names in places.items()}
    found: dict[Subject, Manifest] = {}
    for subject, manifest in objects.items():
        where = (subject.cluster, subject.namespace)
        # What is the same on both sides names nothing that is not.
        if where not in patterns or others.get(subject) == manifest:
            found[subject] = manifest
            continue
        said = _said(manifest, patterns[where], places[where])
        if subject in stems:
            subject = replace(subject, name=stems[subject])  # noqa: PLW2901 - it is known by that from here on
        elif said != manifest:
            naming.add(subject)
        found[subject] = said
    return found


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![-a-z0-9])(?:{'|'.join(map(re.escape, names))})(?![-a-z0-9])")


def _said(value: Any, pattern: re.Pattern[str], names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: names[found[0]], value)
    if isinstance(value, dict):
        return {key: _said(one, pattern, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_said(one, pattern, names) for one in value]
    return value
