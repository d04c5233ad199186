"""What the Jobs round a migration have in common: their pods, their names, and what makes them start.

Added to what the guide gives, on every Job:
activeDeadlineSeconds       `migration.deadline`
labels, on Job and pods     name, part-of, component, managed-by; on the Job also the version and the service's own
serviceAccountName          `<service>-migrate`, an account of its own without a token
securityContext             of pod and container: as the service's, and so all that Pod Security `restricted` asks for
resources                   `migration.resources`, else the service's
volumes                     an emptyDir for each of the service's writable paths
env                         `migration.env`, in which `$(KEY)` is the value of another key of the secret
imagePullPolicy, imagePullSecrets, nodeSelector, enableServiceLinks: as the service's pods have them
checksum/secrets            on the pods: what is known of the values that the Job is about
naru/schema                 on the Job: the version of the schema that it leads to, where the release says one
pulumi.com/replaceUnready   `direct`: what failed is run again by the next update
pulumi.com/timeoutSeconds   `direct`: no less patience than the deadline
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from manifests.image import version_labels
from manifests.placed import Manifest, Part, Place, Placed
from manifests.pod import pod_rights
from manifests.secret_checksum import CHECKSUM, secret_checksum
from settings.container import Security
from settings.migration import Migration, MigrationTarget
from settings.migration_targets import command_of
from settings.service import Service
from settings.types import duration_seconds

TTL_SECONDS = 300
"""How long a finished Job stays where Argo CD makes a new one for every sync; its hook's log is read until then."""

_MARGIN_SECONDS = 60
_VARIABLE = re.compile(r"\$\(([-._a-zA-Z0-9]+)\)")
_LONGEST_NAME = 63
_HASH = 8


def jobs_name(service: Service) -> str:
    """Return what the pods of all Jobs of a service are called, and their account; also the Jobs' component."""
    return f"{service.name}-migrate"


def content_hash(content: Any) -> str:
    """Return eight hexadecimal digits of what JSON can say."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:_HASH]


def fitting(name: str) -> str:
    """Return a name that has room for the hash after it: itself, or its start and a hash of the whole."""
    room = _LONGEST_NAME - _HASH - 1
    if len(name) <= room:
        return name
    return f"{name[: room - _HASH - 1].rstrip('-')}-{content_hash(name)}"


def job_template(
    place: Place,
    service: Service,
    migration: Migration,
    containers: Sequence[Manifest],
    *,
    security: Security,
    reads: frozenset[str] | None,
    volumes: Sequence[Manifest] = (),
    init_containers: Sequence[Manifest] = (),
) -> Manifest:
    """Return the pod template of a Job.

    It cannot change under a Job, so that all of it is in the Job's hash, and nothing in it says less than it does: the
    service's own labels are not in it. `reads` are the keys of the secret whose change runs it again, None for all.
    """
    spec: Manifest = {
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "serviceAccountName": jobs_name(service),
        "automountServiceAccountToken": False,
        "securityContext": pod_rights(security),
    }
    if init_containers:
        spec["initContainers"] = list(init_containers)
    spec["containers"] = list(containers)
    if volumes:
        spec["volumes"] = list(volumes)
    if place.environment.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": secret} for secret in place.environment.image_pull_secrets]
    if service.placement.node_selector:
        spec["nodeSelector"] = dict(service.placement.node_selector)
    # Not of the service's component: where pods divide the traffic, its Service finds them by that.
    metadata: Manifest = {"labels": place.labels(jobs_name(service), jobs_name(service))}
    checksum = secret_checksum(place, {migration.secret: reads})
    if checksum is not None:
        metadata["annotations"] = {CHECKSUM: checksum}
    return {"metadata": metadata, "spec": spec}


def keys_read(migration: Migration, target: MigrationTarget) -> frozenset[str] | None:
    """Return the keys of the secret that say which database it is; None, for all, where a command may read any."""
    if command_of(migration, target):
        return None
    return frozenset((target.url_key, *_VARIABLE.findall(" ".join(migration.env.values()))))


def environment_of(migration: Migration) -> Manifest:
    """Return the variables of a container: every key of the secret, and what the settings add."""
    manifest: Manifest = {"envFrom": [{"secretRef": {"name": migration.secret}}]}
    if migration.env:
        manifest["env"] = [{"name": name, "value": value} for name, value in migration.env.items()]
    return manifest


def job(
    place: Place,
    service: Service,
    migration: Migration,
    name: str,
    template: Manifest,
    *,
    wave: int,
    after: tuple[str, ...],
    annotations: Mapping[str, str] | None = None,
) -> Placed:
    """Return the Job of a pod template: a hook of Argo CD, or one that Pulumi makes once for what is in it."""
    spec: Manifest = {
        "backoffLimit": migration.backoff_limit,
        "activeDeadlineSeconds": duration_seconds(migration.deadline),
        "template": template,
    }
    if not place.direct:
        spec["ttlSecondsAfterFinished"] = TTL_SECONDS
    manifest: Manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name}-{content_hash(template)}" if place.direct else name,
            "namespace": place.namespace(service.namespace),
            "labels": {**service.labels, **place.labels(name, service.name), **version_labels(service.image)},
            "annotations": {**_started_by(place, migration, wave), **(annotations or {})},
        },
        "spec": spec,
    }
    return Placed(manifest, Part.WORKLOADS, jobs_name(service), after=after, hashed=place.direct)


def _started_by(place: Place, migration: Migration, wave: int) -> dict[str, str]:
    if place.direct:
        patience = duration_seconds(migration.deadline) + _MARGIN_SECONDS
        return {"pulumi.com/replaceUnready": "true", "pulumi.com/timeoutSeconds": str(patience)}
    return {
        "argocd.argoproj.io/hook": "PreSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "argocd.argoproj.io/sync-wave": str(wave),
    }
