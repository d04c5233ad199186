"""An update of a stack with several clusters, one after the other: the next begins when the one before is verified."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from manifests.assembly import COMMON
from operations.api_server import UnreachableError
from operations.automation import Request
from operations.exits import Exit, Stop
from operations.outcome import Outcome
from operations.output import say
from operations.progress import LINE_EVERY, is_due
from operations.region_order import Ended, Regions, beside, order, stopped
from operations.report import SystemState, WorkloadState
from operations.selection import AWS
from operations.session import Session
from operations.tally import Tally
from operations.updating import update
from settings.service import Service

PATIENCE: Final = 1800.0
"""Seconds without a change that a Rollout which goes on by itself may take; a pause of a set time is not counted."""
_EVERY: Final = 2.0


def update_by_region(
    session: Session, request: Request, *, expected: int, only_for: Collection[Service] = (), rollback: bool = False
) -> Outcome:
    """Update what a request is about as `updating.update` does, on each cluster by an update of its own.

    A cluster is verified when the engine's update of it succeeded, everything is ready, and its Rollouts are through:
    those are waited for before the next cluster, and after the last one told as under way. At the first that is not,
    it stops, and the clusters after it are in no update. Raises Stop.
    """
    clusters, without = reached(session), session.left_out
    if len(clusters) < 2 and not (clusters and without):
        return update(session, request, expected=expected, only_for=only_for, rollback=rollback)
    begun, tally, states = time.monotonic(), Tally(expected), list[SystemState]()
    for number, cluster in enumerate(clusters):
        here, last, tally.about = session.on(cluster), number == len(clusters) - 1, cluster
        part = on_cluster(session, request, cluster, last=last)
        try:
            outcome = update(here, part, expected=expected, only_for=only_for, rollback=rollback, tally=tally)
        except Stop as error:
            # What an earlier cluster has was changed already, so this is no refusal any more.
            code = Exit.FAILED if number and error.code is Exit.REFUSED else error.code
            regions = Regions(clusters, number, "failed", left_out=without)
            raise Stop(code, *error.lines, *stopped(regions, again(session), session.stack.name)) from None
        found, ended = _verified(here, outcome, settle=not last)
        states += found
        outcome = replace(outcome, states=tuple(states), seconds=time.monotonic() - begun)
        if ended is not None:
            result = "interrupted" if ended == "interrupted" else "failed"
            return replace(outcome, result=result, regions=Regions(clusters, number, ended, left_out=without))
        if not last:
            say(f"{cluster} is as it should be: {clusters[number + 1]} is next")
    under_way = bool(_under_way(found))
    return replace(outcome, regions=Regions(clusters, len(clusters), under_way=under_way, left_out=without))


def reached(session: Session) -> tuple[str, ...]:
    """Return the clusters that an update comes to, in its order: those that have something of it, or had.

    None that is left out. Only where Pulumi itself applies: by Git all is written at once, and Argo CD goes from one to
    the next.
    """
    if not session.direct:
        return ()
    has = {(cluster, name) for cluster, systems in session.objects.items() for name, each in systems.items() if each}
    places = (name.partition(":")[0].split("/") for name in session.deployed.names)
    has |= {(parts[0], parts[1]) for parts in places if len(parts) > 1}
    if not _whole(session):
        has = {(cluster, name) for cluster, name in has if name in session.systems}
    clusters = {cluster for cluster, _ in has if cluster not in session.left_out}
    return tuple(name for name in order(session.stack.environment) if name in clusters)


def on_cluster(session: Session, request: Request, cluster: str, *, last: bool) -> Request:
    """Return what of a request is about one cluster.

    The last one takes with it what is of no cluster of the stack any more, where the request leaves that in. What the
    stack has in AWS goes with the primary one, whole.
    """
    declared = session.stack.environment.clusters
    excluded = beside(declared if last else (*declared, *session.deployed.clusters), (cluster,))
    excluded += [] if cluster == session.stack.environment.primary else AWS
    return replace(request, exclude=list(dict.fromkeys((*request.exclude, *excluded))), clusters=(cluster,))


def again(session: Session) -> str:
    """Return the command that goes on with an update."""
    named = () if _whole(session) else session.systems
    return " ".join(("naru up --stack", session.stack.name, *named))


def stop_lines(session: Session, outcome: Outcome) -> list[str]:
    """Return the lines that say where an update stopped; none where it went through, or has one cluster."""
    if outcome.regions is None:
        return []
    places = (failure.resource.partition(":")[0].split("/") for failure in outcome.failures)
    failed = [tuple(parts[1:]) for parts in places if len(parts) == 3]
    failed += [
        (state.system, workload.name) for state in outcome.states for workload in state.workloads if workload.reason
    ]
    known = {(name, key) for name, system in session.systems.items() for key in system.services}
    services = [f"{system}/{service}" for system, service in dict.fromkeys(failed) if (system, service) in known]
    return stopped(outcome.regions, again(session), session.stack.name, services)


def _verified(session: Session, outcome: Outcome, *, settle: bool) -> tuple[tuple[SystemState, ...], Ended | None]:
    """Return how a cluster's systems are, and how the update ended there where it did not end well."""
    if outcome.result == "interrupted":
        return outcome.states, "interrupted"
    if outcome.code is not Exit.OK:
        return outcome.states, "failed"
    if not outcome.states and any(name != COMMON for systems in session.objects.values() for name in systems):
        return (), "failed"  # nobody knows how they are, as has been said
    return _settled(session, outcome.states) if settle else (outcome.states, None)


def _settled(session: Session, states: tuple[SystemState, ...]) -> tuple[tuple[SystemState, ...], Ended | None]:
    ended: Ended | None = None
    try:
        states = settled(session.states, states, session.where)
    except UnreachableError as error:
        say(f"warning: {error}; how the systems are is not known")
        ended = "failed"
    except KeyboardInterrupt:
        ended = "interrupted"
    if ended is None and (_under_way(states) or not all(state.ready for state in states)):
        somebody = any(one.paused == "for somebody" for one in _under_way(states))
        ended = "waiting" if somebody and all(state.ready for state in states) else "failed"
    return states, ended


def settled(
    look: Callable[[], list[SystemState]],
    states: tuple[SystemState, ...],
    where: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[SystemState, ...]:
    """Wait for the Rollouts of a cluster, and return how its systems are then.

    Until none is under way, one waits for somebody or failed, or nothing has moved for too long. Raises
    UnreachableError.
    """
    moved = told = clock()
    last = said = ""
    while rest := _under_way(states):
        if any(one.paused == "for somebody" for one in rest) or not all(state.ready for state in states):
            return states
        now, what = clock(), "; ".join(f"{one.name}: {one.under_way}" for one in rest)
        if what != last or any(one.paused for one in rest):
            last, moved = what, now
        if now - moved > PATIENCE:
            say(f"{where}: nothing has moved for {PATIENCE:.0f} s: {what}")
            return states
        if now - told >= LINE_EVERY and is_due(what, said, now - told):
            say(f"{where}: waiting for its rollouts: {what}")
            told, said = now, what
        pause(_EVERY)
        states = tuple(look())
    return states


def _whole(session: Session) -> bool:
    return session.systems.keys() >= {name for name, system in session.stack.systems.items() if system.enabled}


def _under_way(states: Collection[SystemState]) -> list[WorkloadState]:
    return [workload for state in states for workload in state.workloads if workload.under_way]
