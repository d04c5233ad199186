"""A Redis or Valkey that ElastiCache runs in place of a data store in the cluster."""

import pulumi
import pulumi_aws as aws

from components.aws.store_security_group import StoreSecurityGroup
from manifests.aws.store_args import CacheArgs


class Cache(pulumi.ComponentResource):
    """A replication group of ElastiCache: encrypted where it lies and on its way, in two zones, with backups.

    Who may call it is a matter of its network: it asks for no password, as those in the cluster ask for none.
    """

    address: pulumi.Output[str]
    """Of the node that takes writes, whichever it is."""
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: CacheArgs,
        *,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the group; `key` is the ARN of the system's key in the primary region."""
        super().__init__("naru:aws:Cache", name, None, opts)
        # What a cache that is kept stands on is kept too.
        below = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        subnets = aws.elasticache.SubnetGroup(
            name,
            name=args.identifier,
            description=f"The private subnets of {args.identifier}",
            subnet_ids=args.network.subnets,
            tags=args.tags,
            opts=below,
        )
        parameters = aws.elasticache.ParameterGroup(
            name,
            # With the family in it: the one of a new major version is there before the one of the old goes.
            name=f"{args.identifier}-{args.family.replace('.', '-')}",
            family=args.family,
            description=f"Of {args.identifier}",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name=parameter, value=value)
                for parameter, value in sorted(args.parameters.items())
            ],
            tags=args.tags,
            opts=below,
        )
        security_group = StoreSecurityGroup(name, args.network, opts=pulumi.ResourceOptions(parent=self))
        group = aws.elasticache.ReplicationGroup(
            name,
            replication_group_id=args.identifier,
            description=args.description,
            engine=args.engine,
            engine_version=args.version,
            # The version says the minor one too; to go back to it AWS would have to make the cache anew.
            auto_minor_version_upgrade=False,
            node_type=args.instance_class,
            num_cache_clusters=2 if args.multi_az else 1,
            automatic_failover_enabled=args.multi_az,
            multi_az_enabled=args.multi_az,
            at_rest_encryption_enabled=True,
            kms_key_id=key,
            transit_encryption_enabled=True,
            transit_encryption_mode=args.transit_mode,
            port=args.network.port,
            subnet_group_name=subnets.name,
            security_group_ids=[security_group.id],
            parameter_group_name=parameters.name,
            snapshot_retention_limit=args.care.backup_days,
            snapshot_window=args.care.backup_window,
            maintenance_window=args.care.maintenance_window,
            final_snapshot_identifier=f"{args.identifier}-final",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        self.address = group.primary_endpoint_address
        self.arn = group.arn
        self.register_outputs({"address": self.address, "arn": self.arn})
