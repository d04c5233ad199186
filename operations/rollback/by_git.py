"""A rollback where Argo CD delivers: the branch goes back, Argo CD is told, and the service is seen through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.state import Application, begun, blocked
from operations.argocd.syncing import argocd_of, argocd_server, start
from operations.exits import Exit, Stop
from operations.output import say
from operations.publishing.going_back import go_back
from operations.publishing.publish import tip_of
from operations.publishing.reading import branch_for_reading, releases_of
from operations.release_file import ReleaseFile
from operations.rollback.applying import Applied, refuse_changed, seen_through, write_release
from operations.rollback.telling import Proposal, changed_lines
from operations.rollback.version import parts
from operations.rollback.waiting import PATIENCE, wait
from operations.rollback.written import OtherRepositoryError, known_from_git, rewritten
from operations.rollout.live import LiveWorkload
from operations.rollout.subject import Subject, subject_of
from settings.faults import SettingsError
from settings.loaded import Loaded


def applied_by_git(
    root: Path,
    proposal: Proposal,
    servers: Mapping[str, ApiServer],
    *,
    health_check: bool,
    accept_older_code: bool = False,
    remote: str | None = None,
) -> Applied:
    """Publish the way back, have it synced, and see it through. Raises SettingsError, and Stop if nothing was changed.

    Only this service goes back on the branch: what waits on `main` goes on waiting.
    """
    subject = proposal.subject
    refuse_changed(root, proposal)
    server = argocd_server(root, subject.stack)
    back = go_back(
        root,
        subject.stack.name,
        lambda then, release: _changed(root, proposal, then, release),
        why=f"rolled back by `naru rollback`: {subject.name} from {proposal.left} to {proposal.target}",
        remote=remote,
        accept_older_code=accept_older_code,
    )
    for line in (*back.published.warnings, back.published.line):
        say(line)
    _keep(root, proposal)
    following = Following(
        Applications(server, subject.stack, argocd_of(subject.stack)),
        subject,
        back.published.commit or "",
        lambda: _tip(root, subject, remote),
        again=not back.published.changed,
    )
    try:
        reason = following.synced()
    except KeyboardInterrupt:
        return Applied("its end was not waited for", interrupted=True)
    return Applied(reason) if reason else seen_through(proposal, servers, back.stack, health_check=health_check)


def published_before(root: Path, subject: Subject, workload: LiveWorkload, remote: str | None = None) -> str | None:
    """Return the tag or digest that a service had on the branch before, and that nobody took back; None for none.

    Argo CD marks nothing as healthy: that a release stayed until the next one is what there is to go by.
    """
    current = workload.current
    if current is None:
        return None
    _, tag, digest = parts(current.image)
    for release in releases_of(root, subject.stack.name, subject.name, remote=remote):
        version = release.version
        same = version.digest == digest if version.digest and digest else version.tag == tag
        if not same and not release.taken_back:
            return version.digest or version.tag
    return None


@dataclass
class Following:
    """A system on its way to the commit that takes a service back, as far as that service's workloads."""

    applications: Applications
    subject: Subject
    commit: str
    tip: Callable[[], str]
    """Gives the branch's tip; empty where it cannot be asked."""
    again: bool
    """Whether the commit was there before: that it failed then is a reason to sync it again."""
    failed: str = ""
    _asked_to_compare: bool = False
    _compared: bool = False
    _started: bool = False
    _seen: set[str] = field(default_factory=set)

    def synced(self) -> str:
        """Wait until the first workloads are applied; return why they are not."""
        reason = wait(f"syncing {self.subject.system}", self.look, patience=PATIENCE)
        return self.failed or reason

    def look(self) -> str:
        """Return what is waited for; nothing at the end, which may have `failed`."""
        try:
            return self._look()
        except (ApiError, UnreachableError) as error:
            return f"Argo CD cannot be asked: {error}"

    def _look(self) -> str:
        system, commit = self.subject.system, self.commit
        parent, children = self.applications.of(system)
        if parent is None:
            return self._fail(f"{system} has no Application: `naru up --stack {self.subject.stack.name}` makes it")
        if not self._compared:
            return self._compare(parent)
        if newer := self._newer(parent):
            return self._fail(f"somebody published {newer[:12]} meanwhile, and {system} goes there")
        if left := self.applications.give_way(system, commit):
            return f"{left[0]} gives up what it is at"
        stands = begun(parent, children, commit)
        if (stands.state == "by hand" and not self._started) or (stands.state == "failed" and self.again):
            start(self.applications, system, commit)
            self._started, self.again = True, False
        elif stands.state == "failed":
            if blocked(parent) and self._started:
                self.applications.withdraw(system)  # else it begins by itself, with nobody there
            return self._fail(stands.reason)
        return "" if stands.state == "there" else stands.reason

    def _compare(self, parent: Application) -> str:
        """Have the parent compared with its branch: what it says until then may be of an older commit."""
        if not self._asked_to_compare:
            self.applications.refresh(self.subject.system)
            self._asked_to_compare = True
        self._compared = self.applications.refreshed(self.subject.system)
        return f"{parent.name} is compared with its branch"

    def _newer(self, parent: Application) -> str:
        """Return the commit that was published after this one, as soon as the parent is at any other; empty for none.

        The branch is asked once for each commit that the parent is at: it may also be on its way from an older one.
        """
        if parent.revision == self.commit or parent.revision in self._seen:
            return ""
        tip = self.tip()
        if tip:
            self._seen.add(parent.revision)
        return tip if tip != self.commit else ""

    def _fail(self, reason: str) -> str:
        self.failed = reason
        return ""


def _changed(root: Path, proposal: Proposal, then: Loaded, release: ReleaseFile) -> ReleaseFile:
    """Return the release that was published, with this service's way back in it."""
    subject, way = proposal.subject, proposal.plan.way
    was = subject_of(then.stack, subject.name)
    place = Place(then.stack, then.stack.systems[subject.system], way.workload.cluster)
    known = known_from_git(root, proposal.before, subject.system)
    try:
        return rewritten(release, place, was.service, way, known)
    except OtherRepositoryError as error:
        raise Stop(Exit.REFUSED, f"refused: {subject.name}: {error}") from None


def _keep(root: Path, proposal: Proposal) -> None:
    """Write the release file; where it cannot be, say what is to be in it: the branch went back by now."""
    try:
        write_release(root, proposal)
    except (SettingsError, Stop) as error:
        file = proposal.after.file
        say(f"warning: {file} was not written: {' '.join(str(error).removeprefix('refused: ').split())}")
        say(f"  it is published all the same: change it by hand, or `naru publish` refuses what {file} says still:")
        for line in changed_lines(proposal.before, proposal.after):
            say(f"  {line}")


def _tip(root: Path, subject: Subject, remote: str | None) -> str:
    try:
        with branch_for_reading(root, subject.stack.name, remote) as repository:
            return tip_of(repository) or ""
    except (SettingsError, Stop):
        return ""
