"""moto's account, empty, and the mocks that make resources in it."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.moto.cloud import Cloud


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test of this folder reaches AWS: credentials are none, and every call is moto's."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()
