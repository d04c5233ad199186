"""The commands `naru aws`: which options they take, and examples of them."""

from pathlib import Path
from typing import Annotated

import typer

from operations.options import AsJson, Root, StackName, Systems, examples, project


def mount(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        rich_markup_mode=None,
        no_args_is_help=True,
        help="What AWS itself says of a stack. Nothing of it changes anything.",
    )
    group.command(
        epilog=examples(
            "naru aws check --stack prod",
            "AWS_PROFILE=prod naru aws check --stack prod ams",
            "naru aws check --stack prod --json | jq -r '.findings[] | select(.stops) | .name'",
        ),
    )(check)
    group.command(
        epilog=examples(
            "naru aws policy --stack prod",
            "naru aws policy --stack prod --out docs/aws/naru-operator-policy.json",
            "aws iam create-policy --policy-name naru-operator \\",
            '  --policy-document "$(naru aws policy --stack prod)"',
        ),
    )(policy)
    group.command(
        epilog=examples(
            "naru aws backups --stack prod",
            "naru aws backups --stack prod ams/postgresql",
            "naru aws backups --stack prod --json | jq '.databases[] | {identifier, restorable}'",
        ),
    )(backups)
    app.add_typer(group, name="aws")


def check(systems: Systems = None, *, stack: StackName, root: Root = None, as_json: AsJson = False) -> None:
    """Tell whether AWS has what a stack's release needs.

    The account is the stack's; every image is in ECR, by digest and tag, in each region that pulls it; secrets and
    parameters are there by name, and have values; the names of buckets are not somebody else's. No value is read.

    What `naru up` has still to make is a warning. `naru up` asks the same before it changes anything.

    The exit code is 1 where the account or a bucket is not ours, and 4 for all else that is refused.
    """
    from operations.aws import check as checking  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(checking.check(project(root), stack, systems or (), as_json=as_json))


def policy(
    *,
    stack: StackName,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there; to stdout by default.")
    ] = None,
    root: Root = None,
) -> None:
    """Print the IAM policy that `naru` needs for its own questions to AWS.

    It is made of the calls that the code has, narrowed to what the stack names. Nobody is asked for it.
    """
    from operations.aws import check as checking  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(checking.print_policy(project(root), stack, out))


def backups(
    subject: Annotated[
        str | None, typer.Argument(metavar="SYSTEM[/STORE]", help="Only this system's, or this data store's.")
    ] = None,
    *,
    stack: StackName,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """List what can be restored: of managed data stores, and the dumps before migrations.

    Of each database the window of time that any moment can be restored of, its snapshots and its replicas; of each
    cache its snapshots; of each bucket that migrations dump to how many dumps there are, and the newest. Of one data
    store also its own host, and where its master's password is.

    How each is restored: docs/aws/backups.md. The exit code is 3 where something that is to be backed up has no backup.
    """
    from operations.aws import backups as listing  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(listing.list_backups(project(root), stack, subject, as_json=as_json))
