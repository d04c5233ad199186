"""One update of a stack's resources from its hand-overs to the report, whichever command asked for it."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from components.rendered_files import complete
from manifests.assembly import COMMON
from manifests.delivered import argocd_objects
from manifests.job import jobs_name
from manifests.placed import Place
from manifests.tree import argocd_of
from operations import output
from operations.api_server import ApiError, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.table import Row, application_table, next_lines, rows
from operations.automation import Request
from operations.collect import collect
from operations.exits import Exit, Stop
from operations.handover.order import hand_over, prepared
from operations.handover.plan import moves
from operations.marks import mark
from operations.migrate.failure import failure_lines, resource, with_logs
from operations.outcome import Outcome, operate
from operations.output import say
from operations.region_order import beside
from operations.report import SystemState
from operations.rollback.automatic import roll_back
from operations.rollout.live import workload_path
from operations.rollout.telling import nudge
from operations.selection import all_but
from operations.session import Session
from operations.tally import Tally
from settings.service import Service

_LOOKS: Final = 60
"""How often to look again while Argo Rollouts has not seen what it was given a moment ago."""
_LOOK_SECONDS: Final = 0.5


def update(
    session: Session,
    request: Request,
    *,
    expected: int,
    only_for: Collection[Service] = (),
    rollback: bool = False,
    tally: Tally | None = None,
) -> Outcome:
    """Update what a request is about: the chosen systems, or `only_for` some of their services.

    What a new strategy replaces is handed over first; what is healthy is marked before and after. With `rollback` a
    service whose new version did not become ready goes back to the one before. A `tally` goes on from what it has
    counted. Raises Stop.
    """
    found = moves(session.objects, session.systems, session.deployed)
    found = [move for move in found if not only_for or move.service in only_for]
    components = {part for service in only_for for part in (service.name, jobs_name(service))} or None
    begun = prepared(session.servers, found, session.stack.name)
    mark_healthy(session, replacing=lambda service: not only_for or service in only_for)
    session.hand_over()
    tally = Tally(expected) if tally is None else tally
    ended: list[Outcome] = []
    clusters = request.clusters or session.stack.environment.clusters
    elsewhere = beside((*session.stack.environment.clusters, *session.deployed.clusters), clusters)

    def only(names: Mapping[str, Collection[str]]) -> bool:
        wanted = {name for each in names.values() for name in each}
        excluded = all_but(session.stack, session.objects, list(names), wanted, session.deployed.names)
        partial = replace(request, exclude=[*excluded, *elsewhere], systems=list(names), serial=True)
        ended.append(operate(session, "up", lambda take: session.engine.up(partial, take), expected, tally=tally))
        return ended[-1].result == "succeeded"

    handed_over = not begun or hand_over(begun, session.objects, session.deployed, only)
    if handed_over:
        whole = replace(request, refresh=request.refresh and not ended)
        ended.append(operate(session, "up", lambda take: session.engine.up(whole, take), expected, tally=tally))
    outcome = replace(ended[-1], seconds=sum(one.seconds for one in ended))
    if outcome.result == "interrupted":
        return outcome
    if outcome.result == "succeeded":
        _complete(session, request)
        mark_healthy(session)
    elif handed_over and rollback:
        outcome = replace(outcome, rolled_back=tuple(roll_back(session, outcome.failures)))
    return replace(outcome, states=tuple(_states(session, components)))


def collected(session: Session) -> int:
    """Delete the old ConfigMaps that nothing names any more, and return how many."""
    found = 0
    for cluster, server in session.servers.items():
        objects = [placed for systems in session.objects[cluster].values() for placed in systems]
        try:
            found += collect(server, objects, session.systems)
        except UnreachableError as error:
            say(f"warning: {cluster}: {error}; old ConfigMaps stay for the next run")
    return found


def mark_healthy(session: Session, *, replacing: Callable[[Service], bool] = lambda _: False) -> None:
    """Mark what is healthy now, for a rollback to find; what cannot be marked is only warned about.

    Room is made for it where the service is to be updated now.
    """
    for cluster, server in session.servers.items():
        places = [
            Place(session.stack, session.systems[name], cluster)
            for name in session.objects[cluster]
            if name in session.systems
        ]
        try:
            mark(server, places, replacing)
        except (ApiError, UnreachableError) as error:
            say(f"warning: {cluster}: {error}; healthy versions are not marked")


def failures(session: Session, outcome: Outcome) -> list[str]:
    """Return the lines about what failed; of a migration its Job and log say more than the engine does."""
    lines: list[str] = []
    told: set[str] = set()
    for state in outcome.states:
        told |= {resource(state.cluster, state.system, one) for one in state.migrations if one.failed}
        lines += failure_lines(session.stack.name, state.system, state.migrations)
    failed = output.failure_lines([one for one in outcome.failures if one.resource not in told])
    return [*failed, *lines, *outcome.rolled_back]


def tell(session: Session, outcome: Outcome, cleared: int, found: Sequence[Row] = ()) -> None:
    """Write how an update ended and how its systems are, with the Applications that were `found`."""
    if outcome.states:
        output.write_report(outcome.states, live=session.direct)
    if not session.direct and outcome.result == "succeeded":
        _tell_by_git(session, found)
    if outcome.result == "succeeded":
        say(output.counted(outcome.tally.changed, outcome.tally.expected, outcome.seconds))
    if cleared:
        say(f"{cleared} old ConfigMaps that nothing names any more were deleted")
    for line in output.next_lines(outcome.states, session.stack.name):
        say(line)
    for line in (f"not ready: {state.cluster}/{state.system}" for state in outcome.states if not state.ready):
        say(line)


def applications(session: Session) -> list[Row]:
    """Return the Applications of the chosen systems, where Argo CD applies their files."""
    argocd = argocd_of(session.stack)
    if session.argocd_server is None or argocd is None:
        return []
    systems = [
        system
        for system, objects in argocd_objects(session.stack, session.tree).items()
        if system in (COMMON, *session.systems) and any(one.manifest["kind"] == "Application" for one in objects)
    ]
    try:
        return rows(Applications(session.argocd_server, session.stack, argocd), session.stack, systems)
    except (ApiError, UnreachableError) as error:
        say(f"warning: {error}; how the Applications are is not known")
        return []


def _tell_by_git(session: Session, found: Sequence[Row]) -> None:
    """Write what is to be done with the files, and how Argo CD's Applications are."""
    argocd = argocd_of(session.stack)
    if argocd is None:
        say(f"rendered/{session.stack.name} holds the manifests: Argo CD applies them once they are committed")
        return
    if found:
        output.write_table(application_table(found))
    automated = {name: system.sync.automated for name, system in session.systems.items()}
    for line in next_lines(session.stack, argocd, automated):
        say(line)


