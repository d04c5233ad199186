"""What a rule finds, before it is known where in the files it comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from operations.diff.model import Danger, Level, Subject

Weak: TypeAlias = tuple[Level, str]
"""One of several things about one object: how bad, and a clause that says so."""

_NAMED = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One risk on one cluster."""

    level: Level
    danger: Danger
    subject: Subject
    reason: str
    at: tuple[str | int, ...] = ()
    """The setting that it is probably about, below the service, data store or other thing that the object is of."""
    environment: bool = False
    """Whether `at` is a setting of the environment itself."""
    also: tuple[str | int, ...] = ()
    """A setting of the environment that is as probable, or more so."""


def together(danger: Danger, subject: Subject, found: Sequence[Weak], at: tuple[str | int, ...] = ()) -> list[Finding]:
    """Return one finding for several things about one object, as bad as the worst of them; none for none."""
    if not found:
        return []
    worst_first = sorted(dict.fromkeys(found), key=lambda weak: -weak[0])
    return [Finding(worst_first[0][0], danger, subject, listed([text for _, text in worst_first], "; "), at)]


def listed(names: Iterable[object], separator: str = ", ", most: int = _NAMED) -> str:
    """Return the first few names, and how many more there are."""
    found = [str(name) for name in names]
    shown, more = found[:most], len(found) - most
    return separator.join([*shown, f"{more} more"] if more > 0 else shown)
