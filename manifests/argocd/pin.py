"""How the Applications of a system are pinned: to the very commit that their parent was read from.

A commit cannot contain its own name. So a parent reads its Applications through this program, in a language that Argo
CD's repository server knows itself, and tells it the commit (`ARGOCD_APP_REVISION`) it is at.
Source: Argo CD, "Build Environment" and "Directory" (jsonnet).
"""

from collections.abc import Iterable
from typing import Final

PIN_FILE: Final = "pinned.jsonnet"
REVISION: Final = "revision"
"""The external variable with the commit."""


def pin(files: Iterable[str]) -> str:
    """Return the program that gives the Applications in these files, relative to it, each pinned to the commit."""
    imports = "\n".join(f"  pinned(importstr '{file}')," for file in sorted(files))
    return f"""\
// Every Application of this folder, pinned to the commit it is read from. Written by `naru publish`.
local pinned(text) = std.parseYaml(text) + {{ spec+: {{ source+: {{ targetRevision: std.extVar('{REVISION}') }} }} }};
[
{imports}
]
"""
