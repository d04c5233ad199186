"""What a comparison of all stacks comes to: changes, risks, and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Literal, TypeAlias

from manifests.placed import Manifest


class Level(IntEnum):
    """How bad it would be. Not how likely: that is for the reader to judge."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Danger(StrEnum):
    """What could happen."""

    DATA = "data could be lost"
    DOWNTIME = "downtime"
    EXPOSURE = "exposure"
    SECRETS = "secrets"
    PERMISSIONS = "permissions"
    COST = "cost"
    IMAGES = "images"
    SCHEMA = "schema"


Action = Literal["added", "changed", "removed", "replaced"]


@dataclass(frozen=True, slots=True)
class Subject:
    """An object of a stack."""

    cluster: str
    system: str
    kind: str
    namespace: str
    """Empty for what has none."""
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


Objects: TypeAlias = Mapping[Subject, Manifest]
"""All objects of one side of a stack."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value that is another one; None on the side that has none."""

    path: str
    """`spec.template.spec.containers[api].image`: items of lists by their name where they have one."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one object."""

    action: Action
    subject: Subject
    fields: tuple[Field, ...] = ()
    """Of a changed or replaced one; without what only follows from something else."""
    because: str = ""
    """What it follows from, where all of it does: `ConfigMap api-env changed`."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Something a reviewer should know before anything else."""

    level: Level
    danger: Danger
    subject: Subject
    reason: str
    """One line: what changes and what may come of it."""
    clusters: tuple[str, ...] = ()
    """All clusters where it is so."""
    file: str = ""
    """Where it was probably changed, relative to the project; empty where that is not known."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ImageChange:
    """A container that runs another image."""

    subject: Subject
    container: str
    before: str
    after: str
    back: bool
    """Whether the tag is an earlier version than before."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What all pods and volumes of a stack ask for, at their declared number (an autoscaler's least)."""

    cpu: float
    """Cores."""
    memory: int
    """Bytes."""
    storage: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class StackDiff:
    """One stack on both sides."""

    stack: str
    changes: tuple[Change, ...]
    risks: tuple[Risk, ...]
    """The highest first."""
    images: tuple[ImageChange, ...]
    before: Cost | None
    after: Cost | None
    trouble: str = ""
    """Why a side is missing: the base's code no longer runs, or the base has no such stack."""
    alone: tuple[Subject, ...] = ()
    """Where the base's code no longer runs: all objects of the new side, which nothing was compared with."""
    tier: str = ""
    """How much it matters: `production`, `staging`, `development` or `local`; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """What Pulumi itself says that an update of a stack would do."""

    stack: str
    result: Literal["succeeded", "failed"]
    changes: dict[str, int]
    """Operation to how many resources."""
    lines: tuple[str, ...]
    """One for each changed resource."""
    reasons: tuple[str, ...] = ()
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole comparison."""

    base: str
    """As it was asked for."""
    commit: str
    """What that is."""
    stacks: tuple[StackDiff, ...]
    previews: tuple[Previewed, ...] = ()
    moved_on: bool = False
    """Whether the base has commits since the branch left it, which are no part of the comparison."""

    @property
    def highest(self) -> Level | None:
        """The level of the worst risk."""
        return max((risk.level for stack in self.stacks for risk in stack.risks), default=None)
