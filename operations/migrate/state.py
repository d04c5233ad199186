"""How the Job of a migration is on the cluster, and why it failed: read off the Job and its pods. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from operations.migrate.step import Step
from operations.readiness import Lists, Object, pod_reason, pods_of, warnings_about
from operations.tally import one_line
from settings.faults import escaped

LINES: Final = 20
"""How many lines of a log are shown."""

# What an address has between its user and its host, up to the last @ before the host ends; and what tools print of a
# DSN, a variable or a map, quoted or not.
_PASSWORD: Final = re.compile(
    r"""(://[^\s:/@]*:)[^\s"']+(@)"""
    r"""|((?:pass(?:w(?:or)?d)?["']?\s*[=:]|--passw(?:or)?d)\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MigrationState:
    """One Job of a migration: `absent`, `pending`, `running`, `complete` or `failed`."""

    service: str
    database: str
    backup: bool
    namespace: str
    job: str
    status: str
    since: str = ""
    attempts: int = 0
    reason: str = ""
    pod: str = ""
    """The last pod that failed."""
    log: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it has given up, or cannot begin."""
        return self.status == "failed"

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"{'backup' if self.backup else 'migration'} of {self.database}"

    def telling(self, log: str) -> "MigrationState":
        """Return it with the end of a log."""
        return replace(self, log=last_lines(log))


def migration_state(step: Step, lists: Lists) -> MigrationState:
    """Return how a Job is; one that Argo CD has deleted after its success is absent too."""
    found = MigrationState(step.service, step.database, step.backup, step.namespace, step.job, "absent")
    job = next((item for item in lists.get("Job", ()) if _is(item, step.namespace, step.job)), None)
    if job is None:
        return found
    status = job.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or () if one.get("status") == "True"}
    attempts = sum(int(status.get(part) or 0) for part in ("active", "failed", "succeeded"))
    if "Complete" in conditions:
        since = status.get("completionTime") or conditions["Complete"].get("lastTransitionTime")
        return replace(found, status="complete", since=str(since or ""), attempts=attempts)
    pods = pods_of(job, lists.get("Pod", ()))
    reason, pod, log = _trouble(job, pods, lists)
    if "Failed" in conditions:
        failed = conditions["Failed"]
        since, given_up = str(failed.get("lastTransitionTime") or ""), _said(failed)
        reason = one_line("; ".join(part for part in (reason, given_up) if part), 600)
        return replace(found, status="failed", since=since, attempts=attempts, reason=reason, pod=pod, log=log)
    runs = any(pod.get("status", {}).get("phase") == "Running" for pod in pods)
    since = str(status.get("startTime") or job["metadata"].get("creationTimestamp") or "")
    word = "running" if runs else "pending"
    return replace(found, status=word, since=since, attempts=attempts, reason=reason, pod=pod, log=log)


def last_lines(log: str) -> tuple[str, ...]:
    """Return the end of a log, each line harmless to a terminal and without the password of an address."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()][-LINES:]
    return tuple(escaped(_PASSWORD.sub(_hidden, line.replace("\t", " "))) for line in lines)


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}***{found[2]}" if found[1] else f"{found[3]}***"


def _is(item: Object, namespace: str, name: str) -> bool:
    metadata = item["metadata"]
    return (metadata.get("namespace"), metadata["name"]) == (namespace, name)


def _trouble(job: Object, pods: Sequence[Object], lists: Lists) -> tuple[str, str, tuple[str, ...]]:
    """Return what the newest pod that is in trouble says, its name, and the last lines it left behind."""
    events = lists.get("Event", ())
    for pod in reversed(pods):
        reason = pod_reason(pod, events)
        if reason and not _starts(pod):
            message = next(_messages(pod), "")
            return one_line(reason), pod["metadata"]["name"], last_lines(message)
    return one_line(next(warnings_about(job, events), "")), "", ()


def _starts(pod: Object) -> bool:
    # A pod that runs is not ready either, and nothing is wrong with it.
    return bool(pod.get("status", {}).get("phase") == "Running")


def _messages(pod: Object) -> Iterator[str]:
    status = pod.get("status", {})
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        ended: Any = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode") and ended.get("message"):
            yield ended["message"]


def _said(condition: Object) -> str:
    return f"{condition.get('reason', 'Failed')}: {condition.get('message', '')}".removesuffix(": ")
