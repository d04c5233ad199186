"""Data that could be lost, and what only looks so."""

import pytest

from operations.diff.model import Danger, Level
from operations.diff.pairs import Sides
from operations.diff.risks.data import data
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    GONE,
    KEPT,
    Case,
    claim,
    container,
    harmless,
    judged,
    made,
    namespace,
    put,
    risky,
    side,
    store,
    workload,
)

_SIZE = "spec/resources/requests/storage"
_TEMPLATE = "spec/volumeClaimTemplates/0/spec"
_HOOK = {"pre.hook.backup.velero.io/command": "dump"}
_CRON = made("CronJob", "db-backup", spec={"schedule": "0 3 * * *"})
_CLASS = {"apiVersion": "v1", "kind": "StorageClass", "metadata": {"name": "gp3"}, "reclaimPolicy": "Retain"}
_APPLICATION = made("Application", "shop", spec={})


@pytest.mark.parametrize(
    "case",
    [
        risky("a claim is removed", Level.CRITICAL, "deleted, and the data", claim(), None),
        risky("a kept claim is removed", Level.HIGH, "Prune=false keeps it", claim(annotations=KEPT), None),
        risky("a store is removed", Level.HIGH, "Prune=false keeps it", store(), None),
        risky(
            "a store whose volumes go with it is removed",
            Level.CRITICAL,
            "deleted, and the data",
            put(store(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"}), "metadata/annotations", {}),
            None,
        ),
        risky(
            "a store without annotations is removed",
            Level.HIGH,
            "its volumes stay",
            put(store(), "metadata/annotations", {}),
            None,
        ),
        risky("a store moves", Level.HIGH, "in stores now", store(), put(store(), "metadata/namespace", "stores")),
        risky(
            "a kind that nobody knows is removed",
            Level.CRITICAL,
            "removed",
            made("Cluster", metadata={"annotations": {"argocd.argoproj.io/sync-options": "Delete=false"}}),
            None,
        ),
        risky(
            "a namespace goes with its stores",
            Level.CRITICAL,
            "StatefulSet db, 1 other",
            (namespace(), store(), workload()),
            (),
        ),
        risky("a namespace without data goes", Level.HIGH, "1 other", (namespace(), workload()), ()),
        risky("a claim shrinks", Level.CRITICAL, "shrinks from 10Gi to 5Gi", claim(), put(claim(), _SIZE, "5Gi")),
        risky(
            "a store's volume shrinks",
            Level.HIGH,
            "shrinks",
            store(),
            put(store(), f"{_TEMPLATE}/resources/requests/storage", "5Gi"),
        ),
        risky(
            "another class",
            Level.CRITICAL,
            "storageClassName gp2",
            claim(),
            put(claim(), "spec/storageClassName", "gp2"),
        ),
        risky(
            "another mode", Level.CRITICAL, "accessModes", claim(), put(claim(), "spec/accessModes", ["ReadWriteMany"])
        ),
        risky(
            "a template is renamed",
            Level.HIGH,
            "removed or renamed",
            store(),
            put(store(), "spec/volumeClaimTemplates/0/metadata/name", "files"),
        ),
        risky(
            "mounted elsewhere",
            Level.HIGH,
            "mounted at /other",
            store(),
            put(store(), f"{CONTAINER}/volumeMounts/0/mountPath", "/other"),
        ),
        risky(
            "retention is weakened",
            Level.HIGH,
            "whenDeleted is Delete",
            store(),
            put(store(), "spec/persistentVolumeClaimRetentionPolicy/whenDeleted", "Delete"),
        ),
        risky(
            "volumes of fewer pods go",
            Level.CRITICAL,
            "1 pods for 3",
            store(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}),
            store(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}, replicas=1),
        ),
        risky("protection of a claim is lost", Level.CRITICAL, "loses Prune=false", claim(annotations=KEPT), claim()),
        risky(
            "protection of a store is lost",
            Level.HIGH,
            "loses Prune=false",
            store(),
            put(store(), "metadata/annotations", {}),
        ),
        risky(
            "an Application cascades",
            Level.HIGH,
            "a finalizer",
            _APPLICATION,
            put(_APPLICATION, "metadata/finalizers", ["resources-finalizer.argocd.argoproj.io/foreground"]),
        ),
        risky(
            "volumes are no longer reclaimed by hand",
            Level.CRITICAL,
            "reclaimPolicy is Delete",
            _CLASS,
            {**_CLASS, "reclaimPolicy": "Delete"},
        ),
        risky("a backup is removed", Level.HIGH, "backup is removed", _CRON, None),
        risky("a backup is suspended", Level.HIGH, "suspended", _CRON, put(_CRON, "spec/suspend", True)),
        risky(
            "a hook of Velero is removed",
            Level.HIGH,
            "hook",
            put(store(), "spec/template/metadata/annotations", _HOOK),
            store(),
        ),
        harmless("another image", store(), put(store(), f"{CONTAINER}/image", "db:2")),
        harmless("a workload without volumes is removed", workload(), None),
        harmless("a StatefulSet without volumes is removed", workload("StatefulSet"), None),
        harmless("a namespace is added", None, (namespace(), store(), claim())),
        harmless("a claim grows", claim(), put(claim(), _SIZE, "20Gi")),
        harmless("a size in another spelling", claim(), put(claim(), _SIZE, "10240Mi")),
        harmless(
            "a store's volume is labelled",
            store(),
            put(store(), "spec/volumeClaimTemplates/0/metadata/labels", {"a": "b"}),
        ),
        harmless(
            "another mount of a scratch folder",
            store(),
            put(
                store(),
                f"{CONTAINER}/volumeMounts",
                [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}],
            ),
        ),
        harmless(
            "the default of retention is spelt out",
            put(store(), "spec/persistentVolumeClaimRetentionPolicy", GONE),
            store(),
        ),
        harmless("more pods of a store", store(), store(replicas=5)),
        harmless("protection is added", claim(), claim(annotations=KEPT)),
        harmless(
            "another option beside",
            claim(annotations=KEPT),
            claim(annotations={"argocd.argoproj.io/sync-options": "Delete=false, Prune=false,Validate=true"}),
        ),
        harmless(
            "a secret that is kept is removed", made("SealedSecret", metadata={"annotations": KEPT}, spec={}), None
        ),
        harmless("a CronJob that saves nothing is removed", made("CronJob", "report", spec={}), None),
        harmless("a backup at another time", _CRON, put(_CRON, "spec/schedule", "0 4 * * *")),
        harmless(
            "a hook of Velero that changes",
            put(store(), "spec/template/metadata/annotations", _HOOK),
            put(store(), "spec/template/metadata/annotations", {"pre.hook.backup.velero.io/command": "other"}),
        ),
        harmless(
            "an Application loses its finalizer",
            put(_APPLICATION, "metadata/finalizers", ["resources-finalizer.argocd.argoproj.io"]),
            _APPLICATION,
        ),
        harmless("volumes are kept", {**_CLASS, "reclaimPolicy": "Delete"}, _CLASS),
        harmless("a kept ConfigMap is removed", made("ConfigMap", metadata={"annotations": KEPT}), None),
        harmless("a ConfigMap is kept no more", made("ConfigMap", metadata={"annotations": KEPT}), made("ConfigMap")),
        harmless("fewer pods of a store whose volumes stay", store(), store(replicas=1)),
        harmless(
            "as many pods of a store whose volumes do not",
            store(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}),
            put(store(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), "metadata/labels/team", "a"),
        ),
        harmless(
            "an Application cascades as before",
            put(_APPLICATION, "metadata/finalizers", ["resources-finalizer.argocd.argoproj.io"]),
            put(_APPLICATION, "metadata/finalizers", ["resources-finalizer.argocd.argoproj.io/foreground"]),
        ),
        harmless("a claim of no size", put(claim(), "spec/resources", {}), put(claim(), _SIZE, "1Gi")),
        harmless("a claim of any size", claim(), put(claim(), "spec/resources", {})),
        risky("Velero's plan is removed", Level.HIGH, "backup is removed", made("Schedule", "nightly", spec={}), None),
        risky(
            "a store is removed while another comes",
            Level.HIGH,
            "it is removed",
            store(),
            put(store("other"), "metadata/namespace", "stores"),
        ),
    ],
    ids=str,
)
def test_data(case: Case) -> None:
    judged(data, case)


