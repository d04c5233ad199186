"""Load balancers, their listeners, rules and target groups (Elastic Load Balancing)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list
from tests.moto.spelling import pascal

_BALANCER_ATTRIBUTES = {
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "enableHttp2": "routing.http2.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
}


@creates("aws:lb/loadBalancer:LoadBalancer")
def load_balancer(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("elbv2")
    made = client.create_load_balancer(
        Name=inputs.take("name"),
        Type=inputs.take("loadBalancerType"),
        Scheme="internal" if inputs.take("internal") else "internet-facing",
        IpAddressType=inputs.take("ipAddressType"),
        Subnets=inputs.take("subnets"),
        SecurityGroups=inputs.take("securityGroups"),
        Tags=tag_list(inputs.maybe("tags")),
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    attributes = [
        {"Key": called, "Value": _text(inputs.take(name))}
        for name, called in _BALANCER_ATTRIBUTES.items()
        if name in inputs
    ]
    logs = Inputs("the access logs of a load balancer", inputs.take("accessLogs"))
    bucket = logs.take("bucket")
    _writable(account, bucket)
    attributes += [
        {"Key": "access_logs.s3.enabled", "Value": _text(logs.take("enabled"))},
        {"Key": "access_logs.s3.bucket", "Value": bucket},
    ]
    logs.finish()
    client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    return Made(arn, {"arn": arn, "dnsName": made["DNSName"], "zoneId": made["CanonicalHostedZoneId"]})


def _writable(account: Account, bucket: str) -> None:
    """Take a bucket for logs as Elastic Load Balancing does: of its region, with a policy, under S3's own key."""
    s3 = account.client("s3")
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == account.region
    assert "logdelivery.elasticloadbalancing.amazonaws.com" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@creates("aws:lb/targetGroup:TargetGroup")
def target_group(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("elbv2")
    health = Inputs("the health check of a target group", inputs.take("healthCheck"))
    made = client.create_target_group(
        Name=inputs.take("name"),
        TargetType=inputs.take("targetType"),
        IpAddressType=inputs.take("ipAddressType"),
        Protocol=inputs.take("protocol"),
        Port=int(inputs.take("port")),
        VpcId=inputs.take("vpcId"),
        HealthCheckEnabled=health.take("enabled"),
        HealthCheckProtocol=health.take("protocol"),
        HealthCheckPort=health.take("port"),
        HealthCheckPath=health.take("path"),
        HealthCheckIntervalSeconds=int(health.take("interval")),
        HealthCheckTimeoutSeconds=int(health.take("timeout")),
        HealthyThresholdCount=int(health.take("healthyThreshold")),
        UnhealthyThresholdCount=int(health.take("unhealthyThreshold")),
        Matcher={"HttpCode": health.take("matcher")},
        Tags=tag_list(inputs.maybe("tags")),
    )["TargetGroups"][0]
    health.finish()
    arn = made["TargetGroupArn"]
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": _text(inputs.take("deregistrationDelay"))}
    client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
    return Made(arn, {"arn": arn})


@creates("aws:lb/listener:Listener")
def listener(account: Account, inputs: Inputs, _: str) -> Made:
    given: dict[str, Any] = {
        "LoadBalancerArn": inputs.take("loadBalancerArn"),
        "Port": int(inputs.take("port")),
        "Protocol": inputs.take("protocol"),
        "DefaultActions": [_action(action) for action in inputs.take("defaultActions")],
        "Tags": tag_list(inputs.maybe("tags")),
    }
    if given["Protocol"] == "HTTPS":
        certificate = inputs.take("certificateArn")
        account.client("acm").describe_certificate(CertificateArn=certificate)
        given |= {"SslPolicy": inputs.take("sslPolicy"), "Certificates": [{"CertificateArn": certificate}]}
        known = account.client("elbv2").describe_ssl_policies(Names=[given["SslPolicy"]])["SslPolicies"]
        assert [one["Name"] for one in known] == [given["SslPolicy"]]
    made = account.client("elbv2").create_listener(**given)["Listeners"][0]["ListenerArn"]
    return Made(made, {"arn": made})


@creates("aws:lb/listenerCertificate:ListenerCertificate")
def listener_certificate(account: Account, inputs: Inputs, _: str) -> Made:
    arn, certificate = inputs.take("listenerArn"), inputs.take("certificateArn")
    account.client("acm").describe_certificate(CertificateArn=certificate)
    account.client("elbv2").add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": certificate}])
    return Made(f"{arn}_{certificate}")


@creates("aws:lb/listenerRule:ListenerRule")
def listener_rule(account: Account, inputs: Inputs, _: str) -> Made:
    conditions = []
    for given in inputs.take("conditions"):
        condition = Inputs("a condition of a listener's rule", given)
        if "hostHeader" in condition:
            conditions.append({"Field": "host-header", "HostHeaderConfig": pascal(condition.take("hostHeader"))})
        if "pathPattern" in condition:
            conditions.append({"Field": "path-pattern", "PathPatternConfig": pascal(condition.take("pathPattern"))})
        condition.finish()
    # Source: AWS, "Quotas for your Application Load Balancers": condition values of a rule.
    values = [
        value for one in conditions for config in one.values() if isinstance(config, dict) for value in config["Values"]
    ]
    assert len(values) <= 5
    made = account.client("elbv2").create_rule(
        ListenerArn=inputs.take("listenerArn"),
        Priority=int(inputs.take("priority")),
        Conditions=conditions,
        Actions=[_action(action) for action in inputs.take("actions")],
        Tags=tag_list(inputs.maybe("tags")),
    )["Rules"][0]["RuleArn"]
    return Made(made, {"arn": made})


def _action(given: dict[str, Any]) -> dict[str, Any]:
    action = Inputs("an action", given)
    made: dict[str, Any] = {"Type": action.take("type")}
    if "targetGroupArn" in action:
        made["TargetGroupArn"] = action.take("targetGroupArn")
    if "redirect" in action:
        made["RedirectConfig"] = pascal(action.take("redirect"))
    if "forward" in action:
        groups = action.take("forward")["targetGroups"]
        shares = [{"TargetGroupArn": one["arn"], "Weight": int(one["weight"])} for one in groups]
        made["ForwardConfig"] = {"TargetGroups": shares}
    action.finish()
    return made


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
