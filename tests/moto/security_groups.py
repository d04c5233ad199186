"""Security groups and their rules (EC2)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list


@creates("aws:ec2/securityGroup:SecurityGroup")
def security_group(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("ec2")
    made = client.create_security_group(
        GroupName=inputs.take("name"),
        Description=inputs.take("description"),
        VpcId=inputs.take("vpcId"),
        TagSpecifications=_tags("security-group", inputs),
    )
    group = made["GroupId"]
    # The provider takes the rule away that AWS gives every new group: all may go out.
    (found,) = client.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    client.revoke_security_group_egress(GroupId=group, IpPermissions=found["IpPermissionsEgress"])
    return Made(group, {"arn": made["SecurityGroupArn"]})


@creates("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def ingress_rule(account: Account, inputs: Inputs, _: str) -> Made:
    return _rule(account.client("ec2").authorize_security_group_ingress, inputs)


@creates("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def egress_rule(account: Account, inputs: Inputs, _: str) -> Made:
    return _rule(account.client("ec2").authorize_security_group_egress, inputs)


def _rule(authorize: Any, inputs: Inputs) -> Made:
    permission: dict[str, Any] = {"IpProtocol": inputs.take("ipProtocol")}
    for key, called in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if key in inputs:
            permission[called] = int(inputs.take(key))
    described = {"Description": inputs.take("description")}
    if "cidrIpv4" in inputs:
        permission["IpRanges"] = [{"CidrIp": inputs.take("cidrIpv4"), **described}]
    if "referencedSecurityGroupId" in inputs:
        permission["UserIdGroupPairs"] = [{"GroupId": inputs.take("referencedSecurityGroupId"), **described}]
    made = authorize(
        GroupId=inputs.take("securityGroupId"),
        IpPermissions=[permission],
        TagSpecifications=_tags("security-group-rule", inputs),
    )
    return Made(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _tags(kind: str, inputs: Inputs) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tag_list(inputs.maybe("tags"))}]
