"""Which services go from one workload to another, and which Services change hands: decided before anything is. Pure.

What was deployed is read off Pulumi's state, so nothing is asked of a cluster where there is nothing to hand over.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from manifests.assembly import COMMON
from manifests.placed import Manifest, Placed
from operations.deployed import Deployed
from operations.handover.replicas import autoscaled
from operations.selection import Objects, named
from settings.service import Service
from settings.strategy import BlueGreenIngress
from settings.system import System
from settings.variants import Kind, names

Labels = Mapping[str, str]

HASH: Final = "rollouts-pod-template-hash"
"""What Argo Rollouts adds to the selectors of the Services it manages."""

_KINDS: Final[tuple[Kind, ...]] = ("Deployment", "Rollout")


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload, as it was or is to be asked for."""

    kind: Kind
    manifest: Manifest

    @property
    def namespace(self) -> str:
        """Where it is."""
        return str(self.manifest["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.manifest["metadata"]["name"])

    @property
    def labels(self) -> Labels:
        """Those of its pods."""
        found: Labels = self.manifest["spec"]["template"]["metadata"].get("labels") or {}
        return found

    @property
    def strategy(self) -> frozenset[str]:
        """What tells one way of a Rollout from another: its kind, and what divides its traffic."""
        if self.kind == "Deployment":
            return frozenset()
        strategy = self.manifest["spec"].get("strategy") or {}
        return frozenset((*strategy, *((strategy.get("canary") or {}).get("trafficRouting") or {})))


@dataclass(frozen=True, slots=True)
class Selection:
    """A Service whose selector changes; it is Argo Rollouts' where it has none of ours."""

    namespace: str
    name: str
    before: Labels
    after: Labels

    @property
    def to_rollouts(self) -> bool:
        """Whether it passes from us to Argo Rollouts."""
        return bool(self.before) and not self.after

    @property
    def to_us(self) -> bool:
        """Whether it passes from Argo Rollouts to us."""
        return bool(self.after) and not self.before


@dataclass(frozen=True, slots=True)
class Move:
    """A service that goes from one way of being deployed to another on one cluster."""

    cluster: str
    system: str
    service: Service
    old: tuple[Workload, ...]
    """Deployed, and to be deleted in the end."""
    new: tuple[Workload, ...]
    """All that is to be."""
    absent: frozenset[str]
    """Names of the new ones that are not deployed yet."""
    scaled: frozenset[str]
    """Names of those that leave their number of pods to an autoscaler."""
    changed: tuple[Workload, ...]
    """Rollouts that stay and get another strategy, as they were."""
    selections: tuple[Selection, ...]
    managed: str = ""
    """The Service that serves, where it is one that Argo Rollouts manages."""

    @property
    def ordered(self) -> bool:
        """Whether one workload takes over from another, which is more than the engine's own order can do.

        Where Deployments alone are left over, what is new is there already, and the engine deletes last.
        """
        kinds = {one.kind for one in (*self.old, *self.new)}
        return bool(self.old and self.new) and (bool(self.absent) or "Rollout" in kinds)

    @property
    def rollouts(self) -> tuple[Workload, ...]:
        """The Rollouts that must not be in the middle of something: those that go, and those that change."""
        return (*(one for one in self.old if one.kind == "Rollout"), *self.changed)

    @property
    def subject(self) -> str:
        """What commands call the service."""
        return f"{self.system}/{self.service.name}"


def moves(objects: Objects, systems: Mapping[str, System], deployed: Deployed) -> list[Move]:
    """Return what there is to hand over; nothing for what is not deployed yet, or stays as it is."""
    known = {kind: deployed.objects_of(kind) for kind in (*_KINDS, "Service")}
    found = (
        _move(cluster, name, service, objects[cluster][name], known)
        for cluster in objects
        for name in objects[cluster]
        if name != COMMON and name in systems
        for service in systems[name].services.values()
    )
    return [move for move in found if move.ordered or move.changed or any(map(_changes_hands, move.selections))]


def _changes_hands(selection: Selection) -> bool:
    return selection.to_rollouts or selection.to_us


def _move(
    cluster: str, system: str, service: Service, placed: Collection[Placed], known: Mapping[str, Mapping[str, Any]]
) -> Move:
    own = [one for one in placed if one.component == service.name]
    prefix = f"{cluster}/{system}/{service.name}:"
    service_names = names(service)
    wanted = {
        named(cluster, system, one): Workload(kind, one.manifest)
        for one in own
        for kind in _KINDS
        if one.manifest["kind"] == kind
    }
    before = {
        name: Workload(kind, inputs)
        for kind in _KINDS
        for name, inputs in known[kind].items()
        if name.startswith(prefix)
    }
    old = tuple(one for name, one in before.items() if name not in wanted)
    scaled = {name for _, _, name in autoscaled(placed)}
    return Move(
        cluster,
        system,
        service,
        old,
        tuple(wanted.values()),
        frozenset(one.name for name, one in wanted.items() if name not in before),
        frozenset(one.name for one in wanted.values() if one.name in scaled),
        tuple(one for name, one in before.items() if name in wanted and one.strategy != wanted[name].strategy),
        tuple(_selections(cluster, system, own, known["Service"])) if before and wanted else (),
        service_names.serving if service_names.serving in service_names.managed else "",
    )


def _selections(
    cluster: str, system: str, own: Iterable[Placed], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[Selection]:
    for one in own:
        inputs = known.get(named(cluster, system, one)) if one.manifest["kind"] == "Service" else None
        if inputs is None:
            continue
        before, after = (manifest["spec"].get("selector") or {} for manifest in (inputs, one.manifest))
        if before != after:
            metadata = one.manifest["metadata"]
            yield Selection(metadata["namespace"], metadata["name"], before, after)


def held(live: Labels, pods: Labels) -> dict[str, str]:
    """Return what a Service's selector is to be while Argo Rollouts takes it over: what its new pods have, too.

    Rollouts adds its hash to what it finds: a key that its pods lack would leave the Service with no pod at all.
    """
    return {key: value for key, value in live.items() if key == HASH or pods.get(key) == value}


def matches(selector: Labels, labels: Labels) -> bool:
    """Tell whether a selector finds pods with these labels."""
    return selector.items() <= labels.items()


def idle(move: Move, before: Labels, after: Labels) -> list[Workload]:
    """Return the old workloads whose pods get no traffic by one selector, and would by the one that follows it."""
    return [one for one in move.old if matches(after, one.labels) and not matches(before, one.labels)]


def untried(move: Move) -> str:
    """Return what would get traffic too early: the color that is not live, where it is new and of another version.

    Until its selector has a color, the Service finds the pods of both.
    """
    if not isinstance(move.service.strategy, BlueGreenIngress) or not move.absent:
        return ""
    images = {one.name: one.manifest["spec"]["template"]["spec"]["containers"][0].get("image") for one in move.new}
    live = images.get(f"{move.service.name}-{move.service.live}")
    return next((name for name, image in images.items() if image != live), "")


def letting_go(rollout: Mapping[str, Any]) -> dict[str, Any]:
    """Return a merge patch that has a live Rollout let go of its Services; its pods stay as they are."""
    strategy = rollout["spec"].get("strategy") or {}
    kept = ("maxSurge", "maxUnavailable")
    canary = {key: None for key in strategy.get("canary") or {} if key not in kept}
    return {"spec": {"strategy": {**({"blueGreen": None} if "blueGreen" in strategy else {}), "canary": canary}}}


def is_under_way(rollout: Mapping[str, Any]) -> bool:
    """Tell whether a live Rollout is between two versions; not so before its first one was ever healthy."""
    status = rollout.get("status") or {}
    stable = status.get("stableRS")
    return bool(stable and (stable != status.get("currentPodHash") or status.get("pauseConditions")))
