"""All that a stack has in AWS stands in its plan: every planner's, under names that tell it apart, as plain data."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, get_args, get_type_hints

import pytest

import components.aws
import manifests.aws
from manifests.aws import plan as planning
from manifests.aws.plan import AREAS, Area, plan
from manifests.aws.scope import Scope
from settings.stack import Stack
from tests.aws_projects import FullProject
from tests.builders import a_stack, a_system

NO_PLAN = {"providers", "stack_resources"}
"""What stands beside the components, and is none."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return FullProject(tmp_path_factory.mktemp("project")).load("prod").stack


def planners() -> Iterator[FunctionType]:
    """Yield every public function of manifests.aws that takes a stack, alone, and yields scopes with arguments."""
    for found in pkgutil.iter_modules(manifests.aws.__path__):
        module = importlib.import_module(f"manifests.aws.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__ and not name.startswith("_"):
                hints = get_type_hints(value)
                yields = get_args(get_args(hints.pop("return", None))[0]) if get_args(hints.get("return")) else ()
                if hints == {"stack": Stack} and len(yields) == 2 and yields[0] is Scope and is_dataclass(yields[1]):
                    yield value


def test_every_planner_is_in_the_plan() -> None:
    known = {area.planner for area in AREAS}
    assert {f"{one.__module__}.{one.__name__}" for one in planners() if one not in known} == set()
    assert len(known) == len(AREAS) == len(list(planners()))


def test_every_area_says_a_component_that_there_is() -> None:
    files = {found.name for found in pkgutil.iter_modules(components.aws.__path__)}
    for area in AREAS:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in area.component).lstrip("_")
        assert snake in files, area.component


def test_every_area_makes_something_of_a_stack_that_has_all(stack: Stack) -> None:
    made = {one.component for one in plan(stack).values()}
    assert made == {area.component for area in AREAS} | {"Tags"}


def test_plan_is_plain_data_without_tags(stack: Stack) -> None:
    for name, one in plan(stack).items():
        assert json.loads(json.dumps(one.arguments)) == one.arguments, name
        assert not [key for key in _keys(one.arguments) if key == "tags" or key.endswith("Tags")], name


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_tags_stand_once_for_each_system(stack: Stack) -> None:
    found = plan(stack)
    assert [name for name, one in found.items() if one.component == "Tags"] == [
        "global/common/aws/tags",
        "global/shop/aws/tags",
    ]
    assert found["global/shop/aws/tags"].arguments == {
        "system": "shop",
        "environment": "prod",
        "owner": "platform",
        "cost-centre": "4711",
        "managed-by": "naru",
    }


def test_arguments_are_spelt_as_files_spell_them(stack: Stack) -> None:
    database = plan(stack)["seoul/shop/aws/data-store/store"]
    assert (database.component, database.arguments["storageGib"]) == ("Database", 20)
    assert database.arguments["care"]["backupDays"] == 14
    assert "storageLimitGib" not in database.arguments  # not given


def test_plan_shows_the_policies_that_components_make(stack: Stack) -> None:
    found = plan(stack)
    bucket, role = (found[f"global/shop/aws/{name}"].arguments for name in ("bucket/backups", "role/api"))
    assert [one["Sid"] for one in bucket["policy"]["Statement"]] == ["NoPlainHttp", "NoOldTls"]
    allowed = {action for one in role["policy"]["Statement"] for action in _list(one["Action"])}
    assert {"s3:GetObject", "sqs:SendMessage", "kms:Decrypt"} <= allowed
    assert {one["Resource"] for one in role["policy"]["Statement"] if "kms:ViaService" in json.dumps(one)} == {
        "the key in ap-northeast-2",
        "the key in ap-northeast-1",
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_stack_without_aws_has_no_plan() -> None:
    assert plan(a_stack(a_system(aws={"buckets": {"backups": {}}}))) == {}


def test_two_components_of_one_name_are_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = next(area for area in AREAS if area.component == "EncryptionKey")
    other = Area("Other", keys.planner, keys.called)
    monkeypatch.setattr(planning, "AREAS", (keys, other))
    with pytest.raises(ValueError, match=r"seoul/shop/aws/key: EncryptionKey and Other"):
        plan(stack)


def test_a_draining_changes_records_alone(tmp_path: Path, stack: Stack) -> None:
    project = FullProject(tmp_path)
    project.change("Pulumi.prod.yaml", "context: prod-tokyo", "drained: true\n        context: prod-tokyo")
    before, after = plan(stack), plan(project.load("prod").stack)
    assert {one.component for name, one in after.items() if one != before[name]} == {"PublicRecords"}
    assert before.keys() == after.keys()
