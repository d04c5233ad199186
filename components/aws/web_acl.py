"""What AWS WAF blocks before it reaches a load balancer."""

import pulumi
import pulumi_aws as aws

from manifests.aws.entrances import ManagedRuleArgs, WebAclArgs


class WebAcl(pulumi.ComponentResource):
    """AWS' own rules against common attacks and a rate, before one load balancer."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: WebAclArgs,
        *,
        load_balancer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:WebAcl", name, None, opts)
        acl = aws.wafv2.WebAcl(
            name,
            name=args.name,
            description=args.description,
            scope="REGIONAL",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=[_rate(args), *(_managed(rule) for rule in args.managed)],
            data_protection_config=_protection(args),
            visibility_config=_visibility(args.name),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclAssociation(
            name,
            resource_arn=load_balancer_arn,
            web_acl_arn=acl.arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})


def _protection(args: WebAclArgs) -> aws.wafv2.WebAclDataProtectionConfigArgs:
    # Rules see what it was all the same: it is replaced in what is kept, samples and their details of matches too.
    # Source: AWS WAF, "DataProtectionConfig".
    return aws.wafv2.WebAclDataProtectionConfigArgs(
        data_protections=[
            aws.wafv2.WebAclDataProtectionConfigDataProtectionArgs(
                action="SUBSTITUTION",
                field=aws.wafv2.WebAclDataProtectionConfigDataProtectionFieldArgs(
                    field_type="SINGLE_HEADER", field_keys=args.protected_headers
                ),
            )
        ]
    )


def _rate(args: WebAclArgs) -> aws.wafv2.WebAclRuleArgs:
    action = (
        aws.wafv2.WebAclRuleActionArgs(count=aws.wafv2.WebAclRuleActionCountArgs())
        if args.rate_counting
        else aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs())
    )
    return aws.wafv2.WebAclRuleArgs(
        name="rate",
        priority=args.rate_priority,
        action=action,
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP", limit=args.rate_limit, evaluation_window_sec=300
            )
        ),
        visibility_config=_visibility("rate"),
    )


def _managed(rule: ManagedRuleArgs) -> aws.wafv2.WebAclRuleArgs:
    override = (
        aws.wafv2.WebAclRuleOverrideActionArgs(count=aws.wafv2.WebAclRuleOverrideActionCountArgs())
        if rule.counting
        else aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs())
    )
    return aws.wafv2.WebAclRuleArgs(
        name=rule.name,
        priority=rule.priority,
        override_action=override,
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                name=rule.group,
                vendor_name="AWS",
                rule_action_overrides=[_counted(one) for one in rule.only_counted] or None,
            )
        ),
        visibility_config=_visibility(rule.name),
    )


def _counted(name: str) -> aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs:
    count = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
    return aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
        name=name,
        action_to_use=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
            count=count
        ),
    )


def _visibility(metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )
