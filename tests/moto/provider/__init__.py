"""A provider of AWS' resource types that makes them in moto, so that the engine itself can be driven without AWS.

The official one is downloaded by Pulumi, and wants an account. This one runs the creators of `tests.moto` against moto
as a server, where what they make outlives each run of the engine.
"""

from pathlib import Path
from typing import Final

from local.provider import install as install_plugin

PLUGIN: Final = "pulumi-resource-aws"


def install(directory: Path) -> Path:
    """Write the executable that the engine looks for on PATH into a directory, and return its path."""
    return install_plugin(directory, PLUGIN, "tests.moto.provider")
