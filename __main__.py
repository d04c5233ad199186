"""The Pulumi program: load the stack, register its systems, export where they answer."""

import sys
from pathlib import Path

import pulumi

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from components import generated_secrets  # noqa: E402 - found beside this file, installed or not
from components.stack_resources import register  # noqa: E402
from settings.environment import Tier  # noqa: E402
from settings.faults import SettingsError  # noqa: E402
from settings.loading import load  # noqa: E402


def main() -> None:
    """Build the selected stack."""
    try:
        stack = load(ROOT, pulumi.get_stack()).stack
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    values: generated_secrets.Values = {}
    if stack.environment.tier is Tier.LOCAL:
        values = generated_secrets.keep(ROOT / ".naru" / f"secrets-{stack.name}.json", stack)
    addresses = register(
        stack,
        rendered=f"rendered/{stack.name}",
        secret_values=generated_secrets.by_reference(stack, values),
    )
    pulumi.export("urls", addresses)


main()
