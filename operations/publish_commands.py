"""The command `naru publish`: which options it takes, and examples of it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operations.exits import Exit, Stop
from operations.options import AcceptOlderCode, AsJson, Root, StackName, Yes, examples, project

if TYPE_CHECKING:
    from operations.publishing.outcome import Published


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog=examples(
            "naru publish --stack dev",
            "naru publish --stack dev --dry-run              # what would change on the branch",
            "naru publish --stack prod --yes --message 'approved by operations, change 4711'",
            "naru publish --stack dev --remote /srv/git/rendered.git --json | jq -r .commit",
            "naru publish --stack prod --log -n 10           # what was published when, and by whom",
        )
    )(publish)


def publish(
    *,
    stack: StackName,
    remote: Annotated[
        str | None,
        typer.Option("--remote", metavar="NAME|URL|PATH", help="Where the branch is; origin by default."),
    ] = None,
    message: Annotated[
        str, typer.Option("--message", "-m", metavar="WHY", help="A line for the commit's message.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be published, and write nothing.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Show what was published, and publish nothing.")] = False,
    count: Annotated[int, typer.Option("-n", min=1, metavar="COUNT", help="With --log: how many commits.")] = 20,
    yes: Yes = False,
    accept_older_code: AcceptOlderCode = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Write a stack's rendered files to its branch, as one commit.

    The branch is env/STACK, or the environment's argocd.branch. What is published is a commit of the project, so that a
    tree with changes is refused. Where the files are those of the branch already nothing is made.

    A commit that somebody made there by hand is never written over. A revert holds the release: nothing is published
    until the release file says another version than the one that was taken back.

    A stack of the tier production is confirmed by typing its name; --yes is for CI, after the approval.
    """
    if log:
        raise typer.Exit(_log(project(root), stack, remote, count, as_json=as_json))
    from operations.output import say, write_json, write_lines  # noqa: PLC0415 - each command imports only its own
    from operations.publishing import publish as publishing  # noqa: PLC0415
    from operations.publishing.outcome import Refusal  # noqa: PLC0415

    def agree(proposal: "Published") -> bool:
        return yes or _confirmed(project(root), proposal)

    wanted = dry_run or os.environ.get("DRY_RUN", "").lower() in {"1", "true", "yes"}
    try:
        found = publishing.publish(
            project(root),
            stack,
            remote=remote,
            why=message,
            dry_run=wanted,
            accept_older_code=accept_older_code,
            agree=agree,
        )
    except Refusal as refusal:
        if as_json:
            write_json(refusal.as_json())
        raise
    for line in found.warnings:
        say(line)
    if as_json:
        write_json(found.as_json())
    elif wanted and found.message:
        write_lines([found.line, "", *found.message.splitlines()])
    else:
        write_lines([found.line])
    raise typer.Exit(Exit.OK)


def _confirmed(root: Path, proposal: "Published") -> bool:
    """Have a publication confirmed where the tier asks for it, as before an update."""
    from operations.output import say  # noqa: PLC0415
    from settings.environment import Tier  # noqa: PLC0415
    from settings.loading import load  # noqa: PLC0415

    stack = load(root, proposal.stack).stack
    if stack.environment.tier is not Tier.PRODUCTION:
        return True
    say(f"warning: {stack.name} is of the tier production: {proposal.line}")
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, "nobody is there to confirm this: give --yes")
    return bool(typer.prompt(f"Type {stack.name} to publish it", err=True) == stack.name)


def _log(root: Path, stack: str, remote: str | None, count: int, *, as_json: bool) -> Exit:
    from operations.output import write_json, write_lines  # noqa: PLC0415
    from operations.publishing import log  # noqa: PLC0415

    found = log.entries(root, stack, remote=remote, count=count)
    if as_json:
        write_json([entry.as_json() for entry in found])
    else:
        write_lines(log.lines(found) if found else ["nothing was published yet"])
    return Exit.OK
