"""What a stack has in AWS is compared beside its objects: component by component, in every format."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from operations.diff import as_json, elsewhere, markdown, sarif, sides
from operations.diff.model import Objects, Report, StackDiff
from tests.assembled import ROOT
from tests.aws_projects import FullProject
from tests.unit.operations.diff.aws_sides import DRAINED, OLDER, PROD, SHOP, compared


def shown(diff: StackDiff) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Return what is told of each changed component: property to old and new."""
    return {
        f"{one.action} {one.subject}{f' ({one.subject.cluster})' if one.subject.cluster else ''}": {
            field.path: (field.before, field.after) for field in one.fields
        }
        for one in diff.changes
    }


def test_nothing_changed_is_no_change_and_no_risk(tmp_path: Path, before: Objects) -> None:
    diff = compared(tmp_path, before)
    assert (diff.changes, diff.risks) == ((), ())


def test_a_change_is_told_by_component_and_property(tmp_path: Path, before: Objects) -> None:
    assert shown(compared(tmp_path, before, (SHOP, "storageGib: 20", "storageGib: 30"))) == {
        "changed AWS Database shop/store (seoul)": {"storageGib": (20, 30)}
    }


def test_a_draining_is_told_as_a_change_of_records_alone(tmp_path: Path, before: Objects) -> None:
    found = shown(compared(tmp_path, before, DRAINED))
    record = {"asksTargets": False, "cluster": "tokyo", "key": "tokyo", "region": "ap-northeast-1"}
    assert found == {"changed AWS PublicRecords shop/shop": {"records[tokyo]": (record, None)}}


def test_another_owner_is_told_once_for_each_system(tmp_path: Path, before: Objects) -> None:
    found = shown(compared(tmp_path, before, (PROD, "owner: platform", "owner: shop")))
    assert found == {
        "changed AWS Tags common/tags": {"owner": ("platform", "shop")},
        "changed AWS Tags shop/tags": {"owner": ("platform", "shop")},
    }


def test_a_right_is_told_by_its_statement(tmp_path: Path, before: Objects) -> None:
    found = shown(compared(tmp_path, before, (SHOP, "buckets: { backups: read }", "buckets: { backups: write }")))
    assert set(found) == {"changed AWS ServiceRole shop/api"}
    assert any(path.startswith("policy.Statement[") for path in found["changed AWS ServiceRole shop/api"])


def test_new_component_comes_and_another_goes(tmp_path: Path, before: Objects) -> None:
    changes = ((SHOP, "queues: { orders: {} }", "queues: { orders: {}, bills: {} }"),)
    assert list(shown(compared(tmp_path, before, *changes))) == [
        "added AWS Queue shop/bills (seoul)",
        "added AWS Queue shop/bills (tokyo)",
    ]


def test_what_is_of_no_cluster_is_told_without_one(tmp_path: Path, before: Objects) -> None:
    diff = compared(tmp_path, before, DRAINED)
    assert [risk.clusters for risk in diff.risks] == [()]


def aws_only(objects: Objects) -> Objects:
    return {one: made for one, made in objects.items() if one.kind.startswith("AWS ")}


def test_code_that_knows_nothing_of_aws_is_not_asked_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Fake:
        def __init__(self, command: list[str], **_: Any) -> None:
            asked.append(command)

        def wait(self, *_: Any) -> int:
            return 0

        def poll(self) -> int:
            return 0

        def kill(self) -> None: ...

    monkeypatch.setattr("operations.diff.elsewhere.subprocess.Popen", Fake)
    (tmp_path / "operations").mkdir()
    elsewhere.render(tmp_path, ["prod"])
    (tmp_path / "operations/planned.py").touch()
    elsewhere.render(tmp_path, ["prod"])
    assert ["--aws" in command for command in asked] == [False, True]


def test_work_tree_has_the_aws_of_each_stack_beside_its_objects(tmp_path: Path) -> None:
    found = sides.after(FullProject(tmp_path).root, ["dev", "prod"])
    assert {one.kind for one in found["prod"].objects} >= {"Deployment", "AWS Database"}
    assert not aws_only(found["dev"].objects)


def test_stack_without_aws_costs_nothing(tmp_path: Path) -> None:
    FullProject(tmp_path)
    code = f"""
import sys
from pathlib import Path
from operations.diff import sides
sides.after(Path({str(tmp_path)!r}), ["dev"])
heavy = {{"manifests.aws.plan", "pulumi", "pulumi_aws", "boto3", "botocore"}}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
sides.after(Path({str(tmp_path)!r}), ["prod"])
assert heavy & sys.modules.keys() == {{"manifests.aws.plan"}}
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_report_in_every_format_has_the_change(tmp_path: Path, before: Objects) -> None:
    diff = compared(tmp_path, before, OLDER, DRAINED)
    report = Report("main", "0" * 40, (diff,))
    texts: Mapping[str, str] = {
        "markdown": markdown.text(report),
        "json": json.dumps(as_json.data(report)),
        "sarif": json.dumps(sarif.data(report, tmp_path)),
    }
    for name, text in texts.items():
        assert "AWS Database" in text, name
        assert "which AWS refuses" in text, name
