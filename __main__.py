"""The Pulumi program: load the stack, register its systems, export where they answer."""

import os
import sys
from pathlib import Path

import pulumi

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from components.stack_resources import ONLY, register  # noqa: E402 - found beside this file, installed or not
from settings.faults import SettingsError  # noqa: E402
from settings.loading import load  # noqa: E402
from settings.sealed_checks import unsealed  # noqa: E402


def main() -> None:
    """Build the selected stack."""
    try:
        loaded = load(ROOT, pulumi.get_stack())
        faults = unsealed(loaded)
        if faults:
            raise SettingsError(faults)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    stack, _, systems = os.environ.get(ONLY, "").partition(":")
    only = systems.split(",") if stack == loaded.stack.name else ()
    addresses = register(loaded.stack, rendered=f"rendered/{loaded.stack.name}", only=only)
    pulumi.export("urls", addresses)


main()
