"""Risks for code scanning: what SARIF 2.1.0 asks for, and what GitHub makes of it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from operations.diff import sarif
from operations.diff.model import Danger, Level, Report
from tests.unit.operations.diff import any_report, reports
from tests.unit.operations.diff.reports import ROOT, report, risk, stack, subject

# The properties that the schema knows of the objects in use; it allows no others. Required ones are in the second set.
_KNOWN: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"$schema", "version", "runs"}, {"version", "runs"}),
    "run": ({"tool", "automationDetails", "invocations", "columnKind", "results"}, {"tool"}),
    "driver": ({"name", "rules"}, {"name"}),
    "rule": (
        {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"},
        {"id"},
    ),
    "result": (
        {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties"},
        {"message"},
    ),
    "location": ({"physicalLocation", "logicalLocations"}, set()),
    "invocation": ({"executionSuccessful", "toolExecutionNotifications"}, {"executionSuccessful"}),
    "notification": ({"level", "message"}, {"message"}),
}


def fits(kind: str, found: dict[str, Any]) -> None:
    known, required = _KNOWN[kind]
    assert required <= set(found) <= known, kind


def assert_valid(log: dict[str, Any]) -> None:
    fits("log", log)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    fits("run", run)
    fits("driver", run["tool"]["driver"])
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        fits("rule", rule)
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in run["results"]:
        fits("result", result)
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"note", "warning", "error"}
        assert result["message"]["text"].isprintable()
        [location] = result["locations"]
        fits("location", location)
        place = location["physicalLocation"]
        assert set(place) == {"artifactLocation", "region"}
        assert place["artifactLocation"]["uri"].isascii()
        assert place["region"]["startLine"] >= 1
    for invocation in run["invocations"]:
        fits("invocation", invocation)
        for notification in invocation["toolExecutionNotifications"]:
            fits("notification", notification)
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def results(*risks: Any, name: str = "prod", root: Path = ROOT) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif.data(report(stack(name, risks=risks)), root)["runs"][0]["results"]
    return found


def place(result: dict[str, Any]) -> tuple[str, int]:
    found = result["locations"][0]["physicalLocation"]
    return found["artifactLocation"]["uri"], found["region"]["startLine"]


def rules(*risks: Any) -> dict[str, dict[str, Any]]:
    run = sarif.data(report(stack("prod", risks=risks)), ROOT)["runs"][0]
    return {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("made", [reports.nothing, reports.one_image, reports.large, reports.with_previews])
def test_report_is_a_log_as_the_standard_has_it(made: Any) -> None:
    assert_valid(sarif.data(made(), ROOT))


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # it would hide what failed
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_report.reports)
def test_any_report_is_a_log_as_the_standard_has_it(found: Report) -> None:
    assert_valid(sarif.data(found, ROOT))


def test_report_without_risks_has_no_results() -> None:
    run = sarif.data(reports.nothing(), ROOT)["runs"][0]
    assert run["results"] == run["tool"]["driver"]["rules"] == []


@pytest.mark.parametrize(
    ("level", "expected"),
    [(Level.CRITICAL, "error"), (Level.HIGH, "error"), (Level.MEDIUM, "warning"), (Level.LOW, "note")],
)
def test_level_is_one_of_code_scanning(level: Level, expected: str) -> None:
    assert [result["level"] for result in results(risk(level))] == [expected]


@pytest.mark.parametrize("danger", Danger)
def test_each_danger_has_a_rule_and_those_of_security_their_severity(danger: Danger) -> None:
    [rule] = rules(risk(Level.MEDIUM, danger)).values()
    secure = danger in {Danger.EXPOSURE, Danger.SECRETS, Danger.PERMISSIONS}
    assert ("security" in rule["properties"]["tags"]) is secure
    assert rule["properties"].get("security-severity") == ("5.5" if secure else None)


def test_severity_of_a_rule_is_that_of_its_risks() -> None:
    found = rules(*(risk(level, Danger.EXPOSURE, reason=level.name) for level in Level))
    assert {name: rule["properties"]["security-severity"] for name, rule in found.items()} == {
        "naru/exposure-critical": "9.5",
        "naru/exposure-high": "8.0",
        "naru/exposure-medium": "5.5",
        "naru/exposure-low": "2.0",
    }


def test_message_says_danger_object_stacks_and_reason() -> None:
    [result] = results(risk(clusters=("seoul",)))
    assert result["message"]["text"] == (
        "Downtime: Deployment plate-dev/plate-api, in prod. 2 replicas become 1, while its budget keeps 1 running"
    )


def test_risk_points_at_its_line() -> None:
    assert place(results(risk(file="catalog/plate.yaml", line=41))[0]) == ("catalog/plate.yaml", 41)


def test_risk_without_a_line_points_at_the_first() -> None:
    assert place(results(risk(file="catalog/plate.yaml"))[0]) == ("catalog/plate.yaml", 1)


def test_risk_without_a_file_points_at_its_stack() -> None:
    assert place(results(risk(), name="staging")[0]) == ("Pulumi.staging.yaml", 1)


def test_risk_of_several_stacks_is_one_result_for_each_file() -> None:
    def found(name: str, file: str) -> Any:
        return stack(name, risks=(risk(file=file, line=3),))

    log = sarif.data(report(found("dev", "catalog/a.yaml"), found("prod", "catalog/a.yaml"), found("local", "")), ROOT)
    told = log["runs"][0]["results"]
    assert [place(one) for one in told] == [("catalog/a.yaml", 3), ("Pulumi.local.yaml", 3)]
    assert [one["properties"]["stacks"] for one in told] == [["dev", "prod"], ["local"]]


def test_files_are_told_from_the_repository(tmp_path: Path) -> None:
    project = tmp_path / "infra" / "naru project"
    project.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert place(results(risk(file="catalog/a.yaml"), root=project)[0])[0] == "infra/naru%20project/catalog/a.yaml"


def fingerprint(**more: Any) -> str:
    about = more.pop("about", None)
    [result] = results(risk(about=about, **{"file": "catalog/a.yaml", **more}))
    return str(result["partialFingerprints"]["primaryLocationLineHash"])


def test_fingerprint_stays_while_lines_and_clusters_move() -> None:
    same = {fingerprint(line=3), fingerprint(line=300), fingerprint(line=3, clusters=("seoul", "tokyo"))}
    assert len(same) == 1


def test_fingerprint_is_another_one_for_another_risk() -> None:
    others = [fingerprint(), fingerprint(reason="x"), fingerprint(file="b"), fingerprint(about=subject("web"))]
    assert len({*others, fingerprint(level=Level.LOW), fingerprint(danger=Danger.DATA)}) == 6


def test_trouble_of_a_stack_is_told_as_trouble_of_the_run() -> None:
    [invocation] = sarif.data(reports.with_previews(), ROOT)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "prod: the base's code no longer runs" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_reason_makes_no_link() -> None:
    [result] = results(risk(reason="containers[api](https://example.com)"))
    assert "](" not in result["message"]["text"]
