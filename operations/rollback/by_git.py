"""A rollback where Argo CD delivers: the branch goes back, Argo CD is told, and the service is seen through."""

from collections.abc import Mapping
from pathlib import Path

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.state import Standing, begun
from operations.argocd.syncing import argocd_of, argocd_server, start
from operations.exits import Exit, Stop
from operations.output import say
from operations.publishing.going_back import go_back
from operations.publishing.reading import releases_of
from operations.release_file import ReleaseFile
from operations.rollback.applying import Applied, seen_through, write_release
from operations.rollback.telling import Proposal
from operations.rollback.version import parts
from operations.rollback.waiting import PATIENCE, wait
from operations.rollback.written import OtherRepositoryError, known_from_git, rewritten
from operations.rollout.live import LiveWorkload
from operations.rollout.subject import Subject, subject_of
from settings.loaded import Loaded


def applied_by_git(root: Path, proposal: Proposal, servers: Mapping[str, ApiServer], *, health_check: bool) -> Applied:
    """Publish the way back, have it synced, and see it through. Raises SettingsError, and Stop if nothing was changed.

    Only this service goes back on the branch: what waits on `main` goes on waiting.
    """
    subject = proposal.subject
    server = argocd_server(root, subject.stack)
    applications = Applications(server, subject.stack, argocd_of(subject.stack))
    why = f"rolled back by `naru rollback`: {subject.name} from {proposal.left} to {proposal.target}"
    published = go_back(
        root, subject.stack.name, lambda then, release: _changed(root, proposal, then, release), why=why
    )
    say(published.line)
    write_release(root, proposal)
    commit = published.commit or ""
    try:
        reason = _synced(applications, subject, commit)
    except (ApiError, UnreachableError) as error:
        return Applied(f"it is published, and Argo CD cannot be asked: {error}")
    except KeyboardInterrupt:
        return Applied("its end was not waited for", interrupted=True)
    return Applied(reason) if reason else seen_through(root, proposal, servers, health_check=health_check)


def published_before(root: Path, subject: Subject, workload: LiveWorkload) -> str | None:
    """Return the tag or digest that a service had on the branch before, and that nobody took back; None for none.

    Argo CD marks nothing as healthy: that a release stayed until the next one is what there is to go by.
    """
    current = workload.current
    if current is None:
        return None
    _, tag, digest = parts(current.image)
    for release in releases_of(root, subject.stack.name, subject.name):
        version = release.version
        same = version.digest == digest if version.digest and digest else version.tag == tag
        if not same and not release.taken_back:
            return version.digest or version.tag
    return None


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


def _synced(applications: Applications, subject: Subject, commit: str) -> str:
    """Have the commit synced now and wait until its workloads are applied; return why they are not."""
    started: list[str] = []
    failed: list[str] = []

    def look() -> str:
        parent, children = applications.of(subject.system)
        if parent is None:
            failed.append(f"{subject.system} has no Application: `naru up --stack {subject.stack.name}` makes it")
            return ""
        if left := applications.give_up(subject.system, commit):
            return f"{left[0]} gives up what it is at"
        stands: Standing = begun(parent, children, commit)
        if stands.state == "by hand" and not started:
            started.append(commit)
            start(applications, subject.system, commit)
        if stands.state == "failed":
            failed.append(stands.reason)
        return "" if stands.state in ("there", "failed") else stands.reason

    applications.refresh(subject.system)
    reason = wait(f"syncing {subject.system}", look, patience=PATIENCE)
    return failed[0] if failed else reason
