"""Decisions that change what should run: the release of a service with two Deployments, written and applied."""

from collections.abc import Callable
from typing import TypeAlias

from operations.exits import Exit, Stop
from operations.output import say
from operations.release_file import ReleaseFile, read_release
from operations.rollout.target import Target
from operations.targeted import update_service
from settings.environment import Delivery
from settings.faults import SettingsError

Change: TypeAlias = Callable[[ReleaseFile], ReleaseFile]


def release_anew(target: Target, change: Change) -> Exit:
    """Write the release and apply it; it stays as it was where that is refused. Raises SettingsError and Stop."""
    subject = target.subject
    before = read_release(target.root, subject.stack.name)
    after = change(before)
    if after.text != before.text:
        after.write(target.root)
        say(f"{after.file} was changed: commit it, or the next checkout brings back what was before")
    try:
        outcome = update_service(target.root, subject.stack.name, subject.system, subject.service.name)
    except (Stop, SettingsError) as error:
        if isinstance(error, Stop) and error.code is not Exit.REFUSED:
            raise  # the cluster may have changed already: the release goes on saying what was meant
        before.write(target.root)
        say(f"{before.file} is as it was before")
        raise
    if outcome.code is Exit.OK and not direct(target):
        say(f"{subject.stack.name} is delivered by Argo CD: it applies this once it is committed")
    elif outcome.code is not Exit.OK:
        say(f"{after.file} says what should run; `naru up --stack {subject.stack.name}` tries it again")
    return outcome.code


def whole(target: Target, cluster: str | None) -> None:
    """Refuse a change of the release for one cluster of several. Raises Stop."""
    if cluster is not None and len(target.subject.stack.environment.clusters) > 1:
        message = (
            f"refused: what {target.service.strategy.type} has live is said by the release, which all clusters share"
        )
        raise Stop(Exit.REFUSED, message, "leave out --cluster")


def direct(target: Target) -> bool:
    """Tell whether Pulumi itself applies."""
    return target.subject.stack.environment.delivery is Delivery.DIRECT
