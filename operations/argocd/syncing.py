"""`naru sync`: has Argo CD bring systems to what is published, in order, and sees it through."""

import getpass
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from manifests.assembly import COMMON
from operations import output
from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, connect
from operations.argocd.control import Applications
from operations.argocd.following import PATIENCE, follow
from operations.argocd.state import Application, Standing, blocked, failed, standing
from operations.argocd.upkeep import Upkeep
from operations.exits import Exit, Stop
from operations.output import say
from operations.rollout.asking import agreed_to
from operations.selection import chosen
from settings.environment import ArgoCD
from settings.loading import load
from settings.stack import Stack

_COMPARED_WITHIN: Final = 60.0
_LOOK_EVERY: Final = 0.5
_SILENT: Final = "its branch was never compared"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of the command say."""

    wait: bool = True
    automated_only: bool = False
    """Whether what waits for somebody goes on waiting."""
    yes: bool = False
    as_json: bool = False
    timeout: float = PATIENCE


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one system is to be brought to, and what that takes."""

    commit: str
    """Where its branch is; empty where that cannot be known."""
    stands: Standing
    starts: bool = False
    ends: Mapping[str, str] = field(default_factory=dict)
    """Applications that are at work for a commit nobody wants any more, and which."""

    def lines(self, system: str) -> list[str]:
        """Return what will be done to it."""
        told = [
            f"{system}: {name} gives up its sync of {commit[:12]}, with a migration that may be running"
            for name, commit in self.ends.items()
        ]
        if self.starts:
            again = f" again: {self.stands.reason}" if self.stands.state == "failed" else ""
            told.append(f"{system}: sync to {self.commit[:12]}{again}")
        return told


