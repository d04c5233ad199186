"""The files of Argo CD on this machine: what its processes read when they start, and the repository they deploy."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.errors import PlaneError
from local.files import private_directory, write_private
from local.places import Places
from local.ports import ADDRESS

# Neither the user's configuration nor the system's decides what becomes of a repository of ours.
GIT_ENVIRONMENT: Final[Mapping[str, str]] = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

_REPOSITORY: Final = "naru.git"
_SOCKET_BYTES: Final = 100  # Linux has 107, macOS 103 (unix(7), `sun_path`)


@dataclass(frozen=True)
class Files:
    """All below a folder of the control plane, but for the repository: what was published outlives a cluster."""

    data: Path
    served: Path
    """The folder whose repositories are served."""

    @classmethod
    def of(cls, places: Places) -> Files:
        """Return those that belong to a control plane."""
        return cls(places.data / "argocd", places.data.parent / "git")

    @property
    def repository(self) -> Path:
        """The bare repository, to which is pushed by its path."""
        return self.served / _REPOSITORY

    @property
    def redis(self) -> Path:
        """The configuration of Redis, with the password, which is on no command line that way."""
        return self.data / "redis.conf"

    @property
    def credentials(self) -> Path:
        """The folder with the same password, as Argo CD reads it (REDIS_CREDS_DIR_PATH)."""
        return self.data / "redis"

    @property
    def session_key(self) -> Path:
        """What Argo CD would sign its users' sessions with; its settings are invalid without one."""
        return self.data / "session.key"

    @property
    def temporary(self) -> Path:
        """Where the repo server keeps its clones; they are its own, and private."""
        return self.data / "tmp"

    @property
    def empty(self) -> Path:
        """A folder with nothing, where the repo server would look for TLS settings and plugins."""
        return self.data / "empty"

    @property
    def socket(self) -> Path:
        """Where the repo server would be asked for a repository's credentials; a name that systems have room for."""
        own = self.data / "ask-pass.sock"
        if len(os.fsencode(own)) <= _SOCKET_BYTES:
            return own
        return Path(tempfile.gettempdir(), f"naru-{hashlib.sha256(os.fsencode(own)).hexdigest()[:16]}.sock")

    def url(self, port: int) -> str:
        """Return where the repository is read."""
        return f"git://{ADDRESS}:{port}/{_REPOSITORY}"

    def password(self) -> str:
        """Return the password of Redis; there once it was prepared."""
        return (self.credentials / "auth").read_text(encoding="ascii")


def prepare(files: Files, ports: Mapping[str, int]) -> None:
    """Write every file that is not right yet, and make the repository if there is none. Raises PlaneError."""
    for directory in (files.data, files.credentials, files.temporary, files.empty, files.served):
        private_directory(directory)
    for secret in (files.credentials / "auth", files.session_key):
        if not secret.exists():
            write_private(secret, secrets.token_urlsafe(32))
    write_private(files.redis, redis_configuration(ports["redis"], files.password(), files.data))
    if not (files.repository / "HEAD").exists():
        _make(files.repository)


def redis_configuration(port: int, password: str, folder: Path) -> str:
    """Return it: a cache that keeps nothing on disk, for those who know the password."""
    lines = (
        f"bind {ADDRESS}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        'save ""',
        "appendonly no",
        "loglevel warning",
    )
    return "\n".join(lines) + "\n"


def _make(repository: Path) -> None:
    words = ["git", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(repository)]
    environment = {**os.environ, **GIT_ENVIRONMENT}
    made = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        reason = " ".join(made.stderr.split())
        message = f"cannot make the repository {repository}: {reason}"
        raise PlaneError(message)
