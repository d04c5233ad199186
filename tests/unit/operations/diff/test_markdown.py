"""The comment of a pull request: what is in it, that it fits, and that nothing in it is more than text."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from operations.diff.markdown import LEAST, LIMIT, MARKER, text
from operations.diff.markdown_changes import Details
from operations.diff.model import Danger, Field, Level, Previewed, Report, StackDiff
from tests.unit.operations.diff import any_report, reports
from tests.unit.operations.diff.reports import change, report, risk, stack, subject

_OPEN_ENDED = {"br"}
_KNOWN = {"h3", "h4", "p", "code", "pre", "ul", "li", "strong", "b", "details", "summary", "br"} | {
    *("table", "thead", "tbody", "tr", "th", "td")
}
# What GitHub makes a mention, an issue, a commit or a link of, where it stands outside of code.
_ALIVE = re.compile(r"@\w|#\d|\bGH-\d|://|\bwww\.|(?<!\w)[0-9a-f]{7,40}(?!\w)")


class Page(HTMLParser):
    """What Markdown comes to: its elements, in balance or not, and the text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.comments: list[str] = []
        self.prose = ""
        self.code: list[str] = []
        self.cells: list[str] = []
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in _OPEN_ENDED:
            self.open.append(tag)
        if tag == "code":
            self.code.append("")
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data
        if "code" in self.open:
            self.code[-1] += data
        else:
            self.prose += data


def counted(markdown: str) -> Iterator[int]:
    """Yield how many changes the notice says are missing."""
    yield from (int(found) for found in re.findall(r"(\d+) changes?(?:: [^.]*| and \d+ other parts?)?\.\n", markdown))


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # it would hide what failed
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_report.reports, st.sampled_from([LEAST, 9_000, LIMIT]))
def test_any_report_fits_is_in_balance_and_is_counted(any_report: Report, limit: int) -> None:
    found = text(any_report, limit)
    assert len(found.encode()) < limit
    page = Page(found)
    assert page.open == []
    assert set(page.seen) <= _KNOWN
    assert page.comments == [" naru-diff "]
    assert not _ALIVE.search(page.prose)
    assert "The whole as JSON" in page.prose
    total = sum(len(stack.changes) for stack in any_report.stacks)
    assert f"{total} change" in page.prose if total else "change" in page.prose


def assert_within(found: Report, room: int) -> None:
    """See that the changes keep to their room, and that each is told or counted as left out."""
    details = Details(found)
    rest = details.fill(room)
    written = details.text()
    assert len(written.encode()) <= room - rest
    told = 0
    for listed in re.findall(r"^<details><summary><b>.*</b>: ([^<]*)</summary>$", written, re.MULTILINE):
        told += sum(int(n) for n in re.findall(r"(\d+) (?:added|changed|removed|replaced)", listed))
        told -= sum(int(n) for n in re.findall(r"(\d+) not shown", listed))
    assert told + sum(details.left().values()) == sum(len(stack.changes) for stack in found.stacks)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # it would hide what failed
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_report.reports, st.integers(0, 30_000))
def test_each_change_of_any_report_is_told_or_counted_as_left_out(any_report: Report, room: int) -> None:
    assert_within(any_report, room)


def test_changes_keep_to_any_room() -> None:
    for room in range(0, 18_000, 149):
        assert_within(reports.large(), room)


def test_notice_has_a_place_however_many_are_left_out() -> None:
    def many(name: str) -> StackDiff:
        return stack(name, *(change("added", subject(system=f"{name}-{'x' * 40}-{n}")) for n in range(20)))

    found = text(report(*(many(f"stack-{'y' * 40}-{n}") for n in range(30))), LEAST)
    assert len(found.encode()) < LEAST
    [missing] = counted(found)
    assert 500 < missing < 600


def test_title_has_the_marker_and_the_numbers() -> None:
    lines = text(reports.large()).splitlines()
    assert lines[0] == MARKER
    assert lines[1] == "### naru diff: 475 changes, 7 risks (2 critical, 2 high, 2 medium, 1 low)"


