"""A provider for Kubernetes resources, for machines that cannot download the official one.

It serves the same resource types over the same protocol and behaves as the official one does, so that a program that
passes on it passes there.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

# The version of the official provider whose behaviour this one follows.
VERSION: Final = "4.34.2"
PLUGIN: Final = "pulumi-resource-kubernetes"


def install(directory: Path, plugin: str = PLUGIN, module: str = "local.provider") -> Path:
    """Write the executable the engine looks for on PATH into a directory, and return its path.

    It runs this interpreter with this package, or another module; a program's own PYTHONPATH comes after that.
    """
    root = Path(__file__).parents[2]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / plugin
    path.write_text(
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(str(root))}${{PYTHONPATH:+:$PYTHONPATH}} "
        f'exec {shlex.quote(sys.executable)} -m {module} "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path
