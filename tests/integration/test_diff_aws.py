"""What a stack has in AWS is the same whoever tells: this process, or a checkout's code in a process of its own."""

import json
from pathlib import Path

from operations.diff import elsewhere
from operations.diff.model import Objects
from operations.diff.sides import objects_of
from operations.planned import KIND, folders, planned
from tests.assembled import ROOT
from tests.aws_projects import FullProject


def of_aws(objects: Objects) -> Objects:
    return {one: made for one, made in objects.items() if one.kind.startswith(KIND)}


def test_code_of_a_checkout_tells_what_this_process_does(tmp_path: Path) -> None:
    project = FullProject(tmp_path)
    for name in ("settings", "manifests", "components", "operations"):
        (tmp_path / name).symlink_to(ROOT / name)
    outcome = elsewhere.render(tmp_path, ["prod", "dev"])
    for one in outcome.values():
        assert not isinstance(one, elsewhere.Failed), one
        found = of_aws(objects_of("prod", one))
        here = objects_of("prod", json.loads(json.dumps(folders(planned(project.load("prod").stack)))), {})
        assert found in ({}, here)
    assert [bool(of_aws(objects_of(stack, one))) for stack, one in outcome.items() if isinstance(one, dict)] == [
        True,
        False,
    ]
