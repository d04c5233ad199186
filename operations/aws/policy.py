"""The IAM policy of whoever runs `naru`: what its own questions need, and nothing else. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final

from operations.aws.calls import CALLS, Call
from operations.aws.wanted import Wanted

FILE: Final = "docs/aws/naru-operator-policy.json"
"""The committed policy of the stack prod."""
LONGEST: Final = 6144
"""Characters without white space that a managed policy may have. Source: AWS, "IAM and AWS STS quotas"."""


def policy(wanted: Wanted, calls: Sequence[Call] = CALLS) -> dict[str, Any]:
    """Return the policy: a statement for each call that the stack has a use for, narrowed to its resources.

    It is for the command's own questions. What the engine makes, it makes with the permissions of who deploys.
    """
    statements = []
    for call in calls:
        resources = sorted(set(call.resources(wanted)))
        if not call.action or not resources:
            continue
        conditions = dict(call.conditions(wanted))
        statements.append(
            {
                "Sid": call.sid,
                "Effect": "Allow",
                "Action": [call.action],
                "Resource": resources,
                **({"Condition": conditions} if conditions else {}),
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def text(document: dict[str, Any]) -> str:
    """Return a policy as its file has it."""
    return json.dumps(document, indent=2) + "\n"


def too_long(document: dict[str, Any]) -> bool:
    """Tell whether IAM would not take the policy as one."""
    return len("".join(text(document).split())) > LONGEST
