"""The Jobs of a service's migration in the order they run, read off the objects themselves. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from manifests.backup import backup_name
from manifests.job import jobs_name
from manifests.migration import SCHEMA, migrations
from manifests.migration_command import dry_run
from manifests.placed import Manifest, Place, Placed
from settings.faults import Fault, SettingsError, did_you_mean
from settings.migration import Migration
from settings.migration_targets import engine_of, job_name
from settings.service import Service
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Step:
    """One Job: the migration of a database, or the backup before it."""

    system: str
    service: str
    database: str
    backup: bool
    wave: int | None
    """None for a backup: all of them run before the first wave."""
    engine: str
    job: str
    namespace: str
    image: str
    command: tuple[str, ...]
    dry_run: tuple[str, ...]
    """What tells and changes nothing; empty for a backup, and for an engine that has no such thing."""
    schema: str
    """The version of the schema that the release asks for; empty where it says none."""

    @property
    def subject(self) -> str:
        """What commands call it by: `SYSTEM/SERVICE`."""
        return f"{self.system}/{self.service}"

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"{'backup' if self.backup else 'migration'} of {self.database}"


def steps(place: Place, service: Service) -> list[Step]:
    """Return the Jobs of one service, backups and lower waves first; none where it has no migration here."""
    jobs = [placed.manifest for placed in migrations(place, service) if placed.manifest["kind"] == "Job"]
    return [*_steps(place, service, jobs)]


def steps_among(place: Place, objects: Sequence[Placed]) -> list[Step]:
    """Return the Jobs that are among the objects of a system, service by service."""
    found: list[Step] = []
    for service in place.system.services.values():
        component = jobs_name(service)
        jobs = [one.manifest for one in objects if one.component == component and one.manifest["kind"] == "Job"]
        found += _steps(place, service, jobs)
    return found


def _steps(place: Place, service: Service, jobs: Iterable[Manifest]) -> Iterator[Step]:
    migration = service.migration
    if migration is None:
        return
    named = _named(service, migration)
    for job in jobs:
        metadata = job["metadata"]
        database, backup = named[metadata["labels"]["app.kubernetes.io/name"]]
        target = migration.databases[database]
        container = job["spec"]["template"]["spec"]["containers"][0]
        yield Step(
            place.system.name,
            service.name,
            database,
            backup,
            None if backup else target.wave,
            "" if backup else engine_of(migration, target).value,
            metadata["name"],
            metadata["namespace"],
            container["image"],
            tuple(container["command"]),
            () if backup else tuple(dry_run(migration, target)),
            metadata.get("annotations", {}).get(SCHEMA, "").partition("=")[2],
        )


def _named(service: Service, migration: Migration) -> dict[str, tuple[str, bool]]:
    """Return database, and whether it is the backup, by the name that a Job has in its labels: without a hash."""
    found = {job_name(service.name, migration, database): (database, False) for database in migration.databases}
    for database in migration.databases:
        found[backup_name(service, database)] = (database, True)
    return found


def migrated(stack: Stack, subject: str) -> tuple[Place, Service]:
    """Return the service `SYSTEM/SERVICE` and where its databases are. Raises SettingsError for one without any."""
    name, _, key = subject.partition("/")
    enabled = {system.name: system for system in stack.systems.values() if system.enabled}
    if name not in enabled:
        raise _unfit(subject, f"no such system on {stack.name}, or not enabled", did_you_mean(name, enabled))
    system = enabled[name]
    services = {service.name: service for service in system.services.values() if service.enabled}
    migrating = [f"{name}/{service.name}" for service in services.values() if service.migration is not None]
    if key not in services:
        found = f"{name} has no such service on {stack.name}, or it is not enabled" if key else "no service is named"
        raise _unfit(subject, found, did_you_mean(subject, migrating))
    if services[key].migration is None:
        raise _unfit(subject, "it has no migration", did_you_mean(subject, migrating))
    return Place(stack, system, stack.environment.primary), services[key]


def _unfit(subject: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(subject, 0, "", found, expected)])
