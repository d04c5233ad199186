"""The commands `naru migrate …`: what they are called, which options they take, and examples of them."""

from typing import Annotated

import typer

from operations.options import AcceptOlderCode, AsJson, Refresh, Root, SkipPreview, StackName, Yes, examples, project

_SERVICE = "services-platform/identity-service"
Subject = Annotated[str, typer.Argument(metavar="SYSTEM/SERVICE", help="A service that has a migration.")]

migrate_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The schema before the code: what the Jobs of a service's migration would do, did, and do again.",
    epilog=examples(
        f"naru migrate plan --stack staging {_SERVICE}",
        f"naru migrate status --stack local {_SERVICE}",
        f"naru migrate retry --stack local {_SERVICE}",
    ),
)


def mount(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(migrate_app, name="migrate")


@migrate_app.command(
    epilog=examples(
        f"naru migrate plan --stack staging {_SERVICE}",
        f"naru migrate plan --stack dev {_SERVICE} --dry-run | kubectl create -f -",
        "naru migrate plan --stack dev ams/ams --dry-run --script | docker run -i --env-file dev.env IMAGE sh",
        f"naru migrate plan --stack local {_SERVICE} --json | jq -r '.steps[] | select(.ran | not) | .job'",
    ),
)
def plan(
    service: Subject,
    *,
    stack: StackName,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write Jobs that tell what would be migrated, and migrate nothing.")
    ] = False,
    script: Annotated[bool, typer.Option("--script", help="With --dry-run: a shell script for the image.")] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show what would run, in order.

    Each Job with its wave, image, command and dry run, and whether it ran already as far as the cluster can be asked.
    """
    from operations.migrate import plan as planned  # noqa: PLC0415 - each command imports only what it runs on

    if script and not dry_run:
        raise typer.BadParameter("it goes with --dry-run", param_hint="--script")
    if dry_run:
        raise typer.Exit(planned.dry_run(project(root), stack, service, script=script))
    raise typer.Exit(planned.plan(project(root), stack, service, as_json=as_json))


@migrate_app.command(
    epilog=examples(
        f"naru migrate status --stack local {_SERVICE}",
        f"naru migrate status --stack local {_SERVICE} --json | jq -r '.jobs[] | select(.attempts > 1).reason'",
    ),
)
def status(service: Subject, *, stack: StackName, root: Root = None, as_json: AsJson = False) -> None:
    """Show how each Job is on the cluster; the exit code is 3 where one failed.

    That is: since when, how many attempts, why it failed, and the last lines of its log.
    """
    from operations.migrate import status as told  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(told.status(project(root), stack, service, as_json=as_json))


@migrate_app.command(
    epilog=examples(
        f"naru migrate retry --stack local {_SERVICE}",
        f"naru migrate retry --stack local {_SERVICE} --yes",
    ),
)
def retry(
    service: Subject,
    *,
    stack: StackName,
    yes: Yes = False,
    refresh: Refresh = False,
    skip_preview: SkipPreview = False,
    accept_older_code: AcceptOlderCode = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Run failed Jobs again.

    The service's system is updated, as `naru up` does it: what waited for the migration follows, and what is as it
    should be stays untouched. Where Argo CD delivers, it is told which sync to start.
    """
    from operations import deploy  # noqa: PLC0415 - each command imports only what it runs on
    from operations.migrate import status as told  # noqa: PLC0415

    choices = deploy.Choices(
        yes=yes, refresh=refresh, skip_preview=skip_preview, as_json=as_json, accept_older_code=accept_older_code
    )
    raise typer.Exit(told.retry(project(root), stack, service, choices))
