"""The release is written, the service brought to it, and its pods, Services and health page are waited for."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.exits import Exit, Stop
from operations.outcome import Outcome
from operations.output import say
from operations.release_file import read_release
from operations.rollback.notice import unanswered
from operations.rollback.plan import Way, released
from operations.rollback.telling import Proposal
from operations.rollback.template import went_back
from operations.rollback.verify import unverified
from operations.rollback.waiting import PATIENCE, wait
from operations.rollout.decision import in_progress
from operations.rollout.live import LiveWorkload, live, mark_healthy
from operations.rollout.patches import promote
from operations.rollout.subject import Subject, subject_of
from operations.rollout.telling import nudge, tell
from operations.targeted import update_service
from settings.environment import Tier
from settings.faults import SettingsError
from settings.loading import load
from settings.service import Service
from settings.stack import Stack
from settings.variants import canary_name


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it: no reason where everything is verified."""

    reason: str = ""
    changed: bool = True
    interrupted: bool = False


def applied(
    root: Path, proposal: Proposal, servers: Mapping[str, ApiServer], *, health_check: bool, accept_older_code: bool
) -> Applied:
    """Apply a rollback and see it through; a release that nothing came of is put back.

    Raises SettingsError, and Stop where nothing was changed.
    """
    subject, before = proposal.subject, _generations(proposal.subject, servers)
    write_release(root, proposal)

    def unchanged() -> bool:
        # Another colour that is live changes no workload.
        switched = proposal.plan.way.how == "live"
        return before is not None and not switched and _generations(subject, servers) == before

    try:
        outcome = update_service(
            root, subject.stack.name, subject.system, subject.service.name,
            accept_older_code=accept_older_code, told=False, at_once=True,
        )  # fmt: skip
    except BaseException as error:
        refused = isinstance(error, SettingsError) or (isinstance(error, Stop) and error.code is Exit.REFUSED)
        if refused or unchanged():
            proposal.before.write(root)
            say(f"{proposal.before.file} is as it was")
        raise
    if outcome.result != "succeeded" and unchanged():
        proposal.before.write(root)
        say(f"{proposal.before.file} is as it was")
        return Applied(_why(outcome), changed=False, interrupted=outcome.code is Exit.INTERRUPTED)
    if outcome.result != "succeeded":
        return Applied(_why(outcome), interrupted=outcome.code is Exit.INTERRUPTED)
    stack = load(root, subject.stack.name).stack
    return seen_through(proposal, servers, stack, health_check=health_check)


def write_release(root: Path, proposal: Proposal) -> None:
    """Write the release that was agreed to. Raises SettingsError, and Stop where somebody else changed the file."""
    refuse_changed(root, proposal)
    if proposal.after.text != proposal.before.text:
        proposal.after.write(root)
        say(f"{proposal.after.file} was changed: commit it, or the next checkout brings back what was before")


def refuse_changed(root: Path, proposal: Proposal) -> None:
    """Refuse a release file that is not as it was agreed to be changed. Raises SettingsError and Stop."""
    if read_release(root, proposal.subject.stack.name).text != proposal.before.text:
        message = f"refused: {proposal.before.file} was changed while this was asked: look again"
        raise Stop(Exit.REFUSED, message)


def _why(outcome: Outcome) -> str:
    return next((f"{one.resource}: {one.reason}" for one in outcome.failures), f"the update was {outcome.result}")


def seen_through(proposal: Proposal, servers: Mapping[str, ApiServer], stack: Stack, *, health_check: bool) -> Applied:
    """Wait until a service is wholly as a stack has it on every cluster, past the steps of a Rollout.

    `stack` is what was applied, which may be another one than the proposal was made over.
    """
    subject = subject_of(stack, proposal.subject.name)
    begun = time.monotonic()
    watched = [
        _Watched(servers[place.cluster_name], place, subject.service, _gone(proposal))
        for place in subject.places
        if place.cluster_name in servers
    ]
    for place in subject.places:
        if place.cluster_name not in (*servers, *proposal.subject.left_out):
            say(f"warning: {place.cluster_name} was not looked at: this checkout has no such cluster any more")

    def look() -> str:
        for one in watched:
            try:
                if found := one.lacks():
                    return f"{one.place.cluster_name}: {found}" if len(watched) > 1 else found
            except (ApiError, UnreachableError) as error:
                return f"{one.place.cluster_name}: {error}"
        return ""

    try:
        reason = wait(f"rolling {subject.name} back", look)
    except KeyboardInterrupt:
        return Applied("its end was not waited for", interrupted=True)
    for one in watched:
        with suppress(ApiError, UnreachableError):
            one.leave_word(proposal.plan.ways.get(one.place.cluster_name))
    if not reason and health_check:
        reason = _health(subject, PATIENCE - (time.monotonic() - begun))
    return Applied(reason)


def _gone(proposal: Proposal) -> tuple[str, ...]:
    """Return the Deployments that are to be deleted at its end."""
    return (canary_name(proposal.subject.service),) if proposal.plan.way.how == "canary" else ()


@dataclass
class _Watched:
    """One cluster on its way back."""

    server: ApiServer
    place: Place
    service: Service
    gone: tuple[str, ...]
    promoted: str = ""
    """The hash of what was promoted already: once is enough."""

    def lacks(self) -> str:
        """Return what is still missing, and leave a Rollout's steps behind: where it goes to was healthy."""
        workload = self.live()
        current = workload.current
        if workload.kind == "Rollout" and workload.object and not workload.observed:
            nudge(self.server, workload.path)
        if current is not None and self.promoted == current.hash and workload.phase == "paused":
            nudge(self.server, workload.path)  # else a promotion that was lost is never made up for
        if (
            current is not None
            and workload.kind == "Rollout"
            and in_progress(workload)
            and released(self.place, self.service)[workload.name].runs(current)
            and self.promoted != current.hash
            and workload.observed  # what is told before the new template is seen is forgotten with that
        ):
            tell(self.server, workload, promote(workload, full=True))
            self.promoted = current.hash
        return unverified(self.server, self.place, self.service, gone=self.gone)

    def leave_word(self, way: Way | None) -> None:
        """Mark the version as healthy if it is, and as the one that this service went back to."""
        workload = self.live()
        mark_healthy(self.server, workload)
        # What has not begun to go back would be taken, the next time, for where it went back to.
        if workload.current is not None and released(self.place, self.service)[workload.name].runs(workload.current):
            annotations = went_back(workload.current, left=way.left if way is not None else None)
            self.server.merge(workload.path, {"metadata": {"annotations": annotations}})

    def live(self) -> LiveWorkload:
        """Return the workload that serves."""
        return live(self.server, self.place.cluster_name, self.place, self.service)[0]


def _health(subject: Subject, left: float) -> str:
    url = subject.places[0].system.operations.health_url
    if url is None:
        return ""
    if subject.stack.environment.tier is Tier.LOCAL:
        say(f"{url} was not asked: on the embedded control plane nothing answers")
        return ""
    return wait("asking the health page", partial(unanswered, url), patience=max(left, 1.0))


def _generations(subject: Subject, servers: Mapping[str, ApiServer]) -> Mapping[str, object] | None:
    """Return what tells whether a service's workloads were changed; None where a cluster cannot be asked."""
    found: dict[str, object] = {}
    try:
        for place in subject.places:
            for workload in live(servers[place.cluster_name], place.cluster_name, place, subject.service):
                metadata = workload.object.get("metadata") or {}
                found[f"{place.cluster_name}/{workload.name}"] = (metadata.get("uid"), metadata.get("generation"))
    except (ApiError, UnreachableError):
        return None
    return found
