"""`naru region`: a region is taken out of traffic and put back by one setting and the records that follow from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation import EngineEvent

from operations import output
from operations.automation import Request
from operations.deploy import dry_run
from operations.deployed import logical_name
from operations.exits import Exit, Stop
from operations.outcome import Outcome, operate
from operations.output import say
from operations.region import checked, health, telling
from operations.region.judging import Steps, objections, targets
from operations.region.leading import Action, changes, concerned, fault, keeping, moved, with_drained
from operations.region.setting import Kept, StackFile, read_stack_file, said
from operations.rollout.asking import agreed_to
from operations.sealing.generated import prepared
from operations.session import Session, open_session
from operations.tally import Failure
from settings.faults import Fault, SettingsError
from settings.loading import load
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of a command say."""

    yes: bool = False
    setting_only: bool = False
    force: bool = False
    health_check: bool = True
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class _Move:
    """One region's way out of traffic, or back."""

    root: Path
    stack: Stack
    """As the file has it so far."""
    cluster: str
    action: Action
    before: StackFile
    after: StackFile
    records: Mapping[str, str]
    """What happens to which: create, update or delete, by logical name."""
    choices: Choices

    @property
    def drained(self) -> bool:
        """What the setting is to be."""
        return self.action == "drain"

    @property
    def writes(self) -> bool:
        """Whether the file says something else so far."""
        return self.before != self.after

    @property
    def again(self) -> str:
        """The command with what it was told to pass over, but for `naru`."""
        flags = ["--no-health-check"] if self.drained and not self.choices.health_check else []
        flags += ["--force"] if self.choices.force else []
        return telling.again(self.action, self.stack.name, self.cluster, flags)


def move(root: Path, name: str, cluster: str, action: Action, choices: Choices) -> Exit:
    """Take a region out of traffic, or put it back.

    Raises SettingsError and Stop where nothing was changed: then the file says what it said. With DRY_RUN=true it says
    something else for a preview alone.
    """
    stack = load(root, name).stack
    file = read_stack_file(root, name)
    wrong = fault(stack, cluster, action, file.file, file.line(cluster))
    if wrong is not None:
        raise SettingsError([wrong])
    if action == "restore":
        _look(root, stack, cluster, force=choices.force)
    after = file.with_drained(cluster, drained=action == "drain")
    between = moved(stack, cluster, action)
    records = changes(*between)
    one = _Move(root, stack, cluster, action, file, after, records, choices)
    for line in telling.stay(stack, cluster) if one.drained else ():
        say(line)
    asks_engine = bool(records) and not choices.setting_only
    if one.writes and not asks_engine and (dry_run() or not choices.setting_only) and not _agreed(one, {}):
        return _left(one, {})
    with said(root, file, after) as kept:
        wanted = _read_again(one)
        pending: Mapping[str, str] = {}
        outcome = None
        if asks_engine:
            session = open_session(root, wanted, (), f"region-{action}")
            session.check_aws(all_=False, urgent=one.drained)
            request = Request(target=targets(concerned(*between)), serial=True)
            pending = _previewed(session, request, one)
            if pending and choices.health_check:
                _ask_route53(session, one, *between)
            if (pending or one.writes) and not _agreed(one, pending):
                return _left(one, pending)
        kept.forever = True
        if pending:
            outcome = _applied(session, request, one, pending, kept)
    return _told(one, pending, outcome)


def _look(root: Path, stack: Stack, cluster: str, *, force: bool) -> None:
    """Refuse to put a region back that is not healthy. Raises Stop.

    By every system that other regions have too, with hosts or without: who has some may call one that has none. What
    runs there alone was led there all the while.
    """
    systems = [name for name, system in stack.systems.items() if system.enabled and system.clusters == "all"]
    found = health.look(root, stack, cluster, systems)
    if found and not force:
        lines = [f"refused: {cluster}: {line}" for line in found]
        raise Stop(Exit.REFUSED, *lines, "nothing was changed: --force puts it back into traffic all the same")
    for line in found:
        say(f"warning: {cluster}: {line}")


def _read_again(one: _Move) -> Stack:
    """Return the stack as its changed file has it. Raises SettingsError where that is not what was meant."""
    if load(one.root, one.stack.name).stack != with_drained(one.stack, one.cluster, drained=one.drained):
        found = "changing it would change more of the stack than that"
        raise SettingsError(
            [Fault(one.before.file, one.before.line(one.cluster), one.cluster, found, "change it by hand")]
        )
    return prepared(one.root, one.stack.name).stack


