"""Whether what Argo CD consists of can be used."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from local.argocd import readiness
from local.argocd.files import Files


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Yield the port of a server that gives one answer to the first that asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(answer)
                while connection.recv(1000):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@contextmanager
def all_answering(**answers: bytes) -> Iterator[Mapping[str, int]]:
    usual = {"redis": b"+OK\r\n", "git": b"00000032", "repo": b""}
    with ExitStack() as servers:
        ports = {name: servers.enter_context(answering(answer)) for name, answer in {**usual, **answers}.items()}
        yield {"redis": ports["redis"], "git": ports["git"], "argocd-repo-server": ports["repo"]}


def test_nothing_is_missing_where_all_answer(prepared: Files) -> None:
    with all_answering() as ports:
        assert readiness.served(prepared, ports) == ""


@pytest.mark.parametrize(
    ("who", "answer", "told"),
    [
        ("redis", b"-WRONGPASS invalid username-password pair\r\n", "Redis: port"),
        ("git", b"0024ERR access denied or repository not exported: /naru.git", "git-daemon: port"),
    ],
    ids=["another's Redis", "another's repository"],
)
def test_what_answers_wrongly_is_told(prepared: Files, who: str, answer: bytes, told: str) -> None:
    with all_answering(**{who: answer}) as ports:
        assert readiness.served(prepared, ports).startswith(told)


def test_what_does_not_answer_is_told_by_name(prepared: Files) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        ports = dict.fromkeys(("redis", "git", "argocd-repo-server"), closed.getsockname()[1])
        found = readiness.served(prepared, ports).split("; ")
        assert [one.partition(":")[0] for one in found] == ["Redis", "git-daemon", "the repo server"]
        assert "refused" in readiness.silence(ports["redis"])


@pytest.mark.parametrize(("status", "told"), [("200 OK", ""), ("503 Not ready", "/healthz is answered with 503")])
def test_controller_is_asked_for_its_health(status: str, told: str) -> None:
    with answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as port:
        assert readiness.silence(port) == told
