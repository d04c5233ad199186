"""What can be wrong with a question to AWS, each as one line that says what to do; nothing of boto3 is imported."""

import re
from typing import Final

from settings.faults import escaped

_KEYS: Final = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{8,}\b")
_LONG: Final = re.compile(r"[A-Za-z0-9+/=_-]{60,}")


class AwsError(Exception):
    """A question that has no answer; its text is one line."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
        """What AWS calls it."""


class NotThere(AwsError):  # noqa: N818 - an answer rather than an error
    """What was asked about does not exist."""


class NotAllowed(AwsError):  # noqa: N818
    """Whoever asks lacks a permission."""

    def __init__(self, text: str, action: str, region: str, code: str = "") -> None:
        super().__init__(text, code)
        self.action = action
        self.region = region


def safe(text: str, width: int = 200) -> str:
    """Return the first line of what AWS said, without anything that looks like a key, a token or a signature."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = _LONG.sub("…", _KEYS.sub("…", line))
    return escaped(line if len(line) <= width else line[: width - 1] + "…")
