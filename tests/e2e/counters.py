"""What applications, ingress-nginx and kube-state-metrics tell Prometheus, in their own names and labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.e2e.routes import Object, Part

Labels = tuple[tuple[str, str], ...]

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# What counts requests, and what tells how long they took: by a library of most languages, and by Micrometer.
_APPLICATION: Final = (
    ("http_requests_total", "http_request_duration_seconds"),
    ("http_server_requests_seconds_count", "http_server_requests_seconds"),
)
_INGRESS: Final = ("nginx_ingress_controller_requests", "nginx_ingress_controller_request_duration_seconds")


@dataclass(frozen=True)
class Behaviour:
    """How pods of an image answer: the share of errors, how long each request takes, and what they tell of it."""

    errors: float = 0.0
    seconds: float = 0.05
    counted: bool = True
    gauges: Mapping[str, float] = field(default_factory=dict)


class Counters:
    """Counters that only rise, each there once it counted something; those of a pod end with it."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, Labels], float] = {}

    def add(self, part: Part, requests: float, behaviour: Behaviour) -> None:
        """Count requests that went one way."""
        failed = requests * behaviour.errors
        statuses = {"200": requests - failed, "500": failed} if part.pod else {"503": requests}
        for status, count in statuses.items():
            if count <= 0:
                continue
            if part.route is not None:
                labels = {**vars(part.route), "method": "GET", "status": status}
                self._count(*_INGRESS, labels, count, behaviour.seconds if part.pod else 0.0)
            if part.pod is not None and behaviour.counted:
                namespace, pod = part.pod
                labels = {"namespace": namespace, "pod": pod, "status": status}
                for names in _APPLICATION:
                    self._count(*names, labels, count, behaviour.seconds)

    def forget(self, pods: Iterable[tuple[str, str]]) -> None:
        """Drop what pods counted that are not among these."""
        kept = set(pods)
        for name, labels in list(self._values):
            found = dict(labels)
            if "pod" in found and (found["namespace"], found["pod"]) not in kept:
                del self._values[name, labels]

    def lines(self) -> Iterator[str]:
        """Yield what Prometheus reads."""
        for (name, labels), value in sorted(self._values.items()):
            yield line(name, labels, value)

    def _count(self, counter: str, timer: str, labels: Mapping[str, str], count: float, seconds: float) -> None:
        plain = tuple(sorted(labels.items()))
        self._rise(counter, plain, count)
        if counter != f"{timer}_count":
            self._rise(f"{timer}_count", plain, count)
        self._rise(f"{timer}_sum", plain, count * seconds)
        for bound in (*BUCKETS, float("inf")):
            at = "+Inf" if bound == float("inf") else f"{bound:g}"
            self._rise(f"{timer}_bucket", (*plain, ("le", at)), count if seconds <= bound else 0.0)

    def _rise(self, name: str, labels: Labels, by: float) -> None:
        self._values[name, labels] = self._values.get((name, labels), 0.0) + by


def states(pods: Iterable[Object]) -> Iterator[str]:
    """Yield what kube-state-metrics tells of pods."""
    for pod in pods:
        metadata = pod["metadata"]
        labels = (("namespace", metadata["namespace"]), ("pod", metadata["name"]), ("uid", metadata["uid"]))
        conditions = pod.get("status", {}).get("conditions") or []
        ready = next((one["status"].lower() for one in conditions if one["type"] == "Ready"), "false")
        for status in ("true", "false", "unknown"):
            yield line("kube_pod_status_ready", (*labels, ("condition", status)), float(status == ready))
        yield line("kube_pod_created", labels, _moment(metadata["creationTimestamp"]))
        if metadata.get("deletionTimestamp"):
            yield line("kube_pod_deletion_timestamp", labels, _moment(metadata["deletionTimestamp"]))


def line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    """Return a sample as Prometheus reads it; none of our labels needs an escape."""
    told = ",".join(f'{key}="{text}"' for key, text in labels)
    return f"{name}{{{told}}} {value!r}"


def _moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()
