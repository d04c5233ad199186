"""Which old ReplicaSets of a Rollout go, so that the versions worth going back to stay. Pure.

Argo Rollouts keeps `revisionHistoryLimit` old ones by their age, not by when they last served
(`reconcileRevisionHistoryLimit` of its `rollout/sync.go`; a Deployment's controller goes by the revision). So a version
that outlived as many failed ones is the first to go, in the very moment in which a new one takes over from it.
"""

from operations.rollout.live import LiveWorkload
from operations.rollout.revision import Revision

_DEFAULT_LIMIT = 10


def surplus(workload: LiveWorkload) -> list[Revision]:
    """Return what has to go for the version that serves to stay when the next one takes over from it.

    What never was healthy goes first, then what served longest ago; nothing that has pods.
    """
    if workload.kind != "Rollout" or not workload.object:
        return []
    limit = workload.object["spec"].get("revisionHistoryLimit", _DEFAULT_LIMIT)
    serving = {one.hash for one in (workload.current, workload.stable) if one is not None}
    old = [one for one in workload.revisions if one.hash not in serving]
    kept = sorted(old, key=lambda one: (one.replicas > 0, bool(one.healthy), one.number), reverse=True)
    return [one for one in kept[max(limit - len(serving), 0) :] if not one.replicas]
