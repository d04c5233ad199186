"""A target group of pods, which AWS Load Balancer Controller registers by a TargetGroupBinding."""

import pulumi
import pulumi_aws as aws

from manifests.aws.target_groups import TargetGroupArgs


def target_group(name: str, args: TargetGroupArgs, opts: pulumi.ResourceOptions) -> aws.lb.TargetGroup:
    """Declare a target group."""
    return aws.lb.TargetGroup(
        name,
        name=args.name,
        target_type="ip",
        ip_address_type="ipv4",
        protocol=args.protocol,
        port=args.port,
        vpc_id=args.vpc,
        deregistration_delay=args.delay,
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            enabled=True,
            protocol=args.protocol,
            port=str(args.health.port),
            path=args.health.path,
            matcher=args.health.codes,
            interval=args.health.interval,
            timeout=args.health.timeout,
            healthy_threshold=args.health.healthy,
            unhealthy_threshold=args.health.unhealthy,
        ),
        tags=args.tags,
        opts=opts,
    )
