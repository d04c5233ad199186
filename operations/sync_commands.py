"""The command `naru sync`: which options it takes, and examples of it."""

from typing import Annotated

import typer

from operations.options import AsJson, Root, StackName, Systems, Yes, examples, project


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            "naru sync --stack staging services-platform       # where nobody syncs by himself",
            "naru sync --stack dev                             # look now, and follow what syncs by itself",
            "naru sync --stack prod plate --yes --no-wait",
        ),
    )(sync)


def sync(
    systems: Systems = None,
    *,
    stack: StackName,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="How long it is followed.")] = 900.0,
    yes: Yes = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Have Argo CD bring systems to what is published, in order, and see it through.

    Each system's Application is compared with its branch now. One that syncs by itself is followed; one that waits for
    somebody is synced, and one whose sync failed is synced again. Foundations go before workloads, migrations before
    pods, one region before the next. What is in the way is told, and the exit code is 3 then.
    """
    from operations.argocd import syncing  # noqa: PLC0415 - each command imports only what it runs on

    choices = syncing.Choices(wait=wait, yes=yes, as_json=as_json, timeout=timeout)
    raise typer.Exit(syncing.sync(project(root), stack, systems or (), choices))
