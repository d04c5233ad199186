"""A dump of each database before its migration: to a volume that is kept, or to a bucket."""

from collections.abc import Mapping

from manifests.claim import persistent_volume_claim
from manifests.container import resources, rights
from manifests.dump_script import FOLDER, dump_script, upload_script
from manifests.image import image_reference
from manifests.job import environment_of, fitting, job, job_template, keys_read
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.volume import WRITABLE_LIMIT
from settings.container import Image, Security
from settings.data_store import DataStore
from settings.migration import Bucket, Migration, MigrationTarget
from settings.migration_targets import dumped_stores
from settings.service import Claim, Service

UPLOADER = Image(repository="docker.io/amazon/aws-cli", tag="2.27.9")
"""No image of a data store has the AWS CLI. This one is Amazon's own (aws/aws-cli, docker/Dockerfile)."""

_DUMPS = "dumps"
_SCRATCH = "tmp"


def backup_claim(place: Place, service: Service, migration: Migration) -> list[Placed]:
    """Return the claim of the volume that the dumps of a service's databases are kept on, where they go to one."""
    backup = migration.backup
    if backup is None or backup.size is None:
        return []
    namespace, claim = place.namespace(service.namespace), Claim(size=backup.size)
    return [persistent_volume_claim(place, namespace, _claim_name(service), claim, part=Part.FOUNDATION)]


def backup_jobs(
    place: Place, service: Service, migration: Migration, digests: Mapping[str, str], *, after: tuple[str, ...]
) -> list[Placed]:
    """Return a Job for each database that dumps it, one after the other: one node at a time has the volume.

    `digests` are the hashes of the migrations, so that each migration has a dump of its own. Where Argo CD runs them
    they are hooks in waves of their own, below the first migration's.
    """
    backup = migration.backup
    if backup is None:
        return []
    if backup.size is not None:
        after += (reference("PersistentVolumeClaim", place.namespace(service.namespace), _claim_name(service)),)
    first = min(target.wave for target in migration.databases.values()) - len(migration.databases)
    jobs: list[Placed] = []
    for index, (database, target) in enumerate(migration.databases.items()):
        template = _template(place, service, migration, database, target, digests[database])
        jobs.append(
            job(place, service, migration, backup_name(service, database), template, wave=first + index, after=after)
        )
        after = (jobs[-1].reference,)
    return jobs


def backup_name(service: Service, database: str) -> str:
    """Return the name of the Job that dumps a database, without a hash."""
    return fitting(f"{service.name}-backup-{database.replace('_', '-').replace('.', '-')}")


def _claim_name(service: Service) -> str:
    return f"{service.name}-backup"


def _template(
    place: Place, service: Service, migration: Migration, database: str, target: MigrationTarget, digest: str
) -> Manifest:
    (name,) = dumped_stores(place.system, service, migration, target)
    store, backup = place.system.data_stores[name], migration.backup
    bucket = None if backup is None else backup.bucket
    keep = None if backup is None or bucket is not None else backup.keep
    script = dump_script(store.engine, database, target.url_key, digest, keep=keep)
    dump: Manifest = {
        "name": "backup" if bucket is None else "dump",
        **_of_image(place, store.image),
        "command": ["/bin/bash", "-euo", "pipefail", "-c", script],
        **environment_of(migration),
        **_confined(service, migration, store.security),
    }
    if bucket is None:
        dumps: Manifest = {"name": _DUMPS, "persistentVolumeClaim": {"claimName": _claim_name(service)}}
        init, main = [], dump
    else:
        dumps = {"name": _DUMPS, "emptyDir": {}}
        init, main = [dump], _upload(place, service, migration, store, bucket)
    scratch: Manifest = {"name": _SCRATCH, "emptyDir": {"sizeLimit": WRITABLE_LIMIT}}
    return job_template(
        place,
        service,
        migration,
        [main],
        security=store.security,
        reads=keys_read(migration, target),
        volumes=[dumps, scratch],
        init_containers=init,
    )


def _upload(place: Place, service: Service, migration: Migration, store: DataStore, bucket: Bucket) -> Manifest:
    return {
        "name": "backup",
        **_of_image(place, UPLOADER),
        "command": ["/bin/sh", "-euc", upload_script(bucket.name, bucket.prefix, bucket.region, bucket.endpoint)],
        # The CLI keeps the credentials of a role for a while in its home.
        "env": [{"name": "HOME", "value": f"/{_SCRATCH}"}],
        **_confined(service, migration, store.security),
    }


def _of_image(place: Place, image: Image) -> Manifest:
    return {"image": image_reference(image, place), "imagePullPolicy": image.pull_policy.value}


def _confined(service: Service, migration: Migration, security: Security) -> Manifest:
    return {
        "resources": resources(migration.resources or service.resources),
        "securityContext": rights(security),
        "volumeMounts": [{"name": _DUMPS, "mountPath": FOLDER}, {"name": _SCRATCH, "mountPath": f"/{_SCRATCH}"}],
    }
