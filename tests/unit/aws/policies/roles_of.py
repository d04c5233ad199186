"""The policies of the full stack's roles, by name, as if its keys were there."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from manifests.aws.identity import roles
from manifests.aws.permissions import permission_policy
from tests.unit.aws.full_stack import KEYS, full_stack


@dataclass(frozen=True)
class Role:
    """A role, and what it says."""

    name: str
    arn: str
    trust: dict[str, Any]
    policy: dict[str, Any]


@cache
def roles_of(identity: str = "oidc") -> dict[str, Role]:
    """Return the roles of both systems."""
    found = {}
    for scope, args in roles(full_stack(identity=identity)):
        arn = scope.arn("iam", f"role/{args.name}", regional=False)
        found[args.name] = Role(args.name, arn, args.trust, permission_policy(args.permissions, KEYS))
    return found
