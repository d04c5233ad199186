"""The command `naru diff`: which options it takes, and examples of it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from operations.options import AsJson, Root, examples, project


class Format(StrEnum):
    """How a report is written."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
    SARIF = "sarif"


class FailOn(StrEnum):
    """From which level on a risk ends the command with an exit code."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


Base = Annotated[
    str | None,
    typer.Option("--base", metavar="REF", help="A branch, tag or commit; origin/main by default, else main."),
]
Written = Annotated[Format, typer.Option("--format", help="How the report is written.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there.")]
Worst = Annotated[FailOn | None, typer.Option("--fail-on", metavar="LEVEL", help="low, medium, high or critical.")]


def run(argv: Sequence[str]) -> int:
    """Run the command by itself, without all others, and return its exit code; wrong usage is told here."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    mount(app)
    try:
        app(list(argv), prog_name="naru diff")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            "naru diff                                    # what this branch, and what is not committed, would do",
            "naru diff --base origin/release --stack prod",
            "naru diff --summary --fail-on high           # in a script: stop at what could lose data",
            "naru diff --format markdown --out comment.md # a comment for the pull request",
            "naru diff --json | jq -r '.stacks[].changes[] | select(.action == \"removed\") | .subject.name'",
        )
        + "\n\n\b\nExit codes:\n  0  compared, whatever differs\n"
        "  1  files that cannot be used, each fault on a line; or no such base\n"
        "  4  a risk of the level of --fail-on, or above; or a stack that could not be compared"
    )(diff)


def diff(
    *,
    base: Base = None,
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", metavar="STACK", help="Only this stack; may be repeated.")
    ] = None,
    format: Written = Format.TERMINAL,  # noqa: A002
    out: Out = None,
    summary: Annotated[bool, typer.Option("--summary", help="Without the details, in the terminal.")] = False,
    fail_on: Worst = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show what a change of the repository does to every stack, and how risky that is.

    The work tree as it is, uncommitted changes included, is compared with the commit where its branch left the base:
    each side rendered by its own code, without a cluster, credentials or network.

    The report has the risks first, each with its reason, then what is added, changed, removed and replaced. What the
    base renders to is kept below .naru/diff, so that the next comparison is there at once.
    """
    from operations.diff import run  # noqa: PLC0415 - each command imports only what it runs on

    choices = run.Choices(
        base=base,
        stacks=tuple(stack or ()),
        format=Format.JSON if as_json else format,
        out=out,
        summary=summary,
        fail_on=fail_on,
    )
    raise typer.Exit(run.diff(project(root), choices))
