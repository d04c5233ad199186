"""Which ports of 127.0.0.1 the control plane listens on."""

from __future__ import annotations

import errno
import itertools
import socket
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

ADDRESS: Final = "127.0.0.1"

# Below the range systems hand out for outgoing connections (32768 and up on Linux), so that they stay free.
PREFERRED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "api": 26443,
        "etcd": 26379,
        "etcd-peer": 26380,
        "sealing": 26080,
        "prometheus": 26090,
        "git": 26418,
        "redis": 26400,
        "argocd-repo-server": 26081,
        "argocd-controller": 26082,
    }
)

_LAST: Final = 32767


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def choose(
    remembered: Mapping[str, int], held: Collection[str] = (), free: Callable[[int], bool] = is_free
) -> dict[str, int]:
    """Return a port for each purpose: the one it had, else the first that is free from the preferred one on.

    `held` are the purposes whose process runs and listens: those keep theirs.
    """
    chosen = {purpose: remembered[purpose] for purpose in PREFERRED if purpose in held and purpose in remembered}
    for purpose, preferred in PREFERRED.items():
        if purpose not in chosen:
            candidates = itertools.chain([remembered.get(purpose, preferred)], range(preferred, _LAST + 1))
            taken = set(chosen.values()) | (set(PREFERRED.values()) - {preferred})
            chosen[purpose] = next(port for port in candidates if port not in taken and free(port))
    return chosen