def test_what_a_system_loses_together_is_one_risk_that_names_it() -> None:
    before = (namespace(), store(), claim(annotations=KEPT))
    before[0]["metadata"]["annotations"] = dict(KEPT)
    after = (namespace(), put(store(), "metadata/annotations", {}), claim())

    (found,) = data(Sides(side(before), side(after)))

    assert (found.level, found.danger) == (Level.CRITICAL, Danger.DATA)
    assert found.environment
    assert found.at == ("policies", "protectData")
    assert {"Namespace shop", "StatefulSet shop/db", "PersistentVolumeClaim shop/cache"} == {
        str(found.subject),
        *found.reason.partition("so do ")[2].split(", "),
    }


def test_a_namespace_that_is_kept_says_so_and_is_less_bad() -> None:
    kept = put(namespace(), "metadata/annotations", dict(KEPT))
    objects = (kept, store())

    (found,) = data(Sides(side(objects), {}))

    assert found.level is Level.HIGH
    assert found.reason.endswith("Prune=false keeps the namespace in the cluster, declared by nobody")
    (found,) = data(Sides(side((namespace(), store())), {}))
    assert found.level is Level.CRITICAL
    assert found.reason.endswith("what is in it: StatefulSet db")
    (found,) = data(Sides(side((namespace(),)), {}))
    assert found.reason.endswith("what is in it: nothing of this stack")


def test_a_namespace_that_moves_says_where_its_stores_begin_empty() -> None:
    moved = [put(store(), "metadata/namespace", "shop2"), namespace("shop2")]

    (found,) = data(Sides(side((namespace(), store())), side(moved)))

    assert found.reason.endswith("in shop2 they begin empty")
    assert "the namespace is removed" in found.reason


def test_containers_that_are_gone_do_not_mount() -> None:
    other = put(store(), CONTAINER, container("other"))

    assert list(data(Sides(side([store()]), side([other])))) == []
