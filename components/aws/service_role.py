"""A role of IAM that pods take on, and all that it allows."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from manifests.aws.identity import RoleArgs
from manifests.aws.permissions import permission_policy


class ServiceRole(pulumi.ComponentResource):
    """A role with one policy of its own, which is about its declared resources alone.

    `keys` are the ARNs of the system's keys by region: those of `args.permissions.key_regions` are needed.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: RoleArgs,
        *,
        keys: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=args.name,
            description=args.description,
            assume_role_policy=json.dumps(args.trust),
            tags=args.tags,
            opts=child,
        )
        needed = {region: keys[region] for region in args.permissions.key_regions}
        aws.iam.RolePolicy(
            name,
            name="declared",
            role=role.name,
            policy=pulumi.Output.all(**needed).apply(
                lambda arns: json.dumps(permission_policy(args.permissions, arns))
            ),
            opts=child,
        )
        for association in args.associations:
            aws.eks.PodIdentityAssociation(
                f"{name}/{association.cluster_name}",
                cluster_name=association.eks,
                namespace=association.namespace,
                service_account=association.service_account,
                role_arn=role.arn,
                # The cluster's own, as the role's provider is of one region for all.
                region=association.region,
                tags=args.tags,
                opts=child,
            )
        self.arn = role.arn
        self.name = role.name
        self.register_outputs({"arn": self.arn, "name": self.name})
