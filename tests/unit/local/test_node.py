"""The kubelet at work on an API server that only listens."""

from __future__ import annotations

from typing import Any, cast

import pytest

from local.provider.transport import ApiError, Transport
from local.simulation.node import KINDS, Node
from local.simulation.watch import Event


class Server:
    """Notes every request, and refuses those a test tells it to."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.refuse: int | None = None

    def request(self, method: str, path: str, *, body: Any = None, **_: Any) -> tuple[dict[str, Any], list[str]]:
        if self.refuse:
            raise ApiError(self.refuse, {})
        self.requests.append((method, path.rpartition("/")[2], body))
        return {}, []

    @property
    def conditions(self) -> list[str]:
        return [
            f"{condition['type']} {condition['status']}"
            for _, _, body in self.requests
            for condition in (body or {}).get("status", {}).get("conditions", [])
        ]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(server: Server, clock: Clock) -> Node:
    made = Node(cast("Transport", server), clock)
    for kind in KINDS:
        made.see(Event(kind, "all", []))
    return made


def pod(name: str = "app", **fields: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": "1"},
        "spec": {
            "nodeName": "local-a-1",
            "containers": [{"name": "app", "image": "app:1", "envFrom": [{"secretRef": {"name": "keys"}}]}],
        },
        "status": {},
        **fields,
    }


def secret(name: str = "keys") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "data": {"a": "dmFsdWU="}}


def test_pod_whose_secret_is_there_is_admitted(node: Node, server: Server) -> None:
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [pod()]))
    assert node.work() is None
    assert server.conditions == ["naru.local/Admitted True"]


def test_pod_is_admitted_once(node: Node, server: Server) -> None:
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [pod()]))
    node.work()
    node.see(Event("secrets", "set", [secret("other")]))
    node.work()
    assert len(server.requests) == 1


def test_nothing_is_judged_before_everything_was_listed(server: Server) -> None:
    node = Node(cast("Transport", server))
    node.see(Event("pods", "all", [pod()]))
    node.see(Event("secrets", "all", []))
    assert node.work() is None
    assert server.requests == []


def test_secret_that_comes_right_after_its_pod_is_waited_for(node: Node, server: Server, clock: Clock) -> None:
    node.see(Event("pods", "set", [pod()]))
    pause = node.work()
    assert pause is not None
    clock.now += pause / 2
    node.see(Event("secrets", "set", [secret()]))
    node.work()
    assert server.conditions == ["naru.local/Admitted True"]


def test_missing_secret_is_told_once_with_an_event(node: Node, server: Server, clock: Clock) -> None:
    node.see(Event("pods", "set", [pod()]))
    clock.now += node.work() or 0
    node.work()
    assert server.conditions == ["ContainersReady False", "Ready False"]
    [event] = [body for _, last, body in server.requests if last == "events"]
    assert (event["reason"], event["message"]) == ("Failed", 'Error: secret "keys" not found')
    node.see(Event("pods", "set", [pod()]))
    node.work()
    assert len(server.requests) == 2


def test_pod_starts_by_itself_when_the_secret_appears(node: Node, server: Server, clock: Clock) -> None:
    node.see(Event("pods", "set", [pod()]))
    clock.now += node.work() or 0
    node.work()
    node.see(Event("secrets", "set", [secret()]))
    node.work()
    assert server.conditions[-1] == "naru.local/Admitted True"


def test_secret_of_another_namespace_is_of_no_use(node: Node, server: Server, clock: Clock) -> None:
    elsewhere = secret()
    elsewhere["metadata"]["namespace"] = "other"
    node.see(Event("secrets", "set", [elsewhere]))
    node.see(Event("pods", "set", [pod()]))
    clock.now += node.work() or 0
    node.work()
    assert "Ready False" in server.conditions


def test_each_pod_is_judged_by_what_its_own_namespace_holds(node: Node, server: Server) -> None:
    here, there = secret(), pod()
    here["metadata"]["namespace"] = there["metadata"]["namespace"] = "other"
    node.see(Event("secrets", "set", [here]))
    node.see(Event("pods", "set", [there]))
    node.work()
    assert server.conditions == ["naru.local/Admitted True"]


def test_deleted_secret_is_missing_for_the_next_pod(node: Node, server: Server, clock: Clock) -> None:
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("secrets", "gone", [secret()]))
    node.see(Event("pods", "set", [pod()]))
    clock.now += node.work() or 0
    node.work()
    assert "Ready False" in server.conditions


@pytest.mark.parametrize(
    "passed_over",
    [
        pod(spec={"containers": []}),
        pod(status={"conditions": [{"type": "naru.local/Admitted", "status": "True"}]}),
        pod(metadata={"name": "app", "namespace": "shop", "uid": "1", "deletionTimestamp": "now"}),
    ],
    ids=["not scheduled", "admitted", "ending"],
)
def test_pod_that_is_not_its_concern_is_left_alone(node: Node, server: Server, passed_over: dict[str, Any]) -> None:
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [passed_over]))
    node.work()
    assert server.requests == []


def test_value_of_a_secret_is_not_kept(node: Node) -> None:
    node.see(Event("secrets", "set", [secret()]))
    assert "dmFsdWU=" not in repr(vars(node))


@pytest.mark.parametrize("status", [404, 409])
def test_pod_that_is_gone_meanwhile_is_no_failure(node: Node, server: Server, status: int) -> None:
    server.refuse = status
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [pod()]))
    assert node.work() is None


def test_pod_is_judged_again_when_the_api_server_failed(node: Node, server: Server) -> None:
    server.refuse = 500
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [pod("one"), pod("two")]))
    with pytest.raises(ApiError):
        node.work()
    server.refuse = None
    node.work()
    assert server.conditions == ["naru.local/Admitted True"] * 2


def test_new_list_forgets_what_is_no_more(node: Node, server: Server) -> None:
    node.see(Event("pods", "set", [pod()]))
    node.see(Event("pods", "all", []))
    node.see(Event("secrets", "set", [secret()]))
    node.work()
    assert server.requests == []


def test_patch_names_the_very_pod_it_is_for(node: Node, server: Server) -> None:
    node.see(Event("secrets", "set", [secret()]))
    node.see(Event("pods", "set", [pod()]))
    node.work()
    assert server.requests[0][2]["metadata"] == {"uid": "1"}
