"""Both sides of what a stack has in AWS, made of a project and edits of its files."""

import json
from pathlib import Path

from operations.diff.model import Objects, StackDiff
from operations.diff.report import compared_stack
from operations.diff.sides import Side, objects_of
from operations.planned import folders, planned
from tests.aws_projects import FullProject

Change = tuple[str, str, str]
"""A file, what it says in one place, and what it says there then."""

SHOP = "catalog/shop.yaml"
PROD = "Pulumi.prod.yaml"
DRAINED: Change = (PROD, "context: prod-tokyo", "drained: true\n        context: prod-tokyo")
OLDER: Change = (SHOP, 'version: "17"', 'version: "16"')


def aws_of(project: FullProject) -> Objects:
    """Return what the stack prod has in AWS, as a comparison has it."""
    made = planned(project.load("prod").stack)
    return objects_of("prod", json.loads(json.dumps(folders(made))), {})


def compared(tmp_path: Path, before: Objects, *edits: Change) -> StackDiff:
    """Compare a side with what the project in a folder has after edits of its files."""
    project = FullProject(tmp_path)
    was = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.yaml")}
    for edit in edits:
        project.change(*edit)
    return compared_stack(tmp_path, "prod", before, Side(aws_of(project), project.load("prod")), was.get)
