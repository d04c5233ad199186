"""What a stack has in AWS, written down: for `naru render --aws`, for golden files, and beside the objects of a diff.

Nothing of it is imported for a stack without AWS.
"""

from collections.abc import Mapping
from typing import Any, Final

from manifests.placed import Manifest
from settings.stack import Stack

PART: Final = "aws"
"""In place of the part of a system, in the names of folders that hold components."""
KIND: Final = "AWS "
"""How the kinds of components begin where they stand beside Kubernetes objects."""
_GLOBAL: Final = "global"
_NOTHING: Final = "{}\n"

Listing = Mapping[str, Mapping[str, Any]]
"""Logical name to `component` and `arguments`."""


def listing(stack: Stack) -> str:
    """Return everything that a stack has in AWS as YAML, by logical name; an empty map where it has no AWS."""
    from manifests.text import to_yaml  # noqa: PLC0415 - only who writes needs it

    return to_yaml(dict(planned(stack))) if stack.environment.aws is not None else _NOTHING


def planned(stack: Stack) -> Listing:
    """Return everything that a stack has in AWS as plain data."""
    if stack.environment.aws is None:
        return {}
    from manifests.aws.plan import plan  # noqa: PLC0415 - all planners

    return {
        name: {"component": made.component, "arguments": made.arguments} for name, made in sorted(plan(stack).items())
    }


def folders(found: Listing) -> dict[str, list[Manifest]]:
    """Return components as if they were objects, by folder: `<cluster>/<system>/aws`, of no cluster `/<system>/aws`.

    The kind says what they are, their namespace is their system, and their arguments stand beside that.
    """
    made: dict[str, list[Manifest]] = {}
    for logical, one in found.items():
        cluster, system, _, *rest = logical.split("/")
        metadata = {"namespace": system, "name": "/".join(rest[1:] or rest)}
        manifest = {"kind": f"{KIND}{one['component']}", "metadata": metadata, **one["arguments"]}
        made.setdefault(f"{'' if cluster == _GLOBAL else cluster}/{system}/{PART}", []).append(manifest)
    return made
