"""Following systems to a commit: looking again and again, and saying what is waited for."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from operations.api_server import ApiError, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.state import AFTER_ITS_SYNC, Standing, standing
from operations.output import say
from operations.progress import LINE_EVERY, is_due

PATIENCE: Final = 900.0
"""Seconds; longer than the deadline of a migration and the progress deadline of a Deployment together are rare."""
DEGRADED_FOR: Final = 90.0
"""Seconds in which what is Degraded may recover, as a secret store that answers again."""
COMPARED_WITHIN: Final = 60.0
"""Seconds in which an Application is compared again after its sync."""
_LOOK_EVERY: Final = 1.0
_DEGRADED: Final = " is Degraded"


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
    lasting: dict[str, float] = {}
    ended: dict[str, Standing] = {}
    while True:
        now = clock()
        for system in commits.keys() - ended.keys():
            found = look(applications, system, commits[system])
            passing = found.state == "waiting" and found.reason.endswith((_DEGRADED, AFTER_ITS_SYNC))
            since = lasting.setdefault(system, now) if passing else lasting.pop(system, None)
            if passing and since is not None:
                found = _lasting(found, now - since)
            if found.state != "waiting" or now - begun >= patience:
                ended[system] = found
            elif now - told >= LINE_EVERY and is_due(found.reason, last, now - told):
                more = len(commits) - len(ended) - 1
                say(f"{now - begun:.0f} s; waiting: {found.reason}{f' (and {more} more)' if more else ''}")
                last, told = found.reason, now
        if len(ended) == len(commits):
            return {system: ended[system] for system in commits}
        sleep(_LOOK_EVERY)


def _lasting(found: Standing, seconds: float) -> Standing:
    """Return what it comes to that a system has waited for so long for the same."""
    if found.reason.endswith(_DEGRADED) and seconds >= DEGRADED_FOR:
        return Standing("failed", found.reason)
    if found.reason.endswith(AFTER_ITS_SYNC) and seconds >= COMPARED_WITHIN:
        return Standing("by hand", found.reason)
    return found
