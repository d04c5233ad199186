"""The Pulumi program: load the stack, register its systems, export where they answer."""

import gc
import os
import sys
from collections.abc import Collection
from pathlib import Path

import pulumi

# All that is made stays until the program ends: the collector would walk it again and again, and find nothing.
gc.disable()

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from components.rendered_files import complete  # noqa: E402 - found beside this file, installed or not
from components.stack_resources import ONLY, named, register  # noqa: E402
from manifests.tree import Tree  # noqa: E402
from settings.environment import Delivery  # noqa: E402
from settings.faults import SettingsError  # noqa: E402
from settings.loading import load  # noqa: E402
from settings.sealed_checks import unsealed  # noqa: E402
from settings.stack import Stack  # noqa: E402


def main() -> None:
    """Build the selected stack."""
    try:
        loaded = load(ROOT, pulumi.get_stack())
        faults = unsealed(loaded)
        if faults:
            raise SettingsError(faults)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    only, clusters = named(os.environ.get(ONLY, ""), loaded.stack.name)
    rendered = f"rendered/{loaded.stack.name}"
    registered = register(loaded.stack, rendered=rendered, only=only, clusters=clusters)
    pulumi.export("urls", registered.urls)
    if loaded.stack.environment.delivery is Delivery.GITOPS and not pulumi.runtime.is_dry_run():
        registered.once_there(lambda: _complete(loaded.stack, registered.tree, ROOT / rendered, only))


def _complete(stack: Stack, tree: Tree, out: Path, only: Collection[str]) -> None:
    try:
        complete(stack, tree, out, only)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
        raise pulumi.RunError(message) from None


main()
