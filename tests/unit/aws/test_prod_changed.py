"""Production with one thing changed, made in moto: what else changes by it."""

import re
from dataclasses import replace
from typing import Any

from settings.stack import Stack
from settings.strategy import BlueGreenIngress
from tests import assembled
from tests.moto.cloud import Account, Cloud, paged
from tests.moto.network import records
from tests.unit.aws.whole import drained, objects, production, registered

SEOUL = "ap-northeast-2"


def inputs(cloud: Cloud) -> dict[tuple[str, str], Any]:
    """Return all that an update would look at, by type and name."""
    return {
        (one.type, one.name): {name: value for name, value in one.inputs.items() if name not in one.ignore_changes}
        for one in cloud.registered
    }


def told(stack: Stack, made: Cloud) -> dict[tuple[str, str], str]:
    """Return what a stack asked for as text, without what AWS calls things at random."""
    assert stack.environment.aws is not None
    assert stack.environment.aws.private_zone is not None
    zones = {*stack.environment.aws.zones.values(), stack.environment.aws.private_zone.id}
    random = re.compile(
        "|".join(zones)
        + r"|\b(vpc|subnet|sg|sgr)-[0-9a-f]{8,17}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        + r"|(?<=\.)[a-z0-9]{6}(?=\.\w+\.cache\.)|(?<=/)[0-9a-f]{16}\b|-[A-Za-z0-9]{6}(?=')"
    )
    return {key: random.sub("…", str(value)) for key, value in inputs(made).items()}


def test_draining_a_region_changes_records_only() -> None:
    stack = production()
    before = told(stack, registered(stack))
    stack = drained(production(), "tokyo")
    after = told(stack, registered(stack))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {kind for kind, _ in changed} == {"aws:route53/record:Record"}
    assert {name for _, name in changed} == {"global/immersiverse/aws/records/auth/tokyo"}
    assert stack.environment.aws is not None
    zone = stack.environment.aws.zones["immersiverse.com"]
    answers = [one for one in records(zone) if one["Name"] == "auth.immersiverse.com." and one["Type"] == "A"]
    assert [(one["SetIdentifier"], one["Region"]) for one in answers] == [("seoul", SEOUL)], "as Route 53 has it now"


def test_drained_region_is_what_it_was_to_its_cluster() -> None:
    stack = assembled.stack("prod")
    for cluster in ("seoul", "tokyo"):
        assert objects(drained(stack, "tokyo"), cluster) == objects(stack, cluster)


def test_ams_divides_its_traffic_by_weighted_target_groups_where_it_is_blue_green() -> None:
    """The road map's v1.1: the same service with another strategy, as it stands in production otherwise."""
    stack = production()
    system = stack.systems["ams"]
    strategy = BlueGreenIngress(type="blueGreenIngress", traffic="target-groups", weights={"blue": 80, "green": 20})
    service = system.services["ams"].model_copy(update={"strategy": strategy})
    changed = system.model_copy(update={"services": {**system.services, "ams": service}})
    stack = replace(stack, systems={"ams": changed})
    registered(stack)
    elb = Account(SEOUL).client("elbv2")
    groups = {one["TargetGroupArn"]: one["TargetGroupName"] for one in elb.describe_target_groups()["TargetGroups"]}
    (listener,) = [
        one
        for one in paged(elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer(elb))
        if one["Port"] == 443
    ]
    (rule,) = [one for one in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"] if not one["IsDefault"]]
    weights = {
        groups[one["TargetGroupArn"]]: one["Weight"]
        for action in rule["Actions"]
        for one in action.get("ForwardConfig", {}).get("TargetGroups", [])
    }
    bound = {
        one["spec"]["targetGroupName"]: one["spec"]["serviceRef"]["name"]
        for one in objects(stack, "seoul").values()
        if one["kind"] == "TargetGroupBinding" and one["metadata"]["namespace"] == "ams-prod"
    }
    assert {bound[name]: weight for name, weight in weights.items()} == {"ams-blue": 80, "ams-green": 20}


def balancer(elb: Any) -> str:
    (found,) = elb.describe_load_balancers()["LoadBalancers"]
    return str(found["LoadBalancerArn"])
