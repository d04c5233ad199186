"""Whether a process of this machine says over HTTP that it works."""

from __future__ import annotations

import http.client
from typing import Final

from local.ports import ADDRESS

_SECONDS: Final = 2.0  # for an answer from this machine


def silence(port: int, path: str) -> str:
    """Return what keeps a process from answering well at a path, nothing if it does."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return "" if status == http.client.OK else f"{path} is answered with {status}"
