"""The one setting in the text of a stack file: nothing else of the file changes, whatever form it has."""

from pathlib import Path

import pytest

from operations.exits import Exit, Stop
from operations.region.setting import StackFile, read_stack_file, said
from settings.faults import SettingsError

FILE = "Pulumi.prod.yaml"
HEAD = """\
# the stack
config:
  naru:environment:
    clusters: # two of them
      seoul: { context: a, region: x, primary: true } # the first
"""
TAIL = "    domains: {} # none\n"
FLOW = f"{HEAD}      tokyo: {{ context: b, region: y }} # the second\n{TAIL}"
BLOCK = f"{HEAD}      tokyo: # the second\n        context: b\n        region: y # far\n{TAIL}"


def drained(text: str, cluster: str = "tokyo", *, drained: bool = True) -> str:
    return StackFile(FILE, text).with_drained(cluster, drained=drained).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FLOW, FLOW.replace("region: y }", "region: y, drained: true }")),
        (BLOCK, BLOCK.replace("y # far\n", "y # far\n        drained: true\n")),
    ],
    ids=["flow", "block"],
)
def test_setting_is_written_and_taken_away_again_to_the_letter(text: str, expected: str) -> None:
    assert drained(text) == expected
    assert drained(expected, drained=False) == text


def test_setting_stands_before_what_is_said_of_aws() -> None:
    text = BLOCK.replace("y # far\n", "y\n        aws:\n          eks: b\n")
    assert "region: y\n        drained: true\n        aws:\n" in drained(text)
    flow = FLOW.replace("region: y }", "region: y, aws: { eks: b } }")
    assert "region: y, drained: true, aws: { eks: b } }" in drained(flow)


def test_line_ends_of_windows_stay() -> None:
    text = BLOCK.replace("\n", "\r\n")
    assert drained(text).replace("\r\n", "\n") == drained(BLOCK)
    assert drained(text).count("\n") == drained(text).count("\r\n")


@pytest.mark.parametrize("text", [FLOW, BLOCK], ids=["flow", "block"])
def test_setting_that_is_false_is_turned_over(text: str) -> None:
    said_so = drained(text).replace("drained: true", "drained: false")
    assert drained(said_so) == drained(text)


@pytest.mark.parametrize("text", [FLOW, BLOCK], ids=["flow", "block"])
def test_what_is_so_already_is_left_as_it_is(text: str) -> None:
    assert drained(text, drained=False) == text
    assert drained(drained(text)) == drained(text)


def test_comment_beside_the_setting_stays_with_it() -> None:
    text = drained(BLOCK).replace("drained: true", "drained: true # until the incident is over")
    assert drained(text, drained=False) == text.replace("drained: true", "drained: false")


def test_comment_inside_a_flow_map_stays_with_the_setting() -> None:
    text = FLOW.replace("region: y }", "region: y, # near\n        drained: true }")
    assert drained(text, drained=False) == text.replace("drained: true", "drained: false")


def test_cluster_that_is_the_same_map_as_another_is_left_to_its_owner() -> None:
    text = FLOW.replace("seoul: {", "seoul: &one {").replace("{ context: b, region: y }", "*one")
    with pytest.raises(SettingsError, match=r"Pulumi.prod.yaml:6: .*tokyo: .*something else.*by hand: drained: true"):
        drained(text)


def test_line_of_a_cluster_is_told() -> None:
    assert StackFile(FILE, BLOCK).line("tokyo") == 6
    assert StackFile(FILE, BLOCK).line("osaka") == 4


def files(root: Path) -> tuple[StackFile, StackFile]:
    (root / FILE).write_text(BLOCK, encoding="utf-8")
    before = read_stack_file(root, "prod")
    return before, before.with_drained("tokyo", drained=True)


def test_file_says_what_it_said_unless_it_is_kept(tmp_path: Path) -> None:
    before, after = files(tmp_path)
    with said(tmp_path, before, after):
        assert read_stack_file(tmp_path, "prod") == after
    assert read_stack_file(tmp_path, "prod") == before
    with said(tmp_path, before, after) as kept:
        kept.forever = True
    assert read_stack_file(tmp_path, "prod") == after


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_file_says_what_it_said_whatever_happened(tmp_path: Path, error: type[BaseException]) -> None:
    before, after = files(tmp_path)
    with pytest.raises(error), said(tmp_path, before, after):
        raise error
    assert read_stack_file(tmp_path, "prod") == before


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = files(tmp_path)
    theirs = after.text.replace("# none", "# some")
    with said(tmp_path, before, after):
        (tmp_path / FILE).write_text(theirs, encoding="utf-8")
    assert read_stack_file(tmp_path, "prod").text == theirs
    assert "Pulumi.prod.yaml was changed meanwhile" in capsys.readouterr().err


def test_what_somebody_else_wrote_before_is_not_overwritten(tmp_path: Path) -> None:
    before, after = files(tmp_path)
    theirs = before.text.replace("# none", "# some")
    (tmp_path / FILE).write_text(theirs, encoding="utf-8")
    with pytest.raises(Stop, match=r"^refused: Pulumi.prod.yaml was changed since it was read") as stopped:
        said(tmp_path, before, after).__enter__()
    assert stopped.value.code is Exit.REFUSED
    assert read_stack_file(tmp_path, "prod").text == theirs


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    before, after = files(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(SettingsError, match=r"Pulumi.prod.yaml: cannot be written"), said(tmp_path, before, after):
        pass
