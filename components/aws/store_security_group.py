"""The security group of a managed data store: who may call it, at its one port."""

import pulumi
import pulumi_aws as aws

from manifests.aws.store_args import StoreNetwork


class StoreSecurityGroup(pulumi.ComponentResource):
    """A security group that lets clusters in at one port, and nothing out: a data store calls nobody."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: StoreNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:StoreSecurityGroup", name, None, opts)
        group = aws.ec2.SecurityGroup(
            name,
            name=args.name,
            description=f"Calls of the data store {args.name}",
            vpc_id=args.vpc,
            tags=args.tags,
            # What a data store that is kept stands on is kept too.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect),
        )
        # Rules of their own rather than inside the group: a caller that comes or goes leaves the others' in place.
        for cluster, caller in args.groups.items():
            self._rule(name, args, group, cluster, referenced_security_group_id=caller)
        for cluster, cidr in args.ranges.items():
            self._rule(name, args, group, cluster, cidr_ipv4=cidr)
        self.id = group.id
        self.register_outputs({"id": self.id})

    def _rule(
        self,
        name: str,
        args: StoreNetwork,
        group: aws.ec2.SecurityGroup,
        cluster: str,
        *,
        referenced_security_group_id: str | None = None,
        cidr_ipv4: str | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{name}/from-{cluster}",
            security_group_id=group.id,
            referenced_security_group_id=referenced_security_group_id,
            cidr_ipv4=cidr_ipv4,
            ip_protocol="tcp",
            from_port=args.port,
            to_port=args.port,
            description=f"Pods of {cluster}",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect),
        )
