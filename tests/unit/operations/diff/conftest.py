"""A side to compare with."""

import pytest

from operations.diff.model import Objects
from tests.aws_projects import FullProject
from tests.unit.operations.diff.aws_sides import aws_of


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Objects:
    """What the stack prod of the whole project has in AWS."""
    return aws_of(FullProject(tmp_path_factory.mktemp("before")))
