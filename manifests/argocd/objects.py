"""Every object of Argo CD that a stack needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from manifests.placed import Part, Placed
from settings.stack import Stack

Assembled: TypeAlias = Mapping[str, Mapping[str, tuple[Placed, ...]]]
"""By cluster and system."""


@dataclass(frozen=True, slots=True)
class ArgoObjects:
    """What Pulumi applies, and what Argo CD then applies to itself."""

    applied: tuple[Placed, ...]
    """AppProjects and each system's parent Application."""
    children: Mapping[str, tuple[Placed, ...]]
    """By system, `common` included: the Applications that its parent pins and moves, in order."""


def argo_objects(stack: Stack, assembled: Assembled, folder: Callable[[str, str, Part], str]) -> ArgoObjects:
    """Return them; nothing for a stack without Argo CD.

    `folder` says below which folder of the branch the files of a part of a system on a cluster are; two clusters may
    share one.
    """
    if stack.environment.argocd is None:
        return ArgoObjects((), {})
    raise NotImplementedError
