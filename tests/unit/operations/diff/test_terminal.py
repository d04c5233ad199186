"""What a person sees of a comparison: ten seconds of summary, then everything."""

import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

from operations.diff import terminal
from operations.diff.model import Cost, Danger, Field, ImageChange, Level, Report, StackDiff
from tests.unit.operations.diff import any_report, reports
from tests.unit.operations.diff.reports import COST, GIBI, change, image, report, risk, stack, subject


def shown(found: Report, *, width: int = 80, details: bool = True) -> str:
    stream = io.StringIO()
    terminal.show(found, Console(file=stream, width=width), details=details)
    return stream.getvalue()


def test_report_without_changes_is_one_line() -> None:
    assert shown(reports.nothing()) == ("No change against origin/main (d9c30ecd6af8): local, dev, staging, prod\n")


def test_summary_has_a_line_for_each_stack_and_fits_a_narrow_terminal() -> None:
    lines = shown(reports.large(), details=False).splitlines()
    assert lines[2].split() == ["Stack", "Added", "Changed", "Removed", "Replaced", "Risk", "CPU", "Memory", "Storage"]
    assert lines[6].split() == ["prod", "50", "120", "10", "10", "critical", "+6", "+1Gi", "-10Gi"]
    assert max(map(len, lines[1:])) <= 80
    assert lines[0].startswith("475 changes, 7 risks (2 critical, 2 high, 2 medium, 1 low), against origin/main")


def test_risks_come_before_images_and_images_before_details() -> None:
    found = shown(reports.large())
    order = [found.index(word) for word in ("475 changes", "\nRisks (7)", "\nImages (10)", "\nRequests", "448 changes")]
    assert order == sorted(order)


def test_risk_is_told_once_with_stacks_reason_and_file() -> None:
    many = [stack(name, risks=(risk(file="catalog/plate.yaml", line=8),)) for name in ("dev", "staging", "prod")]
    assert shown(report(*many, stack("local")), width=120).count("downtime") == 1
    assert (
        "high  downtime: Deployment plate-dev/plate-api\n"
        "      dev, staging, prod: 2 replicas become 1, while its budget keeps 1 running  catalog/plate.yaml:8\n"
    ) in shown(report(*many, stack("local")), width=120)
    assert "all stacks: 2 replicas" in shown(report(*many), width=120)


def test_highest_risk_is_first_and_then_what_could_lose_data() -> None:
    found = shown(
        report(
            stack("dev", risks=(risk(Level.LOW), risk(Level.HIGH))),
            stack("prod", risks=(risk(Level.CRITICAL, Danger.SECRETS), risk(Level.CRITICAL, Danger.DATA))),
        )
    )
    assert re.findall(r"^(\w+) +(\w+)", found[found.index("Risks") :], re.MULTILINE) == [
        ("critical", "data"),
        ("critical", "secrets"),
        ("high", "downtime"),
        ("low", "downtime"),
    ]


def test_risk_on_some_clusters_of_a_stack_names_them() -> None:
    both, one = risk(clusters=("seoul", "tokyo")), risk(reason="only there", clusters=("tokyo",))
    found = shown(report(stack("prod", risks=(both, one)), stack("dev")))
    assert "prod: 2 replicas" in found
    assert "prod (tokyo): only there" in found
    assert "Clusters: seoul (prod), tokyo (prod)\n" in found


def test_risk_in_a_namespace_called_after_the_stack_is_told_once() -> None:
    def found(name: str, *namespaces: str) -> StackDiff:
        return stack(name, risks=tuple(risk(about=subject(namespace=namespace)) for namespace in namespaces))

    merged = shown(report(found("dev", "plate-dev"), found("prod", "plate-prod")))
    assert "high  downtime: Deployment plate-api\n      dev, prod: 2 replicas" in merged
    apart = shown(report(found("dev", "plate-dev", "plate-two"), found("prod", "plate-prod")))
    assert apart.count("2 replicas") == 3


