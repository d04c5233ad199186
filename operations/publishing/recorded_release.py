"""The release file of what a branch has, where the commit that it came from says another one. Pure."""

from collections.abc import Mapping
from typing import Any

from operations.publishing.record import Record
from operations.release_file import ReleaseFile
from settings.container import Version
from settings.service import Color
from settings.shape import RELEASE_OF_IMAGE

_COLORS: tuple[Color, ...] = ("blue", "green")


def as_recorded(release: ReleaseFile, rendered: Record, record: Record) -> ReleaseFile:
    """Return a release that says what a record does, `rendered` being the record that it has now.

    Only what differs is written. Raises SettingsError for a text that no program should change.
    """
    for system, services in record.items():
        for target, said in services.items():
            now = rendered.get(system, {}).get(target, {})
            if said != now:
                release = _service(release, (system, target), now, said)
    return release


def _service(
    release: ReleaseFile, place: tuple[str, str], now: Mapping[str, Any], said: Mapping[str, Any]
) -> ReleaseFile:
    version = _version(said)
    if version is not None and version != _version(now):
        release = release.set_version(*place, version)
    if said.get("canary") != now.get("canary"):
        release = release.set_canary(*place, _version(said.get("canary")))
    for color in _COLORS:
        before, after = ((one.get("colors") or {}).get(color) for one in (now, said))
        if before != after:
            release = release.set_color(*place, color, _version(after))
    live = said.get("live")
    return release.set_live(*place, live) if live in _COLORS and live != now.get("live") else release


def _version(said: Mapping[str, Any] | None) -> Version | None:
    """Return the version in it; None where there is none."""
    found = {key: said[key] for key in RELEASE_OF_IMAGE if key in said} if said else {}
    return Version.model_validate(found) if found else None
