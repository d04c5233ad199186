"""The command `diff`: compare, write the report, and say whether a risk is one to stop at."""

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from operations.diff.model import Level, Report
from operations.diff.report import compare_stacks
from operations.exits import Exit
from settings.faults import escaped
from settings.loading import stacks

_WIDTH = 120
"""Of a report in a file, or in a pipe, which have none of their own."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody asked for."""

    base: str | None = None
    stacks: tuple[str, ...] = ()
    format: str = "terminal"
    out: Path | None = None
    summary: bool = False
    fail_on: str | None = None
    preview: bool = False
    """Whether Pulumi previews every stack that is there, into the same report."""


def diff(root: Path, choices: Choices) -> int:
    """Compare the work tree with a base and write the report; return the exit code.

    Raises SettingsError, OSError, and Stop where the user interrupts previews.
    """
    report = compare_stacks(root, choices.base, choices.stacks)
    if report.moved_on:
        left = f"compared with {report.commit[:12]}, where this branch left it"
        _say(escaped(f"{report.base} has moved on: {left}"))
    if choices.preview:
        from operations.diff.previews import previews  # noqa: PLC0415 - what Pulumi's reports are shown with takes time

        report = replace(report, previews=previews(root, stacks(root)))
    write(report, root, choices)
    reasons = [] if choices.fail_on is None else list(refusals(report, Level[choices.fail_on.upper()]))
    for reason in reasons:
        _say(f"--fail-on {choices.fail_on}: {reason}")
    if reasons:
        return Exit.REFUSED
    return Exit.FAILED if any(one.result == "failed" for one in report.previews) else Exit.OK


def refusals(report: Report, level: Level) -> Iterator[str]:
    """Yield what is as bad as that, or worse, each on a line; a stack that nobody could compare may be."""
    for stack in report.stacks:
        if stack.alone:
            yield escaped(f"{stack.stack} could not be compared: {stack.trouble}")
        for risk in stack.risks:
            if risk.level >= level:
                where = ", ".join((stack.stack, *risk.clusters))
                yield escaped(
                    f"{risk.level.name.lower()}, {risk.danger.value}: {risk.subject} ({where}): {risk.reason}"
                )


def write(report: Report, root: Path, choices: Choices) -> None:
    """Write a report in its format, to a file or to stdout. Raises OSError."""
    if choices.out is None and choices.format == "terminal":
        _show(report, _console(), choices)
        return
    text = _text(report, root, choices)
    if choices.out is None:
        sys.stdout.write(text)
    else:
        choices.out.write_text(text, encoding="utf-8")
        _say(f"the report is in {choices.out}")


def _text(report: Report, root: Path, choices: Choices) -> str:
    match choices.format:
        case "markdown":
            from operations.diff import markdown  # noqa: PLC0415 - each format imports what it is made with

            # What CI writes a comment with, it keeps whole.
            return markdown.text(report, artifacts=os.environ.get("GITHUB_ACTIONS") == "true")
        case "json":
            from operations.diff import as_json  # noqa: PLC0415

            return json.dumps(as_json.data(report), indent=2, ensure_ascii=False) + "\n"
        case "sarif":
            from operations.diff import sarif  # noqa: PLC0415

            return json.dumps(sarif.data(report, root), indent=2, ensure_ascii=False) + "\n"
        case _:
            file = io.StringIO()
            _show(report, Console(file=file, width=_WIDTH, highlight=False, color_system=None), choices)
            return file.getvalue()


def _show(report: Report, console: Console, choices: Choices) -> None:
    from operations.diff import terminal  # noqa: PLC0415

    terminal.show(report, console, details=not choices.summary)


def _console() -> Console:
    """Return the console on stdout: as wide as the terminal, or as a page where it is none."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)


# As in `operations.output`, which has the reports of Pulumi beside it: half a second.
def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
