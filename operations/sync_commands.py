"""The command `naru sync`: which options it takes, and examples of it."""

from typing import Annotated

import typer

from operations.options import AsJson, Root, StackName, Systems, Yes, examples, project


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            "naru sync --stack staging services-platform       # where nobody syncs by himself",
            "naru sync --stack dev --automated-only            # look now, and follow what syncs by itself",
            "naru sync --stack prod plate --yes --no-wait",
        ),
    )(sync)


def sync(
    systems: Systems = None,
    *,
    stack: StackName,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    automated_only: Annotated[
        bool, typer.Option("--automated-only", help="Leave what waits for somebody as it is.")
    ] = False,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="How long it is followed.")] = 900.0,
    yes: Yes = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Have Argo CD bring systems to what is published, in order, and see it through.

    Each system's Application is compared with its branch now. One that syncs by itself is followed; one that waits for
    somebody is synced, and one whose sync failed, or that was changed by hand, is synced again. What is at work for an
    older commit gives that up, with a migration that may be running. Foundations go before workloads, migrations before
    pods, one region before the next. What is in the way is told, and the exit code is 3 then.

    Where it arrives, healthy versions are marked for `naru rollback`, and ConfigMaps that no revision names any more
    are deleted. Production is asked first, by the stack's name; with DRY_RUN=true nothing is changed.
    """
    from operations.argocd import syncing  # noqa: PLC0415 - each command imports only what it runs on

    choices = syncing.Choices(wait=wait, automated_only=automated_only, yes=yes, as_json=as_json, timeout=timeout)
    raise typer.Exit(syncing.sync(project(root), stack, systems or (), choices))
