"""What must hold for Argo CD to take a stack: names it needs for itself, who its groups are, and times that are times.

Source: argo-cd 3.3, pkg/apis/application/v1alpha1, `ValidateProject` and `SyncWindow.Validate`; robfig/cron 3, `Parse`.
"""

import re
from collections.abc import Iterator
from typing import Final

from settings.environment import ArgoCD, Delivery
from settings.faults import Path, quoted
from settings.findings import Finding
from settings.stack import Stack
from settings.system import SyncWindow, System
from settings.types import duration_seconds

RESERVED: Final = frozenset({"argocd", "applications"})
"""Folders among those of the systems, for what Argo CD itself reads and what it is given."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[str, int, int, tuple[str, ...]], ...]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_PART = re.compile(r"(?:[*?]|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:/([0-9]+))?")
_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
_NOT_OF_GROUPS = re.compile(r'[",\r\n\t]')


def check_argocd(stack: Stack) -> Iterator[tuple[str, Finding]]:
    """Yield what Argo CD would not take, with the system it is of; of the environment for the empty name."""
    argocd = stack.environment.argocd
    for name, system in stack.systems.items():
        if system.enabled:
            for finding in _sync(system):
                yield name, finding
    if argocd is None:
        return
    for finding in (*_environment(stack), *_groups(argocd)):
        yield "", finding
    for name, system in stack.systems.items():
        if not system.enabled:
            continue
        if name in RESERVED:
            found = f"a system called {quoted(name)}, in whose place Argo CD's own files are"
            yield name, Finding((), found, "expected another name for its file")
        for key in system.namespaces:
            if system.namespace_name(key) == argocd.namespace:
                found = f"{quoted(argocd.namespace)} is the namespace of Argo CD"
                yield name, Finding(("namespaces", key), found, "expected another one")


def _environment(stack: Stack) -> Iterator[Finding]:
    environment = stack.environment
    if environment.delivery is not Delivery.GITOPS:
        found = f"Argo CD with the delivery {environment.delivery.value}"
        yield Finding(("argocd",), found, 'expected delivery: gitops, or no "argocd"')
    if environment.argocd is not None and _PASSWORD.search(environment.argocd.repository):
        found = "an address with a password in it, which would be written to files"
        yield Finding(("argocd", "repository"), found, "give it to Argo CD as a repository Secret")
    contexts: dict[str, str] = {}
    for name, cluster in environment.clusters.items():
        first = contexts.setdefault(cluster.context, name)
        if first != name:
            # Argo CD tells clusters apart by it.
            found = f"the context {quoted(cluster.context)} is that of {first} too"
            yield Finding(
                ("clusters", name, "context"),
                found,
                "expected a context for each cluster",
                ("clusters", first, "context"),
            )


def _groups(argocd: ArgoCD) -> Iterator[Finding]:
    for role, groups in argocd.groups.items():
        for index, group in enumerate(groups):
            path: Path = ("argocd", "groups", role, index)
            if not group.strip() or group != group.strip() or _NOT_OF_GROUPS.search(group):
                found = f"no name of a group: {quoted(group)}"
                yield Finding(path, found, "expected one without commas, quotes, tabs and blanks round it")
            elif group in groups[:index]:
                yield Finding(path, f"the group {quoted(group)} twice", "once is enough")


def _sync(system: System) -> Iterator[Finding]:
    retry = system.sync.retry
    if retry.limit and duration_seconds(retry.longest) < duration_seconds(retry.backoff):
        found = f"longest ({retry.longest}) is below backoff ({retry.backoff})"
        yield Finding(("sync", "retry", "longest"), found, f"at least {retry.backoff}", ("sync", "retry", "backoff"))
    known: dict[SyncWindow, int] = {}
    for index, window in enumerate(system.sync.windows):
        path: Path = ("sync", "windows", index)
        yield from _window(path, window)
        # What Argo CD tells windows apart by has no `manual`.
        first = known.setdefault(window.model_copy(update={"manual": False}), index)
        if first != index:
            yield Finding(path, f"the same window as sync.windows[{first}]", "expected one of them")


def _window(path: Path, window: SyncWindow) -> Iterator[Finding]:
    for (name, least, most, words), text in zip(_FIELDS, window.schedule.split(" "), strict=True):
        if not all(_in_range(part, least, most, words) for part in text.lower().split(",")):
            expected = f"expected numbers from {least} to {most}" + (f" or {words[0]} to {words[-1]}" if words else "")
            yield Finding((*path, "schedule"), f"{quoted(text)} is no {name}", f"{expected}, as cron has them")
    if duration_seconds(window.duration) == 0:
        yield Finding((*path, "duration"), "a window of no time", 'expected a duration such as "8h"')
    if not _is_time_zone(window.time_zone):
        found = f"no time zone {quoted(window.time_zone)}"
        yield Finding((*path, "timeZone"), found, 'expected a name such as "Asia/Seoul" or "UTC"')


def _in_range(text: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(text)
    if match is None:
        return False
    first, last, step = match.groups()
    numbers = [_number(word, least, words) for word in (first, last) if word is not None]
    return (
        all(number is not None and least <= number <= most for number in numbers)
        and numbers == sorted(numbers, key=lambda number: -1 if number is None else number)
        and (step is None or int(step) > 0)
    )


def _number(word: str, least: int, words: tuple[str, ...]) -> int | None:
    if word.isdigit():
        return int(word)
    return words.index(word) + least if word in words else None


def _is_time_zone(name: str) -> bool:
    # Only where there is a window at all: importing it takes time.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    def found(zone: str) -> bool:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return False
        return True

    # A machine without the database of time zones knows none, and refuses none.
    return found(name) or not found("UTC")
