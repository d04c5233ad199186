"""The commands of the release files: `naru release set` and `naru release promote`."""

from typing import Annotated

import typer
from pydantic import ValidationError

from operations.exits import Exit, Stop
from operations.options import AsJson, Root, StackName, examples, project
from settings.container import Version

_DIGEST = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


def mount(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Give services other versions in releases/STACK.yaml.", no_args_is_help=True)
    group.command(
        "set",
        epilog=examples(
            "naru release set korea-public-data/korea-backend --stack dev --tag 1.4.2",
            f"naru release set ams/ams --stack staging --tag 1.4.2 --digest {_DIGEST}",
            "naru release set plate/plate-web/backend --stack prod --tag 2.0.1      # a sidecar of plate-web",
            "naru release set services-platform/auth-service --stack dev --tag 2.0.1 --needs-schema auth_db=7",
        ),
    )(set_release)
    group.command(
        "promote",
        epilog=examples(
            "naru release promote --from dev --to staging                           # whatever is at another version",
            "naru release promote --from staging --to prod ams/ams plate/plate-api",
            "naru release promote --from staging --to prod --json | jq -r .moved[].service",
        ),
    )(promote)
    app.add_typer(group, name="release")


def set_release(
    service: Annotated[str, typer.Argument(metavar="SYSTEM/SERVICE", help="Or SYSTEM/SERVICE/SIDECAR.")],
    *,
    stack: StackName,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="The image's tag.")] = None,
    digest: Annotated[str | None, typer.Option("--digest", metavar="sha256:…", help="The image's digest.")] = None,
    needs_schema: Annotated[
        list[str] | None,
        typer.Option(
            "--needs-schema", metavar="DATABASE=VERSION", help="What schema the image needs; may be repeated."
        ),
    ] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Release an image of a service on a stack.

    Tag, digest and the schema it needs belong to the image, so what is not given goes; nothing else of the file
    changes, not even its blanks. A release that the stack refuses is not written.
    """
    from operations import releasing  # noqa: PLC0415 - each command imports only what it runs on

    version = _version(tag, digest, needs_schema or [])
    raise typer.Exit(releasing.set_version(project(root), stack, service, version, as_json=as_json))


def promote(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="SYSTEM/SERVICE", help="Only these; all by default.")
    ] = None,
    *,
    source: Annotated[str, typer.Option("--from", metavar="STACK", help="Whose versions.")],
    destination: Annotated[str, typer.Option("--to", metavar="STACK", help="Which stack gets them.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Release on one stack the images that another one runs.

    Tags, digests and the schemas they need are taken over. What is tried as a canary is not, nor which color is live.
    """
    from operations import releasing  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(releasing.promote(project(root), source, destination, services or (), as_json=as_json))


def _version(tag: str | None, digest: str | None, needs_schema: list[str]) -> Version:
    """Return the version that the options say. Raises Stop."""
    if tag is None and digest is None:
        raise Stop(Exit.FAULTS, "neither --tag nor --digest: say which image")
    schemas: dict[str, str] = {}
    for said in needs_schema:
        database, equals, needed = said.partition("=")
        if not equals or not database or database in schemas:
            raise Stop(Exit.FAULTS, f"--needs-schema {said}: expected DATABASE=VERSION, each database once")
        schemas[database] = needed
    try:
        return Version(tag=tag, digest=digest, needs_schema=schemas)
    except ValidationError as error:
        fault = error.errors()[0]
        option = str(fault["loc"][0]).replace("_", "-").replace("needsSchema", "needs-schema")
        found = fault["input"]
        raise Stop(Exit.FAULTS, f"--{option} {found}: {fault['msg'].lower()}") from None
