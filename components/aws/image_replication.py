"""The copying of images from a region's registry to those of the stack's other regions."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from manifests.aws.images import ReplicationArgs


class ImageReplication(pulumi.ComponentResource):
    """What the registry copies. It comes after the repositories that it copies to, as ECR makes those it misses.

    Only what is pushed from then on is copied, and also what is in repositories whose names begin alike.
    Source: AWS, "Private image replication in Amazon ECR".
    """

    def __init__(
        self,
        name: str,
        args: ReplicationArgs,
        *,
        repositories: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:ImageReplication", name, None, opts)
        destinations = [{"region": region, "registry_id": args.account} for region in args.destinations]
        aws.ecr.ReplicationConfiguration(
            name,
            replication_configuration={
                "rules": [
                    {
                        "destinations": destinations,
                        "repository_filters": [
                            {"filter": prefix, "filter_type": "PREFIX_MATCH"} for prefix in prefixes
                        ],
                    }
                    for prefixes in args.rules
                ]
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(repositories)),
        )
        self.register_outputs({})
