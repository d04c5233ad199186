"""`naru rollback`: finds the last healthy version, shows what changes, asks, writes, applies, waits and verifies."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from manifests.assembly import assemble
from operations import output
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.exits import Exit, Stop
from operations.output import say
from operations.publishing.reading import deployed_record
from operations.publishing.record import RECORD
from operations.release_file import ReleaseFile, read_release
from operations.rollback import configuration
from operations.rollback.applying import Applied, applied, write_release
from operations.rollback.by_git import applied_by_git, published_before
from operations.rollback.not_synced import not_synced
from operations.rollback.notice import tell_slack
from operations.rollback.plan import Decision, NoWay, Plan, Way, decide, following, released, together
from operations.rollback.telling import Ended, Proposal, proposal_lines
from operations.rollback.version import shown
from operations.rollback.written import OtherRepositoryError, known_from_git, rewritten, with_release
from operations.rollout.asking import agreed
from operations.rollout.live import LiveWorkload, live
from operations.rollout.subject import Subject, connected, subject_of
from operations.schema_gate import older_code, recorded
from operations.session import open_session
from settings.environment import Delivery
from settings.loaded import Loaded
from settings.loading import load
from settings.source import parse
from settings.types import schema_order


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of the command say."""

    to: str | None = None
    cluster: str | None = None
    yes: bool = False
    as_json: bool = False
    health_check: bool = True
    accept_older_code: bool = False
    with_unsynced: bool = False
    remote: str | None = None


def rollback(root: Path, stack: str, named: str, choices: Choices) -> int:
    """Take a service back. Raises SettingsError, and Stop where nothing was changed."""
    begun = time.monotonic()
    loaded = load(root, stack)
    subject = subject_of(loaded.stack, named)
    servers = connected(subject.places, root)
    subject = subject.on(servers)
    plan = _plan(root, subject, servers, choices)
    if not plan.ways:
        return _stayed(subject, plan, choices)
    proposal = _proposal(root, loaded, subject, plan, servers, choices.remote)
    what = "\n".join(proposal_lines(proposal))
    if proposal.schema and not choices.accept_older_code:
        raise Stop(Exit.REFUSED, *what.splitlines(), *(f"refused: {line}" for line in proposal.schema))
    _refuse_unsynced(proposal, what, choices)
    if not agreed(subject, what, yes=choices.yes):
        return _told(proposal, Ended("unchanged"), choices, Exit.OK)
    environment = loaded.stack.environment
    if environment.delivery is Delivery.GITOPS and not environment.by_argocd:
        write_release(root, proposal)
        say(
            f"{proposal.after.file} says {proposal.target} now: `naru render` and commit both, for whoever applies them"
        )
        return _told(proposal, Ended("written", seconds=time.monotonic() - begun), choices, Exit.OK)
    if environment.by_argocd:
        result = applied_by_git(
            root, proposal, servers, health_check=choices.health_check, accept_older_code=choices.accept_older_code,
            remote=choices.remote,
        )  # fmt: skip
    else:
        result = applied(
            root, proposal, servers, health_check=choices.health_check, accept_older_code=choices.accept_older_code
        )
    return _ended(proposal, result, time.monotonic() - begun, choices)


def _plan(root: Path, subject: Subject, servers: Mapping[str, ApiServer], choices: Choices) -> Plan:
    deciding = subject_of(subject.stack, subject.name, choices.cluster).on(servers).places
    if not deciding:
        raise Stop(Exit.REFUSED, f"refused: {choices.cluster}: it is left out, and its history cannot be asked")
    decisions: dict[str, Decision] = {}
    found = {}
    for place in deciding:
        workloads = _live(subject, servers[place.cluster_name], place.cluster_name)
        found[place.cluster_name] = workloads
        said = released(place, subject.service)
        decided = decide(subject.service, workloads, said, choices.to)
        if isinstance(decided, NoWay) and subject.stack.environment.by_argocd and choices.to is None:
            before = published_before(root, subject, workloads[0], choices.remote)
            decided = decide(subject.service, workloads, said, before) if before else decided
        decisions[place.cluster_name] = decided
    if choices.to is None:
        main = next(iter(found.values()))[0].name
        decisions = following(decisions, found, released(deciding[0], subject.service)[main])
    plan = together(decisions)
    if isinstance(plan, NoWay):
        raise Stop(
            Exit.REFUSED,
            f"refused: {subject.name}: {plan.reason}",
            f"  what there is: `{subject.command('rollout history')}`",
            f"  configuration stands in catalog/{subject.system}.yaml, and is taken back there",
        )
    return plan


def _live(subject: Subject, server: ApiServer, cluster: str) -> tuple[LiveWorkload, ...]:
    place = next(place for place in subject.places if place.cluster_name == cluster)
    try:
        return live(server, cluster, place, subject.service)
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {cluster}: {error}") from None


def _stayed(subject: Subject, plan: Plan, choices: Choices) -> Exit:
    revision = next(iter(plan.stays.values())).revision
    since = f", healthy since {revision.healthy}" if revision.healthy else ""
    say(f"nothing to do: {subject.name} on {subject.stack.name} is already at {shown(revision.image)}{since}")
    if choices.to is None:
        say("  it went back to it before; --to goes to another version")
    if choices.as_json:
        data = {"stack": subject.stack.name, "service": subject.name, "to": shown(revision.image)}
        output.write_json({**data, **Ended("unchanged").as_json()})
    return Exit.OK


