"""Which version a service goes back to, and what its release says then, decided over what the cluster has. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from manifests.image import image_reference
from manifests.placed import Place
from operations.rollback.template import ROLLED_BACK_FROM, ROLLED_BACK_TO
from operations.rollback.version import parts, shown
from operations.rollout.live import LiveWorkload
from operations.rollout.revision import Revision
from settings.aws.registry import anywhere
from settings.service import Service
from settings.strategy import BlueGreenIngress, CanaryDeployment
from settings.variants import variants

How: TypeAlias = Literal["version", "canary", "color", "live"]
"""What the release changes: the service's version, its canary (which goes), one colour's version, or what is live."""


@dataclass(frozen=True, slots=True)
class Released:
    """The images that a release gives one workload."""

    image: str
    sidecars: Mapping[str, str] = field(default_factory=dict)

    def runs(self, revision: Revision) -> bool:
        """Tell whether a revision has them, in whichever region their copies are."""
        beside = all(_same(revision.images.get(name, image), image) for name, image in self.sidecars.items())
        return beside and _same(revision.image, self.image)


def _same(one: str, other: str) -> bool:
    return anywhere(one) == anywhere(other)


@dataclass(frozen=True, slots=True)
class Way:
    """A way back on one cluster."""

    how: How
    workload: LiveWorkload
    """The one that serves at its end."""
    target: Revision
    left: Revision | None
    """The version that is left; None where it left already, and only the release has to follow."""


@dataclass(frozen=True, slots=True)
class Stay:
    """There is nothing to do: this version is what the release says, and it went back to it or was told to."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class NoWay:
    """There is no version to go back to."""

    reason: str


Decision: TypeAlias = Way | Stay | NoWay


def released(place: Place, service: Service) -> dict[str, Released]:
    """Return what the release gives each workload of a service, by the workload's name."""
    sidecars = {name: image_reference(one.image, place) for name, one in service.sidecars.items()}
    return {variant.name: Released(image_reference(variant.image, place), sidecars) for variant in variants(service)}


def decide(
    service: Service, workloads: Sequence[LiveWorkload], said: Mapping[str, Released], to: str | None = None
) -> Decision:
    """Decide for one cluster; `workloads` are as `live` has them, the one that serves most first.

    `to` is a tag, the beginning of a digest, or the number of a revision; else it is the last version that was healthy.
    """
    first, others = workloads[0], workloads[1:]
    if isinstance(service.strategy, BlueGreenIngress) and others:
        return _of_colors(first, others[0], said[first.name], to)
    decision = _of_workload(first, said[first.name], to)
    tried = isinstance(service.strategy, CanaryDeployment) and bool(others)
    if tried and first.current is not None and (to is None or isinstance(decision, Stay)):
        # What is tried is left first: the service beside it did nothing.
        return Way("canary", first, first.current, others[0].current)
    return decision


def _of_colors(live: LiveWorkload, idle: LiveWorkload, said: Released, to: str | None) -> Decision:
    decision = _of_workload(live, said, to)
    if to is None and isinstance(decision, Stay):
        return decision
    if idle.current is not None and idle.phase == "healthy":
        wanted = _stands_by(live, idle.current) if to is None else _is_called(idle, idle.current, to)
        if wanted and not isinstance(decision, Stay):
            return Way("live", idle, idle.current, live.current)
    return Way("color", decision.workload, decision.target, decision.left) if isinstance(decision, Way) else decision


def _stands_by(live: LiveWorkload, idle: Revision) -> bool:
    """Tell whether the other colour is what was live before; a newer one waits for its turn."""
    current = live.current
    return bool(idle.healthy) and (
        current is None or (idle.created <= current.created and idle.images != current.images)
    )


def _is_called(idle: LiveWorkload, revision: Revision, to: str) -> bool:
    # Not by its number: each colour counts its own.
    return to == idle.role or (to != str(revision.number) and matching([revision], to) is not None)


def _of_workload(workload: LiveWorkload, said: Released, to: str | None) -> Decision:
    current = workload.current
    if current is None:
        return NoWay(workload.reason or "no version of it is known")
    if to is None:
        found = _last_healthy(workload, current, said)
    else:
        target = matching(workload.revisions, to)
        found = target or NoWay(f"it has no version {to}; it has {_listed(workload.revisions)}")
    if not isinstance(found, Revision):
        return found
    if found.hash == current.hash:
        left = next((one for one in workload.revisions if one is not current and said.runs(one)), None)
        settled = to is not None or workload.phase == "healthy"
        return Stay(found) if settled and said.runs(found) else Way("version", workload, found, left)
    if found.images == current.images:
        return NoWay(
            f"revision {found.number} has the same image ({shown(found.image)}): what is other now is configuration, "
            "which does not go back with a release"
        )
    return Way("version", workload, found, current)


