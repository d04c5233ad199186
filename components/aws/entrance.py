"""The load balancer before a cluster's Ingress controller: where requests from the world arrive in a region."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.aws.target_group import target_group
from manifests.aws.entrances import TLS_POLICY, EntranceArgs

_WORLD = "0.0.0.0/0"
_TO_HTTPS = aws.lb.ListenerDefaultActionRedirectArgs(protocol="HTTPS", port="443", status_code="HTTP_301")


class Entrance(pulumi.ComponentResource):
    """An Application Load Balancer: TLS with the systems' certificates, then the Ingress controller, by host.

    Plain HTTP is sent on to HTTPS. So are the challenges by HTTP-01 of a host that leads to one cluster alone: whoever
    asks follows, and does not look at the certificate. Source: Let's Encrypt, "Challenge Types".
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    """Of the load balancer's own name, for alias records."""
    http_listener_arn: pulumi.Output[str]
    https_listener_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: EntranceArgs,
        *,
        certificate_arns: Mapping[str, pulumi.Input[str]],
        log_bucket: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`certificate_arns` has a certificate, validated in this region, for each of the systems of `args`.

        `log_bucket` is a bucket of this region that Elastic Load Balancing may write to already: it tries at once.
        """
        super().__init__("naru:aws:Entrance", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            name,
            name=f"{args.name}-entrance",
            description="From the world to the pods of the cluster",
            vpc_id=args.vpc,
            tags=args.tags,
            opts=child,
        )
        for port in (80, 443):
            aws.vpc.SecurityGroupIngressRule(
                f"{name}/from-world/{port}",
                security_group_id=group.id,
                description="From the world",
                cidr_ipv4=_WORLD,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                tags=args.tags,
                opts=child,
            )
        for port in args.ports:
            self._to_pods(name, args, group.id, port)
        balancer = aws.lb.LoadBalancer(
            name,
            name=args.name,
            load_balancer_type="application",
            internal=False,
            ip_address_type="ipv4",
            subnets=list(args.subnets),
            security_groups=[group.id],
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_http2=True,
            enable_deletion_protection=args.protect,
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(bucket=log_bucket, enabled=True),
            tags=args.tags,
            opts=child,
        )
        first, *others = args.systems
        plain = aws.lb.Listener(
            f"{name}/http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[aws.lb.ListenerDefaultActionArgs(type="redirect", redirect=_TO_HTTPS)],
            tags=args.tags,
            opts=child,
        )
        controller = target_group(f"{name}/https", args.controller, child)
        secure = aws.lb.Listener(
            f"{name}/https",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=certificate_arns[first],
            default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=controller.arn)],
            tags=args.tags,
            opts=child,
        )
        for system in others:
            aws.lb.ListenerCertificate(
                f"{name}/certificate/{system}",
                listener_arn=secure.arn,
                certificate_arn=certificate_arns[system],
                opts=child,
            )
        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.http_listener_arn = plain.arn
        self.https_listener_arn = secure.arn
        self.register_outputs({"arn": self.arn, "dns_name": self.dns_name, "zone_id": self.zone_id})

    def _to_pods(self, name: str, args: EntranceArgs, group: pulumi.Input[str], port: int) -> None:
        """Let the load balancer out to a port of the pods, and in there."""
        child = pulumi.ResourceOptions(parent=self)
        aws.vpc.SecurityGroupEgressRule(
            f"{name}/to-pods/{port}",
            security_group_id=group,
            referenced_security_group_id=args.pods,
            description="To the pods of the cluster",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}/to-pods/{port}",
            security_group_id=args.pods,
            referenced_security_group_id=group,
            description=f"From the load balancer {args.name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=args.tags,
            opts=child,
        )
