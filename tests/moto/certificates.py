"""Certificates (ACM) and what they wait for."""

from typing import Any

from tests.moto.cloud import ACCOUNT, Account, Inputs, Made, creates, paged, tag_list


@creates("aws:acm/certificate:Certificate")
def certificate(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("acm")
    given: dict[str, Any] = {}
    if others := inputs.maybe("subjectAlternativeNames"):
        given["SubjectAlternativeNames"] = others
    arn = client.request_certificate(
        DomainName=inputs.take("domainName"),
        ValidationMethod=inputs.take("validationMethod"),
        KeyAlgorithm=inputs.take("keyAlgorithm"),
        Tags=tag_list(inputs.maybe("tags")),
        **given,
    )["CertificateArn"]
    found = client.describe_certificate(CertificateArn=arn)["Certificate"]
    options = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in found["DomainValidationOptions"]
    ]
    return Made(arn, {"arn": arn, "domainValidationOptions": options})


@creates("aws:acm/certificateValidation:CertificateValidation")
def validation(account: Account, inputs: Inputs, _: str) -> Made:
    """Make nothing, as nothing is made in AWS: see that what it waits for is there, and all of it."""
    arn, names = inputs.take("certificateArn"), inputs.take("validationRecordFqdns")
    assert arn.startswith(f"arn:aws:acm:{account.region}:{ACCOUNT}:certificate/")
    found = account.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    asked = {
        (option["ResourceRecord"]["Name"], option["ResourceRecord"]["Value"])
        for option in found["DomainValidationOptions"]
    }
    route53 = account.client("route53")
    kept = {
        (record["Name"], value["Value"])
        for zone in paged(route53, "list_hosted_zones", "HostedZones")
        for record in paged(route53, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])
        for value in record.get("ResourceRecords", [])
        if record["Type"] == "CNAME"
    }
    assert asked <= kept
    assert {name.removesuffix(".") for name in names} == {name.removesuffix(".") for name, _ in asked}
    return Made(arn, {"certificateArn": arn})
