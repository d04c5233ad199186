"""A stack whose ways in are all made in moto, once for all tests of a file."""

from collections.abc import Iterator

import pytest

from settings.stack import Stack
from tests.moto.cloud import Cloud
from tests.unit.aws.traffic.wired import COLORED, MAIL, a_way_in, an_account_with, open_stack


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the account to `an_account_with`: one inside another would be the same one. Credentials are none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Stack, Cloud]]:
    """The systems demo, whose service has two colours, and mail, in two regions."""
    with an_account_with(open_stack(a_way_in(COLORED), MAIL)) as found:
        yield found


@pytest.fixture
def stack(made: tuple[Stack, Cloud]) -> Stack:
    return made[0]


@pytest.fixture
def registered(made: tuple[Stack, Cloud]) -> Cloud:
    return made[1]
