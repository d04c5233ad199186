"""Waiting for objects: to become ready, and to be gone.

An object is read again and again, twice a second once it takes long; with many waiting at once each is read less often,
so that together they ask the API server no more than fifty times a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from local.provider import reasons
from local.provider.api import Api, NotServed
from local.provider.conditions import Condition
from local.provider.engine import Log
from local.provider.objects import Type, dig, id_of, name_of, namespace_of, type_of
from local.provider.properties import JsonObject
from local.provider.readiness import (
    Failed,
    Ready,
    Surroundings,
    Verdict,
    Waiting,
    needs_endpoints,
    verdict,
)
from local.provider.transport import ApiError, Unreachable

_FIRST_PAUSE: Final = 0.05  # seconds
_LONGEST_PAUSE: Final = 0.5
_READS_PER_SECOND: Final = 50
_WORTH_TELLING: Final = 1.0  # seconds; most deletions are over by then
_DETAILS_EVERY: Final = 3.0  # seconds between two looks at pods and events
_SILENCE_PATIENCE: Final = 30.0  # seconds an API server may take to restart

_POD: Final = Type("", "v1", "Pod")
_EVENT: Final = Type("", "v1", "Event")
_SLICE: Final = Type("discovery.k8s.io", "v1", "EndpointSlice")
_STORAGE_CLASS: Final = Type("storage.k8s.io", "v1", "StorageClass")


Clock = Callable[[], float]


class NotReady(Exception):  # noqa: N818 - a state of the object more than a fault of ours
    """An object that is there but did not become ready, with the reasons and what it was last seen as."""

    def __init__(self, found: Sequence[str], live: JsonObject) -> None:
        self.reasons = list(found)
        self.live = live
        super().__init__("; ".join(found))


class StillThere(Exception):  # noqa: N818 - as above
    """An object whose deletion was asked for and has not come to its end."""


class _Pace:
    """Ever longer pauses, longer still the more others wait."""

    def __init__(self) -> None:
        self._waiters = 0

    @contextmanager
    def pauses(self) -> Iterator[Iterator[float]]:
        self._waiters += 1  # an update lost between threads costs nothing but a little pace
        try:
            yield self._pauses()
        finally:
            self._waiters -= 1

    def _pauses(self) -> Iterator[float]:
        pause = _FIRST_PAUSE
        while True:
            yield max(pause, self._waiters / _READS_PER_SECOND)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


class Deadline:
    """How long one object has been waited for, and how long it has been stuck."""

    def __init__(self, timeout: float, clock: Clock = time.monotonic) -> None:
        self._timeout = timeout
        self._clock = clock
        self._start = self._told = self._moving = clock()

    def judge(self, waiting: Waiting) -> Waiting | Failed:
        """Return the failure that a wait has become, or the wait itself."""
        now = self._clock()
        if waiting.patience is None:
            self._moving = now
        elif now - self._moving >= waiting.patience:
            return Failed(waiting.message)
        if now - self._start >= self._timeout:
            return Failed(f"not ready after {self._timeout:.0f} s: {waiting.message}")
        return waiting

    def asks_for_details(self) -> bool:
        """Tell, every few seconds, that it is time to look at pods and events."""
        if self._clock() - self._told < _DETAILS_EVERY:
            return False
        self._told = self._clock()
        return True


class Awaiter:
    """Waits on one API server until told to stop by `cancelled`."""

    def __init__(self, api: Api, cancelled: threading.Event) -> None:
        self._api = api
        self._cancelled = cancelled
        self._pace = _Pace()

    def until_ready(
        self, obj: JsonObject, *, timeout: float, conditions: Sequence[Condition], status: Log
    ) -> JsonObject:
        """Wait until an object is ready, or until all conditions hold where there are any, and return it then.

        Raises NotReady when time is up, when waiting longer will not help, when it is deleted, and when cancelled.
        """
        deadline = Deadline(timeout)
        now_is = self._judge(obj, conditions)
        told, detail = "", ""
        with self._pace.pauses() as pauses:
            for pause in pauses:
                if isinstance(now_is, Ready):
                    break
                if isinstance(now_is, Waiting):
                    now_is = deadline.judge(now_is)
                if isinstance(now_is, Failed):
                    raise NotReady([now_is.message, *self._details(obj, now_is.message)], obj)
                if deadline.asks_for_details():
                    details = self._details(obj, now_is.message)
                    if any(reasons.is_certain(reason) for reason in details):
                        raise NotReady([now_is.message, *details], obj)
                    detail = details[0] if details else ""
                message = f"{now_is.message}; {detail}" if detail else now_is.message
                if message != told:
                    status(message)
                    told = message
                if self._cancelled.wait(pause):
                    raise NotReady([f"cancelled: {now_is.message}", *self._details(obj, now_is.message)], obj)
                obj, now_is = self._look(obj, conditions)
        if told:
            status("")  # or the resource would go on to say what it waits for
        return obj

    def unreadiness(self, obj: JsonObject, conditions: Sequence[Condition]) -> list[str]:
        """Return why an object is not ready right now, nothing where it is."""
        now_is = self._judge(obj, conditions)
        return [] if isinstance(now_is, Ready) else [now_is.message, *self._details(obj, now_is.message)]

    def until_gone(self, type_: Type, namespace: str, name: str, *, timeout: float, status: Log) -> None:
        """Wait until an object is gone. Raises StillThere when time is up and when cancelled."""
        start = time.monotonic()
        told = ""
        with self._pace.pauses() as pauses:
            for pause in pauses:
                live = self._look_for(type_, namespace, name)
                if live is None:
                    if told:
                        status("")
                    return
                kept_by = reasons.lingering(live)
                message = f"waiting for the end of {type_.kind} {name}" + (f"; {kept_by}" if kept_by else "")
                if time.monotonic() - start >= timeout:
                    overdue = f"not gone after {timeout:.0f} s: {message}"
                    raise StillThere(overdue)
                if message != told and time.monotonic() - start >= _WORTH_TELLING:
                    status(message)
                    told = message
                if self._cancelled.wait(pause):
                    cancelled = f"cancelled: {message}"
                    raise StillThere(cancelled)

    def _details(self, obj: JsonObject, told: str) -> list[str]:
        """Return what pods and events say of an object that is not ready beyond what is told, if they can be read."""
        if not type_of(obj).is_own or not namespace_of(obj):
            return []
        try:
            pods = [obj] if type_of(obj) == _POD else []
            if selector := reasons.pod_selector(obj):
                pods = self._api.list(_POD, namespace_of(obj), labelSelector=selector)
            events = self._api.list(_EVENT, namespace_of(obj), fieldSelector="type=Warning")
        except (ApiError, NotServed, Unreachable):
            return []
        return reasons.explain(obj, pods, events, told)

    def _look(self, obj: JsonObject, conditions: Sequence[Condition]) -> tuple[JsonObject, Verdict]:
        try:
            live = self._api.read(type_of(obj), namespace_of(obj), name_of(obj))
        except (ApiError, Unreachable) as error:
            return obj, Waiting(str(error), _SILENCE_PATIENCE)
        if live is None:
            return obj, Failed(f"{id_of(obj)} was deleted while it was waited for")
        return live, self._judge(live, conditions)

    def _look_for(self, type_: Type, namespace: str, name: str) -> JsonObject | None:
        try:
            return self._api.read(type_, namespace, name)
        except Unreachable:
            return {}  # an API server that restarts answers again; the timeout is what ends this

    def _judge(self, obj: Mapping[str, Any], conditions: Sequence[Condition]) -> Verdict:
        if not conditions:
            try:
                return verdict(obj, self._surroundings(obj))
            except (ApiError, NotServed, Unreachable) as error:
                return Waiting(str(error), _SILENCE_PATIENCE)
        missing = next((condition for condition in conditions if not condition.holds(obj)), None)
        if missing is None:
            return Ready()
        return Waiting(f"waiting for {missing.text} of {type_of(obj).kind} {id_of(obj)}, found {missing.found(obj)}")

    def _surroundings(self, obj: Mapping[str, Any]) -> Surroundings:
        type_ = type_of(obj)
        if type_.kind == "Service" and needs_endpoints(obj):
            selector = f"kubernetes.io/service-name={name_of(obj)}"
            return Surroundings(slices=self._api.list(_SLICE, namespace_of(obj), labelSelector=selector))
        name = dig(obj, "spec", "storageClassName")
        if type_.kind == "PersistentVolumeClaim" and dig(obj, "status", "phase") == "Pending" and name:
            storage_class = self._api.read(_STORAGE_CLASS, "", name)
            return Surroundings(binding_mode=str(dig(storage_class, "volumeBindingMode") or ""))
        return Surroundings()
