"""When the Prometheus of the control plane can be used."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from local import prometheus


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/-/ready" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_it_can_be_used_once_it_says_so() -> None:
    with answering(200) as port:
        assert prometheus.silence(port) == ""


def test_what_reads_its_log_of_writes_is_waited_for() -> None:
    with answering(503) as port:
        assert prometheus.silence(port) == "/-/ready is answered with 503"


def test_nobody_listening_is_told() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        assert "refused" in prometheus.silence(listener.getsockname()[1])


def test_labels_of_what_is_scraped_come_before_those_of_the_scrape() -> None:
    [scrape] = yaml.safe_load(prometheus.configuration())["scrape_configs"]
    assert scrape["honor_labels"] is True
