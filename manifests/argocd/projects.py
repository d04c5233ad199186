"""AppProjects: what the Applications of a system may deploy, from where and to where, who may have it done, and when.

An Application must be allowed as a whole and each of its objects by itself: an object of a namespace by that namespace
and its kind, one of the cluster by its kind and name alone.
Sources: argo-cd 3.3, docs/user-guide/projects.md and sync_windows.md; pkg/apis/application/v1alpha1, `AppProject`.
"""

from collections.abc import Collection, Iterable, Mapping

from manifests.argocd.access import parents_roles, system_roles
from manifests.argocd.kinds import NAMESPACED, OF_AWS, SHARED, group_of
from manifests.argocd.names import argo_metadata, parent_name, parents_project, project_name
from manifests.assembly import COMMON
from manifests.placed import Manifest, Part, Placed
from settings.environment import ArgoCD
from settings.stack import Stack
from settings.system import SyncWindow, System


def system_project(
    stack: Stack, argocd: ArgoCD, system: System, clusters: Collection[str], objects: Iterable[Placed]
) -> Placed:
    """Return the AppProject of a system that has those objects on those clusters."""
    contexts = [stack.environment.clusters[cluster].context for cluster in clusters]
    spaces = [system.namespace_name(key) for key in system.namespaces]
    name = project_name(stack, system.name)
    spec: Manifest = {
        **_spec(argocd, system.description),
        "destinations": [{"name": context, "namespace": space} for context in contexts for space in spaces],
        # By name: no system may take another's Namespace. One that is no longer a system's is left where it is.
        "clusterResourceWhitelist": _by_name(objects),
        "namespaceResourceWhitelist": _kinds(sorted((*NAMESPACED, *OF_AWS)) if stack.environment.aws else NAMESPACED),
        # What somebody made by hand is told of. Secrets are made by controllers: certificates, opened secrets.
        "orphanedResources": {"warn": True, "ignore": [{"kind": "Secret"}]},
        "roles": system_roles(argocd, name, system),
    }
    # Children follow their parent, whoever synced that: a window that leaves syncing by hand open is the parent's.
    windows = [_window(window, "*") for window in system.sync.windows if not window.manual]
    return _project(argocd, name, system.name, spec | ({"syncWindows": windows} if windows else {}))


def common_project(stack: Stack, argocd: ArgoCD, clusters: Collection[str]) -> Placed:
    """Return the AppProject of what the systems of a cluster share, none of which is in a namespace.

    But for what binds the Ingress controller to the entrance, where the stack has AWS.
    """
    name = project_name(stack, COMMON)
    spec = {
        **_spec(argocd, "What all systems of a cluster share"),
        # Without a namespace: that of an Application that names none.
        "destinations": _destinations(stack, clusters),
        "clusterResourceWhitelist": _kinds(SHARED),
        # An empty list of what is allowed would be one that allows everything once somebody saved the project again.
        **(
            {"namespaceResourceWhitelist": _kinds(OF_AWS)}
            if stack.environment.aws
            else {"namespaceResourceBlacklist": [{"group": "*", "kind": "*"}]}
        ),
        "roles": system_roles(argocd, name, None),
    }
    return _project(argocd, name, COMMON, spec)


def project_of_parents(stack: Stack, argocd: ArgoCD, systems: Mapping[str, System | None]) -> Placed:
    """Return the AppProject of the parents of those systems: they make Applications beside them, and nothing else."""
    name = parents_project(stack)
    parents = {parent_name(stack, one): system for one, system in systems.items()}
    primary = stack.environment.clusters[stack.environment.primary]
    spec: Manifest = {
        **_spec(argocd, f"The Applications of {stack.name}"),
        "destinations": [{"name": primary.context, "namespace": argocd.namespace}],
        "namespaceResourceWhitelist": [{"group": "argoproj.io", "kind": "Application"}],
        "roles": parents_roles(argocd, name, parents),
    }
    windows = [
        _window(window, parent) for parent, system in parents.items() if system for window in system.sync.windows
    ]
    return _project(argocd, name, COMMON, spec | ({"syncWindows": windows} if windows else {}))


def _destinations(stack: Stack, clusters: Collection[str]) -> list[Manifest]:
    contexts = [{"name": stack.environment.clusters[cluster].context} for cluster in clusters]
    if stack.environment.aws is None:
        return contexts
    return [*contexts, *({**context, "namespace": stack.environment.ingress_namespace} for context in contexts)]


def _spec(argocd: ArgoCD, description: str) -> Manifest:
    return {"description": description, "sourceRepos": [argocd.repository]}


def _project(argocd: ArgoCD, name: str, part_of: str, spec: Manifest) -> Placed:
    manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": argo_metadata(argocd, name, part_of),
        "spec": spec,
    }
    return Placed(manifest, Part.FOUNDATION)


def _kinds(kinds: Iterable[tuple[str, str]]) -> list[Manifest]:
    return [{"group": group, "kind": kind} for group, kind in kinds]


def _by_name(objects: Iterable[Placed]) -> list[Manifest]:
    """Return each object of no namespace, once; a name that stands for itself alone, as it has no glob in it."""
    found = {
        (group_of(placed.manifest), placed.manifest["kind"], placed.manifest["metadata"]["name"])
        for placed in objects
        if "namespace" not in placed.manifest["metadata"]
    }
    return [{"group": group, "kind": kind, "name": name} for group, kind, name in sorted(found)]


def _window(window: SyncWindow, applications: str) -> Manifest:
    manifest: Manifest = {
        "kind": window.kind,
        "schedule": window.schedule,
        "duration": window.duration,
        "timeZone": window.time_zone,
        "applications": [applications],
    }
    if window.manual:
        manifest["manualSync"] = True
    return manifest
