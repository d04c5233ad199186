"""A server in place of a cluster: its API server, and its Sealed Secrets controller at an address of its own."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.unit.operations.sealing_builders import a_certificate, a_key, pem

SERVICE = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller"
PROXY = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:http/proxy/v1/cert.pem"
SECRETS = "/api/v1/namespaces/kube-system/secrets"


class Controller:
    """What the server answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[str, str | None]] = []
        """Each path, with the credentials that were shown."""
        self.answers: dict[str, tuple[int, bytes]] = {
            "/version": (200, b"{}"),
            SERVICE: (200, json.dumps({"metadata": {}, "spec": {"ports": [{"name": "http"}]}}).encode()),
            PROXY: (200, a_certificate().pem),
            SECRETS: (200, json.dumps({"items": [key_secret(pem(a_key()))]}).encode()),
        }

    def says(self, path: str, status: int, content: bytes | dict[str, Any]) -> None:
        """Answer a path from now on."""
        self.answers[path] = (status, content if isinstance(content, bytes) else json.dumps(content).encode())

    def here(self, port: int | None = None) -> None:
        """Have the Service say where the controller is, as on the embedded control plane."""
        found = {"naru.local/url": f"http://127.0.0.1:{port or self.port}"}
        self.says(SERVICE, 200, {"metadata": {"annotations": found}, "spec": {}})
        self.answers["/v1/cert.pem"] = self.answers.pop(PROXY)

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]


def key_secret(content: bytes) -> dict[str, Any]:
    """Return a key of the controller as its namespace has it."""
    return {"metadata": {"name": "key"}, "data": {"tls.key": base64.b64encode(content).decode()}}


@contextmanager
def a_controller() -> Iterator[Controller]:
    """Serve on 127.0.0.1 until the end of the block."""
    found = Controller()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            found.asked.append((self.path, self.headers.get("Authorization")))
            status, content = found.answers.get(path, (404, b'{"message": "not found"}'))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - as in the base class

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
