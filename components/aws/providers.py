"""One explicit AWS provider for each region of a stack: it refuses every account but the stack's."""

import pulumi
import pulumi_aws as aws

from manifests.aws.scope import Scope

AWS_VERSION = "7.51.1"
"""The version of the AWS provider; an ordinary installation of Pulumi gets it by itself."""


class AwsProviders:
    """The providers of a stack, by region, each made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, aws.Provider] = {}

    def of(self, scope: Scope) -> aws.Provider:
        """Return the provider of a scope's region."""
        region = scope.region
        if region not in self._made:
            self._made[region] = aws.Provider(
                f"aws/{region}",
                region=region,
                allowed_account_ids=[scope.aws.account],
                opts=pulumi.ResourceOptions(version=AWS_VERSION),
            )
        return self._made[region]
