"""What Route 53's checkers say of health checks: asked here, and judged as Route 53 judges.

Whatever keeps it from being asked is an answer too: nobody should have to wait for it, or end over it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from operations.aws.errors import AwsError, NotThere, safe

if TYPE_CHECKING:
    from operations.aws.client import Aws

HEALTHY_ABOVE: Final = 18
"""Per cent of the checkers: Route 53 holds healthy what more of them than that report healthy.

Source: AWS, "How Amazon Route 53 determines whether a health check is healthy".
"""
Status = Literal["healthy", "unhealthy", "unknown"]

_GOOD, _BAD = "Success", "Failure"
_ADDRESS: Final = re.compile(r"\s*Resolved IP: \S+")
"""Which of a load balancer's addresses a checker came to, which is another one for each."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one health check."""

    healthy: int = 0
    """How many checkers report it healthy."""
    checkers: int = 0
    """How many report anything."""
    failure: str = ""
    """What most of the others say."""
    unknown: str = ""
    """Why nothing is known."""

    @property
    def status(self) -> Status:
        """What Route 53 holds of it."""
        if self.unknown:
            return "unknown"
        return "healthy" if self.healthy * 100 > HEALTHY_ABOVE * self.checkers else "unhealthy"

    def __str__(self) -> str:
        if self.unknown:
            return self.unknown
        counted = f"{self.healthy} of {self.checkers} checkers find it healthy"
        return f"{counted} ({self.failure})" if self.failure else counted


def judged(observations: Iterable[Mapping[str, Any]]) -> Health:
    """Return what observations come to, as `GetHealthCheckStatus` gives them, one of each checker.

    Each begins with `Success` or `Failure`; a checker that says anything else has nothing to say yet.
    """
    said = [str((one.get("StatusReport") or {}).get("Status", "")) for one in observations]
    good = sum(text.startswith(_GOOD) for text in said)
    failures = [_ADDRESS.sub("", text.removeprefix(_BAD).lstrip(": ")) for text in said if text.startswith(_BAD)]
    if not good and not failures:
        return Health(unknown="no checker of Route 53 has reported yet")
    most = Counter(failures).most_common(1)
    return Health(good, good + len(failures), safe(most[0][0]) if most else "")


def ask(stack: str, region: str, checks: Mapping[str, str]) -> dict[str, Health]:
    """Return what is known of some health checks, given by id, under the same keys. Of what cannot be asked: why."""
    from operations.aws.client import Aws  # noqa: PLC0415 - boto3, which only those who ask AWS pay for
    from operations.aws.explaining import HURRIED  # noqa: PLC0415

    found: dict[str, Health] = {}
    try:
        aws = Aws(stack, region, HURRIED)
        for key, check in checks.items():
            found[key] = _of(aws, check)
    except AwsError as error:  # what keeps one from being asked keeps the others too
        found |= {key: Health(unknown=str(error)) for key in checks if key not in found}
    return found


def _of(aws: "Aws", check: str) -> Health:
    try:
        answer = aws.ask("route53", "get_health_check_status", HealthCheckId=check)
    except NotThere:
        return Health(unknown=f"Route 53 has no health check {check}, which the state names")
    return judged(answer.get("HealthCheckObservations") or ())
