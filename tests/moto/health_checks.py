"""Health checks (Route 53)."""

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list


@creates("aws:route53/healthCheck:HealthCheck")
def health_check(account: Account, inputs: Inputs, name: str) -> Made:
    client = account.client("route53")
    made = client.create_health_check(
        CallerReference=name,
        HealthCheckConfig={
            "Type": inputs.take("type"),
            "FullyQualifiedDomainName": inputs.take("fqdn"),
            "Port": int(inputs.take("port")),
            "ResourcePath": inputs.take("resourcePath"),
            "RequestInterval": int(inputs.take("requestInterval")),
            "FailureThreshold": int(inputs.take("failureThreshold")),
            "Regions": inputs.take("regions"),
        },
    )["HealthCheck"]
    client.change_tags_for_resource(
        ResourceType="healthcheck", ResourceId=made["Id"], AddTags=tag_list(inputs.maybe("tags"))
    )
    return Made(made["Id"], {"arn": f"arn:aws:route53:::healthcheck/{made['Id']}"})
