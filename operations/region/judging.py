"""Whether a preview may go on to be done: it changes the records that a region's move is about, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pulumi.automation import EngineEvent

from operations.deployed import logical_name, resource_type

RECORD: Final = "aws:route53/record:Record"
_IDLE: Final = frozenset({"same", "read", "refresh"})
_STACK: Final = "pulumi:pulumi:Stack"
_PROVIDERS: Final = "pulumi:providers:"
_REPLACED: Final = frozenset(
    {"replace", "create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"}
)
"""The engine's words for the steps by which a resource is made anew."""


def targets(names: Iterable[str]) -> list[str]:
    """Return patterns for the URNs of records of these logical names."""
    return [f"**{RECORD}::{name}" for name in names]


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine would do to one resource."""

    kind: str
    name: str
    operation: str

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.name}"


@dataclass
class Steps:
    """Takes a preview's events and keeps what would be done, of every type."""

    found: dict[str, Step] = field(default_factory=dict)

    def take(self, event: EngineEvent) -> None:
        """Keep one event. Never raises: the events' server would swallow it."""
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            operation = str(getattr(metadata.op, "value", metadata.op))
            if operation not in _IDLE:
                kind, name = resource_type(metadata.urn), logical_name(metadata.urn)
                done = "replace" if operation in _REPLACED else operation
                self.found[metadata.urn] = Step(kind, name, done)


def objections(steps: Iterable[Step], expected: Mapping[str, str]) -> Iterator[str]:
    """Yield what a preview would do beyond the records that are `expected` to be created, updated or deleted."""
    for step in steps:
        if step.kind == RECORD and _as_expected(step.operation, expected.get(step.name)):
            continue
        # The engine brings providers up to date whatever is asked for, as after a new version: nothing by itself. That
        # the account is the stack's was asked before; what a provider changes by a replacement goes too.
        if step.kind == _STACK or (step.kind.startswith(_PROVIDERS) and step.operation in {"create", "update"}):
            continue
        yield str(step)


def _as_expected(operation: str, expected: str | None) -> bool:
    # What failed half-way may have to be made where it was to be updated, or the other way round.
    return operation == expected or (expected in {"create", "update"} and operation in {"create", "update", "replace"})
