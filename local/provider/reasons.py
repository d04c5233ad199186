"""Why something is not ready, in words a person can act on: from its pods and from the events about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from local.provider.objects import Object, dig, name_of, type_of

# Waiting reasons of a container that is simply starting.
_STARTING: Final = frozenset({"ContainerCreating", "PodInitializing"})
_MOST: Final = 5  # lines; the first of them say what is wrong, the others repeat it


def pod_selector(obj: Object) -> str | None:
    """Return the label selector of the pods of a workload or Service, None where it has none."""
    type_ = type_of(obj)
    if (type_.group, type_.kind) == ("batch", "Job"):
        return f"batch.kubernetes.io/job-name={name_of(obj)}"
    if (type_.group, type_.kind) == ("", "Service"):
        return _labels(dig(obj, "spec", "selector"))
    if type_.group == "apps":
        return _labels(dig(obj, "spec", "selector", "matchLabels"))
    return None


def _labels(labels: Any) -> str | None:
    return (
        ",".join(f"{key}={value}" for key, value in labels.items()) if isinstance(labels, Mapping) and labels else None
    )


def explain(obj: Object, pods: Sequence[Object], events: Sequence[Object], told: str = "") -> list[str]:
    """Return why an object is not ready, the likeliest cause first, at most five lines, and nothing told already.

    `pods` are those its selector finds (or itself, of a Pod), `events` those of its namespace in any order.
    """
    problems = _grouped((name_of(pod), problem) for pod in pods for problem in _pod_problems(pod))
    known = " ".join([told, *problems])
    lines = [
        line for line, reason, message in _event_lines(obj, pods, events) if not (reason in told or message in known)
    ]
    return [*(problem for problem in problems if problem not in told), *lines][:_MOST]


def is_certain(reason: str) -> bool:
    """Tell whether a reason will not go away by waiting: the namespace's Pod Security level refuses the pod."""
    return "violates PodSecurity" in reason


def _grouped(problems: Iterable[tuple[str, str]]) -> list[str]:
    pods: dict[str, list[str]] = {}
    for pod, problem in problems:
        pods.setdefault(problem, []).append(pod)
    return [
        f"pod {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {problem}"
        for problem, names in pods.items()
    ]


def _pod_problems(pod: Object) -> Iterator[str]:
    if dig(pod, "metadata", "deletionTimestamp") or dig(pod, "status", "phase") == "Succeeded":
        return
    found = [*_container_problems(pod)]
    if not found and dig(pod, "status", "phase") == "Failed":
        found = [_joined(dig(pod, "status", "reason") or "Failed", dig(pod, "status", "message"))]
    for condition in dig(pod, "status", "conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            found.append(_joined(condition.get("reason") or "Unschedulable", condition.get("message")))
    yield from found


def _container_problems(pod: Object) -> Iterator[str]:
    statuses = [*(dig(pod, "status", "initContainerStatuses") or ()), *(dig(pod, "status", "containerStatuses") or ())]
    for status in statuses:
        waiting = dig(status, "state", "waiting") or {}
        ended = dig(status, "state", "terminated") or dig(status, "lastState", "terminated") or {}
        if waiting.get("reason") and waiting["reason"] not in _STARTING:
            yield _joined(waiting["reason"], waiting.get("message"))
        if ended.get("exitCode"):
            told = _joined(ended.get("reason") or "Error", ended.get("message"))
            yield f"container {status.get('name')} ended with exit code {ended['exitCode']}: {told}"
        elif dig(status, "state", "running") is not None and status.get("ready") is False:
            yield f"container {status.get('name')} runs but is not ready"


def _event_lines(obj: Object, pods: Sequence[Object], events: Sequence[Object]) -> list[tuple[str, str, str]]:
    """Return the newest warning of each reason about each object concerned: as a line, its reason, its message."""
    concerned = {(type_of(obj).kind, name_of(obj)), *(("Pod", name_of(pod)) for pod in pods)}
    warnings = [event for event in events if event.get("type") == "Warning" and _concerns(event, obj, concerned)]
    newest: dict[tuple[str, str], tuple[str, str, str]] = {}
    for event in sorted(warnings, key=_time, reverse=True):
        about = f"{dig(event, 'involvedObject', 'kind')} {dig(event, 'involvedObject', 'name')}"
        reason, message = str(event.get("reason")), str(event.get("message") or "")
        newest.setdefault((about, reason), (f"{_lowered(about)}: {_joined(reason, message)}", reason, message))
    return list(newest.values())


def _lowered(about: str) -> str:
    kind, _, name = about.partition(" ")
    return f"{kind.lower()} {name}"


def _concerns(event: Object, obj: Object, concerned: set[tuple[str, str]]) -> bool:
    about = (str(dig(event, "involvedObject", "kind")), str(dig(event, "involvedObject", "name")))
    # A Deployment's ReplicaSets are named by it and a hash; the events about refused pods are theirs.
    return about in concerned or (
        type_of(obj).kind == "Deployment" and about[0] == "ReplicaSet" and about[1].rpartition("-")[0] == name_of(obj)
    )


def _time(event: Object) -> str:
    return str(dig(event, "series", "lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


def _joined(reason: str, message: Any) -> str:
    return f"{reason}: {message}" if message else reason


def lingering(obj: Object) -> str:
    """Return what keeps an object from being deleted, empty where it does not say."""
    finalizers = [
        *(dig(obj, "metadata", "finalizers") or ()),
        *(f"{finalizer} (spec)" for finalizer in dig(obj, "spec", "finalizers") or ()),
    ]
    told = [
        str(condition.get("message"))
        for condition in dig(obj, "status", "conditions") or ()
        # What a namespace says of its remaining content and finalizers.
        if type_of(obj).kind == "Namespace" and condition.get("status") == "True" and condition.get("message")
    ]
    return "; ".join([*told, *([f"finalizers: {', '.join(finalizers)}"] if finalizers else [])])
