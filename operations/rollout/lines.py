"""A service's state as words, the same on a terminal and in a log. Pure."""

from collections.abc import Iterator
from datetime import datetime

from operations.rollback.version import shown
from operations.rollout.analysis import MetricState
from operations.rollout.pause import BLUE_GREEN, BY_HAND, INCONCLUSIVE, Pause
from operations.rollout.state import ServiceState, VersionState
from operations.rollout.subject import Subject

_SIGNS = {"healthy": "✔", "progressing": "…", "paused": "‖", "degraded": "✖", "absent": "✖"}
_DEEP = "     "


def headline(state: ServiceState, subject: Subject) -> str:
    """Return the one line that says most: how it is, how far, and between which versions."""
    parts = [f"{_SIGNS[state.phase]} {subject.name} on {state.cluster}: {state.phase}"]
    if state.step is not None:
        parts.append(f"step {state.step} of {state.steps} ({state.doing})")
    if state.weight is not None:
        parts.append(str(state.weight))
    if state.reason and state.phase != "paused":
        parts.append(state.reason)
    return ", ".join(parts)


def lines(state: ServiceState, subject: Subject, now: datetime) -> Iterator[str]:
    """Yield everything about one cluster; what to do about it comes last."""
    yield headline(state, subject)
    versions = versions_line(state)
    yield f"   strategy   {state.strategy}{f': {versions}' if versions else ''}"
    for title, version in zip(("pods", *([""] * len(state.versions))), state.versions, strict=False):
        yield f"   {title:<10} {_version(version)}"
    services = [f"{name} → {where}" for name, where in state.services.items()]
    yield from _column("services", services)
    yield from _column("preview", state.preview)
    yield from _column("analysis", [text for metric in state.analysis for text in metric_lines(metric)])
    yield from _column("waits", waits(state, subject, now))
    yield from _column("note", state.notes)
    yield from _column("next", advice(state, subject))


def versions_line(state: ServiceState) -> str:
    """Return from which version to which it goes; nothing where it goes nowhere."""
    before = next((one for one in state.versions if one.role in {"stable", "active"}), None)
    after = next((one for one in state.versions if one.role in {"canary", "preview", "new"}), None)
    if before is None or after is None:
        return ""
    return f"{shown(before.image)} → {shown(after.image)}"


def metric_lines(metric: MetricState) -> Iterator[str]:
    """Yield a metric with its last value against its limit, and below it why it fails or says nothing."""
    value = metric.value or "not measured yet"
    limit = f" (limit {metric.limit})" if metric.limit else ""
    counts = [f"{count} {what}" for count, what in ((metric.failed, "failed"), (metric.inconclusive, "inconclusive"))]
    errors = f", {metric.errors} without an answer" if metric.errors else ""
    yield f"{metric.name} ({metric.moment}): {value}{limit}; {', '.join(counts)} of {metric.measured}{errors}"
    if metric.reason:
        yield f"  {metric.phase.lower()}: {metric.reason}"


def waits(state: ServiceState, subject: Subject, now: datetime) -> list[str]:
    """Return what it waits for, and until when or for whom."""
    if state.phase != "paused":
        return []
    if not state.pauses:
        return [f"for somebody: {state.reason}"]
    return [_pause(pause, state, subject, now) for pause in state.pauses]


def _pause(pause: Pause, state: ServiceState, subject: Subject, now: datetime) -> str:
    if pause.reason == BY_HAND:
        return f"for somebody: it was paused by hand; `{subject.command('rollout promote')}` goes on"
    if pause.reason == INCONCLUSIVE:
        said = "; ".join(f"{one.name}: {one.reason}" for one in state.inconclusive)
        return f"for somebody: its analysis is inconclusive{f' ({said})' if said else ''}"
    what = "the pause before promotion" if pause.reason == BLUE_GREEN else f"the pause of step {state.step}"
    if pause.until:
        return f"for {what}: until {pause.until}, {left(pause.until, now)}"
    return f"for somebody: {what} ends when it is promoted"


def left(until: str, now: datetime) -> str:
    """Return how long it is until then, in words."""
    seconds = round((datetime.fromisoformat(until) - now).total_seconds())
    if seconds <= 0:
        return "which is now"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return f"in {' '.join(parts[:2])}"


def advice(state: ServiceState, subject: Subject) -> list[str]:
    """Return the commands that an operator has now."""
    promote, abort = subject.command("rollout promote"), subject.command("rollout abort")
    if state.phase == "absent":
        return [f"`naru up --stack {subject.stack.name} {subject.system}` deploys it"]
    if state.phase == "degraded":
        return _after_failure(state, subject)
    if state.inconclusive:
        again = "asks again" if state.strategy == "blueGreen" else "goes on, and asks again"
        return [f"`{promote}` {again}; with --full it goes on without an analysis", f"`{abort}` goes back"]
    if state.phase == "paused":
        goes = "goes on" if state.waits_for_somebody else "goes on now"
        return [f"`{promote}` {goes}", f"`{abort}` goes back"]
    if state.phase == "progressing" and versions_line(state):
        return [f"`{abort}` goes back"]
    return []


def _after_failure(state: ServiceState, subject: Subject) -> list[str]:
    found = [f"`{subject.command('rollback')}` makes the last healthy version the one that should run"]
    if state.strategy in {"canary", "blueGreen"}:
        return [f"`{subject.command('rollout retry')}` tries the same version again", *found]
    if state.strategy == "canaryDeployment" and any(one.role == "canary" for one in state.versions):
        return [f"`{subject.command('rollout abort')}` takes the canary out"]
    return found


def _version(version: VersionState) -> str:
    pods = f"{version.ready}/{version.desired} ready"
    return f"{pods:<12} {version.role:<8} {version.image}  (revision {version.revision})"


def _column(title: str, rows: list[str] | tuple[str, ...]) -> Iterator[str]:
    for index, row in enumerate(rows):
        yield f"   {title if index == 0 else '':<10} {row}"
