"""The command line from outside: exit codes, what goes where, and never a traceback for what can be expected."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from operations import reading, rendering
from operations.__main__ import main
from operations.exits import MEANINGS, Exit

Project = Callable[..., Path]


def test_help_documents_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == Exit.OK
    shown = capsys.readouterr().out
    assert all(f"{code.value:>3}  {meaning}" in shown for code, meaning in MEANINGS.items())


@pytest.mark.parametrize(
    "words",
    [["check"], ["render"], ["explain"], ["schema"], ["preview"], ["up"], ["destroy"],
     ["migrate", "plan"], ["migrate", "status"], ["migrate", "retry"],
     ["diff"], ["drift"], ["publish"], ["sync"], ["argocd", "config"], ["release", "set"], ["release", "promote"],
     ["local", "up"], ["local", "down"], ["local", "status"]],
    ids=" ".join,
)  # fmt: skip
def test_every_command_has_worked_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == Exit.OK
    assert f"Examples:\n    naru {' '.join(words)}" in capsys.readouterr().out


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.OK
    assert capsys.readouterr().out.startswith("naru ")


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["up"], ["render", "--stack", "test"], ["check", "--nonsense"], ["explain", "a"]],
    ids=" ".join,
)
def test_wrong_usage_is_told_on_stderr(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == Exit.USAGE
    captured = capsys.readouterr()
    assert "Error" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("preview", "give one of the two: --stack STACK, or --all for every stack"),
        ("preview --all --stack test", "give one of the two: --stack STACK, or --all for every stack"),
        ("preview --all shop", "--all previews whole stacks: leave out SYSTEM and --refresh"),
        ("preview --all --refresh", "--all previews whole stacks: leave out SYSTEM and --refresh"),
        ("preview --stack test --base main", "--base, --format, --out and --fail-on are for --all"),
        ("preview --stack test --format json", "--base, --format, --out and --fail-on are for --all"),
        ("preview --stack test --out file", "--base, --format, --out and --fail-on are for --all"),
        ("preview --stack test --fail-on low", "--base, --format, --out and --fail-on are for --all"),
    ],
)
def test_preview_is_of_one_stack_or_of_all(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == Exit.USAGE
    captured = capsys.readouterr()
    assert (captured.err, captured.out) == (f"{told}\n", "")


def test_preview_of_all_stacks_is_a_comparison_with_previews(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from operations.diff import run  # noqa: PLC0415 - as the command itself does

    asked = []

    def fake(root: Path, choices: run.Choices) -> int:
        asked.append((root, choices))
        return Exit.FAILED

    monkeypatch.setattr(run, "diff", fake)
    root = project()
    assert main(["preview", "--all"]) == Exit.FAILED
    words = ["--base", "v1", "--format", "markdown", "--out", "comment.md", "--fail-on", "high"]
    assert main(["preview", "--all", *words]) == Exit.FAILED
    assert main(["preview", "--all", "--json", "--root", str(root)]) == Exit.FAILED
    assert asked == [
        (root, run.Choices(preview=True)),
        (root, run.Choices("v1", (), "markdown", Path("comment.md"), fail_on="high", preview=True)),
        (root, run.Choices(format="json", preview=True)),
    ]


def test_a_project_without_faults_passes(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["check"]) == Exit.OK
    assert "no faults" in capsys.readouterr().out


def break_project(root: Path) -> None:
    file = root / "catalog" / "shop.yaml"
    file.write_text(file.read_text().replace("repository", "repositori") + "nonsense: 1\n", encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [["check"], ["render", "--stack", "test", "--out", "out"], ["render", "--stack", "test", "--out", "out", "--json"],
     ["up", "--stack", "test"], ["preview", "--stack", "test"], ["destroy", "--stack", "test"],
     ["explain", "shop/web", "replicas", "--stack", "test"], ["local", "up", "--stack", "test"]],
    ids=" ".join,
)  # fmt: skip
def test_all_faults_are_told_one_a_line_before_anything_is_done(
    words: list[str], project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project()
    break_project(root)
    before = sorted(root.rglob("*"))
    assert main(words) == Exit.FAULTS
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) >= 2
    assert all(line.startswith("catalog/shop.yaml:") for line in captured.err.splitlines())
    assert captured.out == ""
    assert sorted(root.rglob("*")) == before


def test_faults_as_json_go_to_stdout(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    break_project(project())
    assert main(["check", "--json"]) == Exit.FAULTS
    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert {fault["file"] for fault in found["faults"]} == {"catalog/shop.yaml"}


@pytest.mark.parametrize("words", [["check"], ["render", "--stack", "test", "--out", "out"]], ids=" ".join)
def test_outside_of_a_project_one_line_says_so(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == Exit.FAULTS
    assert "no Pulumi.yaml here or above" in capsys.readouterr().err


def test_root_names_another_project(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project()
    monkeypatch.chdir("/")
    assert main(["check", "--root", str(root)]) == Exit.OK
    assert main(["render", "--stack", "test", "--out", str(root / "out"), "--root", str(root)]) == Exit.OK
    assert "written" in capsys.readouterr().out


def test_an_unknown_stack_names_those_there_are(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["up", "--stack", "tset"]) == Exit.FAULTS
    assert 'did you mean "test"?' in capsys.readouterr().err


def test_an_unknown_system_names_those_there_are(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["preview", "--stack", "test", "shpo"]) == Exit.FAULTS
    assert 'did you mean "shop"?' in capsys.readouterr().err


def test_explain_gives_value_file_and_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["explain", "shop/web", "resources.requests.cpu", "--stack", "test"]) == Exit.OK
    first, second = capsys.readouterr().out.splitlines()
    assert first == "100m"
    assert second.split() == ["set", "by", "catalog/shop.yaml:13", "(system)"]


def test_explain_as_json_has_every_layer(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["explain", "shop/web", "image.tag", "--stack", "test", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["value"] == "1"
    assert found["origins"][-1]["file"] == "releases/test.yaml"


def test_explain_of_nothing_says_what_was_probably_meant(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["explain", "shop/wbe", "replicas", "--stack", "test"]) == Exit.FAULTS
    assert 'did you mean "web"?' in capsys.readouterr().err


def test_schemas_are_written_once_and_checked_after(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = project()
    assert main(["schema", "--check"]) == Exit.FAULTS
    assert "run `naru schema`" in capsys.readouterr().err
    assert main(["schema"]) == Exit.OK
    written = list((root / "docs" / "schemas").iterdir())
    assert all(json.loads(path.read_text(encoding="utf-8"))["$schema"] for path in written)
    assert main(["schema", "--check"]) == Exit.OK
    written[0].write_text("{}", encoding="utf-8")
    assert main(["schema", "--check"]) == Exit.FAULTS
    assert written[0].read_text(encoding="utf-8") == "{}"
    assert main(["schema", "--out", "elsewhere"]) == Exit.OK
    assert len(list((root / "elsewhere").iterdir())) == len(written)


def test_render_says_what_it_wrote(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = project()
    assert main(["render", "--stack", "test", "--out", "out", "--json"]) == Exit.OK
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == report["objects"] == len(list((root / "out").rglob("*.yaml")))
    assert main(["render", "--stack", "test", "--out", "out"]) == Exit.OK
    assert f"0 written, {report['objects']} unchanged" in capsys.readouterr().out


def test_render_leaves_a_directory_of_somebody_else_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = project()
    assert main(["render", "--stack", "test", "--out", "catalog"]) == Exit.FAULTS
    assert "catalog is not empty" in capsys.readouterr().err
    assert sorted(path.name for path in (root / "catalog").iterdir()) == ["common.yaml", "shop.yaml"]


def test_a_directory_that_cannot_be_written_is_one_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    assert main(["render", "--stack", "test", "--out", "/proc/out"]) == Exit.FAULTS
    assert capsys.readouterr().err.startswith("/proc/out: ")


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("render --stack a --out b", {"--stack": "a", "--out": "b"}),
        ("render --out=b --stack=a --root=c", {"--stack": "a", "--out": "b", "--root": "c"}),
        ("render --stack a --out b --aws c", {"--stack": "a", "--out": "b", "--aws": "c"}),
        ("render --stack a", None),
        ("render --stack a --out", None),
        ("render --stack a --out b --json", None),
        ("render --stack a --stack b --out c", None),
        ("render --stack a --out --root", None),
        ("render -s a --out b", None),
        ("check --stack a --out b", None),
        ("", None),
    ],
)
def test_only_plain_arguments_take_the_short_way(words: str, plain: dict[str, str] | None) -> None:
    assert rendering.plain_arguments(words.split()) == plain


def test_what_nobody_expected_is_one_line_with_a_log_only_the_user_can_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project()

    def fail(*_args: object, **_kwargs: object) -> int:
        message = "first line\nsecond line"
        raise LookupError(message)

    monkeypatch.setattr(reading, "check", fail)
    assert main(["check"]) == Exit.FAILED
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("unexpected: LookupError: first line; details in ")
    log = Path(line.rpartition(" ")[2])
    assert log.parent == root / ".naru" / "logs"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "Traceback" in log.read_text(encoding="utf-8")
    with pytest.raises(LookupError):
        main(["--debug", "check"])


def test_ctrl_c_has_its_own_exit_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project()

    def interrupt(*_args: object, **_kwargs: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "check", interrupt)
    assert main(["check"]) == Exit.INTERRUPTED
    monkeypatch.setattr(rendering, "run", interrupt)
    assert main(["render", "--stack", "test", "--out", "out"]) == Exit.INTERRUPTED
