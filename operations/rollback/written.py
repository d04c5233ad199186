"""What the release says after a rollback, and which schema it said that version needs when it had it last."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from manifests.image import image_reference
from manifests.placed import Place
from operations import git
from operations.release_file import ReleaseFile
from operations.rollback.plan import Way
from operations.rollback.version import version_of
from settings.container import Image, Version
from settings.faults import SettingsError
from settings.service import Service
from settings.shape import RELEASE_OF_IMAGE

_COMMITS: Final = 200

Known = Callable[[str, Version], Version]
"""Gives a version of a service or sidecar the schemas it needs, as far as they are known."""


class OtherRepositoryError(Exception):
    """A version that no release can name: its image is of another repository than the catalog's."""


def rewritten(release: ReleaseFile, place: Place, service: Service, way: Way, known: Known) -> ReleaseFile:
    """Return the release that leads to a way's end. Raises OtherRepositoryError and SettingsError."""
    system, name = place.system.name, service.name
    role = way.workload.role
    if way.how == "canary":
        return release.set_canary(system, name, None)
    if way.how == "live":
        return release.set_live(system, name, role) if role in {"blue", "green"} else release
    version = known(name, _version(way.target.image, service.image, place))
    if way.how == "color":
        return release.set_color(system, name, role, version) if role in {"blue", "green"} else release
    changed = release
    if image_reference(service.image, place) != way.target.image:
        changed = changed.set_version(system, name, version)
    for key, sidecar in service.sidecars.items():
        found = way.target.images.get(key)
        if found is not None and found != image_reference(sidecar.image, place):
            changed = changed.set_version(system, f"{name}/{key}", _version(found, sidecar.image, place))
    return changed.set_canary(system, name, None)


def with_release(service: Service, release: ReleaseFile, system: str) -> Service:
    """Return a service with what a release says of it, in place of what another said before."""
    entry = release.entry(system, service.name)
    changed: dict[str, object] = {
        "canary": None if entry.get("canary") is None else Version.model_validate(entry["canary"]),
        "colors": {color: Version.model_validate(said) for color, said in (entry.get("colors") or {}).items()},
        "live": entry.get("live", service.live),
    }
    said = {key: entry[key] for key in RELEASE_OF_IMAGE if key in entry}
    if said:
        changed["image"] = service.image.model_copy(update=dict(Version.model_validate(said)))
    return service.model_copy(update=changed)


def _version(reference: str, image: Image, place: Place) -> Version:
    version = version_of(reference, image, place)
    if version is None:
        message = f"it ran {reference}, and the catalog names another repository by now: change it there"
        raise OtherRepositoryError(message)
    return version


def known_from_git(root: Path, release: ReleaseFile, system: str) -> Known:
    """Return what looks a version up in the history of the release: which schema it needed when it was released.

    Without Git, or where it was never committed, a version stays without: whether the schema allows it is not known.
    """

    def known(target: str, version: Version) -> Version:
        for text in _texts(root, release.file):
            for said in _versions_in(ReleaseFile(release.file, text), system, target):
                if (said.tag, said.digest) == (version.tag, version.digest):
                    return said
        return version

    return known


def _versions_in(release: ReleaseFile, system: str, target: str) -> Iterator[Version]:
    """Yield every version that a release has of a service; one that cannot be read says nothing."""
    try:
        entry = release.entry(system, target)
    except SettingsError:
        return
    colors = entry.get("colors")
    for said in (entry, entry.get("canary"), *(colors.values() if isinstance(colors, Mapping) else ())):
        if isinstance(said, Mapping):
            try:
                yield Version.model_validate({key: said[key] for key in RELEASE_OF_IMAGE if key in said})
            except ValidationError:
                continue


def _texts(root: Path, file: str) -> Iterator[str]:
    """Yield what a file was at each commit that changed it, newest first."""
    for commit in (_said(root, "log", f"--max-count={_COMMITS}", "--format=%H", "--", file) or "").split():
        text = _said(root, "show", f"{commit}:./{file}")
        if text is not None:  # the commit that took it away has none
            yield text


def _said(root: Path, *words: str) -> str | None:
    try:
        return git.read(root, *words).text
    except (git.GitError, OSError):
        return None
