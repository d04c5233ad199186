"""Applications: a parent for each system, which somebody or Argo CD syncs, and its children, which do the work.

A parent reads its children pinned to the commit it is at itself, and applies them in waves: the foundation of a
cluster, its workloads, then the next cluster. A wave is over when its children are Healthy, which the health check of
`server_settings` says only of the pinned commit. Children are always automatic: what moves a system is its parent.

option                                    why
ServerSideApply, RespectIgnoreDifferences what others own stays theirs: manifests/argocd/ignored.py; the latter of
                                          children alone
ServerSideDiff                            what the API server fills in is no difference; Argo CD's own comparison of
                                          server-side applies does not know the defaults of custom resources, and is
                                          being given up
CreateNamespace=false                     Namespaces are ours, with their labels
PruneLast                                 what takes another's place is healthy first: a Rollout in that of a
                                          Deployment, a route in that of a route
PrunePropagationPolicy=background         a Rollout that goes is gone at once, so that its Services get their selector
                                          back while pods still end
refresh (parents)                         a sync that is tried again takes the newest commit

Nothing empty, false or zero is written: Argo CD leaves such fields out when it saves an Application, and a parent would
put them back for ever. So a missing `prune`, `selfHeal` or `allowEmpty` is false, a missing `limit` no retry at all.

Sources: argo-cd 3.3, controller/sync.go, controller/appcontroller.go `autoSync`, docs/user-guide/diff-strategies.md and
sync-options.md; gitops-engine, pkg/sync/sync_context.go.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from manifests.argocd.ignored import ignored
from manifests.argocd.names import (
    applications_folder,
    argo_metadata,
    branch,
    child_name,
    parent_name,
    parents_project,
    project_name,
)
from manifests.argocd.pin import PIN_FILE, REVISION
from manifests.placed import Manifest, Part, Placed, reference
from settings.environment import ArgoCD
from settings.stack import Stack
from settings.system import Retry, Sync

WAVE: Final = "argocd.argoproj.io/sync-wave"
FINALIZER: Final = "resources-finalizer.argocd.argoproj.io/foreground"
"""An Application with it takes what it deployed along when it is deleted; without it all stays."""

PARENT: Final = "parent"
"""The component of a parent; a child's is its part."""

_HISTORY: Final = 10
_CHILD_OPTIONS: Final = (
    "ServerSideApply=true",
    "RespectIgnoreDifferences=true",
    "CreateNamespace=false",
    "PruneLast=true",
    "PrunePropagationPolicy=background",
)
# Its waves order what it prunes: workloads before the foundation that they stand on. What differs in the status of any
# object is ignored, and what is ignored would be sent as it was found: an Application's status is no subresource, so
# that Argo CD would come to own its children's, and soon to apply one that is incomplete.
_PARENT_OPTIONS: Final = ("ServerSideApply=true", "CreateNamespace=false")


def parent(stack: Stack, argocd: ArgoCD, system: str, sync: Sync, after: Iterable[str]) -> Placed:
    """Return the Application that moves a system, after those AppProjects."""
    policy: Manifest = {"syncOptions": list(_PARENT_OPTIONS), "retry": _retry(sync.retry, refresh=True)}
    if sync.automated:
        policy["automated"] = _automated(sync)
    primary = stack.environment.clusters[stack.environment.primary]
    revision = {"name": REVISION, "value": "$ARGOCD_APP_REVISION"}
    spec: Manifest = {
        "project": parents_project(stack),
        "source": {
            "repoURL": argocd.repository,
            "path": applications_folder(stack, system),
            "targetRevision": branch(stack, argocd),
            "directory": {"include": PIN_FILE, "jsonnet": {"extVars": [revision]}},
        },
        "destination": {"name": primary.context, "namespace": argocd.namespace},
        "syncPolicy": policy,
        "revisionHistoryLimit": _HISTORY,
    }
    projects = tuple(reference("AppProject", argocd.namespace, name) for name in after)
    return _application(stack, argocd, parent_name(stack, system), (system, PARENT), spec, after=projects)


def child(
    stack: Stack,
    argocd: ArgoCD,
    sync: Sync,
    where: tuple[str, str, Part],
    objects: Sequence[Placed],
    *,
    folder: str,
    namespace: str | None,
    wave: int,
) -> Placed:
    """Return the Application of those objects, which are one part of a system on a cluster: `where`, cluster first.

    Its `targetRevision` is the branch, until it is pinned: manifests/argocd/pin.py.
    """
    cluster, system, part = where
    destination = {"name": stack.environment.clusters[cluster].context}
    if namespace is not None:
        destination["namespace"] = namespace
    spec: Manifest = {
        "project": project_name(stack, system),
        "source": {
            "repoURL": argocd.repository,
            "path": folder,
            "targetRevision": branch(stack, argocd),
            "directory": {"recurse": True},
        },
        "destination": destination,
        "syncPolicy": {
            "automated": _automated(sync),
            "syncOptions": list(_CHILD_OPTIONS),
            "retry": _retry(sync.retry),
        },
        "revisionHistoryLimit": _HISTORY,
    }
    rules = ignored(objects, ingress_annotations=sync.ignore_ingress_annotations)
    if rules:
        spec["ignoreDifferences"] = rules
    name = child_name(stack, cluster, system, part)
    return _application(stack, argocd, name, (system, part.value), spec, annotations={WAVE: str(wave)})


def _application(
    stack: Stack,
    argocd: ArgoCD,
    name: str,
    whose: tuple[str, str],
    spec: Manifest,
    *,
    annotations: dict[str, str] | None = None,
    after: tuple[str, ...] = (),
) -> Placed:
    metadata = argo_metadata(argocd, name, *whose)
    metadata["annotations"] = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true", **(annotations or {})}
    if not stack.environment.policies.protect_data:
        metadata["finalizers"] = [FINALIZER]
    manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
    return Placed(manifest, Part.FOUNDATION, after=after)


def _automated(sync: Sync) -> Manifest:
    found = {"prune": sync.prune, "selfHeal": sync.self_heal}
    return {field: True for field, wanted in found.items() if wanted}


def _retry(retry: Retry, *, refresh: bool = False) -> Manifest:
    # Always there: without one Argo CD tries five times.
    manifest: Manifest = {
        "backoff": {"duration": retry.backoff, "factor": retry.factor, "maxDuration": retry.longest},
    }
    if retry.limit:
        manifest["limit"] = retry.limit
        if refresh:
            manifest["refresh"] = True
    return manifest
