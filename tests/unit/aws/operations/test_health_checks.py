"""What Route 53 says of health checks: judged as it judges, asked in a hurry, and never anything to end over."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from manifests.aws.records import CHECKERS
from operations.aws import health_checks
from operations.aws.client import Aws
from operations.aws.explaining import HURRIED
from operations.aws.health_checks import Health, judged
from tests.unit.aws.operations.account import SEOUL, health_check, refusal

GOOD = "Success: HTTP Status Code 200, OK. Resolved IP: 192.0.2.{}"
BAD = "Failure: HTTP Status Code 503, Service Unavailable. Resolved IP: 192.0.2.{}"
SLOW = "Failure: The health checker could not establish a connection within the timeout limit."


def observations(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return what `GetHealthCheckStatus` gives for checkers that say this."""
    return [
        {
            "Region": CHECKERS[number % len(CHECKERS)],
            "IPAddress": f"15.177.0.{number}",
            "StatusReport": {"Status": text.format(number), "CheckedTime": datetime(2026, 1, 1, tzinfo=UTC)},
        }
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("good", "of", "status"),
    [
        (16, 16, "healthy"),
        (3, 16, "healthy"),  # 18.75 %
        (2, 16, "unhealthy"),
        (0, 16, "unhealthy"),
        (9, 50, "unhealthy"),  # 18 % exactly
        (10, 50, "healthy"),
        (1, 1, "healthy"),
        (0, 1, "unhealthy"),
    ],
)
def test_endpoint_is_healthy_where_more_than_18_per_cent_of_the_checkers_say_so(
    good: int, of: int, status: str
) -> None:
    health = judged(observations([GOOD] * good + [BAD] * (of - good)))
    assert (health.status, health.healthy, health.checkers) == (status, good, of)


def test_what_most_checkers_say_is_told_without_their_addresses() -> None:
    health = judged(observations([BAD, SLOW, BAD, GOOD, *[BAD] * 5, *[SLOW] * 2]))
    assert str(health) == "1 of 11 checkers find it healthy (HTTP Status Code 503, Service Unavailable.)"


@pytest.mark.parametrize(
    "said",
    [
        [],
        [{"Region": "us-west-2"}],
        [{"Region": "us-west-2", "StatusReport": {}}],
        [{"Region": "us-west-2", "StatusReport": {"Status": "not checked yet"}}],
    ],
)
def test_checkers_that_have_nothing_to_say_yet_leave_it_open(said: list[dict[str, Any]]) -> None:
    assert judged(said) == Health(unknown="no checker of Route 53 has reported yet")
    assert judged(said).status == "unknown"


def test_what_aws_says_cannot_move_a_cursor_or_fill_the_screen() -> None:
    text = str(judged(observations(["Failure: \x1b[2J" + "word " * 100])))
    assert "\x1b" not in text
    assert len(text) < 300


def test_checks_are_asked_for_by_id() -> None:
    found = health_checks.ask("prod", SEOUL, {"seoul": health_check(), "tokyo": health_check()})
    assert found == dict.fromkeys(("seoul", "tokyo"), Health(1, 1))


def test_check_that_is_not_there_is_unknown_and_the_next_one_is_asked_for() -> None:
    found = health_checks.ask("prod", SEOUL, {"seoul": "gone", "tokyo": health_check()})
    assert found["seoul"].unknown == "Route 53 has no health check gone, which the state names"
    assert found["tokyo"].status == "healthy"


def test_answer_is_of_the_form_that_aws_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("route53", region_name=SEOUL)
    monkeypatch.setattr(Aws, "_client", lambda *_: client)
    with Stubber(client) as stubber:
        for name, texts in {"one": [SLOW] * 16, "two": [GOOD] * 16}.items():
            answer = {"HealthCheckObservations": observations(texts)}
            stubber.add_response("get_health_check_status", answer, {"HealthCheckId": name})
        found = health_checks.ask("prod", SEOUL, {"seoul": "one", "tokyo": "two"})
        stubber.assert_no_pending_responses()
    assert {name: one.status for name, one in found.items()} == {"seoul": "unhealthy", "tokyo": "healthy"}


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], AWSResponse | None]], list[str]]:
    """Return what has Route 53 give an answer in place of moto's; it returns the URLs that are asked."""
    made = Aws._client

    def have(answer: Callable[[Any], AWSResponse | None]) -> list[str]:
        asked = list[str]()

        def instead(request: Any, **_: Any) -> AWSResponse | None:
            asked.append(request.url)
            return answer(request)

        def client(self: Aws, service: str) -> Any:
            found = made(self, service)
            found.meta.events.register_first("before-send", instead, "instead")
            return found

        monkeypatch.setattr(Aws, "_client", client)
        return asked

    return have


Answered = Callable[[Callable[[Any], AWSResponse | None]], list[str]]


@pytest.mark.parametrize(
    ("code", "status", "said", "times"),
    [
        ("Throttling", 400, "was throttled, asked 3 times: wait a little and try again", HURRIED.attempts),
        ("ServiceUnavailable", 503, "failed, asked 3 times", HURRIED.attempts),
        ("AccessDenied", 403, "may not route53:GetHealthCheckStatus on ", 1),
        ("ExpiredToken", 403, "the credentials for AWS have expired", 1),
    ],
)
def test_refusal_is_why_nothing_is_known_of_any(
    answered: Answered, code: str, status: int, said: str, times: int
) -> None:
    asked = answered(refusal(code, "Rate exceeded", status, xml=True))
    found = health_checks.ask("prod", SEOUL, {"seoul": "one", "tokyo": "two"})
    assert [one.status for one in found.values()] == ["unknown", "unknown"]
    assert all(said in one.unknown for one in found.values())
    assert len(asked) == times, "the second check is not asked for in vain"


def test_silence_is_why_nothing_is_known(answered: Answered) -> None:
    def silent(request: Any) -> AWSResponse:
        raise EndpointConnectionError(endpoint_url=request.url)

    asked = answered(silent)
    (health,) = health_checks.ask("prod", SEOUL, {"seoul": "one"}).values()
    assert "cannot be reached (EndpointConnectionError)" in health.unknown
    assert len(asked) == HURRIED.attempts


def test_what_was_known_before_it_went_silent_is_kept(answered: Answered) -> None:
    first = health_check()
    answered(lambda request: None if first in request.url else refusal("Throttling", "", xml=True)(request))
    found = health_checks.ask("prod", SEOUL, {"seoul": first, "tokyo": "two"})
    assert {name: one.status for name, one in found.items()} == {"seoul": "healthy", "tokyo": "unknown"}


def test_nobodys_credentials_are_why_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (health,) = health_checks.ask("prod", SEOUL, {"seoul": "one"}).values()
    assert health.unknown.startswith("there are no credentials for AWS")


def test_unknown_profile_is_why_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    (health,) = health_checks.ask("prod", SEOUL, {"seoul": "one"}).values()
    assert health.unknown.startswith("there is no such profile of AWS")
