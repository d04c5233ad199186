"""Requests to what is deployed, and what Prometheus is told of them: there are no containers, so nobody else would.

Who gets how many follows from what the API server says now: Ingresses and their canary weights, EndpointSlices, pods.
How they are answered follows from the image's tag. Nothing is left to chance: a rate is counted by the time that went
by. Prometheus remembers what it was told for two hours: queries of a test have to name what no other test uses.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

from local.files import write_private
from local.plane import ControlPlane
from local.provider.api import Api, NotServed
from local.provider.objects import Type
from local.provider.transport import ApiError, Unreachable
from local.session import Session
from tests.e2e.counters import Behaviour, Counters, line, states
from tests.e2e.routes import Live, Part, calls, tag, visits

_PAUSE: Final = 0.25  # seconds between two looks; Prometheus comes once a second
_ANSWER: Final = 60.0  # seconds Prometheus may take to answer; a bound for a machine that does other things too

_POD: Final = Type("", "v1", "Pod")
_SLICE: Final = Type("discovery.k8s.io", "v1", "EndpointSlice")
_INGRESS: Final = Type("networking.k8s.io", "v1", "Ingress")


class Traffic:
    """Requests to the Services of some namespaces, for the time of a `with` statement."""

    def __init__(self, plane: ControlPlane, *namespaces: str) -> None:
        self._plane = plane
        self._namespaces = namespaces
        self._lock = threading.Lock()
        self._visits: dict[str, float] = {}
        self._calls: dict[tuple[str, str], float] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._counters = Counters()
        self._live = Live()
        self._hidden = False
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._flow, daemon=True),
        ]

    @property
    def address(self) -> str:
        """Where Prometheus finds the metrics: what it calls `instance`."""
        return f"127.0.0.1:{self._server.server_port}"

    def visits(self, host: str, per_second: float = 50.0) -> None:
        """Have somebody ask for each path of a host, through its Ingress; nobody, with a rate of 0."""
        with self._lock:
            self._visits[host] = per_second

    def calls(self, namespace: str, service: str, per_second: float = 50.0) -> None:
        """Have somebody in the cluster ask a Service; nobody, with a rate of 0."""
        with self._lock:
            self._calls[namespace, service] = per_second

    def behaves(
        self, image_tag: str, *, errors: float = 0.0, seconds: float = 0.05, counted: bool = True, **gauges: float
    ) -> None:
        """Have pods of a tag fail a share of the requests and take their time, or count nothing; others do neither.

        `gauges` are what they tell beside, by the names of the metrics.
        """
        with self._lock:
            self._behaviours[image_tag] = Behaviour(errors, seconds, counted, gauges)

    def hide(self, *, hidden: bool = True) -> None:
        """Have Prometheus find no metrics at all, or find them again."""
        with self._lock:
            self._hidden = hidden

    def metrics(self) -> str:
        """Return what Prometheus reads."""
        with self._lock:
            if self._hidden:
                return ""
            return "\n".join([*self._counters.lines(), *self._gauges(), *states(self._live.pods), ""])

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self._target = self._plane.prometheus_targets / f"traffic-{self._server.server_port}.json"
        write_private(self._target, json.dumps([{"targets": [self.address]}]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._target.unlink(missing_ok=True)
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def _flow(self) -> None:
        with Session(self._plane.kubeconfig) as session:
            api = Api(session)
            before = time.monotonic()
            while not self._ended.wait(_PAUSE):
                with self._lock:  # before the look: what is asked for counts for what was there by then
                    wanted = dict(self._visits), dict(self._calls)
                try:
                    live = self._look(api)
                except (ApiError, NotServed, Unreachable):
                    live = self._live  # requests go on while the API server is away
                now = time.monotonic()
                with self._lock:
                    self._live = live
                    self._count(now - before, *wanted)
                before = now

    def _look(self, api: Api) -> Live:
        found = {
            type_: [obj for namespace in self._namespaces for obj in api.list(type_, namespace)]
            for type_ in (_POD, _SLICE, _INGRESS)
        }
        return Live(found[_POD], found[_SLICE], found[_INGRESS])

    def _count(self, seconds: float, hosts: Mapping[str, float], services: Mapping[tuple[str, str], float]) -> None:
        tags = {_key(pod): tag(pod) for pod in self._live.pods}
        for rate, part in self._parts(hosts, services):
            image_tag = tags.get(part.pod, "") if part.pod else ""
            self._counters.add(part, rate * part.share * seconds, self._behaviours.get(image_tag, Behaviour()))
        self._counters.forget(tags)

    def _parts(
        self, hosts: Mapping[str, float], services: Mapping[tuple[str, str], float]
    ) -> Iterator[tuple[float, Part]]:
        for host, rate in hosts.items():
            yield from ((rate, part) for part in visits(self._live, host))
        for (namespace, service), rate in services.items():
            yield from ((rate, part) for part in calls(self._live, namespace, service))

    def _gauges(self) -> Iterator[str]:
        for pod in self._live.pods:
            namespace, name = _key(pod)
            for metric, value in self._behaviours.get(tag(pod), Behaviour()).gauges.items():
                yield line(metric, (("namespace", namespace), ("pod", name)), value)


def ask(plane: ControlPlane, query: str) -> list[tuple[dict[str, str], float]]:
    """Return the labels and values Prometheus answers a query with now."""
    address = urlsplit(plane.prometheus_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=_ANSWER)
    try:
        connection.request("GET", f"/api/v1/query?{urlencode({'query': query})}")
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    assert answer["status"] == "success", answer
    return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]


def _key(pod: Any) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _handler(traffic: Traffic) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = traffic.metrics().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    return Handler
