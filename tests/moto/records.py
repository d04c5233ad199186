"""Records of hosted zones (Route 53)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, paged


@creates("aws:route53/record:Record")
def record(account: Account, inputs: Inputs, _: str) -> Made:
    name, kind, zone = inputs.take("name"), inputs.take("type"), inputs.take("zoneId")
    made: dict[str, Any] = {"Name": name, "Type": kind}
    if "records" in inputs:
        made |= {"TTL": int(inputs.take("ttl")), "ResourceRecords": [{"Value": one} for one in inputs.take("records")]}
    for alias in inputs.maybe("aliases", []):
        made["AliasTarget"] = {
            "DNSName": alias["name"],
            "HostedZoneId": alias["zoneId"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    if "setIdentifier" in inputs:
        made["SetIdentifier"] = inputs.take("setIdentifier")
    for policy in inputs.maybe("latencyRoutingPolicies", []):
        made["Region"] = policy["region"]
    for policy in inputs.maybe("failoverRoutingPolicies", []):
        made["Failover"] = policy["type"]
    if "healthCheckId" in inputs:
        made["HealthCheckId"] = inputs.take("healthCheckId")
    client = account.client("route53")
    _fits(made, list(paged(client, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)))
    action = "UPSERT" if inputs.maybe("allowOverwrite") else "CREATE"
    client.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": made}]}
    )
    return Made("_".join((zone, name, kind)), {"fqdn": name})


def _fits(made: dict[str, Any], there: list[dict[str, Any]]) -> None:
    """Refuse what Route 53 does and moto does not: a record beside one of another policy, or of the same role.

    Source: AWS, "ChangeResourceRecordSets": InvalidChangeBatch.
    """
    for record in there:
        if (record["Name"].removesuffix("."), record["Type"]) == (made["Name"].removesuffix("."), made["Type"]):
            for key in ("SetIdentifier", "Region", "Failover"):
                assert (key in record) == (key in made), f"{record} is there, which does not go with {made}"
                assert key not in record or record[key] != made[key], f"{record} is there, the same {key} as {made}"
