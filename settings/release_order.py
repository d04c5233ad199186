"""Whether a release goes back to code that is older than the schema it would meet."""

from collections.abc import Mapping
from dataclasses import dataclass

from settings.container import Version
from settings.service import Service
from settings.stack import Stack
from settings.types import schema_order
from settings.variants import variants


@dataclass(frozen=True, slots=True, order=True)
class Regression:
    """A version of a release that knows an older schema than a database already has."""

    system: str
    service: str
    database: str
    needs: str
    """The newest version of the schema that the image is known to run on; empty where the release says none."""
    reached: str
    """The version that the database has."""
    said: tuple[str, ...] = ("image",)
    """Where the service has the version: its `image`, its `canary`, or one of its `colors`."""


def versions(service: Service) -> dict[tuple[str, ...], Version]:
    """Return the versions of a service that run, side by side where there are two, by where the service has them."""
    found: dict[tuple[str, ...], Version] = {}
    for variant in variants(service):
        if variant.role == "canary":
            found["canary",] = variant.image
        elif variant.role in service.colors:
            found["colors", variant.role] = variant.image
        else:
            found["image",] = variant.image
    return found


def schema_of(version: Version) -> dict[str, str]:
    """Return the newest version of each database's schema that an image is known to run on.

    That is the version it needs, or a newer one on which it was accepted to run. A database of which the release says
    nothing is left out.
    """
    newest = dict(version.needs_schema)
    for database, accepted in version.runs_on_schema.items():
        newest[database] = max(newest.get(database, accepted), accepted, key=schema_order)
    return newest


def going_back(stack: Stack, reached: Mapping[tuple[str, str, str], str]) -> list[Regression]:
    """Return the versions of services that are older than the schema, sorted.

    `reached` has the version of each database by system, service and database. A release that says no more what its
    image needs counts as older: it may well be. What the stack does not migrate is left out. Raises ValueError for a
    version that is none.
    """
    found = []
    for (system_name, name, database), version in reached.items():
        system = stack.systems.get(system_name)
        service = None if system is None or not system.enabled else system.services.get(name)
        if service is None or not service.enabled or service.migration is None:
            continue
        if database not in service.migration.databases:
            continue
        for said, image in versions(service).items():
            known = schema_of(image).get(database, "")
            if not known or schema_order(known) < schema_order(version):
                found.append(Regression(system_name, name, database, known, version, said))
    return sorted(found)
