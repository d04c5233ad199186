"""`naru sync`: has Argo CD bring systems to what is published, in order, and sees it through."""

import getpass
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations import output
from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, connect
from operations.argocd.control import Applications
from operations.argocd.following import PATIENCE, follow
from operations.argocd.state import Application, Standing, failed, standing
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


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of the command say."""

    wait: bool = True
    yes: bool = False
    as_json: bool = False
    timeout: float = PATIENCE


def sync(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Compare with the branch, sync what is not there, and follow it. Raises SettingsError and Stop."""
    begun = time.monotonic()
    stack = load(root, name).stack
    systems = [*(["common"] if not named else []), *chosen(stack, named)]
    applications = Applications(argocd_server(root, stack), stack, argocd_of(stack))
    try:
        parents = _compared(applications, systems)
        wanted = {system: _needs(applications, system, parent) for system, parent in parents.items()}
        told = [f"{stack.name}/{system}: {what}" for system, what in wanted.items() if what]
        if told and not agreed_to(stack, stack.environment.clusters, "\n".join(told), yes=choices.yes):
            return Exit.OK
        upkeep = Upkeep(root, stack, systems)
        upkeep.mark(replacing=True)
        for system, what in wanted.items():
            applications.give_up(system, parents[system].revision)
            if what:
                start(applications, system, parents[system].revision)
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    commits = {system: parent.revision for system, parent in parents.items()}
    if not choices.wait:
        output.write_lines(told or ["everything is at what is published"])
        return Exit.OK
    found = follow(applications, commits, patience=choices.timeout)
    if all(one.state == "there" for one in found.values()):
        upkeep.mark()
        collected = upkeep.collect()
        if collected:
            say(f"{collected} old ConfigMaps that nothing names any more were deleted")
    return _told(stack, commits, found, begun, choices)


def start(applications: Applications, system: str, commit: str) -> None:
    """Sync a system to a commit, and first what of it failed there: it would not try that again by itself.

    Raises ApiError and UnreachableError.
    """
    parent, children = applications.of(system)
    if parent is None:
        return
    for child in children:
        if failed(child, commit):
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


def _compared(applications: Applications, systems: Sequence[str]) -> dict[str, Application]:
    """Have every parent compared with its branch now, and return them; a system without one is left out."""
    there = [system for system in systems if applications.of(system)[0] is not None]
    missing = [system for system in systems if system not in there and system != "common"]
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
                if parent is not None and parent.revision:
                    found[system] = parent
        time.sleep(_LOOK_EVERY)
    silent = set(there) - found.keys()
    if silent:
        raise Stop(
            Exit.REFUSED,
            f"refused: Argo CD does not compare {', '.join(sorted(silent))} with its branch: does it run?",
        )
    return {system: found[system] for system in there}


def _needs(applications: Applications, system: str, parent: Application) -> str:
    """Say why a system has to be synced by us; nothing where it is there or goes there by itself."""
    _, children = applications.of(system)
    stands = standing(parent, children, parent.revision)
    if stands.state == "by hand":
        return f"sync to {parent.revision[:12]}"
    return f"sync to {parent.revision[:12]} again: {stands.reason}" if stands.state == "failed" else ""


def _told(stack: Stack, commits: dict[str, str], found: dict[str, Standing], begun: float, choices: Choices) -> Exit:
    seconds = time.monotonic() - begun
    if choices.as_json:
        systems = {
            system: {"commit": commits[system], "state": one.state, "reason": one.reason}
            for system, one in found.items()
        }
        output.write_json({"stack": stack.name, "seconds": round(seconds, 1), "systems": systems})
    for system, one in found.items():
        if one.state != "there":
            say(f"not synced: {stack.name}/{system}: {one.reason}")
    if any(one.state != "there" for one in found.values()):
        return Exit.FAILED
    if not choices.as_json:
        output.write_lines([f"{len(found)} of {len(found)} systems are at what is published ({seconds:.0f} s)"])
    return Exit.OK


def _who() -> str:
    try:
        return f"naru ({getpass.getuser()})"
    except (KeyError, OSError):  # a user without a name
        return "naru"
