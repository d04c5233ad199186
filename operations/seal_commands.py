"""The commands of sealed secrets: `naru seal` and `naru reseal`."""

from pathlib import Path
from typing import Annotated

import typer

from operations.exits import Exit, Stop
from operations.options import AsJson, Root, StackName, examples, project

_Systems = Annotated[list[str] | None, typer.Argument(metavar="SYSTEM", help="Only these systems; all by default.")]
_Given = Annotated[Path | None, typer.Option("--certificate", metavar="PEM", help="Seal with this certificate.")]


def mount(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "naru seal services-platform/auth-secrets --stack staging      # asks for each key, without echo",
            "naru seal ams/ams-secrets --stack dev --from-env-file ams.env",
            "pass show jwt | naru seal services-platform/auth-secrets --stack prod --from-stdin JWT_SECRET",
            "naru seal immersiverse/auth-service-secrets --stack dev --from-file jwt-private.pem=./private.pem",
            "naru seal --check                                             # in CI",
        ),
    )(seal)
    app.command(
        epilog=examples(
            "naru reseal --stack staging --certificate new.pem             # with the keys of the cluster's controller",
            "naru reseal --stack staging --certificate new.pem --private-key old-key.pem ams",
        ),
    )(reseal)


def seal(
    secret: Annotated[str | None, typer.Argument(metavar="SYSTEM/SECRET", help="As the catalog calls it.")] = None,
    *,
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", metavar="STACK", help="Which stack: Pulumi.STACK.yaml.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", metavar="KEY", help="Ask for this key only; may be repeated.")
    ] = None,
    from_file: Annotated[
        list[str] | None,
        typer.Option("--from-file", metavar="KEY=PATH", help="Take a key's value from a file; may be repeated."),
    ] = None,
    from_env_file: Annotated[
        Path | None,
        typer.Option(
            "--from-env-file",
            metavar="PATH",
            help="Take values from lines KEY=VALUE, as they are: quotes are part of a value.",
        ),
    ] = None,
    from_stdin: Annotated[
        str | None, typer.Option("--from-stdin", metavar="KEY", help="Take a key's value from stdin.")
    ] = None,
    certificate: _Given = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; tell what lacks, what nobody needs, and what ends soon.")
    ] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Seal values of a secret, so that only the cluster can open them.

    Each declared key is asked for without echo, unless an option says where its value is. Only ciphertext is written,
    to secrets/STACK/SYSTEM.yaml; keys that are not given stay as they are.
    """
    if check:
        from operations.sealing import check as checking  # noqa: PLC0415 - each command imports only what it runs on

        if secret is not None:
            raise Stop(Exit.USAGE, "--check looks at whole stacks: leave out the secret, and give --stack for one")
        raise typer.Exit(checking.run(project(root), stack or (), as_json=as_json))
    from operations.sealing import seal as sealing  # noqa: PLC0415 - likewise

    if secret is None or stack is None or len(stack) != 1:
        raise Stop(Exit.USAGE, "say which secret of which stack: naru seal SYSTEM/SECRET --stack STACK")
    sources = sealing.Sources(tuple(from_file or ()), from_env_file, from_stdin)
    if key and sources.given:
        raise Stop(
            Exit.USAGE, "--key says what to ask for: leave it out where --from-file and its like give the values"
        )
    if as_json:
        raise Stop(Exit.USAGE, "--json goes with --check")
    raise typer.Exit(sealing.run(project(root), stack[0], secret, sources, certificate, tuple(key or ())))


def reseal(
    systems: _Systems = None,
    *,
    stack: StackName,
    certificate: Annotated[
        Path, typer.Option("--certificate", metavar="PEM", help="The new certificate, to seal with from now on.")
    ],
    private_key: Annotated[
        list[Path] | None,
        typer.Option("--private-key", metavar="PEM", help="An old key; the controller's own where none is given."),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Seal what opens, and leave the rest as it is.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; tell what opens.")] = False,
    root: Root = None,
) -> None:
    """Seal what is committed anew, for another certificate.

    That takes the old private key. What no key opens is told, to be typed again, and then nothing is written.
    """
    from operations.sealing import reseal as resealing  # noqa: PLC0415 - each command imports only what it runs on

    code = resealing.run(
        project(root),
        stack,
        systems or (),
        certificate_file=certificate,
        private_keys=tuple(private_key or ()),
        partial=partial,
        dry_run=dry_run,
    )
    raise typer.Exit(code)