def sync(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Compare with the branch, sync what is not there, and follow it. Raises SettingsError and Stop."""
    begun = time.monotonic()
    stack = load(root, name).stack
    systems = _systems(stack, named)
    applications = Applications(argocd_server(root, stack), stack, argocd_of(stack))
    try:
        plans = _plans(applications, systems, choices)
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    told = [line for system, plan in plans.items() for line in plan.lines(f"{name}/{system}")]
    upkeep = None
    if told:
        if not agreed_to(stack, stack.environment.clusters, "\n".join(told), yes=choices.yes):
            if choices.as_json:
                output.write_json({"stack": stack.name, "result": "unchanged"})
            return Exit.OK
        upkeep = Upkeep(root, stack, systems)
        upkeep.make_room(system for system, plan in plans.items() if plan.starts)
        _carry_out(applications, plans)
    commits = {system: plan.commit for system, plan in plans.items() if plan.commit}
    if not choices.wait:
        return _told(stack, plans, {}, begun, choices)
    found = follow(applications, commits, patience=choices.timeout)
    _withdraw(applications, plans, found)
    if any(one.state == "there" for one in found.values()):
        upkeep = upkeep or Upkeep(root, stack, systems)
        upkeep.mark()
    if upkeep is not None and all(one.state == "there" for one in found.values()):
        collected = upkeep.collect()
        if collected:
            say(f"{collected} old ConfigMaps that nothing names any more were deleted")
    return _told(stack, plans, found, begun, choices)


def start(applications: Applications, system: str, commit: str) -> None:
    """Sync a system to a commit, and first what of it failed or was changed there: that is not tried again by itself.

    Raises ApiError and UnreachableError.
    """
    parent, children = applications.of(system)
    if parent is None:
        return
    for child in children:
        left = child.target == commit and not child.running and not child.in_sync
        if failed(child, commit) or (left and not child.self_heals):
            applications.sync(child.name, commit, by=_who())
    applications.sync(parent.name, commit, by=_who())


def argocd_server(root: Path, stack: Stack) -> ApiServer:
    """Return the API server of the cluster in which Argo CD runs. Raises Stop."""
    environment = stack.environment
    argocd_of(stack)
    try:
        return connect(environment.clusters[environment.primary], root)
    except (ContextError, UnreachableError, ApiError) as error:
        raise Stop(Exit.REFUSED, f"refused: {environment.primary}: {error}") from None


def argocd_of(stack: Stack) -> ArgoCD:
    """Return what the stack says of its Argo CD. Raises Stop where it has none."""
    argocd = stack.environment.argocd
    if argocd is None or not stack.environment.by_argocd:
        raise Stop(Exit.USAGE, f"{stack.name} is not delivered by Argo CD: `naru up --stack {stack.name}` deploys it")
    return argocd


def _systems(stack: Stack, named: Sequence[str]) -> list[str]:
    """Return which systems are meant, `common` among them where all are, or where it is named."""
    own = chosen(stack, [name for name in named if name != COMMON])
    if not named:
        return [COMMON, *own]
    return [*([COMMON] if COMMON in named else []), *(own if [name for name in named if name != COMMON] else ())]


def _plans(applications: Applications, systems: Sequence[str], choices: Choices) -> dict[str, _Plan]:
    found = {}
    for system, parent in _compared(applications, systems).items():
        if not parent.revision:
            found[system] = _Plan("", Standing("failed", f"{parent.name}: {next(iter(parent.trouble), _SILENT)}"))
            continue
        _, children = applications.of(system)
        stands = standing(parent, children, parent.revision)
        starts = stands.state == "failed" and not blocked(parent)
        starts = starts or (stands.state == "by hand" and not choices.automated_only)
        ends = applications.left_behind(system, parent.revision)
        found[system] = _Plan(parent.revision, stands, starts, ends)
    return found


def _compared(applications: Applications, systems: Sequence[str]) -> dict[str, Application]:
    """Have every parent compared with its branch now, and return them. Raises Stop where one is not there or not asked.

    A stack without anything common has no parent of that.
    """
    there = [system for system in systems if applications.of(system)[0] is not None]
    missing = [system for system in systems if system not in there and system != COMMON]
    if missing:
        raise Stop(Exit.REFUSED, f"refused: no Application of {', '.join(missing)}: `naru up` makes them")
    for system in there:
        applications.refresh(system)
    found: dict[str, Application] = {}
    until = time.monotonic() + _COMPARED_WITHIN
    while len(found) < len(there) and time.monotonic() < until:
        for system in set(there) - found.keys():
            if applications.refreshed(system):
                parent, _ = applications.of(system)
                if parent is not None:
                    found[system] = parent
        time.sleep(_LOOK_EVERY)
    silent = set(there) - found.keys()
    if silent:
        raise Stop(
            Exit.REFUSED,
            f"refused: Argo CD does not compare {', '.join(sorted(silent))} with its branch: does it run?",
        )
    return {system: found[system] for system in there}


def _carry_out(applications: Applications, plans: Mapping[str, _Plan]) -> None:
    """End and start what was agreed to, if the branch is still where it was. Raises Stop, also in the middle of it."""
    done = False
    try:
        for system, plan in plans.items():
            if not (plan.starts or plan.ends):
                continue
            parent, _ = applications.of(system)
            if parent is None or parent.revision != plan.commit:
                where = "gone" if parent is None else f"at {parent.revision[:12]}"
                raise Stop(
                    Exit.FAILED if done else Exit.REFUSED,
                    f"{system} is {where} by now: somebody published meanwhile; look again",
                )
            done = True
            applications.give_way(system, plan.commit)
            if plan.starts:
                start(applications, system, plan.commit)
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.FAILED, f"not all was started: {error}", "run it again: what is under way goes on") from None


def _withdraw(applications: Applications, plans: Mapping[str, _Plan], found: Mapping[str, Standing]) -> None:
    """Take back what we started and a sync window keeps."""
    for system, stands in found.items():
        if plans[system].starts and stands.state == "failed":
            try:
                parent, _ = applications.of(system)
                if parent is not None and blocked(parent):
                    applications.withdraw(system)
            except (ApiError, UnreachableError) as error:
                say(f"warning: {system}: {error}; its sync would begin by itself when the window opens")


def _told(
    stack: Stack, plans: Mapping[str, _Plan], found: Mapping[str, Standing], begun: float, choices: Choices
) -> Exit:
    seconds = time.monotonic() - begun
    stands = {system: found.get(system, plan.stands) for system, plan in plans.items()}
    if choices.as_json:
        systems: dict[str, Any] = {
            system: {"commit": plans[system].commit, "state": one.state, "reason": one.reason, "started": plan.starts}
            for (system, one), plan in zip(stands.items(), plans.values(), strict=True)
        }
        output.write_json({"stack": stack.name, "seconds": round(seconds, 1), "systems": systems})
    waits = [system for system, one in stands.items() if one.state == "by hand" and choices.automated_only]
    behind = {system: one for system, one in stands.items() if one.state != "there" and system not in waits}
    for system in waits:
        say(f"{stack.name}/{system}: {stands[system].reason}")
    if not found:
        if not choices.as_json:
            on_their_way = f"{len(behind)} on their way" if behind else "at what is published"
            output.write_lines([f"{len(plans)} systems, {on_their_way}"])
        return Exit.OK
    for system, one in behind.items():
        say(f"not synced: {stack.name}/{system}: {one.reason}")
    if behind:
        return Exit.FAILED
    if not choices.as_json:
        there = len(stands) - len(waits)
        output.write_lines([f"{there} of {len(stands)} systems are at what is published ({seconds:.0f} s)"])
    return Exit.OK


def _who() -> str:
    try:
        return f"naru ({getpass.getuser()})"
    except (KeyError, OSError):  # a user without a name
        return "naru"
