"""A read replica of a managed PostgreSQL, in another region."""

import pulumi
import pulumi_aws as aws

from components.aws.database_surroundings import DatabaseSurroundings
from manifests.aws.store_args import ReplicaArgs


class DatabaseReplica(pulumi.ComponentResource):
    """An instance of RDS that follows the primary's, with a network, key, parameters and backups of its own.

    It lags behind the primary by seconds. To promote it (`aws rds promote-read-replica`) makes it an instance by itself
    that takes writes: it follows nobody any more, what had not arrived yet is lost, and the primary knows nothing of
    it. It cannot be made a replica again, and so an update leaves its source alone from then on. The name that all pods
    call is led to it by hand: the stack's primary cluster stays the same (docs/regions.md).
    """

    address: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ReplicaArgs,
        *,
        source: pulumi.Input[str],
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the replica; `source` is the primary's ARN, `key` that of the system's key in its own region."""
        super().__init__("naru:aws:DatabaseReplica", name, None, opts)
        around = DatabaseSurroundings(name, args, key=key, opts=pulumi.ResourceOptions(parent=self))
        instance = aws.rds.Instance(
            name,
            identifier=args.identifier,
            replicate_source_db=source,
            auto_minor_version_upgrade=args.minor_upgrades,
            instance_class=args.instance_class,
            multi_az=False,
            max_allocated_storage=args.storage_limit_gib,
            # AWS makes no final snapshot of a replica. Source: AWS, API reference, DeleteDBInstance.
            skip_final_snapshot=True,
            **around.of_instance(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[around],
                protect=args.protect,
                retain_on_delete=args.protect,
                # Once promoted it has no source, and one that is given again would be another instance.
                ignore_changes=["replicateSourceDb"],
                # All that the primary holds has to come over from another region first.
                custom_timeouts=pulumi.CustomTimeouts(create="4h"),
            ),
        )
        self.address = instance.address
        self.arn = instance.arn
        self.register_outputs({"address": self.address, "arn": self.arn})
