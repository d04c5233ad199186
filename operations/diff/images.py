"""Which container runs another image, and whether that is an earlier version."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from manifests.placed import Manifest
from operations.diff.model import ImageChange, Objects
from operations.diff.pairs import Pair, Sides, component
from operations.diff.pods import containers
from operations.rollback.version import parts

_MUTABLE = frozenset(
    {"latest", "main", "master", "develop", "dev", "edge", "nightly", "stable", "staging", "production"}
)
_VERSION = re.compile(r"[vV]?([0-9]+(?:\.[0-9]+)*)(?:[-.+_]?(.*))?", re.DOTALL)
_EARLIER = re.compile(r"(?i)^(alpha|a|beta|b|pre|preview|rc|m|milestone|snapshot|dev)[-.]?([0-9]*)(?![a-z])")
_STAGES = {"snapshot": 0, "dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "m": 2, "milestone": 2}
_CANDIDATE = 3
_FINAL = 9
_LONGEST_NUMBER = 8
"""Digits; more are a time or a commit, which cannot be told from a version's beginning."""
_DEFAULT = "docker.io"


def images(before: Objects, after: Objects) -> tuple[ImageChange, ...]:
    """Return the containers that run another image, on each cluster; Jobs only for what is theirs."""
    return image_changes(Sides(before, after))


def image_changes(sides: Sides) -> tuple[ImageChange, ...]:
    """Return the same of sides that are paired already."""
    found: list[ImageChange] = []
    told: set[tuple[str, str, str, str, str]] = set()
    jobs = [pair for pair in sides.differing("Job", "CronJob") if pair.before is not None]
    for pair in [*sides.workloads(), *jobs]:
        if pair.after is None:
            continue
        owner = pair.subject.cluster, pair.subject.namespace, component(pair.after)
        for change in _of(pair):
            versions = (*owner, change.before, change.after)
            if pair.subject.kind == "Job" and versions in told:
                continue
            told.add(versions)
            found.append(change)
    return tuple(found)


def _of(pair: Pair) -> Iterator[ImageChange]:
    if pair.before is None or pair.after is None:
        return
    old = containers(pair.before)
    for name, container in containers(pair.after).items():
        was, now = _image(old.get(name)), _image(container)
        if was and now and was != now:
            yield ImageChange(pair.subject, name, was, now, back=goes_back(was, now))


def _image(container: Manifest | None) -> str:
    return "" if container is None else str(container.get("image", ""))


def goes_back(before: str, after: str) -> bool:
    """Tell whether an image has an earlier version than the other: by its tag, as far as the tags can be compared.

    `1.2.0` comes before `1.10.0`, `1.2.0-rc.1` before `1.2.0`; a commit, `latest` and another variant of the same
    version (`17-alpine`, `17-bookworm`) have no order.
    """
    was, now = (_ordered(parts(image)[1] or "") for image in (before, after))
    if was is None or now is None:
        return False
    numbers = [
        (old, new) for old, new in zip_longest(was[0], now[0], fillvalue=None) if old is not None and new is not None
    ]
    for old, new in numbers:
        if old != new:
            return new < old
    return len(was[0]) == len(now[0]) and now[1] < was[1]


def major(image: str) -> int | None:
    """Return the first number of an image's version; None where its tag is no version."""
    found = _ordered(parts(image)[1] or "")
    return None if found is None else found[0][0]


def mutable(image: str) -> bool:
    """Tell whether an image may be another one tomorrow."""
    _, tag, digest = parts(image)
    return digest is None and (tag is None or tag.lower() in _MUTABLE)


def registry(image: str) -> str:
    """Return the registry of an image; Docker Hub, where it names none."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else _DEFAULT


def repository(image: str) -> str:
    """Return the repository of an image within its registry."""
    return parts(image)[0].removeprefix(f"{registry(image)}/")


def _ordered(tag: str) -> tuple[tuple[int, ...], tuple[int, int]] | None:
    match = _VERSION.fullmatch(tag)
    if match is None:
        return None
    numbers = match[1].split(".")
    if any(len(number) > _LONGEST_NUMBER for number in numbers) or (len(numbers) == 1 and _is_hexadecimal(tag)):
        return None
    early = _EARLIER.match(match[2] or "")
    stage = _FINAL if early is None else _STAGES.get(early[1].lower(), _CANDIDATE)
    return tuple(map(int, numbers)), (stage, int(early[2] or 0) if early is not None else 0)


def _is_hexadecimal(tag: str) -> bool:
    return len(tag) >= 7 and re.fullmatch(r"[0-9a-f]+", tag) is not None
