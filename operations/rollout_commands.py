"""The commands `naru rollout …`: what they are called, which options they take, and examples of them."""

from typing import Annotated

import typer

from operations.options import AsJson, Root, StackName, Yes, examples, project

_SERVICE = "korea-public-data/korea-backend"
Subject = Annotated[str, typer.Argument(metavar="SYSTEM/SERVICE", help="A service, whatever its strategy.")]
ClusterName = Annotated[
    str | None,
    typer.Option("--cluster", metavar="CLUSTER", help="Only there; on all clusters of the stack by default."),
]

rollout_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="A new version taking over: how far it is, and what an operator decides. The same for every strategy.",
    epilog=examples(
        f"naru rollout status {_SERVICE} --stack prod --watch",
        "naru rollout promote korea-public-data/korea-frontend --stack prod",
        f"naru rollout abort {_SERVICE} --stack prod",
        "naru rollout history ams/ams --stack staging",
    ),
)


def mount(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(rollout_app, name="rollout")


@rollout_app.command(
    epilog=examples(
        f"naru rollout status {_SERVICE} --stack prod",
        f"naru rollout status {_SERVICE} --stack prod --watch --cluster seoul",
        f"naru rollout status {_SERVICE} --stack prod --json | jq '.clusters[] | {{cluster, phase, weight}}'",
    ),
)
def status(
    service: Subject,
    *,
    stack: StackName,
    cluster: ClusterName = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow it until it is healthy, degraded, or waits for somebody.")
    ] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a new version is; the exit code is 3 where it failed.

    That is: phase, step, share of the traffic, versions and their pods, analysis and why it says nothing, Services,
    what it waits for, and which commands there are now. With --watch and --json each change is a line of JSON.
    """
    from operations.rollout import status as told  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(told.status(project(root), stack, service, cluster=cluster, watch=watch, as_json=as_json))


@rollout_app.command(
    epilog=examples(
        "naru rollout promote korea-public-data/korea-frontend --stack prod",
        f"naru rollout promote {_SERVICE} --stack staging --full      # without its steps, pauses and analysis",
        "naru rollout promote immersiverse/auth-service --stack prod     # its canary becomes the version of all pods",
    ),
)
def promote(
    service: Subject,
    *,
    stack: StackName,
    full: Annotated[bool, typer.Option("--full", help="Leave out all steps, pauses and analysis.")] = False,
    cluster: ClusterName = None,
    yes: Yes = False,
    root: Root = None,
) -> None:
    """Let a new version go on.

    A canary goes on after its pause, a blue-green version becomes active, a second Deployment's version becomes that of
    all pods, the idle colour becomes live. The last two change releases/STACK.yaml and apply that.
    """
    from operations.rollout import promote as decided  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(decided.promote(project(root), stack, service, cluster=cluster, full=full, yes=yes))


@rollout_app.command(
    epilog=examples(
        f"naru rollout abort {_SERVICE} --stack prod",
        f"naru rollout abort {_SERVICE} --stack prod --cluster seoul",
    ),
)
def abort(
    service: Subject, *, stack: StackName, cluster: ClusterName = None, yes: Yes = False, root: Root = None
) -> None:
    """Go back to what served before, at once.

    Nobody is asked, on production neither, unless live traffic moves to another colour. A service of which nothing is
    in progress stays as it is: `naru rollback` takes it to an older version.
    """
    from operations.rollout import abort as decided  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(decided.abort(project(root), stack, service, cluster=cluster, yes=yes))


@rollout_app.command(epilog=examples(f"naru rollout retry {_SERVICE} --stack prod"))
def retry(
    service: Subject, *, stack: StackName, cluster: ClusterName = None, yes: Yes = False, root: Root = None
) -> None:
    """Try an aborted version again, from its first step."""
    from operations.rollout import restart as decided  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(decided.retry(project(root), stack, service, cluster=cluster, yes=yes))


@rollout_app.command(
    epilog=examples(
        f"naru rollout restart {_SERVICE} --stack staging",
        "naru rollout restart immersiverse/auth-service --stack prod --cluster tokyo --yes",
    ),
)
def restart(
    service: Subject, *, stack: StackName, cluster: ClusterName = None, yes: Yes = False, root: Root = None
) -> None:
    """Replace all pods, a few at a time, and change nothing."""
    from operations.rollout import restart as decided  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(decided.restart(project(root), stack, service, cluster=cluster, yes=yes))


@rollout_app.command(
    epilog=examples(
        "naru rollout history ams/ams --stack prod",
        "naru rollout history ams/ams --stack prod --json | jq -r '.workloads[].revisions[].image'",
    ),
)
def history(
    service: Subject, *, stack: StackName, cluster: ClusterName = None, root: Root = None, as_json: AsJson = False
) -> None:
    """Show the versions that the cluster still has, newest first.

    Each with its image, when it was made, whether it was ever healthy, what changed in it, and which one runs.

    A cluster that does not answer is a warning beside what the others say, and the exit code is 3.
    """
    from operations.rollout import history as told  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(told.history(project(root), stack, service, cluster=cluster, as_json=as_json))
