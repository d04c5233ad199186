"""`naru rollout abort`: back to what served before, at once."""

from pathlib import Path

from operations.api_server import ApiServer
from operations.exits import Exit, Stop
from operations.output import say
from operations.rollback.automatic import send_back
from operations.rollback.plan import Way, decide, released
from operations.rollback.version import shown
from operations.rollout import decision
from operations.rollout.asking import agreed
from operations.rollout.live import LiveWorkload
from operations.rollout.phase import rolled_out
from operations.rollout.released import direct, release_anew, whole
from operations.rollout.revision import Revision
from operations.rollout.target import Target, target_of
from operations.rollout.telling import aborted, carry_out, on_each
from settings.service import Color
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment


def abort(root: Path, stack: str, named: str, *, cluster: str | None, yes: bool) -> int:
    """Call off what is in progress. Raises SettingsError and Stop.

    Clusters that do not answer, or where nothing is in progress, do not keep it from the others.
    """
    target = target_of(root, stack, named, cluster, partly=True)
    for problem in target.silent:
        say(f"warning: {problem}; nothing was called off there")
    code = _abort(target, cluster, yes=yes)
    return Exit.FAILED if target.silent and code is Exit.OK else code


def _abort(target: Target, cluster: str | None, *, yes: bool) -> Exit:
    match target.service.strategy:
        case Canary() | BlueGreen():
            code = carry_out(
                target.subject,
                target.servers,
                target.mains,
                decision.abort,
                sign=aborted,
                all_or_none=False,
                yes=True,
            )
            say(_release_stays(target))
            return code
        case CanaryDeployment():
            whole(target, cluster)
            return _canary(target)
        case BlueGreenIngress():
            whole(target, cluster)
            return _color(target, yes=yes)
        case _:
            return _rolling(target)


def _canary(target: Target) -> Exit:
    """Take the canary's pods away, and then the canary out of the release."""
    service, system = target.service, target.subject.system
    if service.canary is None:
        raise Stop(Exit.REFUSED, f"refused: {target.subject.name}: nothing is in progress: its release has no canary")
    if not agreed(target.subject, f"{target.subject.name}: its canary is called off", yes=True):
        return Exit.OK
    tried = [found[1] for found in target.workloads.values() if found[1].desired]
    failed = on_each(target.servers, tried, _take_pods_away)
    code = release_anew(target, lambda release: release.set_canary(system, service.name, None))
    return Exit.FAILED if failed else code


def _take_pods_away(server: ApiServer, tried: LiveWorkload) -> None:
    server.merge(tried.path, {"spec": {"replicas": 0}})
    say(f"{tried.cluster}: {tried.name} loses its pods: all traffic is that of the pods beside it")


def _color(target: Target, *, yes: bool) -> Exit:
    """Make that colour live again that was live before, which `naru rollback` would do too.

    It is asked about on production: nothing is in progress with two colours, so this is a switch like any other.
    """
    service, system = target.service, target.subject.system
    color: Color = "green" if service.live == "blue" else "blue"
    ways = [
        decide(service, target.workloads[place.cluster_name], released(place, service))
        for place in target.subject.places
        if place.cluster_name in target.workloads
    ]
    back = [way for way in ways if isinstance(way, Way) and way.how == "live"]
    if len(back) < len(ways):
        raise Stop(
            Exit.REFUSED,
            f"refused: {target.subject.name}: nothing is in progress: {service.live} is live, and {color} is not "
            "what was live before it, or is not ready",
            f"`{target.subject.command('rollback')}` finds the last healthy version",
        )
    what = (
        f"{target.subject.name}: all traffic goes back from {service.live} to {color} ({shown(back[0].target.image)})"
    )
    if not agreed(target.subject, what, yes=yes):
        return Exit.OK
    return release_anew(target, lambda release: release.set_live(system, service.name, color))


def _rolling(target: Target) -> Exit:
    """Give Deployments that are in the middle of it the pods they had before."""
    if not direct(target):
        raise Stop(
            Exit.REFUSED,
            f"refused: {target.subject.name}: Argo CD would apply what the release says again at once",
            f"`{target.subject.command('rollback')}` changes the release",
        )
    ways = {one.cluster: way for one in target.mains if (way := _way_back(one)) is not None}
    if not ways:
        lines = (f"refused: {one.cluster}/{one.namespace}/{one.name}: {_idle(one)}" for one in target.mains)
        raise Stop(Exit.REFUSED, *lines, f"`{target.subject.command('rollback')}` goes back to an older version")
    going = [one for one in target.mains if one.cluster in ways]
    what = "\n".join(
        f"{one.cluster}: back to {shown(way.image)} (revision {way.number}), away from {_version(one)}"
        for one in going
        if (way := ways[one.cluster])
    )
    if not agreed(target.subject, what, yes=True):
        return Exit.OK
    failed = on_each(target.servers, going, lambda server, one: send_back(server, one, ways[one.cluster]))
    say(_release_stays(target))
    return Exit.FAILED if failed else Exit.OK


def _way_back(workload: LiveWorkload) -> Revision | None:
    """Return the revision before, the newest that was healthy if any was; None where nothing is in progress."""
    current = workload.current
    if current is None or workload.phase not in {"progressing", "degraded", "paused"} or current.healthy:
        return None
    if rolled_out(workload.object):  # a node that went away is no reason to go back
        return None
    older = workload.revisions[1:]
    return next((one for one in older if one.healthy), None) or next(iter(older), None)


def _idle(workload: LiveWorkload) -> str:
    if workload.phase == "absent":
        return workload.reason
    if len(workload.revisions) < 2:
        return "it has no earlier version: this is its first one"
    return f"nothing is in progress: {_version(workload)} is the version of all pods"


def _version(workload: LiveWorkload) -> str:
    return shown(workload.current.image) if workload.current is not None else "its version"


def _release_stays(target: Target) -> str:
    subject = target.subject
    return (
        f"releases/{subject.stack.name}.yaml still has the version that was called off: "
        f"mend it, or `{subject.command('rollback')}` writes there what serves now"
    )
