"""What the checks between settings say, before it is known where in the files it stands."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from settings.faults import Path, did_you_mean, quoted
from settings.layers import Position
from settings.system import System

Locate = Callable[[str, Path], tuple[Position, str]]
"""Where the value at a path of a system stands (of the environment for the empty name), and its path in that file."""


class Finding(NamedTuple):
    """A path, what was found there and what would be right; `other` is the path of the value it does not fit."""

    path: Path
    found: str
    expected: str
    other: Path | None = None


def unknown(path: Path, name: str | None, known: Iterable[str], what: str) -> Iterator[Finding]:
    """Yield a finding where a name is given that is not among the known ones."""
    known = tuple(known)
    if name is not None and name not in known:
        yield Finding(path, f"no {what} {quoted(name)}", did_you_mean(name, known) or f"there is no {what} at all")


def namespace(system: System, path: Path, key: str | None) -> Iterator[Finding]:
    """Yield a finding where it is not clear in which of a system's namespaces the thing at a path is."""
    if key is None and len(system.namespaces) > 1:
        yield Finding(path, "no namespace", f"expected one of {', '.join(map(quoted, system.namespaces))}")
    yield from unknown((*path, "namespace"), key, system.namespaces, "namespace")


def namespace_name(system: System, key: str | None) -> str | None:
    """Return the name in the cluster of a namespace of the system; None where the key does not say which."""
    clear = key in system.namespaces if key is not None else len(system.namespaces) == 1
    return system.namespace_name(key) if clear else None


def elsewhere(system: System, path: Path, what: str, *, of: str | None, pods: str | None) -> Iterator[Finding]:
    """Yield a finding where pods of one namespace want what is in another."""
    there, home = namespace_name(system, of), namespace_name(system, pods)
    if there is not None and home is not None and there != home:
        yield Finding(path, f"{what} of the namespace {quoted(there)}", f"the pods run in {quoted(home)}")
