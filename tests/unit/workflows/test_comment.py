"""What the run that may write does with what a run that nobody has reviewed has left."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workflows.steps import Ran, Runner, script

HEAD = {
    "REPOSITORY": "example/naru",
    "HEAD_REPOSITORY": "kim/naru",
    "HEAD_OWNER": "kim",
    "HEAD_BRANCH": "change",
    "HEAD_SHA": "a" * 40,
    "RUN_URL": "https://example.com/run",
    "RUN": "1",
}
MARK = "<!-- naru-diff -->"
SARIF = json.dumps({"version": "2.1.0", "runs": []})


class Reported(Runner):
    """The steps of `pull-request-comment.yml` over an artifact."""

    def artifact(self, files: dict[str, str | bytes], size: int | None = None) -> None:
        """Have the other run leave these files."""
        archive = self.folder.parent / "artifact.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in files.items():
                opened.writestr(name, content)
        size = archive.stat().st_size if size is None else size
        self.answers["runs/1/artifacts"] = {"artifacts": [{"id": 5, "size_in_bytes": size, "expired": False}]}
        self.answers["artifacts/5/zip"] = f"file:{archive}"

    def step(self, name: str, **environment: str) -> Ran:
        """Run one of the steps."""
        return self.run(script("pull-request-comment", "comment", name), HEAD | environment)


@pytest.fixture
def reported(tmp_path: Path) -> Reported:
    made = Reported(tmp_path / "workspace")
    made.artifact({"report.md": "all is well", "report.sarif": SARIF, "pull-request.json": '{"number": 7}'})
    made.answers["pulls/7/files"] = [{"filename": "catalog/ams.yaml"}]
    return made


def opened(number: int = 7, sha: str = "a" * 40, repository: str = "kim/naru") -> dict[str, Any]:
    return {"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}}


def test_the_report_is_taken_by_the_names_of_its_files(reported: Reported) -> None:
    reported.artifact({
        "report.md": "all is well",
        "report.sarif": SARIF,
        "pull-request.json": '{"number": 7}',
        "../outside": "bad",
        "report.json": "{}",
    })  # fmt: skip
    ran = reported.step("Take the report")
    assert (ran.code, ran.outputs) == (0, {"number": "7"})
    assert sorted(path.name for path in (reported.folder / "report").iterdir()) == [
        "pull-request.json", "report.md", "report.sarif",
    ]  # fmt: skip
    assert not (reported.folder / "outside").exists()
    assert (reported.folder / "report" / "report.md").read_text(encoding="utf-8") == "all is well"


@pytest.mark.parametrize(
    "number",
    [
        "{}",
        '{"number": "7"}',
        '{"number": -7}',
        '{"number": 7.5}',
        '"$(id)"',
        "7\n8",
        '{"number": 7}\n{"number": 8}',
        '{"number": "7\\nfoo=bar"}',
        "",
    ],
)
def test_what_is_no_number_ends_the_run(reported: Reported, number: str) -> None:
    reported.artifact({"report.md": "all is well", "pull-request.json": number})
    ran = reported.step("Take the report")
    assert (ran.code, ran.outputs) == (1, {})
    assert "::error::the report is not whole" in ran.said


def test_a_report_that_grows_without_end_is_cut(reported: Reported) -> None:
    reported.artifact({"report.md": b"a" * 50_000_000, "pull-request.json": '{"number": 7}'})
    assert reported.step("Take the report").outputs == {"number": "7"}
    assert (reported.folder / "report" / "report.md").stat().st_size == 262144


def test_an_artifact_too_large_to_be_a_report_is_not_fetched(reported: Reported) -> None:
    reported.artifact({"report.md": "all is well"}, size=10_000_001)
    ran = reported.step("Take the report")
    assert ran.code == 1
    assert not ran.called("repos/example/naru/actions/artifacts/5/zip")


def test_a_run_without_a_report_is_no_failure(reported: Reported) -> None:
    reported.answers["runs/1/artifacts"] = {"artifacts": []}
    ran = reported.step("Take the report")
    assert (ran.code, ran.outputs) == (0, {})


@pytest.mark.parametrize(
    ("pulls", "believed"),
    [
        pytest.param([opened()], True, id="its own"),
        pytest.param([opened(8), opened()], True, id="one of two of its branch"),
        pytest.param([], False, id="none"),
        pytest.param([opened(8)], False, id="somebody else's number"),
        pytest.param([opened(sha="b" * 40)], False, id="a newer commit"),
        pytest.param([opened(repository="lee/naru")], False, id="another fork"),
        pytest.param([{"number": 7, "head": {"sha": "a" * 40, "repo": None}}], False, id="a fork that is gone"),
    ],
)
def test_a_number_is_believed_only_if_github_says_so(
    reported: Reported, pulls: list[dict[str, Any]], believed: bool
) -> None:
    reported.answers["repos/example/naru/pulls"] = pulls
    ran = reported.step("Find the pull request", NUMBER="7")
    assert (ran.code, ran.outputs) == (0, {"number": "7"} if believed else {})
    assert ran.called("head=kim:change", "state=open", "GET")


NOTICE = "**Not compared at `aaaaaaaaaaaa`:** see [the run](https://example.com/run)."


def not_compared(reported: Reported, comments: list[dict[str, Any]], pulls: list[dict[str, Any]] | None = None) -> Ran:
    reported.answers["repos/example/naru/pulls"] = [opened()] if pulls is None else pulls
    reported.answers["issues/7/comments?"] = comments
    ran = reported.step("Say that it was not compared")
    assert ran.code == 0, ran.said
    return ran


def test_where_there_is_no_report_the_earlier_one_is_called_old(reported: Reported) -> None:
    ran = not_compared(reported, [said_by("kim", MARK, 1), said_by("github-actions[bot]", f"{MARK}\nno risks\n", 3)])
    (sent,) = ran.sent("PATCH", "repos/example/naru/issues/comments/3")
    first = json.loads(sent)["body"]
    assert first == f"{MARK}\n{NOTICE} What follows is of an earlier run.\n\nno risks\n"
    ran = not_compared(reported, [said_by("github-actions[bot]", first.replace("aaaa", "bbbb"), 3)])
    (sent,) = ran.sent("PATCH", "repos/example/naru/issues/comments/3")
    assert json.loads(sent)["body"] == first, "one notice, however often"


def test_where_there_never_was_a_report_that_is_said_too(reported: Reported) -> None:
    assert body(not_compared(reported, [])) == f"{MARK}\n{NOTICE}\n"


def test_the_notice_fits_above_a_comment_that_is_full(reported: Reported) -> None:
    ran = not_compared(reported, [said_by("github-actions[bot]", f"{MARK}\n" + "나" * 65_500, 3)])
    (sent,) = ran.sent("PATCH", "repos/example/naru/issues/comments/3")
    assert NOTICE in json.loads(sent)["body"]
    assert len(json.loads(sent)["body"]) <= 65_536


def test_a_commit_that_is_the_head_of_nothing_any_more_is_not_spoken_of(reported: Reported) -> None:
    ran = not_compared(reported, [], [opened(sha="b" * 40), opened(repository="lee/naru")])
    assert not ran.called("POST")
    assert not ran.called("PATCH")


@pytest.mark.parametrize(
    ("files", "judged"),
    [
        pytest.param([{"filename": "operations/diff/risks/data.py"}], True, id="a rule"),
        pytest.param([{"filename": ".github/workflows/pull-request.yml"}], True, id="the workflow"),
        pytest.param([{"filename": "old.py", "previous_filename": "operations/diff/run.py"}], True, id="moved away"),
        pytest.param([{"filename": f"docs/{number}"} for number in range(3000)], True, id="more than GitHub lists"),
        pytest.param([{"filename": "docs/operations/diff/x.md"}, {"filename": "catalog/a.yaml"}], False, id="neither"),
    ],
)
def test_a_change_that_edits_the_rules_is_said_to(
    reported: Reported, files: list[dict[str, str]], judged: bool
) -> None:
    reported.answers["pulls/7/files"] = files
    said = body(comment(reported, f"{MARK}\nno risks", []))
    assert ("this change edits the rules it is judged by" in said) is judged
    assert said.startswith(f"{MARK}\n")
    assert "no risks" in said
    assert len(body(comment(reported, MARK + "나" * 65_530, []))) <= 65_536


def comment(reported: Reported, report: str, comments: list[dict[str, Any]]) -> Ran:
    (reported.folder / "report").mkdir(parents=True, exist_ok=True)
    (reported.folder / "report" / "report.md").write_text(report, encoding="utf-8")
    reported.answers["issues/7/comments?"] = comments
    ran = reported.step("Comment", NUMBER="7")
    assert ran.code == 0, ran.said
    return ran


def said_by(login: str, body: str, number: int) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def body(ran: Ran) -> str:
    """Return the text of the new comment."""
    (sent,) = ran.sent("POST", "repos/example/naru/issues/7/comments")
    return str(json.loads(sent)["body"])


@pytest.mark.parametrize(
    "report", [f"{MARK}\n나루", "나루"], ids=["with the mark", "without, as nobody of ours wrote it"]
)
def test_the_first_report_is_a_new_comment(reported: Reported, report: str) -> None:
    ran = comment(reported, report, [said_by("kim", MARK, 1), said_by("github-actions[bot]", "something else", 2)])
    assert body(ran) == (
        f"{MARK}\n나루\n\nThis is what aaaaaaaaaaaa would do, as [its own run](https://example.com/run) tells it.\n"
    )
    assert not ran.called("PATCH")


def test_the_next_report_takes_the_place_of_the_first(reported: Reported) -> None:
    ran = comment(reported, "again", [said_by("github-actions[bot]", f"{MARK}\nold", n) for n in (3, 4)])
    assert len(ran.sent("PATCH", "repos/example/naru/issues/comments/3")) == 1
    assert not ran.called("POST")


def test_a_report_calls_nobody_and_digests_stay_whole(reported: Reported) -> None:
    report = f'@kim and @example/team: web@sha256:{"a" * 64}, `$(id)` "quoted"'
    said = body(comment(reported, report, []))
    assert "@kim" not in said
    assert "@example" not in said
    assert f'web@sha256:{"a" * 64}, `$(id)` "quoted"' in said


@pytest.mark.parametrize("length", [65_480, 65_536])
def test_a_report_that_fills_a_comment_stays_whole(reported: Reported, length: int) -> None:
    report = MARK + "나" * (length - len(MARK))
    assert body(comment(reported, report, [])) == report


@pytest.mark.parametrize("report", ["나" * 65_530, "@a " * 21_800], ids=["long", "longer by what calls nobody"])
def test_a_comment_fits_whatever_the_report(reported: Reported, report: str) -> None:
    said = body(comment(reported, report, []))
    assert 60_000 < len(said) <= 65_536
    assert said.startswith(MARK)
    assert said.endswith("(The rest is in the run.)")


@pytest.mark.parametrize("sarif", ["", "{}", "[]", "no", '{"version": "2.1.0"}', '{"version": "2.1.0", "runs": 1}'])
def test_what_is_no_sarif_is_not_uploaded(reported: Reported, sarif: str) -> None:
    (reported.folder / "report").mkdir(parents=True)
    (reported.folder / "report" / "report.sarif").write_text(sarif, encoding="utf-8")
    ran = reported.step("Whether the risks are SARIF")
    assert (ran.code, ran.outputs) == (0, {})


def test_sarif_is_uploaded(reported: Reported) -> None:
    reported.step("Take the report")
    assert reported.step("Whether the risks are SARIF").outputs == {"given": "true"}
