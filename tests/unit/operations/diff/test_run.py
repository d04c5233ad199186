"""When the command stops at a risk, and where its report goes."""

import json
from pathlib import Path
from typing import Literal

import pytest

from operations.diff import previews, run
from operations.diff import report as reports
from operations.diff.cost import cost
from operations.diff.elsewhere import Failed
from operations.diff.model import Danger, Level, Previewed, Report, Risk, StackDiff, Subject
from operations.diff.report import compared_stack
from operations.diff.run import Choices, refusals
from operations.diff.sides import Side
from tests.unit.operations.diff.sides_builders import side, workload

WEB = Subject("seoul", "shop", "Deployment", "shop", "web")


def stack_diff(*levels: Level, trouble: str = "", alone: tuple[Subject, ...] = ()) -> StackDiff:
    risks = tuple(Risk(level, Danger.DOWNTIME, WEB, "fewer pods", ("seoul", "tokyo")) for level in levels)
    return StackDiff("prod", (), risks, (), None, None, trouble, alone)


def report(*stacks: StackDiff) -> Report:
    return Report("main", "0" * 40, stacks)


def test_risks_of_the_level_and_above_are_refused_each_on_a_line() -> None:
    found = list(refusals(report(stack_diff(Level.CRITICAL, Level.HIGH, Level.LOW)), Level.HIGH))

    assert found == [
        "critical, downtime: Deployment shop/web (prod, seoul, tokyo): fewer pods",
        "high, downtime: Deployment shop/web (prod, seoul, tokyo): fewer pods",
    ]


def test_lower_risks_are_not_refused() -> None:
    assert list(refusals(report(stack_diff(Level.MEDIUM)), Level.HIGH)) == []


def test_a_stack_that_could_not_be_compared_is_refused_at_every_level() -> None:
    found = list(refusals(report(stack_diff(trouble="it ended", alone=(WEB,))), Level.CRITICAL))

    assert found == ["prod could not be compared: it ended"]


def test_a_new_stack_is_refused_for_its_risks_alone() -> None:
    assert list(refusals(report(stack_diff(trouble="the base has no such stack")), Level.LOW)) == []


@pytest.mark.parametrize(("level", "code"), [(None, 0), ("critical", 0), ("high", 4), ("low", 4)])
def test_the_exit_code_is_by_the_highest_risk(
    level: str | None, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "compare_stacks", lambda *_: report(stack_diff(Level.HIGH)))

    assert run.diff(tmp_path, Choices(fail_on=level)) == code


@pytest.mark.parametrize(
    ("result", "level", "code"),
    [("succeeded", None, 0), ("failed", None, 3), ("failed", "critical", 3), ("failed", "high", 4)],
)
def test_previews_of_all_stacks_are_in_the_report_whatever_became_of_them(
    result: Literal["succeeded", "failed"],
    level: str | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "compare_stacks", lambda *_: report(stack_diff(Level.HIGH)))
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()

    def fake(root: Path, stacks: list[str]) -> tuple[Previewed, ...]:
        assert root == tmp_path
        return tuple(Previewed(stack, result, {}, ()) for stack in stacks)

    monkeypatch.setattr(previews, "previews", fake)

    assert run.diff(tmp_path, Choices(format="json", fail_on=level, preview=True)) == code
    found = json.loads(capsys.readouterr().out)
    assert [(one["stack"], one["result"]) for one in found["previews"]] == [("dev", result), ("prod", result)]
    assert [one["stack"] for one in found["stacks"]] == ["prod"]


def test_nothing_is_previewed_where_nobody_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "compare_stacks", lambda *_: report())
    monkeypatch.setattr(previews, "previews", lambda *_: pytest.fail("previewed"))

    assert run.diff(tmp_path, Choices(format="json")) == 0


def test_a_base_that_moved_on_is_told_beside_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "compare_stacks", lambda *_: Report("main", "0" * 40, (), moved_on=True))

    run.diff(tmp_path, Choices(format="json"))

    assert capsys.readouterr().err == "main has moved on: compared with 000000000000, where this branch left it\n"


def test_a_file_that_cannot_be_written_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "compare_stacks", lambda *_: report())

    with pytest.raises(FileNotFoundError):
        run.diff(tmp_path, Choices(out=tmp_path / "none" / "file", format="json"))


def test_a_base_that_could_not_be_rendered_is_no_change_of_everything(tmp_path: Path) -> None:
    objects = side(workload())
    found = compared_stack(tmp_path, "prod", Failed("it ended"), Side(objects))

    assert (found.changes, found.risks, found.alone) == ((), (), tuple(objects))
    assert found.trouble == "the base cannot be rendered by its own code any more: it ended"
    assert (found.before, found.after) == (None, cost(objects))


def test_a_stack_of_one_side_is_all_added_or_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "found", lambda *_: ())
    objects = side(workload())
    new, gone = compared_stack(tmp_path, "qa", None, Side(objects)), compared_stack(tmp_path, "qa", objects, None)

    assert ([change.action for change in new.changes], new.trouble) == (["added"], "the base has no such stack")
    assert ([change.action for change in gone.changes], gone.trouble) == (["removed"], "the stack is removed")
