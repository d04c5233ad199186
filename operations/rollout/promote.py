"""`naru rollout promote`: the new version goes on, or becomes the one that should run."""

from functools import partial
from pathlib import Path

from operations.api_server import ApiServer
from operations.exits import Exit, Stop
from operations.output import say
from operations.rollback.version import shown
from operations.rollout import decision
from operations.rollout.asking import agreed
from operations.rollout.live import LiveWorkload
from operations.rollout.released import release_anew, whole
from operations.rollout.target import Target, target_of
from operations.rollout.telling import carry_out, on_each, promoted, stage, version
from settings.service import Color
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment


def promote(root: Path, stack: str, named: str, *, cluster: str | None, full: bool, yes: bool) -> int:
    """Promote a service's new version on its clusters. Raises SettingsError and Stop."""
    target = target_of(root, stack, named, cluster)
    match target.service.strategy:
        case Canary() | BlueGreen():
            decide = partial(decision.promotion, full=full)
            return carry_out(
                target.subject,
                target.servers,
                target.mains,
                decide,
                sign=promoted,
                all_or_none=True,
                # Whoever leaves all steps behind does not ask which of them it is at.
                about=version if full else stage,
                yes=yes,
            )
        case CanaryDeployment():
            whole(target, cluster)
            return _canary(target, yes=yes)
        case BlueGreenIngress():
            whole(target, cluster)
            return _color(target, yes=yes)
        case _:
            return _rolling(target, yes=yes)


def _canary(target: Target, *, yes: bool) -> Exit:
    """Give the service the version of its canary, which then goes."""
    service, system = target.service, target.subject.system
    version = service.canary
    if version is None:
        say(f"{target.subject.name}: nothing to promote: its release has no canary")
        return Exit.OK
    tried = [found[1] for found in target.workloads.values()]
    _refuse_unready(tried, "its canary was called off or is not ready")
    what = f"{target.subject.name}: {_versions(tried)}, the canary, becomes the version of all pods"
    if not agreed(target.subject, what, yes=yes):
        return Exit.OK
    name = service.name
    return release_anew(
        target, lambda release: release.set_version(system, name, version).set_canary(system, name, None)
    )


def _color(target: Target, *, yes: bool) -> Exit:
    """Make the idle colour live, if all of it is ready."""
    service, system = target.service, target.subject.system
    live, idle = [found[0] for found in target.workloads.values()], [found[1] for found in target.workloads.values()]
    color: Color = "green" if service.live == "blue" else "blue"
    _refuse_unready(idle, f"{color} is not wholly ready")
    before, after = f"{service.live} ({_versions(live)})", f"{color} ({_versions(idle)})"
    what = f"{target.subject.name}: all traffic goes from {before} to {after}"
    for one, other in zip(idle, live, strict=True):
        if one.ready < other.ready:
            say(f"warning: {one.cluster}: {color} has {one.ready} pods, and {service.live} {other.ready}")
    if not agreed(target.subject, what, yes=yes):
        return Exit.OK
    return release_anew(target, lambda release: release.set_live(system, service.name, color))


def _rolling(target: Target, *, yes: bool) -> Exit:
    """Let a Deployment go on that was paused by hand; there is nothing else that waits."""
    paused = [one for one in target.mains if (one.object.get("spec") or {}).get("paused")]
    if not paused:
        say(f"{target.subject.name}: nothing to promote: `rolling` replaces pods without waiting for anybody")
        return Exit.OK
    where = ", ".join(one.cluster for one in paused)
    if not agreed(target.subject, f"{target.subject.name}: goes on on {where}, where it was paused by hand", yes=yes):
        return Exit.OK
    failed = on_each(target.servers, paused, _go_on)
    return Exit.FAILED if failed else Exit.OK


def _go_on(server: ApiServer, workload: LiveWorkload) -> None:
    server.merge(workload.path, {"spec": {"paused": False}})


def _refuse_unready(workloads: list[LiveWorkload], why: str) -> None:
    """Raise Stop where one of them has not all of its pods."""
    unready = [one for one in workloads if one.phase != "healthy" or not 0 < one.desired <= one.ready]
    if unready:
        lines = (f"refused: {one.cluster}/{one.namespace}/{one.name}: {why}: {_state(one)}" for one in unready)
        raise Stop(Exit.REFUSED, *lines)


def _state(workload: LiveWorkload) -> str:
    pods = f"{workload.ready} of {workload.desired} pods ready"
    return f"{pods}; {workload.reason}" if workload.reason else pods


def _versions(workloads: list[LiveWorkload]) -> str:
    found = dict.fromkeys(shown(one.current.image) for one in workloads if one.current is not None)
    return ", ".join(found) or "no version"
