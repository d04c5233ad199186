"""What the provider's tests share: a small API server, and connections that end with the test."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from local.provider.transport import Transport
from tests.unit.local.provider.fake_cluster import FakeCluster, running


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    """An API server that serves a few kinds and holds the namespace `demo`."""
    with running(FakeCluster()) as fake:
        fake.objects["/api/v1/namespaces/demo"] = {"kind": "Namespace", "metadata": {"name": "demo", "uid": "u"}}
        yield fake


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[http.client.HTTPConnection]]:
    """Every connection a transport made; a provider keeps them until its process ends."""
    made: list[http.client.HTTPConnection] = []
    connect = Transport._connect

    def recorded(self: Transport) -> http.client.HTTPConnection:
        made.append(connect(self))
        return made[-1]

    monkeypatch.setattr(Transport, "_connect", recorded)
    yield made
    for connection in made:
        connection.close()
