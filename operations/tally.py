"""What the engine's events come to: how far it is, what it waits for, what it changed and what failed. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pulumi.automation import EngineEvent

from operations.deployed import AWS, KUBERNETES, logical_name, resource_type
from settings.faults import escaped

_COUNTED: Final = (KUBERNETES, AWS)
"""What is something outside the state, unlike components and providers."""
_SAME: Final = frozenset({"same", "read", "refresh"})
# Steps of which each replacement has three; the one named `replace` is the engine's word for them all.
_INNER: Final = frozenset({"create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"})
# Said by an older language host on every run, and of no use to anybody.
_NOISE: Final = re.compile(r"using pulumi-\S+ from \$PATH|^Attempting to deploy or update resources with")
_TRACE: Final = re.compile(r"^\s*(Traceback|File \"|self\.|\^+|raise |await |\d+ errors? occurred:)")
_STAGE: Final = re.compile(r"^\[\d+/\d+\]\s*")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is or would be changed, and the properties that are: paths, never values."""

    operation: str
    resource: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One resource that could not be brought to what it should be, and why; `stack` for the program itself."""

    resource: str
    reason: str


@dataclass
class Tally:
    """Takes events as they come; `expected` is how many objects the operation is about."""

    expected: int = 0
    about: str = ""
    """The cluster that an operation is about, where that is not all: the engine tells of others as of done ones."""
    done: set[str] = field(default_factory=set)
    """The URNs of the objects that are as they should be."""
    changes: dict[str, Change] = field(default_factory=dict)
    summary: Mapping[str, int] = field(default_factory=dict)
    ended: bool = False
    _begun: dict[str, None] = field(default_factory=dict)
    _status: dict[str, str] = field(default_factory=dict)
    _errors: dict[str, list[str]] = field(default_factory=dict)
    _failed: dict[str, None] = field(default_factory=dict)

    def take(self, event: EngineEvent) -> None:
        """Count one event. Never raises: the events' server would swallow it."""
        if event.resource_pre_event is not None:
            self._begin(event)
        elif event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            if _word(metadata.op) != "refresh":  # what an update reads first is not what it then makes of it
                self._finish(metadata.urn)
        elif event.res_op_failed_event is not None:
            urn = event.res_op_failed_event.metadata.urn
            self._failed[urn] = None
            self._begun.pop(urn, None)
        elif event.diagnostic_event is not None:
            self._hear(event)
        elif event.summary_event is not None:
            self.summary = Counter({_word(key): count for key, count in event.summary_event.resource_changes.items()})
            self.ended = True

    @property
    def total(self) -> int:
        """How many objects there are to be done, as far as is known."""
        return max(self.expected, len(self.done) + len(self._begun))

    @property
    def waiting_for(self) -> tuple[str, str] | None:
        """The logical name of the object that has been waited for longest, and what is said of it."""
        urn = next(iter(tuple(self._begun)), None)  # copied at once: events come from another thread
        return None if urn is None else (logical_name(urn), self._status.get(urn, ""))

    @property
    def waiting(self) -> int:
        """How many objects are being worked on."""
        return len(self._begun)

    @property
    def changed(self) -> dict[str, int]:
        """How many objects of Kubernetes and resources of AWS each kind of change is for."""
        return dict(Counter(change.operation for change in self.changes.values()))

    def failures(self) -> list[Failure]:
        """Return what failed, each with its reason: the resources first, then what concerns the whole."""
        urns = dict.fromkeys((*self._failed, *(urn for urn in self._errors if resource_type(urn).startswith(_COUNTED))))
        found = [Failure(logical_name(urn), _reason(self._errors.get(urn, ()))) for urn in urns]
        whole = [_reason(said) for urn, said in self._errors.items() if urn not in urns]
        # That the update failed is said of the stack as well, when its resources have said why.
        return found or [Failure("stack", reason) for reason in whole]

    def _begin(self, event: EngineEvent) -> None:
        assert event.resource_pre_event is not None  # noqa: S101 - for the type checker; `take` has looked
        metadata = event.resource_pre_event.metadata
        urn, operation = metadata.urn, _word(metadata.op)
        if not metadata.type.startswith(_COUNTED) or operation in _SAME:
            return
        if not event.resource_pre_event.planning:
            self._begun[urn] = None
            self.done.discard(urn)
        if operation not in _INNER or urn not in self.changes:
            named = "replace" if operation in _INNER else operation
            paths = tuple(sorted(metadata.detailed_diff or metadata.diffs or ()))
            self.changes[urn] = Change(named, logical_name(urn), paths)

    def _finish(self, urn: str) -> None:
        self._begun.pop(urn, None)
        self._status.pop(urn, None)
        mine = not self.about or logical_name(urn).startswith(f"{self.about}/")
        if mine and resource_type(urn).startswith(_COUNTED) and urn not in self._failed:
            self.done.add(urn)

    def _hear(self, event: EngineEvent) -> None:
        said = event.diagnostic_event
        assert said is not None  # noqa: S101 - for the type checker; `take` has looked
        urn, text = said.urn or "", said.message.strip()
        if not text or _NOISE.search(text):
            return
        if said.severity == "error":
            self._errors.setdefault(urn, []).append(text)
        elif urn and said.severity.startswith("info"):
            self._status[urn] = one_line(_STAGE.sub("", text))


def one_line(text: str, width: int = 300) -> str:
    """Return text as one line that cannot move a terminal's cursor."""
    joined = "; ".join(line.strip() for line in text.splitlines() if line.strip())
    return escaped(joined if len(joined) <= width else joined[: width - 1] + "…")


def _reason(said: Iterable[str]) -> str:
    """Return what an operator can use of the engine's messages: no traceback, no list of one, nothing twice."""
    lines = [line.strip().removeprefix("* ") for text in said for line in text.splitlines() if not _TRACE.match(line)]
    return one_line("\n".join(dict.fromkeys(lines)), 1000) or "no reason was given"


def _word(operation: object) -> str:
    return str(getattr(operation, "value", operation))
