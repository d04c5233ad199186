"""The command line: what each command is called, which options it takes, and examples of it."""

import importlib.metadata
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from operations import (
    argocd_commands,
    aws_commands,
    diff_commands,
    drift_commands,
    migrate_commands,
    publish_commands,
    reading,
    region_commands,
    release_commands,
    rollback_commands,
    rollout_commands,
    seal_commands,
    sync_commands,
)
from operations.diff_commands import Base, Format, Out, Worst, Written
from operations.exits import MEANINGS, Exit, Stop
from operations.options import (
    AcceptAws,
    AcceptOlderCode,
    AsJson,
    Refresh,
    Rollback,
    Root,
    SkipPreview,
    StackName,
    Systems,
    Yes,
    examples,
    project,
)

_EXIT_CODES: Final = "\n".join(f"{code.value:>3}  {meaning}" for code, meaning in MEANINGS.items())
# Backspaces keep the paragraphs they begin as they are written.
_HELP: Final = f"""Five systems, from a typed catalog to Kubernetes, one stack for each environment.

\b
naru check                              are all files of all stacks right?
naru explain plate/plate-api replicas --stack prod
naru render --stack prod --out build/prod
naru local up && naru up --stack local
naru preview --stack staging plate

\b
Exit codes:
{_EXIT_CODES}

Data go to stdout, everything else to stderr.
"""


app = typer.Typer(
    name="naru", help=_HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
local_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The embedded control plane: a real Kubernetes API on this machine, with simulated pods.",
)
app.add_typer(local_app, name="local")


class Beside(StrEnum):
    """What may run beside the control plane."""

    ARGOCD = "argocd"


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; wrong usage is told here, every other exception gets through."""
    try:
        app(list(argv), prog_name="naru")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"naru {importlib.metadata.version('naru')}")
        raise typer.Exit


@app.callback()
def _globals(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error came from.")] = False,
) -> None:
    pass


@app.command(
    epilog=examples(
        "naru check",
        "naru check --json | jq -r '.faults[].file' | sort -u",
        "naru check --base origin/main      # in a pull request: does a release go back behind its schema?",
    ),
)
def check(
    *,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Refuse images older than the schema of the releases at REF."),
    ] = None,
    accept_older_code: AcceptOlderCode = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check all files of all stacks.

    Each fault is a line with file, line, path, what was found and what would be right.
    """
    raise typer.Exit(reading.check(project(root), base=base, accept_older_code=accept_older_code, as_json=as_json))


@app.command(
    epilog=examples(
        "naru render --stack prod --out build/prod     # build/prod/<cluster>/<system>/{foundation,workloads}/...",
        "naru render --stack dev --out a && git diff --no-index a b",
        "naru render --stack prod --out build/prod --aws build/prod-aws.yaml",
    ),
)
def render(
    *,
    stack: StackName,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="A new or an empty directory, or an own one.")
    ],
    aws: Annotated[
        Path | None, typer.Option("--aws", metavar="FILE", help="Write what the stack has in AWS to a file of its own.")
    ] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Write a stack as files: every object, with no engine, plugin or network."""
    from operations import rendering  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(rendering.run(root, stack, out, aws=aws, as_json=as_json))


@app.command(
    epilog=examples(
        "naru explain plate/plate-api resources.requests.cpu --stack prod",
        "naru explain environment domains.plate --stack prod --json",
    ),
)
def explain(
    subject: Annotated[str, typer.Argument(metavar="SYSTEM/SERVICE", help="Or SYSTEM, or `environment`.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="As files spell it: resources.requests.cpu")],
    *,
    stack: StackName,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Say where a value comes from.

    That is: the value, which file and line set it, and what it replaced there.
    """
    raise typer.Exit(reading.explain(project(root), stack, subject, path, as_json=as_json))


@app.command(
    epilog=examples(
        "naru schema",
        "naru schema --check           # in CI: are the committed ones up to date?",
    ),
)
def schema(
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="docs/schemas of the project by default.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file is not up to date.")] = False,
    root: Root = None,
) -> None:
    """Write JSON Schemas for editors.

    They describe catalog, release and stack files, and give editors completion.
    """
    raise typer.Exit(reading.schema(out or project(root) / "docs" / "schemas", check_only=check))


