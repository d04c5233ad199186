"""A data store: a StatefulSet in the primary cluster, and only a name elsewhere, or wherever AWS runs it."""

import json

from manifests.account import service_account
from manifests.address import cluster_ip, external_name, headless
from manifests.aws.data_stores import has_replica, is_managed, replica_host, replica_name, store_host
from manifests.claim import claim_spec, claims_of
from manifests.image import version_labels
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.placeholder import filled, headless_name, placeholders, pod_count
from manifests.pod import pod_template
from settings.data_store import BackupHook, DataStore
from settings.service import Workload

# The claim of each pod, `data-<data store>-<ordinal>`.
DATA_VOLUME = "data"
REVISIONS_KEPT = 10


def data_store(place: Place, store: DataStore) -> list[Placed]:
    """Return the objects of one data store on this cluster.

    Elsewhere than in the primary cluster that is a Service for the host behind which the primary's answers, or nothing
    where the cluster says of no such domain. Of one that AWS runs it is such a Service on every cluster.
    """
    namespace = place.namespace(store.namespace)
    if is_managed(place.stack, place.system, store):
        return _names(place, store)
    if not place.is_primary:
        domain = place.cluster.data_domain
        host = f"{store.name}.{namespace}.{domain}"
        return [] if domain is None else [external_name(place, store, host, Part.FOUNDATION)]
    store = filled(store, placeholders(store, namespace))
    template = pod_template(
        place,
        store,
        Part.FOUNDATION,
        claimed={DATA_VOLUME: store.data_path},
        annotations=None if store.backup is None else _hooks(store.name, store.backup),
    )
    return [
        service_account(place, namespace, store.name, Part.FOUNDATION),
        *template.config_maps,
        *claims_of(place, store, Part.FOUNDATION),
        headless(place, store, headless_name(store), Part.FOUNDATION),
        cluster_ip(place, store, store.name, Part.FOUNDATION, _answering(place, store)),
        Placed(
            _stateful_set(place, store, template.manifest),
            Part.FOUNDATION,
            store.name,
            after=template.needs,
            keeps_data=True,
        ),
    ]


def needed_stores(place: Place, workload: Workload) -> tuple[str, ...]:
    """Return the references of the data stores that a workload depends on, of those in its own system.

    That is the StatefulSet, or the name of one that AWS runs.
    """
    own = f"{place.system.name}/"
    names = dict.fromkeys(dependency.removeprefix(own) for dependency in workload.depends_on)
    stores = (place.system.data_stores[name] for name in names if name in place.system.data_stores)
    return tuple(
        reference(
            "Service" if is_managed(place.stack, place.system, store) else "StatefulSet",
            place.namespace(store.namespace),
            store.name,
        )
        for store in stores
        if store.enabled
    )


def _names(place: Place, store: DataStore) -> list[Placed]:
    """Return what pods of this cluster call a data store by that AWS runs, and its replica if it is near them."""
    stack, system, cluster = place.stack, place.system, place.cluster_name
    objects = [external_name(place, store, store_host(stack, system, store), Part.FOUNDATION)]
    if has_replica(store, cluster):
        host = replica_host(stack, system, store, cluster)
        objects.append(external_name(place, store, host, Part.FOUNDATION, name=replica_name(store)))
    return objects


def _answering(place: Place, store: DataStore) -> dict[str, str]:
    selector = place.selector(store.name)
    if store.read_replica:
        # A replica takes no writes, so only the first pod answers; to fail over is to select another.
        selector["statefulset.kubernetes.io/pod-name"] = f"{store.name}-0"
    return selector


def _stateful_set(place: Place, store: DataStore, template: Manifest) -> Manifest:
    claim: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": DATA_VOLUME, "labels": place.selector(store.name)},
        "spec": claim_spec(place, store.storage),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": store.name,
            "namespace": place.namespace(store.namespace),
            "labels": {**store.labels, **place.labels(store.name, store.name), **version_labels(store.image)},
            **place.taking_over,
        },
        "spec": {
            "replicas": pod_count(store),
            "serviceName": headless_name(store),
            "selector": {"matchLabels": place.selector(store.name)},
            "podManagementPolicy": store.pod_management_policy,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "revisionHistoryLimit": REVISIONS_KEPT,
            "template": template,
            "volumeClaimTemplates": [claim],
        },
    }


def _hooks(container: str, backup: BackupHook) -> dict[str, str]:
    """Return the annotations by which Velero runs commands around the backup of a pod.

    Source: Velero, "Backup Hooks".
    """
    hooks = {"pre": backup.pre, "post": backup.post}
    annotations: dict[str, str] = {}
    for moment, command in hooks.items():
        if command:
            prefix = f"{moment}.hook.backup.velero.io"
            annotations[f"{prefix}/container"] = container
            annotations[f"{prefix}/command"] = json.dumps(command, ensure_ascii=False)
            annotations[f"{prefix}/timeout"] = backup.timeout
            # Data that may not be consistent is no backup.
            annotations[f"{prefix}/on-error"] = "Fail"
    return annotations
