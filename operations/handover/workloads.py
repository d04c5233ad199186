"""The workloads of a hand-over: refused in the middle of a rollout, begun with as many pods, left when they can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from operations.api_server import ApiServer, Object
from operations.exits import Exit, Stop
from operations.handover.plan import Move, Workload, is_under_way, letting_go, untried
from operations.handover.replicas import KEEPER, found, only_replicas
from operations.handover.services import Wait, is_managed, serves, service_path
from operations.rollout.live import workload_path
from operations.rollout.phase import deployment_phase, desired, rollout_phase
from operations.rollout.telling import nudge


@dataclass(frozen=True, slots=True)
class Begun:
    """A move whose old workloads are on their cluster."""

    move: Move
    server: ApiServer
    pods: int
    """How many the old ones have, of the one with most."""


def begun(server: ApiServer, move: Move, stack: str) -> Begun | None:
    """Look at what is to be left; None where nothing of it is there any more.

    Raises Stop where a Rollout is between two versions: which of them its Services would be left with is not defined;
    and where a version would get traffic that is to get none. Raises ApiError and UnreachableError.
    """
    early = untried(move)
    if early:
        raise Stop(
            Exit.REFUSED,
            f"refused: {move.cluster}: {early} is to have another version than what is live, and both get traffic "
            f"while {move.subject} changes its strategy",
            "change the strategy first, with one version, and `colors` in the update after it",
        )
    live = {path(one): found(server, path(one)) for one in (*move.old, *move.changed)}
    for one in move.rollouts:
        rollout = live[path(one)]
        if rollout is not None and is_under_way(rollout):
            how = f"naru rollout promote {move.subject} --stack {stack}"
            raise Stop(
                Exit.REFUSED,
                f"refused: {move.cluster}: the Rollout {one.namespace}/{one.name} is in the middle of a rollout, "
                "and its strategy changes only between two",
                f"with the strategy it has now in the catalog, finish it: `{how}`, "
                f"or go back: `naru rollback {move.subject} --stack {stack}`",
            )
    there = [one for one in live.values() if one is not None]
    if not there and (move.old or move.changed):
        return None
    return Begun(move, server, max((desired(one) for one in there), default=0))


def seeds(one: Begun) -> list[Workload]:
    """Return what is to be begun with a number of pods: not there yet, and without one in what we apply.

    It would start with one pod, and a Rollout take its Services over to that one. Raises ApiError, UnreachableError.
    """
    wanted = [new for new in one.move.new if new.name in one.move.absent & one.move.scaled and one.pods]
    return [new for new in wanted if found(one.server, path(new)) is None]


def sow(one: Begun, workload: Workload) -> None:
    """Make a workload with the number of pods of the old one; the engine takes it over. Raises ApiError."""
    spec = {**workload.manifest["spec"], "replicas": one.pods}
    one.server.apply(path(workload), {**workload.manifest, "spec": spec}, KEEPER)


def release(one: Begun) -> None:
    """Leave all but the number of pods of a workload to the engine. Raises ApiError and UnreachableError."""
    for workload in (new for new in one.move.new if new.name in one.move.scaled):
        live = found(one.server, path(workload))
        if live is not None and _is_sown(live):
            one.server.apply(path(workload), only_replicas({**live, "kind": workload.kind}, desired(live)), KEEPER)


def stands(one: Begun) -> str:
    """Return what of the new is not ready yet; nothing where all is. Raises ApiError and UnreachableError."""
    for workload in one.move.new:
        live = found(one.server, path(workload))
        phase = _phase(workload, live)
        if phase != "healthy":
            return f"{workload.kind} {workload.namespace}/{workload.name} is {phase}"
    if not one.move.managed:
        return ""
    namespace = one.move.new[0].namespace
    service = service_path(namespace, one.move.managed)
    taken = is_managed(found(one.server, service)) and serves(one.server, namespace, one.move.managed)
    return "" if taken else f"Service {namespace}/{one.move.managed} is not Argo Rollouts' yet"


def let_go(one: Begun, wait: Wait) -> None:
    """Have Rollouts that are to be deleted let go of their Services, their pods staying.

    Until a Rollout is gone it puts its hash back into every selector, and then the last pods are gone too.
    Raises ApiError and UnreachableError.
    """
    for workload in (old for old in one.move.old if old.kind == "Rollout"):
        live = found(one.server, path(workload))
        if live is not None:
            patched = one.server.merge(path(workload), letting_go(live))
            seen = partial(_has_seen, one.server, path(workload), patched)
            wait(f"Argo Rollouts lets go of the Services of {workload.name}", seen)


def path(workload: Workload) -> str:
    """Return where the API server has a workload."""
    return workload_path(workload.kind, workload.namespace, workload.name)


def _phase(workload: Workload, live: Object | None) -> str:
    if live is None:
        return "absent"
    if not desired(live):
        return "healthy"
    return (rollout_phase(live) if workload.kind == "Rollout" else deployment_phase(live))[0]


def _is_sown(live: Mapping[str, Any]) -> bool:
    """Tell whether the hand-over owns more of a workload than its number of pods."""
    return any(
        entry["manager"] == KEEPER and "f:template" in (entry.get("fieldsV1") or {}).get("f:spec", {})
        for entry in live["metadata"].get("managedFields") or ()
    )


def _has_seen(server: ApiServer, where: str, patched: Object) -> bool:
    live = found(server, where)
    # Of a Rollout `observedGeneration` is text.
    generation = int(patched["metadata"].get("generation") or 0)
    if live is None or int((live.get("status") or {}).get("observedGeneration") or 0) >= generation:
        return True
    nudge(server, where)
    return False
