"""The commands that change clusters: up, preview and destroy."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from components.rendered_files import clear
from manifests.argocd.applications import FINALIZER
from manifests.assembly import COMMON
from manifests.delivered import argocd_objects
from manifests.tree import argocd_of
from operations import output, primary_moved
from operations.automation import Request
from operations.deployed import Deployed
from operations.exits import Exit, Stop
from operations.outcome import Choices, Outcome, operate
from operations.output import say
from operations.region_by_region import stop_lines, update_by_region
from operations.schema_gate import older_code
from operations.sealing.generated import prepared
from operations.session import Session, open_session
from operations.updating import applications, collected, failures, tell
from settings.environment import Tier
from settings.loading import Loaded, load

__all__ = ["Choices", "Outcome", "destroy", "dry_run", "preview", "up"]

_NOBODY_TO_ASK = "nobody is there to confirm this: give --yes"


def preview(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Show what an update would change; change nothing."""
    loaded = prepared(root, name)
    session = open_session(root, loaded.stack, named, "preview")
    session.check_aws(all_=False)
    request = _prepared(session, choices)
    for line in _older_code(session, loaded):
        say(f"warning: {line}")
    return _preview(session, request, choices)


def up(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Update a stack, then show how its systems are."""
    loaded = prepared(root, name)
    session = open_session(root, loaded.stack, named, "up")
    _primary_stays(session)
    session.check_aws(all_=True, accept=choices.accept_aws)
    request = _prepared(session, choices)
    older = _older_code(session, loaded)
    if older and not choices.accept_older_code:
        raise Stop(Exit.REFUSED, *(f"refused: {line}" for line in older))
    for line in older:
        say(f"warning: {line}")
    if dry_run():
        say("DRY_RUN is set: this is a preview, and nothing is changed")
        return _preview(session, request, choices)
    if not _agreed(session, request, choices):
        return _declined()
    outcome = update_by_region(session, request, expected=session.expected, rollback=choices.rollback)
    cleared = collected(session) if outcome.result == "succeeded" else 0
    found = applications(session) if outcome.result == "succeeded" else []
    for line in failures(session, outcome):
        say(line)
    if choices.as_json:
        told = {"collected": cleared, "systems": [state.as_json() for state in outcome.states]}
        by_git = {"applications": [row.as_json() for row in found]} if session.argocd_server else {}
        output.write_json({**outcome.as_json(name), **told, **by_git})
    else:
        tell(session, outcome, cleared, found)
    for line in stop_lines(session, outcome):
        say(line)
    return outcome.code


def destroy(root: Path, name: str, named: Sequence[str], choices: Choices) -> int:
    """Delete what a stack made; a production tier is refused."""
    stack = load(root, name).stack
    if stack.environment.tier is Tier.PRODUCTION:
        raise Stop(
            Exit.REFUSED,
            f"{name} is of the tier production, which naru does not delete",
            "take a system out by `enabled: false` in its catalog file and `naru up`, or delete by hand",
        )
    session = open_session(root, stack, named, "destroy")
    session.check_aws(all_=False)
    session.connect(every=True)
    session.deployed = session.engine.deployed()
    request = session.check_identity(session.destroy_request(named, refresh=choices.refresh))
    protected = session.deployed.protected_of(session.systems if named else (*session.deployed.systems, COMMON))
    if protected:
        raise Stop(
            Exit.REFUSED,
            f"{len(protected)} resources are protected, such as {protected[0]}: nothing was deleted",
            "set policies.protectData to false and `naru up` first",
        )
    what = ", ".join(session.systems) if named else "everything"
    for line in _left_to_argocd(session):
        say(line)
    if not choices.yes and not _confirmed(f"Delete {what} of the stack {name}?"):
        return _declined()
    count = session.expected if named else session.deployed.objects
    outcome = operate(session, "destroy", lambda take: session.engine.destroy(request, take), count)
    if outcome.result == "succeeded" and not session.direct:
        clear(stack, session.tree, root / "rendered" / name, session.systems if named else ())
    for line in output.failure_lines(outcome.failures):
        say(line)
    if choices.as_json:
        output.write_json(outcome.as_json(name))
    elif outcome.result == "succeeded":
        changed = outcome.tally.changed
        output.write_lines([output.counted(changed, 0, outcome.seconds) if changed else "there was nothing to delete"])
    return outcome.code


def dry_run() -> bool:
    """Tell whether the environment asks for a preview in place of an update."""
    return os.environ.get("DRY_RUN", "").lower() in {"1", "true", "yes"}


def _prepared(session: Session, choices: Choices) -> Request:
    session.connect()
    session.deployed = session.engine.deployed()
    _refuse_moved(session, session.deployed)
    return session.check(session.update_request(refresh=choices.refresh))


def _primary_stays(session: Session) -> None:
    """Refuse a moved primary before AWS is asked, which would look for what there is where nothing is. Raises Stop."""
    if session.stack.environment.aws is None:
        return
    try:
        known = session.engine.known()
    except Stop:
        return  # credentials of another account may be why, and AWS says so next; if not, this is told after it
    _refuse_moved(session, known)


def _refuse_moved(session: Session, deployed: Deployed) -> None:
    elsewhere = primary_moved.refusal(deployed, session.stack.environment)
    if elsewhere:
        raise Stop(Exit.REFUSED, *elsewhere)


def _agreed(session: Session, request: Request, choices: Choices) -> bool:
    """Show what will change and have it confirmed, as far as the tier asks for it."""
    environment, name = session.stack.environment, session.stack.name
    production = environment.tier is Tier.PRODUCTION
    if production:
        asked = {key: one for key, one in environment.clusters.items() if key not in session.left_out}
        clusters = ", ".join(f"{key} ({cluster.context})" for key, cluster in asked.items())
        say(f"warning: {name} is of the tier production, on {clusters}")
    if environment.tier is Tier.LOCAL or (choices.yes and not production):
        return True
    if not choices.yes and not sys.stdin.isatty():
        raise Stop(Exit.USAGE, _NOBODY_TO_ASK)
    if not choices.skip_preview:
        code = _preview(session, request, choices, to_stderr=True)
        if code is not Exit.OK:
            raise Stop(code, "nothing was changed")
    if choices.yes:
        return True
    if production:
        return bool(typer.prompt(f"Type {name} to deploy to it", err=True) == name)
    return _confirmed(f"Update the stack {name}?")


def _older_code(session: Session, loaded: Loaded) -> list[str]:
    """Return a line for each service of the chosen systems whose image is older than its database's schema."""
    reached = {place: version for place, version in session.deployed.schemas().items() if place[0] in session.systems}
    return [str(fault) for fault in older_code(loaded, reached)]


def _left_to_argocd(session: Session) -> list[str]:
    """Return a line about what Argo CD does once its Applications are gone."""
    argocd = argocd_of(session.stack)
    systems = argocd_objects(session.stack, session.tree) if argocd else {}
    found = [placed.manifest for name in session.systems for placed in systems.get(name, ())]
    applied = {placed.manifest["metadata"]["name"] for placed in session.tree.applied}
    parents = [one["metadata"] for one in found if one["kind"] == "Application" and one["metadata"]["name"] in applied]
    if not parents or argocd is None:
        return []
    names = ", ".join(parent["name"] for parent in parents)
    if all(FINALIZER in parent.get("finalizers", ()) for parent in parents):
        return [
            f"Argo CD deletes what {names} deployed, but for what is protected there; it has to be at work for that"
        ]
    return [
        f"what Argo CD deployed stays in the clusters, with the Applications that {names} made: "
        f"`kubectl --namespace {argocd.namespace} delete application NAME` takes them away"
    ]


def _declined() -> Exit:
    say("nothing was changed")
    return Exit.OK


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, _NOBODY_TO_ASK)
    return bool(typer.confirm(question, err=True))


def _preview(session: Session, request: Request, choices: Choices, *, to_stderr: bool = False) -> Exit:
    outcome = operate(session, "preview", lambda take: session.engine.preview(request, take), session.expected)
    lines = output.change_lines(outcome.tally.changes.values())
    for line in output.failure_lines(outcome.failures):
        say(line)
    if choices.as_json and not to_stderr:
        details = [
            {"operation": change.operation, "resource": change.resource, "properties": list(change.properties)}
            for change in outcome.tally.changes.values()
        ]
        output.write_json({**outcome.as_json(session.stack.name), "resources": details})
    elif outcome.result == "succeeded":
        counts = ", ".join(f"{count} to {operation}" for operation, count in outcome.tally.changed.items())
        shown = [*lines, counts or f"no change: {session.expected} objects are as they should be"]
        for line in shown if to_stderr else ():
            say(line)
        output.write_lines(() if to_stderr else shown)
    return outcome.code
