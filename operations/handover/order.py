"""The order of a hand-over: what is new stands before anything points to it, and the old one goes last.

Pulumi alone creates and updates first and deletes last, but knows neither how many pods there are nor that a Rollout
writes into Services until it is gone. What is done here is done again by the next run where it was interrupted.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.deployed import Deployed
from operations.exits import Exit, Stop
from operations.handover import services, workloads
from operations.handover.plan import Move
from operations.handover.workloads import Begun
from operations.output import say
from operations.selection import Objects, standing_on

PATIENCE: Final = 300.0
"""Seconds for what the engine has not waited for already."""
_EVERY: Final = 0.3

Update = Callable[[Mapping[str, Collection[str]]], bool]
"""Updates the resources of these logical names, by system, and nothing else; tells whether that went well."""


def prepared(servers: Mapping[str, ApiServer], moves: Sequence[Move], stack: str) -> list[Begun]:
    """Look at what is to be handed over, before anything is changed. Raises Stop."""
    with _refusing():
        found = [workloads.begun(servers[move.cluster], move, stack) for move in moves if move.cluster in servers]
    return [one for one in found if one is not None]


def hand_over(begun: Sequence[Begun], objects: Objects, deployed: Deployed, update: Update) -> bool:
    """Have what is new take over, so that the whole update then only moves what is left; tell whether it does.

    Raises Stop.
    """
    with _failing():
        for one in begun:
            services.hold(one.server, one.move, wait)
            if not one.move.ordered:
                services.widen(one.server, one.move)
        ordered = [one for one in begun if one.move.ordered]
        for one in ordered:
            say(f"handing over {one.move.cluster}/{one.move.subject}: {_told(one.move)}")
        if ordered and not _made(ordered, objects, deployed, update):
            say("nothing was handed over: the old workloads serve on")
            return False
        for one in ordered:
            workloads.release(one)
            _stands(one)
            services.quieten(one.server, one.move, wait)
            if any(selection.to_us for selection in one.move.selections):
                workloads.let_go(one, wait)
                services.give_back(one.server, one.move)
    return True


def _made(ordered: Sequence[Begun], objects: Objects, deployed: Deployed, update: Update) -> bool:
    seeds = [(one, workload) for one in ordered for workload in workloads.seeds(one)]
    if seeds and not update(_names([one for one, _ in seeds], objects, deployed, workloads_too=False)):
        return False
    for one, workload in seeds:
        workloads.sow(one, workload)
    return update(_names(ordered, objects, deployed, workloads_too=True))


def _names(
    begun: Sequence[Begun], objects: Objects, deployed: Deployed, *, workloads_too: bool
) -> dict[str, frozenset[str]]:
    """Return what the new workloads of these moves stand on, and themselves, by system."""
    found: dict[str, frozenset[str]] = {}
    for one in begun:
        move = one.move
        new = {(workload.kind, workload.name) for workload in move.new}
        below = standing_on(
            objects, move.cluster, move.system, move.service, new, deployed.names, themselves=workloads_too
        )
        found[move.system] = found.get(move.system, frozenset()) | below
    return found


def _stands(one: Begun) -> None:
    said = ""

    def is_ready() -> bool:
        nonlocal said
        said = workloads.stands(one)
        return not said

    wait(f"what is new of {one.move.subject} is ready", is_ready, lambda: said)


def wait(
    what: str,
    condition: Callable[[], object],
    why: Callable[[], str] = str,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Wait until a condition holds. Raises Stop where it does not in the end."""
    end = clock() + PATIENCE
    while not condition():
        if clock() > end:
            raise Stop(
                Exit.FAILED,
                f"waited {PATIENCE:.0f} s in vain until {what}" + (f": {why()}" if why() else ""),
                "the old workloads serve on; `naru up` continues from here",
            )
        pause(_EVERY)


def _told(move: Move) -> str:
    old, new = ([f"{one.kind} {one.name}" for one in group] for group in (move.old, move.new))
    return f"{', '.join(old)} → {', '.join(new)}"


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.FAILED, f"a hand-over failed: {error}", "`naru up` continues from here") from None
