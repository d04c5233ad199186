"""A project to change in each test."""

from pathlib import Path

import pytest

from tests.projects import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project of two systems and two stacks, in a folder of its own."""
    return Project(tmp_path)
