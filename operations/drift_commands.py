"""The command `naru drift`: which options it takes, and examples of it."""

from typing import Annotated, Literal

import typer

from operations.options import AsJson, Root, StackName, Systems, examples, project


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            "naru drift --stack prod",
            "naru drift --stack staging plate ams --json | jq -r '.found[].name'",
            "naru drift --stack prod --source files            # beside this checkout, published or not",
            "naru drift --stack prod --remote /srv/git/rendered.git",
            'naru drift --stack prod --format markdown >> "$GITHUB_STEP_SUMMARY"',
        ),
    )(drift)


def drift(
    systems: Systems = None,
    *,
    stack: StackName,
    source: Annotated[
        Literal["files", "published"] | None,
        typer.Option(
            "--source",
            help="What it is held against: what was published for Argo CD, where it delivers, else the files here.",
        ),
    ] = None,
    remote: Annotated[
        str | None,
        typer.Option("--remote", metavar="NAME|URL|PATH", help="Where the branch is; origin by default."),
    ] = None,
    form: Annotated[
        Literal["terminal", "markdown", "json"], typer.Option("--format", help="How it is told.")
    ] = "terminal",
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Tell what in the clusters is not as it was rendered, and who changed it; change nothing.

    Each object is applied once more as a dry run: what others own is left out, such as the pods that an autoscaler
    counts, and so is what Argo CD itself ignores.

    Where Argo CD delivers, a system is held against the commit that its Applications are pinned to, so that a release
    which waits for its sync is no drift; against the newest one where nothing is synced yet or Argo CD cannot be
    asked, and that is said.

    What is gone is told, and what carries our labels and is rendered no more: of every kind, and with no system named
    of systems that are gone too. Objects that Argo CD keeps on purpose (Prune=false) are told as kept, which is no
    drift. What may be another stack's is not told.

    The exit code is 2 where something has drifted, 3 where something could not be compared, 4 where a cluster does not
    answer.
    """
    from operations.drift import run  # noqa: PLC0415 - each command imports only what it runs on

    told = "json" if as_json else form
    raise typer.Exit(run.drift(project(root), stack, systems or (), source=source, remote=remote, form=told))
