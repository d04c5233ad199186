"""A stack as folders of objects: what is written to files, by whichever way it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from manifests.argocd.names import applications_folder, applied_folder
from manifests.argocd.objects import Assembled, argo_objects
from manifests.assembly import assemble
from manifests.placed import Part, Placed
from settings.environment import ArgoCD, Delivery
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Tree:
    """Every folder of a stack, and which of them several clusters share."""

    folders: Mapping[str, tuple[Placed, ...]]
    """`<cluster>/<system>/<part>`, `<primary>/applications/<system>` and `<primary>/argocd` to what is in them."""
    shared: Mapping[str, str]
    """The folders that are not written, as another cluster's has the same: theirs to that one."""
    applied: tuple[Placed, ...] = ()
    """What is in `<primary>/argocd`: Pulumi applies it as well."""


def argocd_of(stack: Stack) -> ArgoCD | None:
    """Return the Argo CD that applies a stack's files; None where Pulumi applies, or nobody we know of."""
    environment = stack.environment
    return environment.argocd if environment.delivery is Delivery.GITOPS else None


def tree(stack: Stack, assembled: Assembled | None = None) -> Tree:
    """Return the folders of a stack, of which each cluster is `assembled` first unless that was done; pure.

    Clusters share what is equal only where Argo CD's objects say so: somebody else reads a folder for each cluster.
    """
    if assembled is None:
        assembled = {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}
    shares = len(assembled) > 1 and argocd_of(stack) is not None
    folders: dict[str, tuple[Placed, ...]] = {}
    shared: dict[str, str] = {}
    written: dict[tuple[str, Part], list[str]] = {}
    for cluster, systems in assembled.items():
        for system, objects in systems.items():
            for part in Part:
                members = tuple([placed for placed in objects if placed.part is part])
                if not members:
                    continue
                own = f"{cluster}/{system}/{part.value}"
                of_others = written.setdefault((system, part), [])
                same = next((path for path in of_others if _alike(folders[path], members)), None) if shares else None
                if same is None:
                    folders[own] = members
                    of_others.append(own)
                else:
                    shared[own] = same
    if argocd_of(stack) is None:
        return Tree(folders, shared)
    argo = argo_objects(stack, assembled, lambda cluster, system, part: _folder(shared, cluster, system, part))
    folders |= {applications_folder(stack, system): children for system, children in argo.children.items() if children}
    if argo.applied:
        folders[applied_folder(stack)] = argo.applied
    return Tree(folders, shared, argo.applied)


def _alike(one: tuple[Placed, ...], other: tuple[Placed, ...]) -> bool:
    """Tell whether the files of two parts would be the same; where they are not, the first object mostly shows it."""
    return len(one) == len(other) and all(a.manifest == b.manifest for a, b in zip(one, other, strict=True))


def _folder(shared: Mapping[str, str], cluster: str, system: str, part: Part) -> str:
    own = f"{cluster}/{system}/{part.value}"
    return shared.get(own, own)