def test_report_without_changes_is_a_sentence() -> None:
    found = text(reports.nothing())
    assert "All objects are as before: local, dev, staging, prod." in found
    assert "|" not in found
    assert "<details>" not in found


def test_each_stack_has_a_row_with_what_it_costs() -> None:
    assert "| prod | 50 | 120 | 10 | 10 | **critical** | +6 | +1Gi | -10Gi |" in text(reports.large())


def test_risks_are_told_once_the_highest_first() -> None:
    found = text(reports.large())
    levels = re.findall(r"^- \*\*(\w+)\*\*, ", found, re.MULTILINE)
    assert levels == ["critical", "critical", "high", "high", "medium", "medium", "low"]
    assert (
        "- **critical**, data could be lost: `PersistentVolumeClaim plate/plate-cache`, in all stacks<br>"
        "the claim is removed, and the volume of it is not kept – `catalog/plate.yaml:18`"
    ) in found


def test_image_that_moves_back_is_marked_and_comes_first() -> None:
    found = text(reports.large())
    assert "- `plate/plate-web`: `1.4.2` → `1.3.0`, **moved back**, in all stacks" in found
    assert found.index("moved back") < found.index("→ `1.5.0`")


def test_changes_that_stacks_share_are_told_once_and_their_own_apart() -> None:
    shared = change("removed", subject("web"))
    own = change("changed", subject("api"), Field("spec.replicas", 2, 3))
    found = text(report(stack("dev", shared), stack("prod", shared, own)))
    assert found.count("- Deployment plate-dev/web") == 1
    assert "<summary><b>dev, prod</b>: 2 removed</summary>" in found
    assert "<summary><b>prod</b>: 1 changed</summary>\n\n**plate**\n\n```diff\n@@ Deployment plate-dev/api @@" in found
    assert "\n-   spec.replicas: 2\n+   spec.replicas: 3\n" in found


def test_what_only_follows_is_one_line_with_its_cause() -> None:
    rolling = [change("changed", subject(name), because="ConfigMap settings changed") for name in ("a", "b")]
    found = text(report(stack("dev", *rolling)))
    assert (
        "! 2 workloads roll because ConfigMap settings changed\n  plate: Deployment plate-dev/a, plate-dev/b" in found
    )


def test_previews_stand_side_by_side_with_why_one_failed() -> None:
    found = text(reports.with_previews())
    assert "| dev | succeeded | 1 | 3 |\n| prod | **failed** | 0 | 0 |" in found
    assert "- **failed**: prod: no credentials for the cluster tokyo" in found
    assert "~ kubernetes:apps/v1:Deployment seoul-plate-2" in found


def test_stack_that_was_not_compared_is_not_told_as_unchanged() -> None:
    found = text(reports.with_previews())
    assert "| prod | ? | ? | ? | ? | ? |" in found
    assert "1 stack not compared" in found
    assert "**trouble** with prod" in found
    assert "plate: Deployment plate-dev/plate-api, plate-dev/plate-web" in found


def test_nothing_is_left_out_where_all_has_a_place() -> None:
    found = text(reports.large())
    assert "Not in this comment" not in found
    assert "not shown here" not in found


def test_short_comment_keeps_summary_and_risks_and_says_what_it_leaves_out() -> None:
    whole, short = text(reports.large()), text(reports.large(), 8_000)
    assert short[: short.index("<details>")] == whole[: whole.index("<details>")]
    notice = short[short.index("**Not in this comment**") :]
    missing = next(counted(notice))
    by_stack = dict(re.findall(r"(local|dev|staging|prod) (\d+) \(", notice))
    assert sum(map(int, by_stack.values())) == missing
    systems = re.search(r"prod \d+ \(([^)]*)\)", notice)
    assert systems is not None
    assert sum(int(one.rsplit(" ", 1)[1]) for one in systems[1].split(", ")) == int(by_stack["prod"])
    assert "`naru diff --base origin/main --format json`" in notice


