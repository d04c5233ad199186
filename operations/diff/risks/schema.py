"""Migrations: what changes the schema of a database, and what would bring the data back."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from manifests.migration import SCHEMA
from manifests.placed import Manifest
from operations.diff.finding import Finding, listed
from operations.diff.model import Danger, ImageChange, Level, Subject
from operations.diff.pairs import NAME, WORKLOADS, Pair, Sides, annotations, component, label
from operations.diff.pods import containers
from settings.types import schema_order

_HOOK = "argocd.argoproj.io/hook"
_MIGRATE = "migrate"
"""The container of a migration, by the guide."""


@dataclass(frozen=True, slots=True)
class _Job:
    pair: Pair
    name: str


def schema(sides: Sides) -> Iterator[Finding]:
    """Yield migrations that are new or run again, schemas that go back, and backups that are no longer taken first."""
    told: defaultdict[tuple[str, str, str, str], list[tuple[Level, _Job, str]]] = defaultdict(list)
    for pair in sides.differing("Job"):
        manifest = pair.after or pair.before
        if manifest is None or not (is_migration(manifest) or is_backup(manifest)):
            continue
        job = _Job(pair, label(manifest, NAME) or pair.subject.name)
        owner = pair.subject.cluster, pair.subject.namespace, component(manifest)
        for level, what in _of_backup(sides, job) if is_backup(manifest) else _of_migration(sides, job):
            told[(*owner, what)].append((level, job, what))
    for found in told.values():
        level, job, what = found[0]
        also = f" (so {'does' if len(found) == 2 else 'do'} {listed(one.name for _, one, _ in found[1:])})"
        reason = f"{what}{also if found[1:] else ''}"
        yield Finding(level, Danger.SCHEMA, job.pair.subject, reason, ("migration",))


def is_migration(manifest: Manifest) -> bool:
    """Tell whether a Job changes the schema of a database."""
    return manifest["kind"] == "Job" and (_MIGRATE in containers(manifest) or SCHEMA in annotations(manifest))


def is_backup(manifest: Manifest) -> bool:
    """Tell whether a Job saves a database before it is migrated."""
    return manifest["kind"] == "Job" and "backup" in containers(manifest)


def migrates(sides: Sides, manifest: Manifest, change: ImageChange) -> bool:
    """Tell whether the service of a workload migrates databases."""
    here = change.subject.cluster, change.subject.namespace, component(manifest)
    return any(
        is_migration(found) and (subject.cluster, subject.namespace, component(found)) == here
        for subject, found in sides.kinds_after.get("Job", ())
    )


def _of_migration(sides: Sides, job: _Job) -> Iterator[tuple[Level, str]]:
    before, after = job.pair.before, job.pair.after
    if after is None:
        if _serves(sides, job):
            yield Level.MEDIUM, "the migration is removed: the schema stays where it is while the service goes on"
        return
    if before is None:
        yield Level.MEDIUM, "a migration is added: it changes a database before the pods of its release start"
        return
    yield from _of_version(before, after)
    (was, now) = (annotations(side).get(_HOOK) for side in (before, after))
    if was and not now:
        yield Level.HIGH, "the migration is no hook any more: pods of the release may start before it is through"


def _of_version(before: Manifest, after: Manifest) -> Iterator[tuple[Level, str]]:
    was, now = (_version(side) for side in (before, after))
    if was and now and was[0] == now[0] and was[1] != now[1]:
        if schema_order(now[1]) < schema_order(was[1]):
            yield Level.HIGH, f"the schema of {now[0]} goes back from {was[1]} to {now[1]}: no migration undoes it"
        else:
            yield Level.MEDIUM, f"the schema of {now[0]} goes from {was[1]} to {now[1]} before the pods start"
        return
    old, new = (containers(side).get(_MIGRATE, {}) for side in (before, after))
    if old.get("command") != new.get("command") or old.get("args") != new.get("args"):
        yield Level.MEDIUM, "the command of the migration changes, and runs: what it does to the database is another"
    elif now and not was:
        yield Level.LOW, f"the migration says that it leads to {now[0]}={now[1]}"
    elif old.get("image") != new.get("image"):
        yield Level.LOW, "the migration runs again, with what its new image brings"


def _of_backup(sides: Sides, job: _Job) -> Iterator[tuple[Level, str]]:
    if job.pair.after is not None:
        return
    still = [
        label(found, NAME) or subject.name
        for subject, found in sides.kinds_after.get("Job", ())
        if is_migration(found) and _same_service(subject, found, job)
    ]
    if still:
        yield Level.HIGH, "no backup is taken before the migration any more: what it does wrong cannot be taken back"


def _serves(sides: Sides, job: _Job) -> bool:
    return any(
        _same_service(subject, found, job) for kind in WORKLOADS for subject, found in sides.kinds_after.get(kind, ())
    )


def _same_service(subject: Subject, manifest: Manifest, job: _Job) -> bool:
    own = job.pair.after or job.pair.before
    here = (subject.cluster, subject.namespace) == (job.pair.subject.cluster, job.pair.subject.namespace)
    return own is not None and here and component(manifest) == component(own)


def _version(manifest: Manifest) -> tuple[str, str] | None:
    database, equals, version = annotations(manifest).get(SCHEMA, "").partition("=")
    return (database, version) if equals else None
