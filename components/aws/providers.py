"""One explicit AWS provider for each region of a stack and one for what has none: each refuses any other account."""

from typing import Final

import pulumi
import pulumi_aws as aws

from manifests.aws.scope import Scope

AWS_VERSION = "7.51.1"
"""The version of the AWS provider; an ordinary installation of Pulumi gets it by itself."""

WORLDWIDE: Final = frozenset(
    {"CertificateRecords", "DataAddress", "HealthCheck", "PublicRecords", "ServiceRole", "SpendingBudget"}
)
"""The components whose resources AWS has once for all regions: of Route 53, IAM and Budgets."""
_CONTROL_PLANE: Final = "us-east-1"
"""Where AWS changes those, whichever region asks. Source: AWS, "AWS Fault Isolation Boundaries", global services."""


class AwsProviders:
    """The providers of a stack, by region, each made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, aws.Provider] = {}

    def of(self, scope: Scope, component: str = "") -> aws.Provider:
        """Return the provider for a component of a scope: of its region, or of none.

        What has no region is not asked for through one of the stack's: a provider looks up the account in its own
        region before all else, and traffic has to be led away from a region that answers nothing.
        """
        if component in WORLDWIDE:
            return self._provider("global", _CONTROL_PLANE, scope)
        return self._provider(scope.region, scope.region, scope)

    def _provider(self, name: str, region: str, scope: Scope) -> aws.Provider:
        if name not in self._made:
            self._made[name] = aws.Provider(
                f"aws/{name}",
                region=region,
                allowed_account_ids=[scope.aws.account],
                opts=pulumi.ResourceOptions(version=AWS_VERSION),
            )
        return self._made[name]