def test_image_tells_both_versions_and_whether_it_moved_back() -> None:
    images = (image(), image("1.5.0", "1.4.2", subject("other"), back=True))
    lines = shown(report(stack("dev", images=images), stack("prod", images=images[:1]))).splitlines()
    found = [" ".join(line.split()) for line in lines[lines.index("Images (2)") + 1 :][:2]]
    assert found == ["plate/other 1.5.0 -> 1.4.2 moved back dev", "plate/plate-api 1.4.2 -> 1.5.0 dev, prod"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "example.com/a:1@sha256:" + "1" * 64,
            "example.com/a:1@sha256:" + "2" * 64,
            f"1 sha256:{'1' * 12} -> 1 sha256:",
        ),
        ("example.com/a:1@sha256:" + "1" * 64, "example.com/a:2@sha256:" + "2" * 64, "plate/plate-api  1 -> 2"),
        ("example.com/a:1", "other.example.com/a:1", "example.com/a:1 -> other.example.com/a:1"),
        ("", "example.com/a:1", "none -> example.com/a:1"),
    ],
)
def test_image_is_told_by_what_differs(before: str, after: str, said: str) -> None:
    found = ImageChange(subject(), "api", before, after, back=False)
    assert said in shown(report(stack("dev", images=(found,))), width=160)


def test_costs_are_told_before_and_after() -> None:
    after = Cost(13, COST.memory - 512 * 1024**2, 200 * GIBI)
    found = shown(report(stack("dev", change(), after=after), stack("prod", change())))
    assert "dev  CPU 12.5 -> 13 cores, memory 24Gi -> 23.5Gi, storage 140Gi -> 200Gi" in found
    assert found.count("CPU 12.5") == 1


def test_changes_that_stacks_share_are_told_once() -> None:
    same = change("changed", None, Field("spec.replicas", 2, 3))
    own = change("changed", None, Field("spec.replicas", 2, 5))
    found = shown(report(stack("dev", same), stack("staging", same), stack("prod", own)))
    assert (
        "dev, staging: 2 changes\n  plate\n  ~ Deployment plate-dev/plate-api\n      spec.replicas: 2 -> 3\n" in found
    )
    assert "prod: 1 change\n  plate\n  ~ Deployment plate-dev/plate-api\n      spec.replicas: 2 -> 5\n" in found


def test_same_change_of_many_objects_is_told_once() -> None:
    many = [change("changed", subject(name, "Service"), Field("spec.x", "a", "b")) for name in ("web", "api")]
    found = shown(report(stack("dev", *many)))
    assert "~ 2 objects: Service plate-dev/api, plate-dev/web\n      spec.x: a -> b\n" in found


def test_change_on_one_cluster_of_two_says_which() -> None:
    here = change("removed", subject("old", cluster="tokyo"))
    both = [change("removed", subject("gone", cluster=cluster)) for cluster in ("seoul", "tokyo")]
    found = shown(report(stack("prod", here, *both)))
    assert "- Deployment plate-dev/old  prod (tokyo)\n" in found
    assert "- Deployment plate-dev/gone\n" in found


def test_system_that_is_on_one_cluster_says_so_once() -> None:
    here = [change("removed", subject(name)) for name in ("a", "b")]
    there = change("removed", subject("c", cluster="tokyo", system="ams"))
    found = shown(report(stack("prod", *here, there, change("added", subject("d")))))
    assert "  plate  prod (seoul)\n  - Deployment plate-dev/a, plate-dev/b\n" in found


def test_what_is_removed_or_replaced_comes_before_what_is_added() -> None:
    actions = ("added", "changed", "replaced", "removed")
    found = shown(report(stack("dev", *(change(action, subject(action)) for action in actions))))  # type: ignore[arg-type]
    assert re.findall(r"^  ([-+~±]) ", found, re.MULTILINE) == ["-", "±", "~", "+"]
    assert "± Deployment plate-dev/replaced is replaced\n" in found


def test_workloads_that_only_roll_are_counted_under_their_cause() -> None:
    rolling = [
        change("changed", subject("api", cluster=cluster), because="ConfigMap shared changed") for cluster in ("a", "b")
    ]
    found = shown(report(stack("prod", *rolling, change("added", subject("job", "Job"), because="Image x changed"))))
    assert "~ 1 workload rolls because ConfigMap shared changed: plate: Deployment" in found
    assert "+ 1 object is added because Image x changed: plate: Job plate-dev/job" in found


