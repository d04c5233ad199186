"""Which namespaces are the other stacks' of the project, where that is certain."""

from pathlib import Path

from operations.drift.run import namespaces_elsewhere
from tests.projects import Project


def test_namespaces_of_the_other_stacks_are_theirs(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert namespaces_elsewhere(tmp_path, project.load().stack) == {"shop", "mail"}


def test_nothing_is_certain_where_another_stack_is_on_the_same_cluster(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.change("Pulumi.prod.yaml", "context: prod", "context: dev")
    assert namespaces_elsewhere(tmp_path, project.load().stack) is None


def test_nothing_is_certain_where_another_stack_cannot_be_read(tmp_path: Path) -> None:
    project = Project(tmp_path)
    stack = project.load().stack
    project.change("Pulumi.prod.yaml", "tier: production", "tier: other")
    assert namespaces_elsewhere(tmp_path, stack) is None
