"""The commands `naru region`: which options they take, and examples of them."""

from typing import Annotated

import typer

from operations.options import AsJson, Root, StackName, Yes, examples, project

Cluster = Annotated[str, typer.Argument(metavar="CLUSTER", help="A cluster of the stack, whose region it is about.")]
SettingOnly = Annotated[
    bool, typer.Option("--setting-only", help="Write the stack file and change no record: for a pull request.")
]
HealthCheck = Annotated[
    bool,
    typer.Option(
        "--health-check/--no-health-check", help="Ask Route 53 for the health of the regions that stay, or not."
    ),
]


def mount(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Take a region out of traffic, and put it back: by records alone, whatever runs there.",
        no_args_is_help=True,
    )
    group.command(
        "list",
        epilog=examples(
            "naru region list --stack prod",
            "naru region list --stack prod --json | jq -r '.clusters[] | select(.drained) | .cluster'",
            "naru region list --stack prod --no-health-check        # what the file says, without asking anybody",
        ),
    )(list_regions)
    group.command(
        "drain",
        epilog=examples(
            "naru region drain --stack prod tokyo",
            "DRY_RUN=true naru region drain --stack prod tokyo      # show what would change",
            "naru region drain --stack prod tokyo --setting-only    # leave the records to the pipeline",
            "naru region drain --stack prod tokyo --no-health-check # though the regions that stay are not healthy",
        ),
    )(drain)
    group.command(
        "restore",
        epilog=examples(
            "naru region restore --stack prod tokyo",
            "naru region restore --stack prod tokyo --force         # though its cluster is not as it should be",
        ),
    )(restore)
    app.add_typer(group, name="region")


def list_regions(
    *,
    stack: StackName,
    health_check: Annotated[
        bool, typer.Option("--health-check/--no-health-check", help="Ask Route 53 for their health, or not.")
    ] = True,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show what the stack file has of each region: whether it is drained, and whose hosts lead there by it.

    Where the stack has AWS, Route 53 is asked what it holds of each region, and so of each host there.
    """
    from operations.region import listing  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(listing.list_regions(project(root), stack, health_check=health_check, as_json=as_json))


def drain(
    cluster: Cluster,
    *,
    stack: StackName,
    yes: Yes = False,
    health_check: HealthCheck = True,
    setting_only: SettingOnly = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Take a region out of traffic.

    `drained: true` is written into the stack file, and the records of the public hosts are brought to it. All else
    stays as it is: pods, data and load balancers are ready for its return.

    What would change is previewed; where that is more than those records, nothing is changed (exit code 4). The last
    region in traffic is refused. The hosts of a system that runs there alone go on leading there, as is warned. A stack
    of the tier production is confirmed by typing its name, unless only the setting is asked for.

    No cluster is asked: it may be dead. Route 53 is: a drain that would leave a host with none but unhealthy regions
    is refused (exit code 4). Where it gives no answer, that is a warning, and the drain goes on.
    """
    from operations.region import run  # noqa: PLC0415 - each command imports only what it runs on

    choices = run.Choices(yes=yes, setting_only=setting_only, health_check=health_check, as_json=as_json)
    raise typer.Exit(run.move(project(root), stack, cluster, "drain", choices))


def restore(
    cluster: Cluster,
    *,
    stack: StackName,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever its cluster says, or if it does not answer.")
    ] = False,
    setting_only: SettingOnly = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Put a region back into traffic.

    Its cluster is asked first, about every system with `clusters: all`: where workloads are not ready, or run another
    version than the released one, it is refused (exit code 4). Then the setting goes, and the records come back, as
    `drain` took them away. That Route 53 holds it unhealthy is a warning: nobody is led there before it is healthy.
    """
    from operations.region import run  # noqa: PLC0415 - each command imports only what it runs on

    choices = run.Choices(yes=yes, setting_only=setting_only, force=force, as_json=as_json)
    raise typer.Exit(run.move(project(root), stack, cluster, "restore", choices))
