"""What things of Argo CD are called, and where they stand among the rendered files.

One Argo CD may serve several stacks, so that every name begins with the stack's.
"""

from typing import Final

from manifests.placed import Manifest, Part
from settings.environment import ArgoCD
from settings.stack import Stack

APPLIED: Final = "argocd"
"""The folder of what Pulumi itself applies: AppProjects, and the parent Application of each system."""
APPLICATIONS: Final = "applications"
"""The folder of what the parents apply: the Applications of each part of their systems."""


def branch(stack: Stack, argocd: ArgoCD) -> str:
    """Return the branch of the rendered files."""
    return argocd.branch or f"env/{stack.name}"


def parents_project(stack: Stack) -> str:
    """Return the AppProject of the parents, which make Applications and nothing else."""
    return stack.name


def project_name(stack: Stack, system: str) -> str:
    """Return the AppProject of a system."""
    return f"{stack.name}-{system}"


def parent_name(stack: Stack, system: str) -> str:
    """Return the Application that moves a system: the one somebody syncs."""
    return f"{stack.name}-{system}"


def child_name(stack: Stack, cluster: str, system: str, part: Part) -> str:
    """Return the Application of one part of a system on one cluster."""
    return f"{stack.name}-{cluster}-{system}-{part.value}"


def applied_folder(stack: Stack) -> str:
    """Return where the objects that Pulumi applies are written, below the stack's folder."""
    return f"{stack.environment.primary}/{APPLIED}"


def applications_folder(stack: Stack, system: str) -> str:
    """Return the folder that a system's parent reads, below the stack's folder."""
    return f"{stack.environment.primary}/{APPLICATIONS}/{system}"


def argo_metadata(argocd: ArgoCD, name: str, part_of: str, component: str = "") -> Manifest:
    """Return the metadata of an object of Argo CD; labels have no room for its own name, which is a long one."""
    labels = {
        "app.kubernetes.io/name": part_of,
        "app.kubernetes.io/part-of": part_of,
        "app.kubernetes.io/managed-by": "naru",
    }
    if component:
        labels["app.kubernetes.io/component"] = component
    return {"name": name, "namespace": argocd.namespace, "labels": labels}
