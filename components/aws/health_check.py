"""Whether an entrance answers, as seen from several regions of the world."""

import pulumi
import pulumi_aws as aws

from manifests.aws.records import HealthCheckArgs


class HealthCheck(pulumi.ComponentResource):
    """A health check of Route 53."""

    id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: HealthCheckArgs,
        *,
        dns_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:HealthCheck", name, None, opts)
        check = aws.route53.HealthCheck(
            name,
            type="HTTPS",
            fqdn=dns_name,
            port=args.port,
            resource_path=args.path,
            request_interval=args.interval,
            failure_threshold=args.failures,
            regions=list(args.checkers),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = check.id
        self.register_outputs({"id": self.id})
