"""The options that several commands share, and how their examples are written."""

from pathlib import Path
from typing import Annotated

import typer

from settings.loading import find_root

Root = Annotated[
    Path | None, typer.Option("--root", metavar="DIR", help="The project; the nearest Pulumi.yaml's folder by default.")
]
StackName = Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="Which stack: Pulumi.STACK.yaml.")]
Systems = Annotated[list[str] | None, typer.Argument(metavar="SYSTEM", help="Only these systems; all by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Read every object from the cluster first.")]
SkipPreview = Annotated[bool, typer.Option("--skip-preview", help="Do not show first what will change.")]
AcceptOlderCode = Annotated[
    bool,
    typer.Option(
        "--accept-older-code", help="Let an older image than the schema pass; its version counts from then on."
    ),
]
AcceptAws = Annotated[
    bool,
    typer.Option(
        "--accept-aws",
        help="Go on although AWS lacks something that the release needs; the account is checked all the same.",
    ),
]
Rollback = Annotated[
    bool,
    typer.Option(
        "--rollback/--no-rollback",
        help="Send a `rolling` service whose new version fails back to its last healthy one.",
    ),
]


def examples(*lines: str) -> str:
    """Return the epilog of a command: its examples, each on its line."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def project(given: Path | None) -> Path:
    """Return the project's folder: the one given, else the nearest with a Pulumi.yaml. Raises SettingsError."""
    return find_root(given or Path.cwd())
