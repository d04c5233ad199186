"""Which refused requests are repeated, and which the log tells of."""

from __future__ import annotations

import pytest

from local.provider.api import NotServed
from local.provider.objects import Type
from local.provider.transport import ApiError
from local.simulation.trouble import may_pass


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ApiError(503, {"message": "no"}), True),
        (ApiError(500, {"message": "no"}), True),
        (ApiError(429, {"message": "no"}), True),
        (ApiError(422, {"message": "no"}), False),
        (ApiError(403, {"message": "no"}), False),
        (ApiError(404, {"message": "no"}), False),
        (NotServed(Type("example.com", "v1", "Thing")), True),
    ],
)
def test_only_what_may_succeed_later_is_repeated(error: Exception, passes: bool) -> None:
    assert may_pass(error) is passes


def test_refusal_for_good_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    may_pass(ApiError(422, {"message": "spec.hosts: too many"}))
    assert "spec.hosts: too many" in capsys.readouterr().err


@pytest.mark.parametrize("status", [404, 409])
def test_object_that_is_gone_or_changed_is_not_worth_a_line(capsys: pytest.CaptureFixture[str], status: int) -> None:
    may_pass(ApiError(status, {"message": "gone"}))
    assert capsys.readouterr().err == ""
