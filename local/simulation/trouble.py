"""Requests that the API server refuses, or never answers: which to repeat, and the log of the process."""

from __future__ import annotations

import sys
import time
from typing import Final

from local.provider.api import NotServed
from local.provider.transport import ApiError, Unreachable

Trouble: Final = (ApiError, Unreachable, NotServed)

_OVERTAKEN: Final = frozenset({404, 409})


def may_pass(error: Exception) -> bool:
    """Tell whether the same request may succeed later; of one that never will, the log tells.

    An object that was deleted or changed meanwhile is no trouble: an event of the watch tells what became of it.
    """
    if not isinstance(error, ApiError) or error.status == 429 or error.status >= 500:
        return True
    if error.status not in _OVERTAKEN:
        log(str(error))
    return False


def log(message: str) -> None:
    """Write a line to the log of the process."""
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr)  # noqa: T201 - its log
