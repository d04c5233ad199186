"""Managed data stores of every kind, made in moto once for all tests of this folder that only look."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from settings.stack import Stack
from tests.managed_stores import a_cache, a_database, a_managed_stack
from tests.moto.cloud import Cloud
from tests.moto.network import on_moto
from tests.unit.aws.data_stores.registering import registered


@dataclass(frozen=True)
class Made:
    """A stack, what was registered for it, and the outputs of each component."""

    stack: Stack
    cloud: Cloud
    outputs: dict[str, Any]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """Two databases, one of them with a replica in Tokyo, and two caches."""
    stores = (
        a_database(storageLimitGib=500, parameters={"log_min_duration_statement": "500", "rds.force_ssl": "0"}),
        a_database("books", replicas=["tokyo"], backupDays=30, logDays=30),
        a_cache(parameters={"maxmemory-policy": "allkeys-lru"}),
        a_cache("valkey", changes={"engine": "valkey"}, version="8.1", plainAllowed=True),
    )
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.delenv("AWS_PROFILE", raising=False)
        stack, cloud = on_moto(a_managed_stack(*stores)), Cloud()
        yield Made(stack, cloud, registered(cloud, stack))
