"""What people and scripts read of a rollback before it begins and after it ended. Pure."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from operations.release_file import ReleaseFile
from operations.rollback.configuration import Difference
from operations.rollback.plan import Plan, Way
from operations.rollback.version import shown
from operations.rollout.subject import Subject
from settings.environment import Delivery
from settings.strategy import BlueGreen, Canary

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Unsynced:
    """What is published of a system and not synced yet: it is deployed with whatever is synced next."""

    since: str
    """The commit that is synced; empty where nothing ever was."""
    automated: bool
    """Whether it would be deployed anyway."""
    changes: tuple[str, ...]
    """What it consists of, a line each, but for the service that goes back."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rollback is about to do."""

    subject: Subject
    plan: Plan
    before: ReleaseFile
    after: ReleaseFile
    configuration: tuple[Difference, ...] | None = ()
    """Against today's; None where that of the earlier version is no more."""
    beside: tuple[str, ...] = ()
    """Where the pod templates differ beside that."""
    schema: tuple[str, ...] = ()
    """Why the schema forbids it, a line each; empty where it does not."""
    migrates: bool = False
    unsynced: Unsynced | None = None

    @property
    def target(self) -> str:
        """The version that it goes back to."""
        return shown(self.plan.way.target.image)

    @property
    def left(self) -> str:
        """The version that is left, as far as it is known."""
        left = self.plan.way.left
        return shown(left.image) if left is not None else "what the release says"

    @property
    def anew(self) -> bool:
        """Whether its pods are not those of the earlier version, since something beside the image is other now."""
        return self.configuration is None or bool(self.configuration or self.beside)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        configuration = None if self.configuration is None else [one.as_json() for one in self.configuration]
        return {
            "stack": self.subject.stack.name,
            "service": self.subject.name,
            "strategy": self.subject.service.strategy.type,
            "from": self.left,
            "to": self.target,
            "changes": self.plan.way.how,
            "clusters": {cluster: _way_as_json(way) for cluster, way in self.plan.ways.items()},
            "leftOut": list(self.subject.left_out),
            "release": {"file": self.after.file, "lines": list(changed_lines(self.before, self.after))},
            "configuration": configuration,
            "template": list(self.beside),
            "schema": list(self.schema),
            "unsynced": [] if self.unsynced is None else list(self.unsynced.changes),
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rollback ended."""

    result: str
    """`verified`, `unverified`, `interrupted`, `written` (Argo CD applies it) or `unchanged`."""
    reason: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"result": self.result, "reason": self.reason, "seconds": round(self.seconds, 1)}


def proposal_lines(proposal: Proposal) -> Iterator[str]:
    """Yield the lines that say what will change."""
    subject, way = proposal.subject, proposal.plan.way
    strategy = subject.service.strategy
    yield f"{subject.name} on {subject.stack.name} ({strategy.type}): {proposal.left} → {proposal.target}"
    for cluster, one in proposal.plan.ways.items():
        yield f"  {cluster}: {_way_words(one)}"
    yield from (f"  {cluster}: has it already" for cluster in proposal.plan.stays)
    yield from (f"  {cluster}: follows; {reason}" for cluster, reason in proposal.plan.left_out.items())
    for name, image in way.target.images.items():
        before = way.left.images.get(name) if way.left is not None else None
        if before != image:
            yield f"  image of {name}: {before + ' → ' if before else ''}{image}"
    changes = list(changed_lines(proposal.before, proposal.after))
    yield from (f"  {proposal.after.file}: {line}" for line in changes)
    if not changes:
        yield f"  {proposal.after.file} says so already"
    yield from (f"  {line}" for line in _configuration(proposal))
    if proposal.unsynced is not None:
        since = f"published since {proposal.unsynced.since[:12]} and" if proposal.unsynced.since else "published and"
        yield f"  with it is deployed what is {since} not synced yet:"
        yield from (f"    {line}" for line in _some(proposal.unsynced.changes))
    yield from (f"  {line}" for line in proposal.schema)
    if proposal.migrates and not proposal.schema:
        yield "  schema: the earlier version is known to run on it"
    if proposal.anew and way.how == "version" and isinstance(strategy, Canary | BlueGreen):
        yield f"  its pods are new ones then; {proposal.target} was healthy, so {_past_steps(subject)}"


def _past_steps(subject: Subject) -> str:
    environment = subject.stack.environment
    if environment.delivery is Delivery.GITOPS and not environment.by_argocd:
        return f"once it is synced: `{subject.command('rollout promote')} --full`, past all steps"
    return "it is promoted in full, past all steps"


def changed_lines(before: ReleaseFile, after: ReleaseFile) -> Iterator[str]:
    """Yield the lines of a release that go and come, signed as in a patch."""
    found = difflib.unified_diff(before.text.splitlines(), after.text.splitlines(), n=0, lineterm="")
    yield from (f"{line[0]} {line[1:].strip()}" for line in found if line[:3] not in {"---", "+++"} and line[0] in "+-")


def _way_words(way: Way) -> str:
    revision = f"revision {way.target.number} of {way.workload.name}"
    healthy = f"healthy since {way.target.healthy}" if way.target.healthy else "which nobody has seen healthy"
    if way.left is not None and way.left.number and way.how in {"version", "color"}:
        return f"from revision {way.left.number} to {revision}, {healthy}"
    return f"{revision}, {healthy}"


def _configuration(proposal: Proposal) -> Iterator[str]:
    target, system = proposal.target, proposal.subject.system
    stays = f"configuration stays as catalog/{system}.yaml has it; it does not go back with a release"
    if proposal.configuration is None:
        yield f"{stays}. What {target} had is no more, and cannot be compared"
    elif proposal.configuration:
        yield f"{stays}. Since {target}:"
        yield from (f"  {line}" for line in _some(list(map(str, proposal.configuration))))
    else:
        yield f"configuration: as {target} had it"
    if proposal.beside:
        yield f"the pods differ beside that, and stay so: {', '.join(_some(proposal.beside))}"


def _some(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"and {rest} more"] if rest > 0 else [])]


def _way_as_json(way: Way) -> dict[str, Any]:
    left = None if way.left is None else {"revision": way.left.number, "images": dict(way.left.images)}
    return {
        "workload": way.workload.name,
        "left": left,
        "revision": way.target.number,
        "images": dict(way.target.images),
        "healthy": way.target.healthy,
    }
