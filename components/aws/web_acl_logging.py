"""What AWS WAF logs of the requests that it looks at, and where to."""

import pulumi
import pulumi_aws as aws

from manifests.aws.logs import WebAclLoggingArgs


class WebAclLogging(pulumi.ComponentResource):
    """The logs of one web ACL, in a bucket of its region; what they do not show stands in `args`."""

    def __init__(
        self,
        name: str,
        args: WebAclLoggingArgs,
        *,
        web_acl_arn: pulumi.Input[str],
        log_bucket_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:WebAclLogging", name, None, opts)
        header = aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs
        aws.wafv2.WebAclLoggingConfiguration(
            name,
            resource_arn=web_acl_arn,
            log_destination_configs=[log_bucket_arn],
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(single_header=header(name=one))
                for one in args.redacted_headers
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
