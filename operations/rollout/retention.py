"""Which old ReplicaSets of a Rollout go, so that the versions worth going back to stay. Pure.

Argo Rollouts keeps `revisionHistoryLimit` old ones by their age, not by when they last served
(`reconcileRevisionHistoryLimit` of its `rollout/sync.go`; a Deployment's controller goes by the revision). So a version
that outlived as many failed ones is the first to go, in the very moment in which a new one takes over from it.
"""

from collections.abc import Callable

from operations.rollout.live import LiveWorkload
from operations.rollout.revision import Revision

_DEFAULT_LIMIT = 10


def surplus(workload: LiveWorkload, comes: Callable[[Revision], bool]) -> list[Revision]:
    """Return what has to go, before an update, for the version that serves to stay when the next one takes over.

    What never was healthy goes first, then what was released longest ago; nothing that has pods, nor what `comes` again
    by the update. Nothing at all while Argo Rollouts has not seen the newest change: it may be about to make pods.
    """
    if workload.kind != "Rollout" or not workload.object or not workload.observed:
        return []
    limit = workload.object["spec"].get("revisionHistoryLimit", _DEFAULT_LIMIT)
    serving = {one.hash for one in (workload.current, workload.stable) if one is not None}
    old = [one for one in workload.revisions if one.hash not in serving]
    spared = [one for one in old if one.replicas or comes(one)]
    others = sorted((one for one in old if one not in spared), key=lambda one: (bool(one.healthy), one.number))
    # What comes again is no further one.
    room = limit - len(serving) - len(spared) + any(map(comes, old))
    return others[: max(len(others) - max(room, 0), 0)]