def _previewed(session: Session, request: Request, one: _Move) -> dict[str, str]:
    """Show and return what an update would do to records. Raises Stop where it fails, or would do anything else."""
    steps = Steps()

    def preview(take: Callable[[EngineEvent], None]) -> None:
        # It makes the stack where there is none yet, and puts right what a crash left.
        session.deployed = session.engine.deployed()

        def both(event: EngineEvent) -> None:
            take(event)
            steps.take(event)

        session.engine.preview(request, both)

    outcome = operate(session, "preview", preview, len(one.records), again=one.again)
    if outcome.result != "succeeded":
        raise Stop(outcome.code, *output.failure_lines(outcome.failures), "nothing was changed")
    found = list(steps.found.values())
    beyond = list(objections(found, one.records))
    if beyond:
        lines = [f"refused: it would also {line}" for line in beyond]
        advice = (
            f"nothing was changed: check out the commit that is deployed and `naru {one.again}` there, "
            f"or bring the stack up to date first (`naru up --stack {one.stack.name}`)"
        )
        raise Stop(Exit.REFUSED, *lines, advice)
    for line in output.change_lines(outcome.tally.changes.values()):
        say(line)
    return {step.name: step.operation for step in found if step.name in one.records}


def _ask_route53(session: Session, one: _Move, before: Stack, after: Stack) -> None:
    """Say what Route 53 holds of the regions that are to answer. Raises Stop where a drain leaves a host none."""
    kept, clusters = keeping(before, after), one.stack.environment.clusters
    if one.drained:
        said = checked.of_drain(one.cluster, kept, checked.look(one.stack, session.deployed, kept), clusters)
    else:
        found = checked.look(one.stack, session.deployed, [one.cluster])
        said = checked.of_restore(one.cluster, kept.get(one.cluster, []), found[one.cluster], clusters)
    for line in said.warned:
        say(f"warning: {line}")
    if said.refused:
        raise Stop(Exit.REFUSED, *(f"refused: {line}" for line in said.refused), "nothing was changed")


def _agreed(one: _Move, pending: Mapping[str, str]) -> bool:
    clusters = {one.cluster: one.stack.environment.clusters[one.cluster]}
    what = telling.asked(one.after.file, one.cluster, one.action, len(pending))
    return agreed_to(one.stack, clusters, what, yes=one.choices.yes)


def _applied(session: Session, request: Request, one: _Move, pending: Mapping[str, str], kept: Kept) -> Outcome:
    """Change the records. Raises Stop where the engine does not begin, as another update is at work."""

    def up(take: Callable[[EngineEvent], None]) -> None:
        session.engine.up(request, take)

    try:
        return operate(session, f"region {one.action}", up, len(pending), again=one.again)
    except Stop as error:
        kept.forever = False
        raise Stop(error.code, *error.lines, f"nothing was changed: {one.before.file} says what it said") from None
    except BaseException:
        say(telling.says(one.after.file, one.cluster, one.action))
        say(f"what became of the records is not known: `naru {one.again}` goes on from here")
        raise


def _left(one: _Move, pending: Mapping[str, str]) -> Exit:
    """End without a change, as nothing was agreed to."""
    if one.choices.as_json:
        output.write_json(_as_json(one, "previewed" if dry_run() else "declined", pending, written=False))
    return Exit.OK


def _as_json(
    one: _Move, result: str, records: Mapping[str, str], failures: Sequence[Failure] = (), *, written: bool
) -> dict[str, Any]:
    return {
        "stack": one.stack.name,
        "cluster": one.cluster,
        "action": one.action,
        "result": result,
        "file": one.after.file,
        "written": written,
        "records": dict(records),
        "failures": [{"resource": failure.resource, "reason": failure.reason} for failure in failures],
    }


def _told(one: _Move, pending: Mapping[str, str], outcome: Outcome | None) -> Exit:
    """Write what came of it, and what is to be done next."""
    file, name = one.after.file, one.stack.name
    result = outcome.result if outcome else "succeeded" if one.writes else "unchanged"
    failures = outcome.failures if outcome else ()
    if one.choices.as_json:
        output.write_json(_as_json(one, result, pending, failures, written=one.writes))
    if outcome and result != "succeeded":
        done = {logical_name(urn) for urn in outcome.tally.changes if urn in outcome.tally.done}
        left = [record for record in pending if record not in done]
        lines = [*output.failure_lines(failures), *telling.failed(file, name, one.cluster, one.action, left, one.again)]
    elif one.choices.setting_only:
        lines = list(telling.setting(file, name, one.cluster, one.action, written=one.writes))
    else:
        leading = telling.leading(one.stack, one.cluster, one.action)
        if not one.choices.as_json:
            output.write_lines(leading)
        changed = output.counted(outcome.tally.changed, 0, outcome.seconds) if outcome else ""
        lines = list(telling.ended(file, one.cluster, one.action, changed, written=one.writes))
    for line in lines:
        say(line)
    return outcome.code if outcome else Exit.OK
