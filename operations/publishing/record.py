"""The release record: which version of every service a branch has, as it was rendered. Pure.

It says nothing of when and from which commit: the commit itself does, and files that are the same make no new one. Each
service has lines of its own, so that taking one release back does not get in the way of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from manifests.text import to_yaml
from operations.release_file import said_of
from settings.container import Version
from settings.faults import Path, SettingsError
from settings.release_order import versions
from settings.service import Service
from settings.source import parse
from settings.stack import Stack
from settings.strategy import BlueGreenIngress

RECORD: Final = "release.yaml"
_ROLES: Final = ("canary", "blue", "green")
_DIGEST_SHOWN: Final = 19  # "sha256:" and twelve digits

Record = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By system and service (or `service/sidecar`) what a release says of it, as the release file has it."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Something that a release gives a version: an image, or which of two colors is live."""

    system: str
    target: str
    """A service, or `service/sidecar`."""
    role: str = ""
    """`canary`, `blue`, `green` or `live`; empty for the service's own image."""

    def __str__(self) -> str:
        return f"{self.system}/{self.target}{f' {self.role}' if self.role else ''}"

    def setting(self, key: str) -> Path:
        """Return where the setting is that decides it, in its system; `key` of a version is `tag` or `digest`."""
        service, _, sidecar = self.target.partition("/")
        at: Path = ("services", service, *(("sidecars", sidecar) if sidecar else ()))
        if self.role == "live":
            return (*at, "live")
        under = ("image",) if not self.role else ("canary",) if self.role == "canary" else ("colors", self.role)
        return (*at, *under, key)


@dataclass(frozen=True, slots=True)
class Said:
    """A version; of `live`, the color stands as its tag."""

    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        return self.tag or (self.digest or "no version")[:_DIGEST_SHOWN]

    @property
    def in_full(self) -> str:
        """Tag and digest, where the tag alone does not tell it apart."""
        return f"{self.tag}@{self.digest[:_DIGEST_SHOWN]}" if self.tag and self.digest else str(self)

    def same(self, other: "Said | None") -> bool:
        """Tell whether it is the same version: by digest where both have one, else by tag."""
        if other is None:
            return False
        if self.digest and other.digest:
            return self.digest == other.digest
        return self.tag == other.tag and (self.tag is not None or self.digest == other.digest)


Versions = Mapping[Place, Said]


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A version that is another one; None where there is none."""

    place: Place
    before: Said | None
    after: Said | None

    def __str__(self) -> str:
        if self.before is None or self.after is None:
            return f"{self.place} {self.after} added" if self.after else f"{self.place} {self.before} removed"
        before, after = str(self.before), str(self.after)
        if before == after:
            before, after = self.before.in_full, self.after.in_full
        return f"{self.place} {before} → {after}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        place = {"system": self.place.system, "service": self.place.target, "role": self.place.role or None}
        before, after = (None if said is None else said.in_full for said in (self.before, self.after))
        return {**place, "before": before, "after": after}


def record_of(stack: Stack) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what runs of every service of a stack."""
    return {
        name: found
        for name, system in stack.systems.items()
        if system.enabled
        for found in [
            {
                target: said
                for key, service in system.services.items()
                if service.enabled
                for target, said in _service(key, service).items()
            }
        ]
        if found
    }


def text_of(stack: Stack) -> str:
    """Return the file: one that a person reads, and that `record_in` reads back."""
    said = to_yaml({"stack": stack.name, "systems": record_of(stack)})
    return (
        "# Which version of every service is rendered on this branch. `naru publish` writes it with all other files:\n"
        f"# a release is changed in releases/{stack.name}.yaml, never here.\n{said}"
    )


def record_in(content: bytes | None) -> Record:
    """Return what a record says; nothing where there is none, or where it was made unreadable."""
    try:
        systems = parse(content or b"", RECORD).data.get("systems")
    except SettingsError:
        return {}
    whole = systems if isinstance(systems, dict) else {}
    return {
        system: {target: said for target, said in services.items() if isinstance(said, dict)}
        for system, services in whole.items()
        if isinstance(services, dict)
    }


def versions_in(record: Record) -> dict[Place, Said]:
    """Return every version of a record, sorted."""
    found: dict[Place, Said] = {}
    for system, services in record.items():
        for target, said in services.items():
            colors = said.get("colors")
            within = {"": said, "canary": said.get("canary"), **(colors if isinstance(colors, dict) else {})}
            for role, version in within.items():
                if isinstance(version, dict) and (not role or role in _ROLES):
                    tag, digest = (None if version.get(key) is None else str(version[key]) for key in ("tag", "digest"))
                    if tag or digest:
                        found[Place(system, target, role)] = Said(tag, digest)
            if said.get("live") is not None:
                found[Place(system, target, "live")] = Said(str(said["live"]))
    return dict(sorted(found.items()))


def changed_versions(before: Versions, after: Versions) -> tuple[VersionChange, ...]:
    """Return what differs, sorted."""
    return tuple(
        VersionChange(place, before.get(place), after.get(place))
        for place in sorted({*before, *after})
        if before.get(place) != after.get(place)
    )


def _service(name: str, service: Service) -> dict[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    for said, version in versions(service).items():
        if said == ("image",):
            found |= said_of(version)
        elif said[0] == "colors":
            found.setdefault("colors", {})[said[1]] = said_of(version)
        else:
            found[said[0]] = said_of(version)
    if isinstance(service.strategy, BlueGreenIngress):
        found["live"] = service.live
    sidecars: dict[str, Version] = {f"{name}/{key}": sidecar.image for key, sidecar in service.sidecars.items()}
    return {name: found} | {target: said_of(version) for target, version in sidecars.items()}
