"""Zero downtime as a measurement: the ready endpoints of Services, asked for every 50 ms for as long as a test goes on.

A look is one GET of a namespace's EndpointSlices over a connection that stays open; what is kept of it is what changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from local.provider.transport import ApiError, Unreachable
from local.session import Session
from tests.integration.on_plane import until

EVERY: Final = 0.05  # seconds between two looks
SILENCE: Final = 30.0
"""Seconds that an API server may answer no look at all, as one does that a busy machine has kept waiting."""

Pods = frozenset[str]


@dataclass(frozen=True)
class Change:
    """From when on which pods were ready behind a Service."""

    at: float
    pods: Pods


@dataclass
class Seen:
    """What the probe saw of one Service, oldest first; times are those of `time.monotonic`."""

    service: str
    changes: list[Change] = field(default_factory=list)
    looks: int = 0
    last: float = 0.0
    longest: float = 0.0
    """Seconds between two looks at most: a gap shorter than this may have been missed."""

    def take(self, at: float, pods: Pods) -> None:
        """Note what one look saw."""
        if self.looks:
            self.longest = max(self.longest, at - self.last)
        self.looks, self.last = self.looks + 1, at
        if not self.changes or self.changes[-1].pods != pods:
            self.changes.append(Change(at, pods))

    def since(self, begin: float) -> Sequence[Change]:
        """Return what was so from a moment on: the state then, and every change after it."""
        earlier = [one for one in self.changes if one.at <= begin]
        return [*earlier[-1:], *(one for one in self.changes if one.at > begin)]

    def least(self, begin: float = 0.0) -> int:
        """Return how many pods were ready at the worst moment."""
        found = [len(one.pods) for one in self.since(begin)]
        assert found, f"{self.service} was never looked at"
        return min(found)

    def most(self, begin: float = 0.0) -> int:
        """Return how many pods were ready at most."""
        return max(len(one.pods) for one in self.since(begin))

    def gaps(self, begin: float = 0.0) -> list[float]:
        """Return how many seconds each moment without a ready pod was long; the last look ends one that goes on."""
        changes = self.since(begin)
        ends = [*(later.at for _, later in pairwise(changes)), self.last]
        return [end - one.at for one, end in zip(changes, ends, strict=True) if not one.pods]

    def replica_sets(self, begin: float = 0.0) -> set[str]:
        """Return whose pods were ready at any moment."""
        return {name.rpartition("-")[0] for one in self.since(begin) for name in one.pods}

    @property
    def now(self) -> Pods:
        """The pods that were ready at the last look."""
        return self.changes[-1].pods if self.changes else frozenset()


class Probe:
    """Looks at some Services of one namespace for the time of a `with` statement, in a thread of its own."""

    def __init__(self, kubeconfig: Path, namespace: str, *services: str) -> None:
        self.seen = {service: Seen(service) for service in services}
        self.unanswered: list[str] = []
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not all(one.looks for one in self.seen.values()) and self._thread.is_alive():
            time.sleep(EVERY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
        if kind is None:
            self.check()

    def __getitem__(self, service: str) -> Seen:
        return self.seen[service]

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Fail where a Service was ever without a ready pod, or could not be looked at."""
        assert not self.unanswered, self.unanswered
        for one in self.seen.values():
            assert one.looks, f"{one.service} was never looked at"
            assert not one.gaps(), f"{one.service} had no ready pod for {one.gaps()} s, in {one.looks} looks"

    def from_now_on(self, service: str, pods: int) -> None:
        """Wait until a Service has its pods, and forget what was before: nobody has promised it anything until then."""
        seen = self[service]
        until(lambda: len(seen.now) >= pods, f"{pods} pods behind {service}")
        del seen.changes[:-1]

    @contextmanager
    def never_below(self, service: str, pods: int) -> Iterator[None]:
        """Fail where a Service had fewer ready pods within a `with` statement, or `check` finds something."""
        begin = time.monotonic()
        yield
        self.check()
        assert self[service].least(begin) >= pods

    def _watch(self) -> None:
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices"
        query = {"labelSelector": f"kubernetes.io/service-name in ({','.join(self.seen)})"}
        with Session(self._kubeconfig) as session:
            answered = due = time.monotonic()
            while not self._ended.wait(max(0.0, due - time.monotonic())):
                due = max(due + EVERY, time.monotonic())
                try:
                    answer, _ = session.request("GET", path, query=query)
                except (ApiError, Unreachable) as error:
                    if time.monotonic() - answered > SILENCE:
                        self.unanswered.append(str(error))
                    continue
                ready, answered = ready_pods(answer.get("items") or ()), time.monotonic()
                for service, one in self.seen.items():
                    one.take(answered, ready.get(service, frozenset()))


def ready_pods(slices: Iterable[Mapping[str, Any]]) -> dict[str, Pods]:
    """Return the names of the pods that are ready behind each Service."""
    found: dict[str, set[str]] = {}
    for one in slices:
        service = one["metadata"]["labels"]["kubernetes.io/service-name"]
        found.setdefault(service, set()).update(_ready(one.get("endpoints") or ()))
    return {service: frozenset(pods) for service, pods in found.items()}


def _ready(endpoints: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in endpoints:
        # A condition that is not said means ready (discovery/v1, EndpointConditions).
        if (one.get("conditions") or {}).get("ready") is not False:
            yield one["targetRef"]["name"]
