"""All that a drained region changes, and what a system on one cluster has."""

import functools
import json
import re

import pytest

from manifests.assembly import assemble
from tests.aws_stacks import SEOUL
from tests.unit.aws.traffic.asked import REGIONS, addresses, balancer
from tests.unit.aws.traffic.wired import COLORED, MAIL, a_way_in, an_account_with, open_stack, with_drained

RECORD = "aws:route53/record:Record"
MADE_UP = re.compile(
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<=[-/])[0-9a-f]{8,17}\b|\b[0-9A-Z]{14,22}\b", re.ASCII
)
"""What moto makes up: of ids and ARNs. What is meant by one shows in what a resource depends on."""


@functools.cache
def registrations(drained: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return all that is registered, by name and type: in one system by failover, in another one by latency."""
    stack = open_stack(a_way_in(COLORED, traffic="failover"), MAIL)
    with an_account_with(with_drained(stack, drained)) as (_, cloud):
        return {
            (one.name, one.type): (
                MADE_UP.sub("", json.dumps(one.inputs, sort_keys=True)),
                one.dependencies,
                one.parent,
                one.region,
                one.protect,
                one.retain_on_delete,
            )
            for one in cloud.registered
        }


@pytest.mark.parametrize("drained", REGIONS)
def test_draining_a_region_changes_records_and_nothing_else(drained: str) -> None:
    before, after = registrations(""), registrations(drained)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    gone = {
        ("global/demo/aws/records/www/secondary", RECORD),
        (f"global/mail/aws/records/mail/{drained}", RECORD),
    }
    assert before.keys() - after.keys() == gone
    assert after.keys() - before.keys() == set()
    assert changed - gone == ({("global/demo/aws/records/www/primary", RECORD)} if drained == "seoul" else set())


@pytest.mark.parametrize("drained", ["seoul", "tokyo"])
def test_draining_a_region_changes_nothing_in_kubernetes(drained: str) -> None:
    open_ = open_stack(a_way_in(COLORED), MAIL, delivery="gitops")
    for cluster in REGIONS:
        assert assemble(open_, cluster) == assemble(with_drained(open_, drained), cluster)


def test_system_on_one_cluster_has_a_plain_alias() -> None:
    with an_account_with(open_stack(a_way_in(clusters="primary"))) as (stack, _):
        (record,) = addresses(stack, "example.com").values()
        assert record["AliasTarget"]["DNSName"].rstrip(".") == balancer(SEOUL)["DNSName"]
        assert record["AliasTarget"]["EvaluateTargetHealth"] is True
        assert not {"SetIdentifier", "Region", "Failover", "HealthCheckId"} & record.keys()
