"""An API server as small as the provider's tests need: discovery, apply, read, list and delete, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Obj = dict[str, Any]

# Kind, plural, namespaced, by the path of group and version.
SERVED: dict[str, list[tuple[str, str, bool]]] = {
    "/api/v1": [
        ("ConfigMap", "configmaps", True),
        ("Event", "events", True),
        ("Namespace", "namespaces", False),
        ("PersistentVolumeClaim", "persistentvolumeclaims", True),
        ("Pod", "pods", True),
        ("Secret", "secrets", True),
        ("Service", "services", True),
    ],
    "/apis/apps/v1": [("Deployment", "deployments", True), ("StatefulSet", "statefulsets", True)],
    "/apis/batch/v1": [("Job", "jobs", True)],
    "/apis/discovery.k8s.io/v1": [("EndpointSlice", "endpointslices", True)],
    "/apis/storage.k8s.io/v1": [("StorageClass", "storageclasses", False)],
}


@dataclass(frozen=True)
class Request:
    """A request the server saw."""

    method: str
    path: str
    query: dict[str, str]
    body: Obj


@dataclass
class FakeCluster:
    """Its state, open to tests: `objects` by path, `requests` in order, and what it does to what it is given."""

    url: str = ""
    objects: dict[str, Obj] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    refusals: dict[tuple[str, str], tuple[int, Obj]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    served: dict[str, list[tuple[str, str, bool]]] = field(default_factory=lambda: dict(SERVED))
    # Called with the path and object before each read, as a controller that works meanwhile.
    controller: Callable[[str, Obj], None] = lambda _path, _obj: None
    finalizing: set[str] = field(default_factory=set)

    @property
    def kubeconfig(self) -> str:
        """A kubeconfig for it."""
        return json.dumps(
            {
                "current-context": "fake",
                "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
                "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
                "users": [{"name": "me", "user": {"token": "t"}}],
            }
        )

    def refuse(self, method: str, path: str, status: int, **body: Any) -> None:
        """Answer every such request with a Status."""
        self.refusals[method, path] = (status, {"kind": "Status", "message": f"refused with {status}", **body})

    def vanish(self, path: str) -> None:
        """Remove an object, as somebody else does."""
        del self.objects[path]

    def methods(self) -> list[str]:
        """Return the methods of all requests but discovery's."""
        return [request.method for request in self.requests if request.path not in self.served]

    def answer(self, request: Request) -> tuple[int, Obj]:
        """Return status and body for a request."""
        self.requests.append(request)
        if refusal := self.refusals.get((request.method, request.path)):
            return refusal
        if request.path in self.served:
            return 200, {
                "resources": [
                    {"kind": kind, "name": plural, "namespaced": namespaced}
                    for kind, plural, namespaced in self.served[request.path]
                ]
            }
        match request.method:
            case "PATCH":
                return self._apply(request)
            case "DELETE":
                return self._delete(request.path)
        return self._read(request.path)

    def _apply(self, request: Request) -> tuple[int, Obj]:
        parts = request.path.split("/")
        if "namespaces" in parts[:-2]:
            namespace = parts[parts.index("namespaces") + 1]
            if namespace != "default" and f"/api/v1/namespaces/{namespace}" not in self.objects:
                details = {"name": namespace, "kind": "namespaces"}
                return 404, {"message": f'namespaces "{namespace}" not found', "reason": "NotFound", "details": details}
        before = self.objects.get(request.path, {"metadata": {"uid": f"uid-{len(self.objects)}", "generation": 0}})
        metadata = {
            **request.body["metadata"],
            "uid": before["metadata"]["uid"],
            "generation": before["metadata"]["generation"] + 1,
            "resourceVersion": str(len(self.requests)),
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": request.query["fieldManager"]}],
        }
        live = {"status": before.get("status", {}), **request.body, "metadata": metadata}
        if "dryRun" not in request.query:
            self.objects[request.path] = live
        return 200, live

    def _read(self, path: str) -> tuple[int, Obj]:
        if path in self.objects:
            self.controller(path, self.objects[path])
        if path in self.objects:
            return 200, self.objects[path]
        items = [obj for key, obj in self.objects.items() if key.rpartition("/")[0] == path]
        if items or any(path.endswith(f"/{plural}") for kinds in self.served.values() for _, plural, _ in kinds):
            return 200, {"kind": "List", "items": items}
        return 404, {"message": "not found", "reason": "NotFound"}

    def _delete(self, path: str) -> tuple[int, Obj]:
        if path not in self.objects:
            return 404, {"message": "not found", "reason": "NotFound"}
        if path in self.finalizing:
            return 200, self.objects[path]
        del self.objects[path]
        return 200, {"kind": "Status", "status": "Success"}


@contextmanager
def running(cluster: FakeCluster) -> Iterator[FakeCluster]:
    """Serve a cluster on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            url = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            request = Request(self.command, url.path, query, json.loads(text) if text else {})
            status, body = cluster.answer(request)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for warning in cluster.warnings if self.command == "PATCH" else ():
                self.send_header("Warning", f'299 - "{warning}"')
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._handle()

        def do_PATCH(self) -> None:
            self._handle()

        def do_DELETE(self) -> None:
            self._handle()

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
