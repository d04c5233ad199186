"""A stack as folders of objects: what is written to files, by whichever way it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from manifests.argocd.names import applications_folder, applied_folder
from manifests.argocd.objects import argo_objects
from manifests.assembly import assemble
from manifests.placed import Part, Placed
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Tree:
    """Every folder of a stack, and which of them several clusters share."""

    folders: Mapping[str, tuple[Placed, ...]]
    """`<cluster>/<system>/<part>`, `<primary>/applications/<system>` and `<primary>/argocd` to what is in them."""
    shared: Mapping[str, str]
    """The folders that are not written, as another cluster's has the same: theirs to that one."""
    applied: tuple[Placed, ...]
    """What is in `<primary>/argocd`: Pulumi applies it as well."""


def tree(stack: Stack) -> Tree:
    """Return the folders of a stack; pure."""
    assembled = {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}
    folders: dict[str, tuple[Placed, ...]] = {}
    shared: dict[str, str] = {}
    for cluster, systems in assembled.items():
        for system, objects in systems.items():
            for part in Part:
                members = tuple(placed for placed in objects if placed.part is part)
                own = f"{cluster}/{system}/{part.value}"
                same = next((path for path in _alike(folders, system, part) if folders[path] == members), None)
                if same is not None:
                    shared[own] = same
                elif members:
                    folders[own] = members
    argo = argo_objects(stack, assembled, lambda cluster, system, part: _folder(shared, cluster, system, part))
    folders |= {applications_folder(stack, system): children for system, children in argo.children.items()}
    if argo.applied:
        folders[applied_folder(stack)] = argo.applied
    return Tree(folders, shared, argo.applied)


def _alike(folders: Mapping[str, tuple[Placed, ...]], system: str, part: Part) -> list[str]:
    """Return the folders of the same part of a system on other clusters."""
    return [path for path in folders if path.endswith(f"/{system}/{part.value}")]


def _folder(shared: Mapping[str, str], cluster: str, system: str, part: Part) -> str:
    own = f"{cluster}/{system}/{part.value}"
    return shared.get(own, own)
