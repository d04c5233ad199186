"""AWS as the command asks it, on moto: without waiting between attempts, and with nothing of the user's own."""

from functools import cache

import botocore.session
import pytest
from botocore.loaders import create_loader
from botocore.retries.standard import ExponentialBackoff

from operations.aws.client import Aws
from tests.unit.aws.operations.account import SEOUL

# The descriptions of services are megabytes, and the same for each test.
_loader = cache(create_loader)


@pytest.fixture(autouse=True)
def _nobodys_files(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(home / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(botocore.session, "create_loader", _loader)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)


@pytest.fixture
def aws() -> Aws:
    return Aws("prod", SEOUL)
