"""What a system's next sync deploys beside the service that goes back: it was published, and nobody synced it yet."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from manifests.argocd.pin import PIN_FILE
from operations.api_server import ApiError, UnreachableError
from operations.argocd.control import Applications
from operations.argocd.syncing import argocd_of, argocd_server
from operations.exits import Exit, Stop
from operations.publishing.message import counted
from operations.publishing.publish import tip_of
from operations.publishing.reading import branch_for_reading
from operations.publishing.record import RECORD, VersionChange, changed_versions, record_in, versions_in
from operations.publishing.repository import Repository
from operations.rollback.telling import Unsynced
from operations.rollout.subject import Subject

Contents = Mapping[str, bytes]
"""What files have, by their path."""


def not_synced(root: Path, subject: Subject, remote: str | None = None) -> Unsynced | None:
    """Return what is published of a service's system and not synced; None for nothing. Raises SettingsError, Stop."""
    stack, system = subject.stack, subject.system
    applications = Applications(argocd_server(root, stack), stack, argocd_of(stack))
    try:
        parent, children = applications.of(system)
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: Argo CD cannot be asked: {error}") from None
    if parent is None:
        raise Stop(Exit.REFUSED, f"refused: {system} has no Application: `naru up --stack {stack.name}` makes it")
    with branch_for_reading(root, stack.name, remote) as repository:
        tip = tip_of(repository, whole=True)
        if tip is None:
            return None  # what goes back says so
        since = next((one.target for one in children if one.target != tip), tip if children else "")
        if since == tip:
            return None
        if since not in {commit.name for commit in repository.history()}:
            named = f"whatever it has since {since[:12]}" if since else "all of it: nothing of it was synced yet"
            return Unsynced(since, parent.automated, (named,))
        changes = _between(repository, subject, since, tip)
    return Unsynced(since, parent.automated, changes) if changes else None


def come_along(versions: Sequence[VersionChange], before: Contents, after: Contents, service: str) -> tuple[str, ...]:
    """Return a line for each version of other services, and one for files that differ in more than versions.

    `versions` and files are those of one system; a file that only one of them has is missing on the other side.
    """
    lines = [str(change) for change in versions if change.place.target.partition("/")[0] != service]
    more = [
        path
        for path in {*before, *after}
        if before.get(path) != after.get(path)
        and not (path in before and path in after and _explained(before[path], after[path], versions))
    ]
    return (*lines, *([f"{counted(len(more), 'file')} of its configuration"] if more else []))


def _explained(before: bytes, after: bytes, versions: Sequence[VersionChange]) -> bool:
    """Tell whether a file is another one only by a version that is."""
    texts = [
        (was.encode(), now.encode())
        for one in versions
        if one.before is not None and one.after is not None
        for was, now in ((one.before.tag, one.after.tag), (one.before.digest, one.after.digest))
        if was and now
    ]
    return any(before.replace(was, now) == after for was, now in texts)


def _between(repository: Repository, subject: Subject, since: str, tip: str) -> tuple[str, ...]:
    was, now = repository.blobs(since), repository.blobs(tip)
    paths = sorted(path for path in {*was, *now} if was.get(path) != now.get(path) and _is_of(path, subject.system))
    then, there = (
        {path: content for path, content in zip(paths, repository.contents([one], *paths), strict=True) if content}
        for one in (since, tip)
    )
    records = (versions_in(record_in(content)) for content in repository.contents([since, tip], RECORD))
    versions = [change for change in changed_versions(*records) if change.place.system == subject.system]
    return come_along(versions, then, there, subject.service.name)


def _is_of(path: str, system: str) -> bool:
    """Tell whether a file is one that a system's sync applies: of a cluster, or an Application of its parts.

    What pins these is another one whenever one of the others is, and says nothing by itself.
    """
    parts = path.split("/")
    return len(parts) > 2 and parts[-1] != PIN_FILE and (parts[1] == system or parts[1:3] == ["applications", system])
