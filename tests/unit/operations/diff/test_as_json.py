"""A comparison as data: all of it, under keys that scripts may rely on, and no Secret's value."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from operations.diff import as_json, markdown, sarif
from operations.diff.model import Field, Level, Report
from tests.unit.operations.diff import any_report, reports
from tests.unit.operations.diff.reports import CIPHERTEXT, change, image, report, risk, stack, subject
from tests.unit.operations.diff.test_terminal import shown


def test_keys_and_words_stay_what_they_are() -> None:
    at_risk = risk(clusters=("seoul", "tokyo"), file="catalog/plate.yaml", line=8)
    changed = change("changed", None, Field("spec.replicas", 2, 3))
    found = as_json.data(report(stack("prod", changed, risks=(at_risk,), images=(image(),), after=None)))
    about = {
        "cluster": "seoul",
        "system": "plate",
        "kind": "Deployment",
        "namespace": "plate-dev",
        "name": "plate-api",
    }
    assert found == {
        "base": "origin/main",
        "commit": "d9c30ecd6af8f6f16c803fdead6a4a3a5eee5360",
        "highest": "high",
        "stacks": [
            {
                "stack": "prod",
                "trouble": "",
                "highest": "high",
                "counts": {"added": 0, "changed": 1, "removed": 0, "replaced": 0},
                "cost": {"before": {"cpu": 12.5, "memory": 25769803776, "storage": 150323855360}, "after": None},
                "risks": [
                    {
                        "level": "high",
                        "danger": "downtime",
                        "subject": about,
                        "reason": "2 replicas become 1, while its budget keeps 1 running",
                        "clusters": ["seoul", "tokyo"],
                        "file": "catalog/plate.yaml",
                        "line": 8,
                    }
                ],
                "images": [
                    {
                        "subject": about,
                        "container": "plate-api",
                        "before": "harbor.example.com/plate/plate-api:1.4.2",
                        "after": "harbor.example.com/plate/plate-api:1.5.0",
                        "back": False,
                    }
                ],
                "changes": [
                    {
                        "action": "changed",
                        "subject": about,
                        "because": "",
                        "fields": [{"path": "spec.replicas", "before": 2, "after": 3}],
                    }
                ],
                "alone": [],
            }
        ],
        "previews": [],
    }


def test_nothing_is_grouped_or_cut() -> None:
    found = as_json.data(reports.large())
    assert [len(stack["changes"]) for stack in found["stacks"]] == [95, 95, 95, 190]
    assert [sum(stack["counts"].values()) for stack in found["stacks"]] == [95, 95, 95, 190]
    long = "x" * 10_000
    field = as_json.data(report(stack("dev", change("changed", None, Field("a", None, long)))))["stacks"][0]["changes"][
        0
    ]
    assert field["fields"] == [{"path": "a", "after": long}]


def test_no_risk_is_null() -> None:
    assert as_json.data(reports.nothing())["highest"] is None


def test_previews_and_objects_that_nothing_was_compared_with_are_there() -> None:
    found = as_json.data(reports.with_previews())
    assert found["previews"][1] == {
        "stack": "prod",
        "result": "failed",
        "changes": {},
        "lines": [],
        "reasons": ["no credentials for the cluster tokyo"],
    }
    assert [one["name"] for one in found["stacks"][1]["alone"]] == ["plate-api", "plate-api", "plate-web", "plate-web"]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # it would hide what failed
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_report.reports)
def test_any_report_is_json_with_each_change(found: Report) -> None:
    again = json.loads(json.dumps(as_json.data(found), allow_nan=False))
    assert [len(stack["changes"]) for stack in again["stacks"]] == [len(stack.changes) for stack in found.stacks]


OPEN = "hunter-two"


def secretive() -> Report:
    """A report with values of Secrets wherever one could stand."""
    other = CIPHERTEXT.replace("Q", "R")
    fields = (
        Field("spec.encryptedData.password", CIPHERTEXT, other),
        Field("spec.encryptedData", {"a": CIPHERTEXT, "b": OPEN}, {"a": other}),
        Field("spec", None, {"encryptedData": {"x": [OPEN]}, "template": {"data": {"y": OPEN}}}),
    )
    plain = (Field("stringData.password", OPEN, "hunter-three"), Field("data", {"x": OPEN}, None))
    text = f"it was {CIPHERTEXT} before"
    changes = (
        change("changed", subject("db", "SealedSecret"), *fields),
        change("changed", subject("db", "Secret"), *plain),
        change("changed", subject("db", "ConfigMap"), Field("data.copied", f"key: {CIPHERTEXT}\n", "none\n")),
        change("changed", subject("api"), because=text),
    )
    broken = stack("prod", *changes, risks=(risk(Level.HIGH, reason=text),), trouble=text)
    return Report("main", "", (broken, stack("dev")), reports.with_previews().previews)


@pytest.mark.parametrize(
    "format_",
    [
        as_json.data,
        markdown.text,
        lambda found: sarif.data(found, reports.ROOT),
        lambda found: shown(found, width=5_000),
    ],
    ids=["json", "markdown", "sarif", "terminal"],
)
def test_no_format_has_the_value_of_a_secret(format_: Any) -> None:
    found = json.dumps(format_(secretive()))
    assert "hunter" not in found
    assert CIPHERTEXT[:60] not in found
    assert CIPHERTEXT.replace("Q", "R")[:60] not in found


def test_secret_that_is_sealed_anew_is_still_told_as_changed() -> None:
    found = as_json.data(secretive())["stacks"][0]["changes"][0]["fields"]
    assert found[0] == {"path": "spec.encryptedData.password", "before": "(sealed)", "after": "(sealed anew)"}
    assert found[1]["before"] == {"a": "(sealed)", "b": "(sealed)"}
    assert "(sealed) -> (sealed anew)" in shown(secretive())


def test_references_to_secrets_are_no_secrets() -> None:
    field = Field("spec.data[password].remoteRef.key", "prod/db", "prod/database")
    found = as_json.data(report(stack("prod", change("changed", subject("db", "ExternalSecret"), field))))
    assert found["stacks"][0]["changes"][0]["fields"][0]["after"] == "prod/database"
