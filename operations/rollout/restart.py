"""`naru rollout restart` and `retry`: the same version once more."""

from datetime import UTC, datetime
from pathlib import Path

from operations.api_server import ApiServer
from operations.exits import Exit, Stop
from operations.output import say
from operations.rollout import decision, patches
from operations.rollout.asking import agreed
from operations.rollout.live import LiveWorkload
from operations.rollout.target import Target, target_of
from operations.rollout.telling import carry_out, expect_notice, on_each, retried, seen, stage, tell
from settings.strategy import BlueGreen, Canary

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""What kubectl changes in a pod template for the same end."""


def retry(root: Path, stack: str, named: str, *, cluster: str | None, yes: bool) -> int:
    """Try an aborted version again. Raises SettingsError and Stop."""
    target = target_of(root, stack, named, cluster)
    if not isinstance(target.service.strategy, Canary | BlueGreen):
        raise Stop(
            Exit.REFUSED,
            f"refused: {target.subject.name}: `{target.service.strategy.type}` has no aborted versions",
            f"`naru up --stack {stack} {target.subject.system}` tries again what the release says",
        )
    return carry_out(
        target.subject,
        target.servers,
        target.mains,
        decision.retry,
        sign=retried,
        all_or_none=False,
        about=stage,
        yes=yes,
    )


def restart(root: Path, stack: str, named: str, *, cluster: str | None, yes: bool) -> int:
    """Replace all pods, a few at a time, with no change of anything. Raises SettingsError and Stop."""
    target = target_of(root, stack, named, cluster)
    missing = [one for one in target.all if one.phase == "absent"]
    if missing:
        raise Stop(
            Exit.REFUSED, *(f"refused: {one.cluster}/{one.namespace}/{one.name}: {one.reason}" for one in missing)
        )
    running = [one for one in target.all if one.desired]
    if not running:
        raise Stop(Exit.REFUSED, f"refused: {target.subject.name}: it has no pods")
    what = f"{target.subject.name}: {_pods(target)} are replaced, a few at a time"
    if not agreed(target.subject, what, yes=yes):
        return Exit.OK
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    failed = on_each(target.servers, running, lambda server, one: _restart(server, one, moment))
    rollouts = [one for one in running if one.kind == "Rollout"]
    failed += on_each(target.servers, rollouts, lambda server, one: expect_notice(server, one, seen))
    say(f"`{target.subject.command('rollout status')} --watch` follows it")
    return Exit.FAILED if failed else Exit.OK


def _restart(server: ApiServer, workload: LiveWorkload, moment: str) -> None:
    if workload.kind == "Rollout":
        tell(server, workload, patches.restart(moment))
    else:
        server.merge(workload.path, {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: moment}}}}})


def _pods(target: Target) -> str:
    return ", ".join(f"{one.desired} pods of {one.name} on {one.cluster}" for one in target.all if one.desired)
