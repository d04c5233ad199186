"""What carries our labels in our namespaces and is rendered no more: taken out without being deleted, or put there."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from manifests.placed import Manifest
from operations.api_server import NAMES_ONLY, ApiServer, Object, all_of
from operations.drift.wanted import Wanted
from operations.needs import Kind

_OURS: Final = "app.kubernetes.io/managed-by=naru"
_PART_OF: Final = "app.kubernetes.io/part-of"
# ConfigMaps stay for as long as a revision may come back to them, claims for as long as their data is wanted, and Jobs
# come and go with their releases.
_STAYING: Final = frozenset({"ConfigMap", "Job", "PersistentVolumeClaim"})


def unexpected(
    server: ApiServer, objects: Sequence[Wanted], served: Mapping[Kind, str], systems: Collection[str]
) -> list[Wanted]:
    """Return live objects of kinds and namespaces that are rendered, which nothing else owns. Raises UnreachableError.

    Kinds that may not be listed are left out.
    """
    known = {_key(one.manifest) for one in objects}
    namespaces = {one.manifest["metadata"].get("namespace") for one in objects} - {None}
    kinds = {(one.manifest["apiVersion"], one.manifest["kind"]) for one in objects if _is_namespaced(one.manifest)}
    paths = {
        f"{version} {kind}": f"/api{'s' if '/' in version else ''}/{version}/{served[version, kind]}"
        for version, kind in kinds
        if (version, kind) in served and kind not in _STAYING
    }
    found = []
    for key, items in all_of(server, paths, accept=NAMES_ONLY, labelSelector=_OURS).items():
        version, kind = key.split(" ")
        for item in items:
            manifest = {**item, "apiVersion": version, "kind": kind}
            metadata = item["metadata"]
            system = (metadata.get("labels") or {}).get(_PART_OF, "")
            mine = metadata.get("namespace") in namespaces and system in systems
            if mine and not metadata.get("ownerReferences") and _key(manifest) not in known:
                found.append(Wanted(objects[0].cluster, system, manifest))
    return sorted(found, key=lambda one: (one.system, one.subject))


def _is_namespaced(manifest: Manifest) -> bool:
    return "namespace" in manifest["metadata"]


def _key(manifest: Manifest | Object) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]
