"""Requests to an API server, and what is made of its answers."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local.certificates import self_signed
from operations import cluster_facts
from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, all_of, connect
from operations.needs import needs
from settings.environment import Cluster
from tests.unit.operations.builders import manifest, placed, workload

Answer = tuple[int, dict[str, Any]]
Routes = dict[tuple[str, str], Answer | Callable[[dict[str, Any]], Answer]]


@pytest.fixture
def routes() -> Routes:
    """What the server answers, by method and path; anything else is not found."""
    return {("GET", "/version"): (200, {"gitVersion": "v1.36.3"})}


@pytest.fixture
def cluster(tmp_path: Path, routes: Routes) -> Iterator[Cluster]:
    """Return a cluster whose kubeconfig, at `tmp_path`, names a server on 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            request = {"query": {key: value[0] for key, value in parse_qs(url.query).items()}, "body": body}
            request["accept"] = self.headers.get("Accept")
            request["authorization"] = self.headers.get("Authorization")
            answer = routes.get((self.command, url.path), (404, {"message": "not found"}))
            status, found = answer(request) if callable(answer) else answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = do_DELETE = do_any  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - as in the base class

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    write_kubeconfig(tmp_path, server.server_address[1])
    yield Cluster(context="here", region="r", kubeconfig="kubeconfig")
    server.shutdown()
    thread.join()
    server.server_close()


