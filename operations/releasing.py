"""Other versions in the release files: one that a pipeline has built, or those that another stack runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from operations.exits import Exit
from operations.output import say, write_json, write_lines
from operations.release_file import ReleaseFile, read_release, said_of
from settings.container import Version
from settings.faults import Fault, SettingsError, did_you_mean
from settings.loading import load
from settings.shape import RELEASE_OF_IMAGE
from settings.stack import Stack

Place: TypeAlias = tuple[str, str]
"""A system, and in it a service (`api`) or a sidecar (`api/proxy`)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A service or sidecar that gets another version."""

    place: Place
    before: Version
    after: Version

    def __str__(self) -> str:
        return f"{'/'.join(self.place)} {shown(self.before)} → {shown(self.after)}"


def set_version(root: Path, stack: str, named: str, version: Version, *, as_json: bool) -> int:
    """Write a version of `SYSTEM/SERVICE` into the release of a stack. Raises SettingsError."""
    place = known(named, load(root, stack).stack)
    release = read_release(root, stack)
    return _written(root, stack, release, [Moved(place, version_of(release, place), version)], as_json=as_json)


def promote(root: Path, source: str, destination: str, named: Sequence[str], *, as_json: bool) -> int:
    """Write the versions that one stack releases into the release of another. Raises SettingsError."""
    if source == destination:
        raise _unfit(source, "would be promoted to itself", "name two stacks")
    there, here = load(root, source).stack, load(root, destination).stack
    places = [known(name, here) for name in named if known(name, there)] or [
        place for place in places_of(here) if place in places_of(there)
    ]
    release = read_release(root, destination)
    moved = list(promotion(read_release(root, source), release, places))
    return _written(root, destination, release, moved, as_json=as_json)


def promotion(source: ReleaseFile, destination: ReleaseFile, places: Iterable[Place]) -> Iterator[Moved]:
    """Yield what the source releases at another version than the destination; pure.

    What an older image was accepted to run on stays behind: that was said of the source's own databases.
    """
    for place in dict.fromkeys(places):
        after = version_of(source, place).model_copy(update={"runs_on_schema": {}})
        before = version_of(destination, place)
        if said_of(after) and said_of(after) != said_of(before.model_copy(update={"runs_on_schema": {}})):
            yield Moved(place, before, after)


def places_of(stack: Stack) -> tuple[Place, ...]:
    """Return everything of a stack that a release can give a version."""
    return tuple(
        (system.name, target)
        for system in stack.systems.values()
        if system.enabled
        for service in system.services.values()
        if service.enabled
        for target in (service.name, *(f"{service.name}/{sidecar}" for sidecar in service.sidecars))
    )


def known(named: str, stack: Stack) -> Place:
    """Return the place of `SYSTEM/SERVICE` or `SYSTEM/SERVICE/SIDECAR`. Raises SettingsError where there is none."""
    names = {"/".join(place): place for place in places_of(stack)}
    if named not in names:
        raise _unfit(named, f"no such service on {stack.name}, or not enabled", did_you_mean(named, names))
    return names[named]


def version_of(release: ReleaseFile, place: Place) -> Version:
    """Return the version that a release says; an empty one where it says none."""
    entry = release.entry(*place)
    return Version.model_validate({key: entry[key] for key in RELEASE_OF_IMAGE if key in entry})


def shown(version: Version) -> str:
    """Return a version as people compare it: the tag, and the beginning of the digest."""
    digest = "" if version.digest is None else f"@{version.digest[:19]}"
    return f"{version.tag or ''}{digest}" or "none"


def _written(root: Path, stack: str, before: ReleaseFile, moved: Sequence[Moved], *, as_json: bool) -> int:
    """Write the release, unless the project is refused with it: then the file is as it was."""
    after = before
    for move in moved:
        after = after.set_version(*move.place, move.after)
    changed = after.text != before.text
    if changed:
        after.write(root)
        try:
            load(root, stack)
        except BaseException:
            before.write(root)
            say(f"{before.file} is as it was")
            raise
    if as_json:
        write_json({"stack": stack, "file": before.file, "changed": changed, "moved": list(map(_as_json, moved))})
    elif changed:
        write_lines(f"{stack}: {move}" for move in moved)
    else:
        say(f"nothing to do: {before.file} says so already")
    return Exit.OK


def _as_json(move: Moved) -> Mapping[str, object]:
    return {"service": "/".join(move.place), "from": said_of(move.before), "to": said_of(move.after)}


def _unfit(subject: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(subject, 0, "", found, expected)])
