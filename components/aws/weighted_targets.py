"""The two target groups of a service's colours, and the share of its traffic that each has."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.aws.target_group import target_group
from manifests.aws.target_groups import COLORS, RuleArgs, WeightedTargetsArgs
from settings.service import Color


class WeightedTargets(pulumi.ComponentResource):
    """Divides the requests for a service between its blue and its green pods, at the entrance of a cluster."""

    def __init__(
        self,
        name: str,
        args: WeightedTargetsArgs,
        *,
        http_listener_arn: pulumi.Input[str],
        https_listener_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:WeightedTargets", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        groups = {color: target_group(f"{name}/{color}", args.groups[color], child).arn for color in COLORS}
        forward = _forward(groups, args.weights)
        for rule in args.rules:
            _rule(f"{name}/https/{rule.key}", rule, https_listener_arn, forward, child)
            plain = _redirect() if rule.redirect else forward
            _rule(f"{name}/http/{rule.key}", rule, http_listener_arn, plain, child)
        self.register_outputs({})


def _forward(groups: Mapping[Color, pulumi.Input[str]], weights: Mapping[Color, int]) -> aws.lb.ListenerRuleActionArgs:
    # Both stay, so that a switch is a change of weights alone.
    shares = [
        aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=arn, weight=weights[color]) for color, arn in groups.items()
    ]
    return aws.lb.ListenerRuleActionArgs(
        type="forward", forward=aws.lb.ListenerRuleActionForwardArgs(target_groups=shares)
    )


def _redirect() -> aws.lb.ListenerRuleActionArgs:
    to_https = aws.lb.ListenerRuleActionRedirectArgs(protocol="HTTPS", port="443", status_code="HTTP_301")
    return aws.lb.ListenerRuleActionArgs(type="redirect", redirect=to_https)


def _rule(
    name: str,
    rule: RuleArgs,
    listener: pulumi.Input[str],
    action: aws.lb.ListenerRuleActionArgs,
    opts: pulumi.ResourceOptions,
) -> None:
    host = aws.lb.ListenerRuleConditionHostHeaderArgs(values=[rule.host])
    conditions = [aws.lb.ListenerRuleConditionArgs(host_header=host)]
    if rule.patterns:
        path = aws.lb.ListenerRuleConditionPathPatternArgs(values=list(rule.patterns))
        conditions.append(aws.lb.ListenerRuleConditionArgs(path_pattern=path))
    aws.lb.ListenerRule(
        name,
        listener_arn=listener,
        priority=rule.priority,
        conditions=conditions,
        actions=[action],
        tags=rule.tags,
        opts=opts,
    )