@app.command(
    epilog=examples(
        "naru preview --stack staging",
        "naru preview --stack staging plate ams --json | jq .changes",
        "naru preview --all                                   # all stacks, beside what `naru diff` says of them",
        "naru preview --all --base origin/release --format markdown --out comment.md --fail-on high",
    )
    + "\n\n\b\nExit codes:\n  0  previewed, whatever would change\n"
    "  1  files that cannot be used, each fault on a line; or no such base\n"
    "  3  a preview failed; with --all the report has the others, and the reason\n"
    "  4  refused: a cluster that cannot be reached; of --all only what --fail-on names",
)
def preview(
    systems: Systems = None,
    *,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="STACK", help="Which stack: Pulumi.STACK.yaml.")
    ] = None,
    all_stacks: Annotated[
        bool, typer.Option("--all", help="All stacks at once, in the report of `naru diff`.")
    ] = False,
    base: Base = None,
    format: Written = Format.TERMINAL,  # noqa: A002
    out: Out = None,
    fail_on: Worst = None,
    refresh: Refresh = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show what `up` would change, and change nothing.

    With --all every stack is previewed, several at a time, each with the credentials that are here for it. One that
    fails holds up no other. The report is that of `naru diff`, with what Pulumi says beside it; only there is a base, a
    format, a file and a level to fail on.
    """
    if all_stacks is (stack is not None):
        raise Stop(Exit.USAGE, "give one of the two: --stack STACK, or --all for every stack")
    if stack is not None:
        if format is not Format.TERMINAL or (base, out, fail_on) != (None, None, None):
            raise Stop(Exit.USAGE, "--base, --format, --out and --fail-on are for --all")
        from operations import deploy  # noqa: PLC0415 - each command imports only what it runs on

        choices = deploy.Choices(refresh=refresh, as_json=as_json)
        raise typer.Exit(deploy.preview(project(root), stack, systems or (), choices))
    if systems or refresh:
        raise Stop(Exit.USAGE, "--all previews whole stacks: leave out SYSTEM and --refresh")
    from operations.diff import run as report  # noqa: PLC0415

    written = Format.JSON if as_json else format
    asked = report.Choices(base=base, format=written, out=out, fail_on=fail_on, preview=True)
    raise typer.Exit(report.diff(project(root), asked))


@app.command(
    epilog=examples(
        "naru up --stack local",
        "naru up --stack staging plate --yes",
        "DRY_RUN=true naru up --stack prod",
        "naru up --stack dev --yes --json | jq '.systems[] | select(.ready | not)'",
        "naru up --stack local plate --accept-older-code      # a rollback past a migration, this once",
        "naru up --stack dev plate --no-rollback              # leave what failed as it is, to look at it",
        "naru up --stack prod --yes --accept-aws              # one system's image is late; the others go on",
    ),
)
def up(
    systems: Systems = None,
    *,
    stack: StackName,
    yes: Yes = False,
    refresh: Refresh = False,
    skip_preview: SkipPreview = False,
    accept_older_code: AcceptOlderCode = False,
    accept_aws: AcceptAws = False,
    rollback: Rollback = True,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Deploy a stack.

    The cluster is checked, the stack updated, its pods waited for, and the state of every system shown. On a stack with
    AWS it is asked first: `naru aws check`. What the stack has in AWS is made by an update of all systems: one of some
    systems leaves AWS alone, and what is on clusters that the stack file names no more.

    Several regions are updated one after the other, the primary one first. The first that is not ready stops it. A
    drained one that does not answer is left out, unless it is the primary one: the next `up` that it answers brings it
    up.

    The migrations of a service run before its pods. One that fails stops the service there: its old pods serve on, the
    reason is told, and the next `up` runs it again. An image older than its database's schema is refused.

    A service of the strategy `rolling` whose new pods do not become ready goes back to its last healthy version. A
    Rollout is not followed to its end: what is under way is told, and `naru rollout status --watch` follows it.

    Of a stack that Argo CD deploys it applies what Argo CD needs, to the primary cluster alone, writes everything else
    below rendered/STACK, and shows how the Applications are; `naru publish` comes next.

    A stack of the tier production is previewed, and confirmed by typing its name. With DRY_RUN=true nothing is changed.
    """
    from operations import deploy  # noqa: PLC0415 - each command imports only what it runs on

    choices = deploy.Choices(
        yes=yes,
        refresh=refresh,
        skip_preview=skip_preview,
        as_json=as_json,
        accept_older_code=accept_older_code,
        accept_aws=accept_aws,
        rollback=rollback,
    )
    raise typer.Exit(deploy.up(project(root), stack, systems or (), choices))


@app.command(
    epilog=examples(
        "naru destroy --stack local --yes",
        "naru destroy --stack dev plate",
    ),
)
def destroy(
    systems: Systems = None,
    *,
    stack: StackName,
    yes: Yes = False,
    refresh: Refresh = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Delete what a stack made.

    Data go too unless they are protected; a stack of the tier production is refused.

    Of a stack that Argo CD deploys its Applications and files go, and Argo CD then deletes what they deployed.
    """
    from operations import deploy  # noqa: PLC0415 - each command imports only what it runs on

    choices = deploy.Choices(yes=yes, refresh=refresh, as_json=as_json)
    raise typer.Exit(deploy.destroy(project(root), stack, systems or (), choices))


@local_app.command(
    "up",
    epilog=examples(
        "naru local up",
        "export $(naru local up) && kubectl get nodes",
        "naru local up --with argocd && naru local status --json | jq -r .argocd.repository",
    ),
)
def local_up(
    *,
    stack: StackName = "local",
    beside: Annotated[
        list[Beside] | None, typer.Option("--with", metavar="argocd", help="Run it as well, until `naru local down`.")
    ] = None,
    root: Root = None,
) -> None:
    """Start the control plane.

    What is missing is built first, and pods can run when it returns. Calling it again changes nothing.

    With `argocd` the real Argo CD runs beside it, on a Git repository of this machine. Without the option it goes on
    where it runs already.
    """
    from operations import local_commands  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(local_commands.up(project(root), stack, beside or ()))


@local_app.command(
    "down",
    epilog=examples(
        "naru local down",
        "naru local down --delete      # begin anew",
    ),
)
def local_down(
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the cluster's data as well.")] = False,
    root: Root = None,
) -> None:
    """End the control plane; its data stay for the next `up`."""
    from operations import local_commands  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(local_commands.down(project(root), delete=delete))


@local_app.command(
    "status",
    epilog=examples(
        "naru local status",
        "naru local status --json | jq .running",
    ),
)
def local_status(*, root: Root = None, as_json: AsJson = False) -> None:
    """Show each process; the exit code is 3 where one does not run."""
    from operations import local_commands  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(local_commands.status(project(root), as_json=as_json))


argocd_commands.mount(app)
aws_commands.mount(app)
diff_commands.mount(app)
drift_commands.mount(app)
migrate_commands.mount(app)
publish_commands.mount(app)
region_commands.mount(app)
release_commands.mount(app)
rollout_commands.mount(app)
rollback_commands.mount(app)
seal_commands.mount(app)
sync_commands.mount(app)