def write_kubeconfig(folder: Path, port: int, scheme: str = "http") -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "other",
        "clusters": [{"name": "c", "cluster": {"server": f"{scheme}://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "the-token"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("here", "other")],
    }
    (folder / "kubeconfig").write_text(json.dumps(content), encoding="utf-8")


def test_credentials_of_the_kubeconfig_are_shown_to_the_server(
    cluster: Cluster, routes: Routes, tmp_path: Path
) -> None:
    seen: list[dict[str, Any]] = []

    def version(request: dict[str, Any]) -> Answer:
        seen.append(request)
        return 200, {}

    routes["GET", "/version"] = version
    server = connect(cluster, tmp_path)
    assert server.url.startswith("http://127.0.0.1:")
    assert seen[0]["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    ("context", "file", "told"),
    [
        ("elsewhere", "kubeconfig", "kubeconfig has no context elsewhere (it has here, other)"),
        ("here", "missing", "missing cannot be used for the context here"),
    ],
)
def test_a_context_that_is_not_there_names_those_there_are(context: str, file: str, told: str, tmp_path: Path) -> None:
    write_kubeconfig(tmp_path, 1)
    with pytest.raises(ContextError) as error:
        connect(Cluster(context=context, region="r", kubeconfig=file), tmp_path)
    assert told in str(error.value)


def test_a_server_that_does_not_answer_is_told_with_its_address(tmp_path: Path) -> None:
    write_kubeconfig(tmp_path, 1)
    with pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:1 does not answer"):
        connect(Cluster(context="here", region="r", kubeconfig="kubeconfig"), tmp_path)


def test_credentials_that_are_refused_are_told_in_the_servers_words(
    cluster: Cluster, routes: Routes, tmp_path: Path
) -> None:
    routes["GET", "/version"] = (401, {"message": "Unauthorized"})
    with pytest.raises(ApiError, match="Unauthorized") as error:
        connect(cluster, tmp_path)
    assert error.value.status == 401


@contextmanager
def accepting(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept one connection, do something with it and end it; return the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def once() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                answer(connection)

        thread = threading.Thread(target=once)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_connection_that_ends_in_its_handshake_is_no_answer(tmp_path: Path) -> None:
    with accepting(lambda connection: connection.recv(1)) as port:
        write_kubeconfig(tmp_path, port, "https")
        with pytest.raises(UnreachableError, match=rf"^https://127\.0\.0\.1:{port} does not answer: "):
            connect(Cluster(context="here", region="r", kubeconfig="kubeconfig"), tmp_path)


def test_another_server_at_its_address_is_no_silence(tmp_path: Path) -> None:
    certificate, key = self_signed(["127.0.0.1"])
    pair = tmp_path / "pair.pem"
    pair.write_bytes(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    with accepting(lambda connection: context.wrap_socket(connection, server_side=True).recv(1)) as port:
        write_kubeconfig(tmp_path, port, "https")
        with pytest.raises(ApiError, match=f":{port} is not the server that the kubeconfig trusts: self"):
            connect(Cluster(context="here", region="r", kubeconfig="kubeconfig"), tmp_path)


def test_a_server_that_fails_at_once_does_not_answer(cluster: Cluster, routes: Routes, tmp_path: Path) -> None:
    routes["GET", "/version"] = (503, {"message": "no endpoints"})
    with pytest.raises(UnreachableError, match="does not answer: 503 no endpoints"):
        connect(cluster, tmp_path)


def test_a_drained_region_answers_once_its_server_is_ready(cluster: Cluster, routes: Routes, tmp_path: Path) -> None:
    routes["GET", "/readyz"] = (500, {"message": "etcd failed"})
    drained = cluster.model_copy(update={"drained": True})
    assert connect(cluster, tmp_path), "of one in traffic what it lacks is said when it is asked for more"
    with pytest.raises(UnreachableError, match="does not answer: 500 etcd failed"):
        connect(drained, tmp_path)
    for status in (200, 403):
        routes["GET", "/readyz"] = (status, {})
        assert connect(drained, tmp_path)


def test_a_long_list_is_read_page_by_page(cluster: Cluster, routes: Routes, tmp_path: Path) -> None:
    def page(request: dict[str, Any]) -> Answer:
        if request["query"].get("continue") == "more":
            return 200, {"items": [{"n": 2}], "metadata": {}}
        return 200, {"items": [{"n": 1}], "metadata": {"continue": "more"}}

    routes["GET", "/api/v1/pods"] = page
    assert connect(cluster, tmp_path).items("/api/v1/pods") == [{"n": 1}, {"n": 2}]


def test_lists_that_are_not_allowed_or_not_served_are_left_out(
    cluster: Cluster, routes: Routes, tmp_path: Path
) -> None:
    routes["GET", "/a"] = (200, {"items": [{}]})
    routes["GET", "/b"] = (403, {"message": "forbidden"})
    assert all_of(connect(cluster, tmp_path), {"a": "/a", "b": "/b", "c": "/c"}) == {"a": [{}]}


def test_only_the_object_of_that_uid_is_deleted(cluster: Cluster, routes: Routes, tmp_path: Path) -> None:
    seen: list[Any] = []

    def delete(request: dict[str, Any]) -> Answer:
        seen.append(request["body"])
        return 200, {}

    routes["DELETE", "/x"] = delete
    metadata = {"name": "x", "uid": "uid-1", "resourceVersion": "7"}
    connect(cluster, tmp_path).delete("/x", metadata)
    connect(cluster, tmp_path).delete("/x", metadata, unchanged=True)
    assert seen == [
        {"preconditions": {"uid": "uid-1"}},
        {"preconditions": {"uid": "uid-1", "resourceVersion": "7"}},
    ]


def reviewed(
    allowed: Callable[[dict[str, str]], bool], asked: list[dict[str, str]]
) -> Callable[[dict[str, Any]], Answer]:
    def answer(request: dict[str, Any]) -> Answer:
        attributes = request["body"]["spec"]["resourceAttributes"]
        asked.append(attributes)
        return 201, {"status": {"allowed": allowed(attributes)}}

    return answer


@pytest.fixture
def served(cluster: Cluster, routes: Routes, tmp_path: Path) -> ApiServer:
    """Return a server of Namespaces and Deployments with a namespace and a Secret."""
    core = {"resource": "namespaces", "responseKind": {"kind": "Namespace"}}
    apps = {"resource": "deployments", "responseKind": {"kind": "Deployment"}}
    routes["GET", "/api"] = (200, {"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [core]}]}]})
    group = {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [apps]}]}
    routes["GET", "/apis"] = (200, {"items": [group]})
    namespace = {"metadata": {"name": "ns", "uid": "1"}, "status": {"phase": "Active"}}
    routes["GET", "/api/v1/namespaces"] = (200, {"items": [namespace]})
    routes["GET", "/api/v1/namespaces/ns"] = (200, namespace)
    routes["GET", "/api/v1/namespaces/ns/secrets"] = (200, {"items": [{"metadata": {"name": "s"}}]})
    return connect(cluster, tmp_path)


POD = {"containers": [], "imagePullSecrets": [{"name": "registry"}]}
NEEDED = needs(placed(manifest("Namespace", "ns", ""), workload(pod=POD)))
REVIEWS = ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")


def test_an_administrator_is_asked_about_once(served: ApiServer, routes: Routes) -> None:
    asked: list[dict[str, str]] = []
    routes[REVIEWS] = reviewed(lambda _: True, asked)
    assert cluster_facts.gather(served, NEEDED).refused == frozenset()
    assert len(asked) == 1


def test_anybody_else_is_asked_about_each_kind_and_namespace(served: ApiServer, routes: Routes) -> None:
    asked: list[dict[str, str]] = []
    routes[REVIEWS] = reviewed(lambda what: (what["resource"], what["verb"]) == ("deployments", "create"), asked)
    assert cluster_facts.gather(served, NEEDED).refused == {
        (("apps/v1", "Deployment"), "ns", "patch"),
        (("v1", "Namespace"), "", "create"),
        (("v1", "Namespace"), "", "patch"),
    }


def test_secrets_are_asked_for_by_name_alone(served: ApiServer, routes: Routes) -> None:
    routes[REVIEWS] = reviewed(lambda _: True, [])
    accepted: list[str] = []

    def secrets(request: dict[str, Any]) -> Answer:
        accepted.append(request["accept"])
        return 200, {"items": [{"metadata": {"name": "s"}}]}

    routes["GET", "/api/v1/namespaces/ns/secrets"] = secrets
    assert cluster_facts.gather(served, NEEDED).secrets == {"ns": frozenset({"s"})}
    assert all("PartialObjectMetadataList" in accept for accept in accepted)
    assert len(accepted) == 1


def test_namespaces_that_may_not_be_listed_are_read_one_by_one(served: ApiServer, routes: Routes) -> None:
    routes[REVIEWS] = reviewed(lambda _: True, [])
    routes["GET", "/api/v1/namespaces"] = (403, {"message": "forbidden"})
    assert cluster_facts.gather(served, NEEDED).namespaces == {"ns": ("1", "Active")}
    routes["GET", "/api/v1/namespaces/ns"] = (403, {"message": "forbidden"})
    assert cluster_facts.gather(served, NEEDED).namespaces is None
    del routes["GET", "/api/v1/namespaces/ns"]
    assert cluster_facts.gather(served, NEEDED).namespaces == {}
