"""A project with AWS to change in each test."""

from pathlib import Path

import pytest

from tests.aws_projects import AwsProject


@pytest.fixture
def project(tmp_path: Path) -> AwsProject:
    """A small project whose stack `prod` has AWS in two regions, in a folder of its own."""
    return AwsProject(tmp_path)