def _last_healthy(workload: LiveWorkload, current: Revision, said: Released) -> Revision | NoWay:
    stable, others = workload.stable, [one for one in workload.revisions if one.hash != current.hash]
    if workload.kind == "Rollout" and stable is not None and stable.hash != current.hash:
        return stable  # it serves, or most of it does: nothing was healthy for longer
    annotations = workload.object["metadata"].get("annotations") or {}
    went_back = annotations.get(ROLLED_BACK_TO) == current.hash
    if went_back and workload.phase != "degraded":
        return current
    if workload.phase == "healthy" and not said.runs(current) and any(map(said.runs, others)):
        return current  # somebody took it back by hand
    fled = annotations.get(ROLLED_BACK_FROM) if went_back else None
    found = next((one for one in others if one.healthy and one.hash != fled), None)
    if found is not None:
        return found
    if not others:
        return NoWay("it has no earlier version")
    return NoWay(f"no earlier version was seen healthy; --to takes one of {_listed(others)}")


def matching(revisions: Iterable[Revision], to: str) -> Revision | None:
    """Return the newest revision of a tag, else of a digest or its beginning, else of a number."""
    found = list(revisions)
    digest = to if to.startswith("sha256:") else f"sha256:{to}"
    by_tag = (one for one in found if parts(one.image)[1] == to)
    by_digest = (one for one in found if len(to) >= 8 and (parts(one.image)[2] or "").startswith(digest))
    by_number = (one for one in found if str(one.number) == to)
    return next(by_tag, None) or next(by_digest, None) or next(by_number, None)


def _listed(revisions: Iterable[Revision]) -> str:
    return ", ".join(
        f"{shown(one.image)} (revision {one.number}{', healthy' if one.healthy else ''})" for one in revisions
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What all clusters come to: one release, so one version for all of them."""

    ways: Mapping[str, Way]
    """By cluster; empty where there is nothing to do."""
    stays: Mapping[str, Stay]
    left_out: Mapping[str, str]
    """Clusters that know no way of their own, and why; they follow the others."""

    @property
    def way(self) -> Way:
        """The way that stands for all."""
        return next(iter(self.ways.values()))


def following(
    decisions: Mapping[str, Decision], workloads: Mapping[str, Sequence[LiveWorkload]], said: Released
) -> dict[str, Decision]:
    """Have clusters that a release never came to follow those that it came to: it stopped at a cluster before them.

    By themselves they would go back behind the version that they still have. `said` is what the release gives the
    workload that serves most.
    """
    came = {cluster for cluster, found in workloads.items() if any(map(said.runs, found[0].revisions))}
    if not came:
        return dict(decisions)
    missed = NoWay(f"{shown(said.image)} never came to it")
    return {cluster: found if cluster in came else missed for cluster, found in decisions.items()}


def together(decisions: Mapping[str, Decision]) -> Plan | NoWay:
    """Bring the decisions of several clusters together, or say why they cannot be."""
    ways = {cluster: found for cluster, found in decisions.items() if isinstance(found, Way)}
    stays = {cluster: found for cluster, found in decisions.items() if isinstance(found, Stay)}
    left_out = {cluster: found.reason for cluster, found in decisions.items() if isinstance(found, NoWay)}
    if not ways and not stays:
        told = [f"{cluster}: {reason}" if len(decisions) > 1 else reason for cluster, reason in left_out.items()]
        return NoWay("; ".join(told))
    hows = {way.how for way in ways.values()}
    wanted = {cluster: way.target.image for cluster, way in ways.items()}
    wanted |= {cluster: stay.revision.image for cluster, stay in stays.items()}
    if len(hows) > 1 or len(set(map(anywhere, wanted.values()))) > 1:
        said = ", ".join(f"{cluster} to {shown(image)}" for cluster, image in wanted.items())
        return NoWay(f"its clusters would go back to different versions ({said}): --cluster says which one counts")
    return Plan(ways, stays, left_out)
