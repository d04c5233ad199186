"""The commands `naru argocd`: what Argo CD itself has to be told."""

import typer

from operations.options import Root, StackName, examples, project


def mount(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What Argo CD itself has to be told.")
    group.command(
        epilog=examples(
            "naru argocd config --stack dev",
            "naru argocd config --stack dev | kubectl apply --server-side --field-manager naru -f -",
            "naru argocd config --stack dev | kubectl diff --server-side --field-manager naru -f -",
        ),
    )(config)
    app.add_typer(group, name="argocd")


def config(*, stack: StackName, root: Root = None) -> None:
    """Print the keys of the ConfigMap argocd-cm that Naru's Applications need.

    To be applied server-side, under a field manager of its own: whatever else the ConfigMap has stays as it is. `naru
    up` refuses an Argo CD that lacks them.
    """
    from operations.argocd import config as printed  # noqa: PLC0415 - each command imports only what it runs on

    raise typer.Exit(printed.config(project(root), stack))