def test_text_of_several_lines_is_a_small_diff() -> None:
    before = "".join(f"key{line}: {line}\n" for line in range(9))
    found = shown(report(stack("dev", change("changed", None, Field("data[a]", before, before.replace(": 5", ": x"))))))
    assert found.endswith(
        "      data[a]:\n          key4: 4\n        - key5: 5\n        + key5: x\n          key6: 6\n"
    )


def test_long_values_are_cut_where_they_are_the_same() -> None:
    field = Field("spec.text", "x" * 300 + "old" + "y" * 300, "x" * 300 + "new" + "y" * 300)
    lines = shown(report(stack("dev", change("changed", None, field)))).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any("old" in line for line in lines)
    assert any("new" in line for line in lines)


def test_texts_that_look_like_other_values_are_in_quotes() -> None:
    found = shown(report(stack("dev", change("changed", None, Field("spec.port", "80", 80), Field("a.b", "", True)))))
    assert 'spec.port: "80" -> 80\n' in found
    assert 'a.b: "" -> true\n' in found


def test_value_that_is_new_or_gone_has_a_sign() -> None:
    fields = (Field("spec.new", None, 1), Field("spec.old", "x", None))
    found = shown(report(stack("dev", change("changed", None, *fields))))
    assert "      + spec.new: 1\n      - spec.old: x\n" in found


def test_summary_alone_has_no_details() -> None:
    found = shown(reports.large(), details=False)
    assert "spec.replicas" not in found
    assert "Risks (7)" in found


def test_previews_stand_side_by_side_and_one_that_failed_says_why() -> None:
    found = shown(reports.with_previews())
    assert "dev    succeeded       1       3\nprod   failed          0       0\n" in found
    assert "failed: prod: no credentials for the cluster tokyo\n" in found
    assert "~ kubernetes:apps/v1:Deployment seoul-plate-0" in found
    assert "seoul-plate-0" not in shown(reports.with_previews(), details=False)


def test_stack_that_was_not_compared_has_one_line_of_trouble_and_no_numbers() -> None:
    found = shown(reports.with_previews(), width=160)
    assert re.search(r"^prod +\? +\? +\? +\? +\?$", found, re.MULTILINE)
    assert (
        "trouble: prod: the base's code no longer runs: ImportError: no module named catalog; it would have 2 obj"
        in found
    )
    assert "prod: what it would have, compared with nothing\n  plate: Deployment plate-dev/plate-api" in found


def test_pipe_gets_neither_colours_nor_boxes_nor_trailing_spaces() -> None:
    found = shown(reports.large()) + shown(reports.with_previews())
    assert "\x1b" not in found
    assert not re.search("[\u2500-\u259f]", found)
    assert not re.search(" $", found, re.MULTILINE)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    def colours() -> list[str]:
        stream = io.StringIO()
        terminal.show(reports.large(), Console(file=stream, width=80, force_terminal=True, color_system="standard"))
        return re.findall(r"\x1b\[[0-9;]*3[0-7]m", stream.getvalue())

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours()


def test_letters_that_a_terminal_has_not_are_spelled_out() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    terminal.show(report(stack("dev", change("replaced", subject("한")))), Console(file=stream, width=80))
    stream.flush()
    assert b"\\xb1 Deployment plate-dev/\\ud55c is replaced" in raw.getvalue()


def test_texts_of_others_steer_no_terminal_and_are_no_markup() -> None:
    evil = "a\x1b[2J\r\u202e[bold]x[/bold]"
    at_risk = risk(reason=evil, about=subject(evil))
    found = shown(report(stack("dev", change("changed", subject(evil), Field(evil, evil, 1)), risks=(at_risk,))))
    assert "\x1b" not in found
    assert "\r" not in found
    assert "\u202e" not in found
    assert "[bold]x[/bold]" in found


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # it would hide what failed
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_report.reports)
def test_any_report_can_be_shown_and_says_how_many_changes_there_are(found: Report) -> None:
    few = Report(found.base, found.commit, found.stacks[:2], found.previews)
    said = shown(few)
    total = sum(len(stack.changes) for stack in few.stacks)
    assert not total or f"{total} change" in said
    assert not set(said) & {"\x1b", "\r", "\u202e"}
