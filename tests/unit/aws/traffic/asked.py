"""What moto answers about load balancers and records."""

from typing import Any

from settings.stack import Stack
from tests.aws_stacks import SEOUL, TOKYO
from tests.moto.cloud import Account, paged
from tests.moto.network import records

REGIONS = {"seoul": SEOUL, "tokyo": TOKYO}


def balancer(region: str) -> dict[str, Any]:
    """Return the only load balancer of a region."""
    (found,) = Account(region).client("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


def listener(region: str, port: int) -> dict[str, Any]:
    """Return its listener on a port."""
    client = Account(region).client("elbv2")
    found = client.describe_listeners(LoadBalancerArn=balancer(region)["LoadBalancerArn"])["Listeners"]
    return next(one for one in found if one["Port"] == port)


def group(region: str, name: str) -> dict[str, Any]:
    """Return a target group by its name."""
    (found,) = Account(region).client("elbv2").describe_target_groups(Names=[name])["TargetGroups"]
    return dict(found)


def rules_of(region: str, port: int) -> list[dict[str, Any]]:
    """Return the rules of a listener but for its default, in the order in which they are asked."""
    arn = listener(region, port)["ListenerArn"]
    found = list(paged(Account(region).client("elbv2"), "describe_rules", "Rules", ListenerArn=arn))
    return sorted((one for one in found if not one["IsDefault"]), key=lambda one: int(one["Priority"]))


def name_of(region: str, arn: str) -> str:
    """Return the name of a target group."""
    (found,) = Account(region).client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    return str(found["TargetGroupName"])


def addresses(stack: Stack, domain: str) -> dict[str, dict[str, Any]]:
    """Return the A records of a zone by their set identifiers."""
    assert stack.environment.aws is not None
    found: list[dict[str, Any]] = records(stack.environment.aws.zones[domain])
    return {record.get("SetIdentifier", ""): record for record in found if record["Type"] == "A"}
