"""Lists and watches, from an API server of a few lines."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from local.provider.kubeconfig import Cluster
from local.simulation import watch
from local.simulation.watch import Event, follow

LIST = {
    "apiVersion": "v1",
    "kind": "PodList",
    "metadata": {"resourceVersion": "7"},
    "items": [{"metadata": {"name": "a"}}],
}


class Response:
    def __init__(self, lines: list[dict[str, Any]] | dict[str, Any]) -> None:
        self._lines = [json.dumps(line).encode() for line in (lines if isinstance(lines, list) else [lines])]

    def read(self) -> bytes:
        return b"".join(self._lines)

    def __iter__(self) -> Any:
        return iter(self._lines)


class Connection:
    def close(self) -> None: ...


class OverError(Exception):
    """Ends what never ends by itself."""


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[dict[str, Any]]]:
    """What the API server answers, in this order, and the queries it is asked."""
    said: list[Any] = []
    asked: list[dict[str, Any]] = []

    def get(connection: Connection, path: str, query: dict[str, Any]) -> Response:
        asked.append(query)
        if not said:
            raise OverError
        answer = said.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer)

    monkeypatch.setattr(watch, "_connect", lambda cluster: Connection())
    monkeypatch.setattr(watch, "_get", get)
    monkeypatch.setattr(watch, "_PAUSE", 0)
    return said, asked


def seen() -> list[Event]:
    events: list[Event] = []
    with pytest.raises(OverError):
        follow(Cluster("https://127.0.0.1:1", "default"), "pods", "/api/v1/pods", events.append)
    return events


def change(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"name": name, "resourceVersion": version}}}


def test_list_is_told_first_with_the_kind_its_items_leave_out(answers: tuple[list[Any], list[Any]]) -> None:
    answers[0].append(LIST)
    [event] = seen()
    assert (event.kind, event.what) == ("pods", "all")
    assert event.objects == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]


def test_changes_follow(answers: tuple[list[Any], list[Any]]) -> None:
    answers[0].extend([LIST, [change("ADDED", "b", "8"), change("DELETED", "a", "9")]])
    events = [(event.what, event.objects[0]["metadata"]["name"]) for event in seen()]
    assert events == [("all", "a"), ("set", "b"), ("gone", "a")]


def test_watch_that_was_ended_goes_on_where_it_was(answers: tuple[list[Any], list[Any]]) -> None:
    said, asked = answers
    said.extend([LIST, [change("ADDED", "b", "8"), change("BOOKMARK", "", "12")], []])
    assert [event.what for event in seen()] == ["all", "set"]
    assert [query.get("resourceVersion") for query in asked[1:]] == ["7", "12", "12"]


def test_forgotten_version_begins_with_a_list_again(answers: tuple[list[Any], list[Any]]) -> None:
    gone = {"type": "ERROR", "object": {"code": 410}}
    answers[0].extend([LIST, [gone], LIST])
    assert [event.what for event in seen()] == ["all", "all"]


@pytest.mark.parametrize("trouble", [ConnectionRefusedError(), watch.Refused("404"), ValueError("half a line")])
def test_trouble_is_overcome_by_trying_again(answers: tuple[list[Any], list[Any]], trouble: Exception) -> None:
    answers[0].extend(itertools.chain([trouble, LIST]))
    assert [event.what for event in seen()] == ["all"]