def test_left_out_is_what_matters_least() -> None:
    at_risk = change("changed", subject("store", "StatefulSet"), Field("spec.serviceName", "a", "b"))
    harmless = [change("changed", subject(f"api-{n}"), Field("spec.x", f"{n}", f"{n} {'y' * 90}")) for n in range(300)]
    about = risk(Level.CRITICAL, Danger.DATA, subject("store", "StatefulSet"))
    found = text(report(stack("prod", *harmless, at_risk, change("removed", subject("old")), risks=(about,))), LEAST)
    assert "+   spec.serviceName: b" in found
    assert "- Deployment plate-dev/old" in found
    missing = next(counted(found))
    assert f"; {missing} not shown here</summary>" in found
    assert 302 - missing == len(re.findall(r"^(?:@@ |- Dep)", found, re.MULTILINE))


def test_all_risks_are_there_in_few_words_where_their_reasons_have_no_place() -> None:
    many = tuple(
        risk(Level.HIGH, about=subject(f"api-{n}"), reason=f"{n} " + "because of this " * 30) for n in range(200)
    )
    found = text(report(stack("prod", change(), risks=many)))
    assert len(re.findall(r"^- \*\*high\*\*", found, re.MULTILINE)) == 200
    assert "Not in this comment" not in found


def test_risks_that_have_no_place_at_all_are_the_lowest_and_are_counted() -> None:
    low = tuple(risk(Level.LOW, about=subject(f"low-{n}"), reason=f"{n} {'word ' * 20}") for n in range(900))
    worst = risk(Level.CRITICAL, about=subject("worst"))
    found = text(report(stack("prod", change(), risks=(worst, *low))))
    assert "worst" in found
    missing = re.search(r"(\d+) risks \((\d+) low\)", found[found.index("Not in this comment") :])
    assert missing is not None
    assert int(missing[1]) == int(missing[2]) == 900 - len(re.findall(r"^- \*\*low\*\*", found, re.MULTILINE))


def test_more_stacks_than_have_a_row_are_one_row_with_their_sums() -> None:
    found = text(report(*(stack(f"stack-{'x' * 60}-{chr(97 + n)}", change()) for n in range(26))), LEAST)
    rows = re.findall(r"^\| stack-", found, re.MULTILINE)
    assert f"| {26 - len(rows)} more stacks | 0 | {26 - len(rows)} | 0 | 0 | none |" in found


@pytest.mark.parametrize(
    "name",
    ["a`b", "``` x", "a|b", "a\\|b", "<b>x</b>", "@octocat", "#123", "GH-7", "</details>", "*x*", "www.example.com"],
)
def test_names_of_others_are_text_wherever_they_stand(name: str) -> None:
    about = subject(name, name, cluster=name, system=name, namespace=name)
    fields = Field(name, f"{name}\n{name}", name)
    at_risk = risk(about=about, reason=f"see {name} there", file=name, line=3, clusters=(name,))
    whole = report(stack(name, change("changed", about, fields), trouble=name, risks=(at_risk,)), stack("other"))
    page = Page(text(Report(name, name, whole.stacks, reports.with_previews().previews)))
    assert page.open == []
    assert set(page.seen) <= _KNOWN
    assert name not in page.prose
    assert f"{name} {name}/{name}" in page.code
    assert page.cells[:5] == [name, "0", "1", "0", "0"]


def test_fence_is_longer_than_any_inside() -> None:
    previewed = Previewed("dev", "succeeded", {}, ("```", "@octocat", "`````"))
    page = Page(text(Report("main", "", (stack("dev", change()),), (previewed,))))
    assert "@octocat" not in page.prose
    assert any("```\n  @octocat\n  `````" in found for found in page.code)


def test_words_of_a_sentence_stay_words() -> None:
    at_risk = risk(reason="new public path /admin on plate.example.com, which 3 others -> use.")
    found = text(report(stack("prod", risks=(at_risk,))))
    assert "new public path `/admin` on `plate.example.com`, which 3 others → use." in found


def test_limit_below_the_least_is_refused() -> None:
    with pytest.raises(ValueError, match="6000 bytes at least, not 5999"):
        text(reports.nothing(), LEAST - 1)
