"""Web ACLs (AWS WAF)."""

from typing import Any, Final

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list
from tests.moto.spelling import pascal

PROTECTED: Final[dict[str, dict[str, Any]]] = {}
"""What each web ACL was asked to show to nobody: moto takes it, and keeps nothing of it."""


@creates("aws:wafv2/webAcl:WebAcl")
def web_acl(account: Account, inputs: Inputs, _: str) -> Made:
    visibility, protection = inputs.take("visibilityConfig"), pascal(inputs.take("dataProtectionConfig"))
    made = account.client("wafv2").create_web_acl(
        Name=inputs.take("name"),
        Description=inputs.take("description"),
        Scope=inputs.take("scope"),
        DefaultAction=pascal(inputs.take("defaultAction")),
        Rules=[_rule(rule) for rule in inputs.take("rules")],
        VisibilityConfig=_visibility(visibility),
        DataProtectionConfig=protection,
        Tags=tag_list(inputs.maybe("tags")),
    )["Summary"]
    PROTECTED[made["ARN"]] = protection
    return Made(made["Id"], {"arn": made["ARN"]})


@creates("aws:wafv2/webAclAssociation:WebAclAssociation")
def association(account: Account, inputs: Inputs, _: str) -> Made:
    resource, acl = inputs.take("resourceArn"), inputs.take("webAclArn")
    account.client("elbv2").describe_load_balancers(LoadBalancerArns=[resource])
    account.client("wafv2").associate_web_acl(WebACLArn=acl, ResourceArn=resource)
    return Made(f"{acl},{resource}")


@creates("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def logging(account: Account, inputs: Inputs, _: str) -> Made:
    acl, (destination,) = inputs.take("resourceArn"), inputs.take("logDestinationConfigs")
    bucket = destination.removeprefix("arn:aws:s3:::")
    # Source: AWS WAF, "Sending web ACL traffic logs to an Amazon S3 bucket".
    assert bucket.startswith("aws-waf-logs-")
    assert "delivery.logs.amazonaws.com" in account.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    given = {
        "ResourceArn": acl,
        "LogDestinationConfigs": [destination],
        "RedactedFields": pascal(inputs.take("redactedFields")),
    }
    account.client("wafv2").put_logging_configuration(LoggingConfiguration=given)
    return Made(acl)


def _rule(given: dict[str, Any]) -> dict[str, Any]:
    rule = Inputs("a rule of a web ACL", given)
    made: dict[str, Any] = {
        "Name": rule.take("name"),
        "Priority": int(rule.take("priority")),
        "Statement": _statement(rule.take("statement")),
        "VisibilityConfig": _visibility(rule.take("visibilityConfig")),
    }
    for name in ("action", "overrideAction"):
        if name in rule:
            made[name[0].upper() + name[1:]] = pascal(rule.take(name))
    rule.finish()
    return made


def _statement(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = pascal(given)
    rate = made.get("RateBasedStatement", {})
    for name in ("Limit", "EvaluationWindowSec"):
        if name in rate:
            rate[name] = int(rate[name])
    return made


def _visibility(given: dict[str, Any]) -> dict[str, Any]:
    config = Inputs("a visibility config", given)
    made = {
        "CloudWatchMetricsEnabled": config.take("cloudwatchMetricsEnabled"),
        "MetricName": config.take("metricName"),
        "SampledRequestsEnabled": config.take("sampledRequestsEnabled"),
    }
    config.finish()
    return made