def _proposal(
    root: Path,
    loaded: Loaded,
    subject: Subject,
    plan: Plan,
    servers: Mapping[str, ApiServer],
    remote: str | None,
) -> Proposal:
    way, service = plan.way, subject.service
    place = next(one for one in subject.places if one.cluster_name == way.workload.cluster)
    before = read_release(root, subject.stack.name)
    migrates = service.migration is not None
    known = known_from_git(root, before, subject.system) if migrates else lambda _target, version: version
    try:
        after = rewritten(before, place, service, way, known)
    except OtherRepositoryError as error:
        raise Stop(Exit.REFUSED, f"refused: {subject.name}: {error}") from None
    changed, beside = _compared(loaded, subject, way, servers[place.cluster_name])
    schema = _schema(root, loaded, subject, before, after, remote) if migrates else ()
    along = not_synced(root, subject, remote) if loaded.stack.environment.by_argocd else None
    return Proposal(subject, plan, before, after, changed, beside, schema, migrates, along)


def _refuse_unsynced(proposal: Proposal, what: str, choices: Choices) -> None:
    """Refuse to deploy by the way what somebody has still to sync. Raises Stop."""
    found = proposal.unsynced
    if found is not None and not found.automated and not choices.with_unsynced:
        system = proposal.subject.system
        line = f"refused: {system} is synced by hand, and its next sync deploys that too: --with-unsynced lets it"
        raise Stop(Exit.REFUSED, *what.splitlines(), line)


def _compared(
    loaded: Loaded, subject: Subject, way: Way, server: ApiServer
) -> tuple[tuple[configuration.Difference, ...] | None, tuple[str, ...]]:
    """Return in what the configuration, and the pods beside that, differ from those of the earlier version."""
    workload, stack = way.workload, loaded.stack
    objects = assemble(stack, workload.cluster)[subject.system]
    try:
        then = configuration.then(server, workload.namespace, way.target)
    except UnreachableError as error:
        raise Stop(Exit.REFUSED, f"refused: {workload.cluster}: {error}") from None
    current = workload.current
    beside = configuration.beside(way.target.template, current.template) if current is not None else []
    if then is None:
        return None, tuple(beside)
    now = configuration.today(objects, subject.service.name, workload.name)
    found = configuration.differences(then, now)
    return tuple(configuration.located(found, loaded, subject.system, subject.service.name)), tuple(beside)


def _schema(
    root: Path, loaded: Loaded, subject: Subject, before: ReleaseFile, after: ReleaseFile, remote: str | None
) -> tuple[str, ...]:
    """Return a line for each database whose schema is newer than what the version is known to run on."""
    name, service = subject.system, subject.service
    if loaded.stack.environment.delivery is Delivery.GITOPS:
        reached = recorded(parse(before.text, before.file).data, before.file)
        if loaded.stack.environment.by_argocd:  # what is published may be ahead of the checkout, or behind it
            for place, version in recorded(deployed_record(root, loaded.stack.name, remote=remote), RECORD).items():
                reached[place] = max(reached.get(place, version), version, key=schema_order)
    else:
        reached = open_session(root, loaded.stack, [name], "up").engine.deployed().schemas()
    mine = {place: version for place, version in reached.items() if place[:2] == (name, service.name)}
    system = loaded.stack.systems[name]
    services = {**system.services, service.name: with_release(service, after, name)}
    systems = {**loaded.stack.systems, name: system.model_copy(update={"services": services})}
    then = replace(loaded, stack=replace(loaded.stack, systems=systems))
    return tuple(str(fault) for fault in older_code(then, mine))


def _ended(proposal: Proposal, result: Applied, seconds: float, choices: Choices) -> Exit:
    subject, stack = proposal.subject, proposal.subject.stack.name
    what = f"{subject.name} on {stack}: {proposal.left} → {proposal.target}"
    if result.reason:
        line = f"applied but not verified: {what}: {result.reason} ({seconds:.0f} s)"
        line = line if result.changed else f"nothing was applied: {what}: {result.reason} ({seconds:.0f} s)"
    else:
        line = f"rolled back and verified: {what} ({seconds:.0f} s)"
    if result.changed and (failed := tell_slack(f"🔄 {line}")):
        say(f"warning: Slack was not told: {failed}")
    say(line)
    if result.reason and result.changed:
        say(f"  how it is: `{subject.command('rollout status')}`")
    if result.interrupted:
        return _told(proposal, Ended("interrupted", result.reason, seconds), choices, Exit.INTERRUPTED)
    ended = Ended("unverified" if result.reason else "verified", result.reason, seconds)
    return _told(proposal, ended, choices, Exit.FAILED if result.reason else Exit.OK)


def _told(proposal: Proposal, ended: Ended, choices: Choices, code: Exit) -> Exit:
    if choices.as_json:
        output.write_json({**proposal.as_json(), **ended.as_json()})
    return code
