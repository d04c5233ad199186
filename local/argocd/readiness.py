"""Whether what Argo CD consists of can be used: each of them is asked what it is there for."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

from local import health
from local.argocd.files import Files
from local.ports import ADDRESS

_SECONDS: Final = 2.0  # for an answer from this machine


def served(files: Files, ports: Mapping[str, int]) -> str:
    """Return what the application controller would miss when it starts, nothing if it misses nothing."""
    password = files.password()
    asked = (
        # Another one's Redis would not know the password.
        ("Redis", "redis", f"*2\r\n$4\r\nAUTH\r\n${len(password)}\r\n{password}\r\n".encode(), b"+OK", b"QUIT\r\n"),
        ("git-daemon", "git", _packet(f"git-upload-pack /{files.repository.name}\0host={ADDRESS}\0"), b"0", b"0000"),
        ("the repo server", "argocd-repo-server", b"", b"", b""),
    )
    found = (_trouble(name, ports[purpose], *conversation) for name, purpose, *conversation in asked)
    return "; ".join(trouble for trouble in found if trouble)


def silence(port: int) -> str:
    """Return what keeps the application controller from working, nothing if it works."""
    return health.silence(port, "/healthz")


def _trouble(name: str, port: int, words: bytes, expected: bytes, goodbye: bytes) -> str:
    try:
        with socket.create_connection((ADDRESS, port), timeout=_SECONDS) as connection:
            connection.sendall(words)
            answer = connection.recv(200) if expected else b""
            connection.sendall(goodbye)
    except OSError as error:
        return f"{name}: {error}"
    if answer.startswith(expected) and b"ERR" not in answer[:8]:
        return ""
    return f"{name}: port {port} answers {answer[:80]!r}"


def _packet(words: str) -> bytes:
    """Return a line as Git's protocol has it: its length first (gitprotocol-common)."""
    return f"{len(words) + 4:04x}{words}".encode()
