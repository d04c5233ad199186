"""The command `naru rollback`: which options it takes, and examples of it."""

from typing import Annotated

import typer

from operations.options import AcceptOlderCode, AsJson, Root, StackName, Yes, examples, project

_SERVICE = "korea-public-data/korea-backend"


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            f"naru rollback {_SERVICE} --stack staging",
            f"DRY_RUN=true naru rollback {_SERVICE} --stack prod       # show what would change",
            f"naru rollback {_SERVICE} --stack prod --to 1.4.2",
            f"naru rollback {_SERVICE} --stack prod --to 12 --yes      # the revision 12 of its history",
            f"naru rollback {_SERVICE} --stack dev --json | jq -r .result",
        )
    )(rollback)


def rollback(
    service: Annotated[str, typer.Argument(metavar="SYSTEM/SERVICE", help="A service of the stack.")],
    *,
    stack: StackName,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RELEASE", help="A tag, a digest or its beginning, or a revision's number."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="CLUSTER", help="Whose history counts, where a stack has several clusters."),
    ] = None,
    yes: Yes = False,
    health_check: Annotated[
        bool, typer.Option("--health-check/--no-health-check", help="Ask the system's health page at the end, or not.")
    ] = True,
    accept_older_code: AcceptOlderCode = False,
    with_unsynced: Annotated[
        bool,
        typer.Option(
            "--with-unsynced",
            help="Where Argo CD delivers: deploy with it what waits for somebody's sync of the system.",
        ),
    ] = False,
    remote: Annotated[
        str | None,
        typer.Option("--remote", metavar="NAME|URL|PATH", help="Where Argo CD's branch is; origin by default."),
    ] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Take a service back to the last release that was healthy, whatever its strategy.

    What will change is shown: images, configuration, and whether the schema allows it. The release file is written, the
    service brought to it past all steps and pauses, its pods and Services waited for, and $SLACK_WEBHOOK_URL told.

    It goes to all regions at once. One that is drained and does not answer is left out, as by `naru up`.

    Configuration does not go back: it stands in the catalog. A stack of the tier production is confirmed by typing its
    name. The exit code is 3 where the release was applied but not everything was seen to be well.
    """
    from operations.rollback import run  # noqa: PLC0415 - each command imports only what it runs on

    choices = run.Choices(
        to=to,
        cluster=cluster,
        yes=yes,
        as_json=as_json,
        health_check=health_check,
        accept_older_code=accept_older_code,
        with_unsynced=with_unsynced,
        remote=remote,
    )
    raise typer.Exit(run.rollback(project(root), stack, service, choices))
