"""Following systems to a commit: looking again and again, and saying what is waited for."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from operations.api_server import ApiError, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.state import Standing, standing
from operations.output import say
from operations.progress import LINE_EVERY, is_due

PATIENCE: Final = 900.0
"""Seconds; longer than the deadline of a migration and the progress deadline of a Deployment together are rare."""
_LOOK_EVERY: Final = 1.0


def look(applications: Applications, system: str, commit: str) -> Standing:
    """Return how far a system is; a cluster that does not answer is waited for."""
    try:
        parent, children = applications.of(system)
    except (ApiError, UnreachableError) as error:
        return Standing("waiting", str(error))
    if parent is None:
        return Standing("failed", f"{system} has no Application: `naru up` makes it")
    return standing(parent, children, commit)


def follow(
    applications: Applications,
    commits: Mapping[str, str],
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Standing]:
    """Look until every system is at its commit or cannot come there, and return how each stands then."""
    begun = clock()
    last, told = "", begun
    while True:
        found = {system: look(applications, system, commit) for system, commit in commits.items()}
        waiting = [one.reason for one in found.values() if one.state == "waiting"]
        now = clock()
        if not waiting or now - begun >= patience:
            return found
        if now - told >= LINE_EVERY and is_due(waiting[0], last, now - told):
            more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            say(f"{now - begun:.0f} s; waiting: {waiting[0]}{more}")
            last, told = waiting[0], now
        sleep(_LOOK_EVERY)
