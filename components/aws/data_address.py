"""The name by which the clusters call a managed data store."""

import pulumi
import pulumi_aws as aws

from manifests.aws.store_args import AddressArgs


class DataAddress(pulumi.ComponentResource):
    """A CNAME in the private hosted zone: what AWS calls an instance is not known before it is there."""

    def __init__(
        self,
        name: str,
        args: AddressArgs,
        *,
        target: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the record; `target` is the address of the instance."""
        super().__init__("naru:aws:DataAddress", name, None, opts)
        aws.route53.Record(
            name,
            name=args.host,
            zone_id=args.zone,
            type="CNAME",
            ttl=args.seconds,
            records=[target],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
