"""The Jobs that bring a service's databases up to date before its pods of the same release start.

The guide gives backoffLimit, restartPolicy, the container `migrate`, its image, command and envFrom; for Argo CD also
the name, ttlSecondsAfterFinished and the annotations of the hook. What is added: `manifests/job.py`.
"""

from collections.abc import Sequence
from dataclasses import replace

from manifests.account import service_account
from manifests.aws.accounts import backup_annotations
from manifests.backup import backup_claim, backup_jobs
from manifests.container import resources, rights
from manifests.data_store import needed_stores
from manifests.image import image_reference
from manifests.job import TTL_SECONDS, content_hash, environment_of, job, job_template, jobs_name, keys_read
from manifests.migration_command import command, dry_run
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.secret import secret_reference
from manifests.volume import WRITABLE_LIMIT, Volumes, volume_name
from settings.migration import Migration, MigrationTarget
from settings.migration_targets import job_name
from settings.service import Service
from settings.types import schema_order

SCHEMA = "naru/schema"
"""The annotation of a Job: the version of a database's schema after it, as `auth_db=7`."""
MIGRATIONS = "naru/migrations"
"""The annotation of a workload that Argo CD syncs: a hash of the Jobs that run before it.

Argo CD leaves hooks out when it compares, and syncs by itself only what differs: a migration that changed alone would
never run. Beside the pod template, so that no pod is replaced for it.
"""


def migrations(place: Place, service: Service) -> list[Placed]:
    """Return what migrates a service's databases: account and backup volume, backups, and a Job for each database.

    Data stores live in the primary cluster, so that there is nothing to migrate from another. A hook of Argo CD runs
    before everything else of its application, so that all it needs is in the foundation, an application of its own.
    """
    migration = service.migration
    if migration is None or not place.is_primary:
        return []
    templates = {
        database: _template(place, service, migration, target, command(migration, target))
        for database, target in migration.databases.items()
    }
    before = _needs(place, service, migration)
    hashes = {database: content_hash(template) for database, template in templates.items()}
    jobs = backup_jobs(place, service, migration, hashes, after=before)
    before += tuple(placed.reference for placed in jobs)
    for wave in sorted({target.wave for target in migration.databases.values()}):
        members = [
            job(
                place,
                service,
                migration,
                job_name(service.name, migration, database),
                templates[database],
                wave=wave,
                after=before,
                annotations=_schema(service, database),
            )
            for database, target in migration.databases.items()
            if target.wave == wave
        ]
        before = tuple(placed.reference for placed in members)
        jobs += members
    return [_account(place, service, migration), *backup_claim(place, service, migration), *jobs]


def job_references(place: Place, service: Service) -> tuple[str, ...]:
    """Return the references of a service's Jobs, all of which have completed before its pods start."""
    return tuple(placed.reference for placed in migrations(place, service) if placed.manifest["kind"] == "Job")


def migrations_mark(place: Place, service: Service) -> dict[str, str]:
    """Return the annotation that tells a workload's migrations apart from others; none where Pulumi runs them."""
    if place.direct:
        return {}
    jobs = [placed.manifest for placed in migrations(place, service) if placed.manifest["kind"] == "Job"]
    return {MIGRATIONS: content_hash(jobs)} if jobs else {}


def dry_run_job(place: Place, service: Service, database: str) -> Placed | None:
    """Return a Job that tells what the migration of one database would find, and migrates nothing.

    It is started by itself, tried once, and goes away; None where there is no dry run of the engine.
    """
    migration = service.migration
    if migration is None:
        return None
    argv = dry_run(migration, migration.databases[database])
    if not argv:
        return None
    name = f"{job_name(service.name, migration, database)}-dry-run"
    template = _template(place, service, migration, migration.databases[database], argv)
    placed = job(place, service, migration, name, template, wave=0, after=())
    manifest = {**placed.manifest, "metadata": {**placed.manifest["metadata"], "name": name}}
    del manifest["metadata"]["annotations"]
    manifest["spec"] = {**manifest["spec"], "backoffLimit": 0, "ttlSecondsAfterFinished": TTL_SECONDS}
    return replace(placed, manifest=manifest, hashed=False)


def _template(
    place: Place, service: Service, migration: Migration, target: MigrationTarget, argv: Sequence[str]
) -> Manifest:
    volumes = Volumes()
    mounts = [
        {"name": volumes.add(volume_name(path), {"emptyDir": {"sizeLimit": WRITABLE_LIMIT}}), "mountPath": path}
        for path in service.writable_paths
    ]
    container: Manifest = {
        "name": "migrate",
        "image": image_reference(service.image, place),
        "imagePullPolicy": service.image.pull_policy.value,
        "command": list(argv),
        **environment_of(migration),
        "resources": resources(migration.resources or service.resources),
        "securityContext": rights(service.security),
    }
    if mounts:
        container["volumeMounts"] = mounts
    return job_template(
        place,
        service,
        migration,
        [container],
        security=service.security,
        reads=keys_read(migration, target),
        volumes=volumes.manifests,
    )


def _account(place: Place, service: Service, migration: Migration) -> Placed:
    # In the cloud only what takes a backup there has rights, those of the service.
    in_cloud = migration.backup is not None and migration.backup.bucket is not None
    name, namespace = jobs_name(service), place.namespace(service.namespace)
    annotations = backup_annotations(place.stack, place.system, service, name) if in_cloud else None
    # It is of the system, as the Jobs' own component comes with the workloads.
    return replace(service_account(place, namespace, name, Part.FOUNDATION, annotations), component="")


def _needs(place: Place, service: Service, migration: Migration) -> tuple[str, ...]:
    namespace, name = place.namespace(service.namespace), jobs_name(service)
    return (
        reference("ServiceAccount", namespace, name),
        # Its few tries are not to be spent on a network that is still closed.
        reference("NetworkPolicy", namespace, name),
        secret_reference(place, migration.secret),
        *needed_stores(place, service),
    )


def _schema(service: Service, database: str) -> dict[str, str]:
    image = service.image
    known = [versions[database] for versions in (image.needs_schema, image.runs_on_schema) if database in versions]
    return {SCHEMA: f"{database}={max(known, key=schema_order)}"} if known else {}
