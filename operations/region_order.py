"""An update of a stack with several clusters: in which order it goes through them, and how far it came. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from settings.environment import Environment

Ended = Literal["failed", "waiting", "interrupted"]

_WHY = {"failed": "which failed", "waiting": "which waits for a decision", "interrupted": "where it was interrupted"}


def order(environment: Environment) -> tuple[str, ...]:
    """Return the clusters in the order of a release: the primary one, then the others as the file has them.

    The schema of a database is migrated from the primary cluster, and no code may run before the schema it needs.
    """
    first = environment.primary
    return (first, *(name for name in environment.clusters if name != first))


def beside(clusters: Iterable[str], wanted: Collection[str]) -> list[str]:
    """Return patterns for the URNs of all that is on other clusters than the wanted ones, with their providers.

    By type, as what a region has in AWS may be named after its cluster too.
    """
    others = (name for name in dict.fromkeys(clusters) if name not in wanted)
    parts = ("pulumi:providers:kubernetes::{}", "naru:system:**::{}/**")
    return [f"**::{part.format(name)}" for name in others for part in parts]


@dataclass(frozen=True, slots=True)
class Regions:
    """How far an update came that goes from cluster to cluster."""

    order: tuple[str, ...]
    verified: int
    """How many of them, from the first on, have what the files say and are as they should be."""
    ended: Ended | None = None
    """How it ended on the one after these; None where all are verified."""
    under_way: bool = False
    """Whether rollouts of the very last one, which nobody waits for, are still under way."""
    left_out: tuple[str, ...] = ()
    """Those that it goes on without, as they do not answer: they are not in the order."""

    @property
    def done(self) -> tuple[str, ...]:
        """Those that are verified."""
        return self.order[: self.verified]

    @property
    def untouched(self) -> tuple[str, ...]:
        """Those that no update came to."""
        return self.order[self.verified + 1 :]

    def as_json(self) -> list[dict[str, Any]]:
        """Return it as plain data."""
        results: list[str] = [*("verified" for _ in self.done), *([self.ended] if self.ended else [])]
        results += ["untouched" for _ in self.untouched]
        if self.under_way:
            results[-1] = "under way"
        results += ["left out" for _ in self.left_out]
        every = (*self.order, *self.left_out)
        return [{"cluster": name, "result": result} for name, result in zip(every, results, strict=True)]


def stopped(regions: Regions, again: str, stack: str, services: Sequence[str] = ()) -> list[str]:
    """Return the lines that say where an update stopped, what each region has now, and what to do; none if it did not.

    `again` is the command that was run, `services` are those that failed.
    """
    if regions.ended is None:
        return []
    parts = [
        f"{_listed(names)} {verb}"
        for names, verb in (
            (regions.done, f"{'have' if len(regions.done) > 1 else 'has'} what the files say"),
            (regions.untouched, f"{'were' if len(regions.untouched) > 1 else 'was'} not touched"),
            (regions.left_out, f"{'were' if len(regions.left_out) > 1 else 'was'} left out"),
        )
        if names
    ]
    where = regions.order[regions.verified]
    line = f"stopped at {where}, {_WHY[regions.ended]}: {'; '.join(parts)}"
    if regions.ended == "failed":
        service = services[0] if len(services) == 1 else "SYSTEM/SERVICE"
        back = f"`naru rollback {service} --stack {stack}`"
        return [line, f"  mend it and `{again}` again, or take a service back in every region: {back}"]
    first = "decide there; then " if regions.ended == "waiting" else ""
    return [line, f"  {first}`{again}` goes on from here"]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
