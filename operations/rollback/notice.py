"""The last two steps of the guide of korea-public-data: its health page is asked, and Slack is told."""

import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import Any, Final

WEBHOOK: Final = "SLACK_WEBHOOK_URL"
_PATIENCE: Final = 10  # seconds


class _NotFollowing(urllib.request.HTTPRedirectHandler):
    """What leads elsewhere answers, as `curl -f` has it; what it leads to may not be reachable from here."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def unanswered(url: str) -> str:
    """Ask a page by GET, and say what is wrong with the answer; nothing for 200 to 399."""
    request = urllib.request.Request(url, headers={"User-Agent": "naru"})  # noqa: S310 - the settings allow http(s) only
    try:
        with _opened(request) as answer:
            return "" if answer.status < 400 else f"{url} answers {answer.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return "" if error.code < 400 else f"{url} answers {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return f"{url} does not answer: {_cause(error)}"


def tell_slack(text: str) -> str:
    """Send a text to the webhook in the environment, if there is one, and return why that failed.

    Its URL is a secret: whoever has it may write to the channel. So no word of it is in what is returned.
    """
    url = os.environ.get(WEBHOOK, "")
    if not url:
        return ""
    if not url.startswith(("https://", "http://")):
        return f"${WEBHOOK} is no http address"
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
        with _opened(request) as answer:
            return "" if answer.status < 300 else f"it answers {answer.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answers {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__  # its text may have the URL in it


def _opened(request: urllib.request.Request) -> HTTPResponse:
    opener = urllib.request.build_opener(_NotFollowing)
    answer: HTTPResponse = opener.open(request, timeout=_PATIENCE)
    return answer


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