def _complete(session: Session, request: Request) -> None:
    """See that all files are there, now that the engine's last deletions are done. Raises Stop."""
    if session.direct:
        return
    out = session.root / "rendered" / session.stack.name
    try:
        complete(session.stack, session.tree, out, request.systems)
    except OSError as error:
        raise Stop(Exit.FAILED, f"{error.filename}: {error.strerror}: `naru up` again completes it") from None


def _states(session: Session, components: Collection[str] | None) -> Sequence[SystemState]:
    try:
        states = session.states(components)
        for _ in range(_LOOKS):
            if all(workload.seen for state in states for workload in state.workloads):
                break
            time.sleep(_LOOK_SECONDS)
            _nudge_unseen(session, states)
            states = session.states(components)
        return [_with_logs(session, state) for state in states]
    except UnreachableError as error:
        say(f"warning: {error}; how the systems are is not known")
        return []


def _nudge_unseen(session: Session, states: Sequence[SystemState]) -> None:
    """Have Argo Rollouts read again what it has not seen; who may not change it only goes on looking."""
    for state in states:
        for workload in (one for one in state.workloads if one.kind == "Rollout" and not one.seen):
            with suppress(ApiError):
                nudge(session.servers[state.cluster], workload_path("Rollout", workload.namespace, workload.name))


def _with_logs(session: Session, state: SystemState) -> SystemState:
    if not any(migration.failed for migration in state.migrations):
        return state
    return replace(state, migrations=tuple(with_logs(session.servers[state.cluster], state.migrations)))
