"""Who may do what with the Applications of a system: the roles of an AppProject.

role                                          may
each                                          look at Applications and logs
one that the system's `operations.access` has  also sync and end a sync, and carry a Rollout on or call it off
operations, if it is among them               also every other action on an object, such as restarting its pods

Nobody may override (sync what is not in Git), create, change or delete an Application: they come from Git as well.
A guide that has no access table leaves syncing to operations.
Source: argo-cd 3.3, docs/operator-manual/rbac.md; ending a sync asks for `sync`: server/application/application.go.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from manifests.placed import Manifest
from settings.environment import ArgoCD, Role
from settings.system import System

ROLES: Final[tuple[Role, ...]] = get_args(Role)
_DEFAULT: Final[tuple[Role, ...]] = ("operations",)
_OF_ROLLOUTS: Final = "action/argoproj.io/Rollout/*"
_EVERYTHING: Final = "action/*"
_DESCRIPTIONS: Final[Mapping[Role, str]] = {
    "developers": "Those who build it",
    "qa": "Those who accept it",
    "operations": "Those who run it",
}


def may_sync(system: System | None) -> tuple[Role, ...]:
    """Return the roles that deploy a system in this environment; None stands for what all systems share."""
    return (system.operations.access if system is not None else ()) or _DEFAULT


def system_roles(argocd: ArgoCD, project: str, system: System | None) -> list[Manifest]:
    """Return the roles of a system's own AppProject, whose Applications are all of that system."""
    syncing = may_sync(system)
    return [_role(argocd, project, role, _allowed(role, "*") if role in syncing else ()) for role in ROLES]


def parents_roles(argocd: ArgoCD, project: str, parents: Mapping[str, System | None]) -> list[Manifest]:
    """Return the roles of the parents' AppProject, by Application: who syncs a system syncs its parent."""
    return [
        _role(argocd, project, role, [("sync", name) for name, system in parents.items() if role in may_sync(system)])
        for role in ROLES
    ]


def _allowed(role: Role, applications: str) -> Iterator[tuple[str, str]]:
    yield "sync", applications
    yield (_EVERYTHING if role == "operations" else _OF_ROLLOUTS), applications


def _role(argocd: ArgoCD, project: str, role: Role, more: Iterable[tuple[str, str]]) -> Manifest:
    rules = [("applications", "get", "*"), ("logs", "get", "*")]
    rules += [("applications", action, applications) for action, applications in more]
    manifest: Manifest = {
        "name": role,
        "description": _DESCRIPTIONS[role],
        "policies": [
            f"p, proj:{project}:{role}, {resource}, {action}, {project}/{applications}, allow"
            for resource, action, applications in rules
        ],
    }
    groups = argocd.groups.get(role, ())
    if groups:
        manifest["groups"] = list(groups)
    return manifest
