"""Where hosts lead, and what becomes of their records when a region comes or goes."""

import pytest

from operations.region.leading import (
    Action,
    changes,
    concerned,
    fault,
    hosts,
    moved,
    not_ours,
    sentences,
    staying,
    with_drained,
)
from settings.stack import Stack
from tests.aws_stacks import an_aws_stack
from tests.builders import TWO_CLUSTERS, a_stack
from tests.unit.operations.region.stacks import MAIL, SHOP, a_led_stack, a_system_of


def led(stack: Stack) -> list[str]:
    return list(sentences(hosts(stack), stack.environment.clusters))


def refusal(stack: Stack, cluster: str, action: Action = "drain") -> str:
    found = fault(stack, cluster, action, "Pulumi.prod.yaml", 7)
    return "" if found is None else str(found)


def test_host_leads_to_the_nearest_region_or_to_the_first_that_is_healthy() -> None:
    assert led(a_led_stack()) == [
        "shop.example.com leads to the nearest of seoul (ap-northeast-2) and tokyo (ap-northeast-1)",
        "mail.example.com leads to seoul (ap-northeast-2), and to tokyo (ap-northeast-1) while that is not healthy",
    ]


@pytest.mark.parametrize(
    ("drained", "left"), [("tokyo", "seoul (ap-northeast-2)"), ("seoul", "tokyo (ap-northeast-1)")]
)
def test_host_leads_to_the_other_region_where_one_is_drained(drained: str, left: str) -> None:
    assert led(a_led_stack(drained=(drained,))) == [
        f"shop.example.com leads to {left}",
        f"mail.example.com leads to {left}",
    ]


def test_second_region_of_a_failover_stands_by() -> None:
    roles = {host.system: (host.role("seoul"), host.role("tokyo")) for host in hosts(a_led_stack())}
    assert roles == {"shop": ("answers", "answers"), "mail": ("answers", "stands by")}
    assert hosts(a_led_stack(drained=("tokyo",)))[0].role("tokyo") is None


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ("tokyo", {f"{SHOP}/tokyo": "delete", f"{MAIL}/secondary": "delete"}),
        ("seoul", {f"{SHOP}/seoul": "delete", f"{MAIL}/primary": "update", f"{MAIL}/secondary": "delete"}),
    ],
)
def test_draining_deletes_the_records_of_a_region_and_hands_the_first_role_on(
    cluster: str, expected: dict[str, str]
) -> None:
    assert changes(*moved(a_led_stack(), cluster, "drain")) == expected


def test_restoring_is_the_reverse_of_draining() -> None:
    reverse = {"create": "delete", "delete": "create", "update": "update"}
    for cluster in ("seoul", "tokyo"):
        drained = changes(*moved(a_led_stack(), cluster, "drain"))
        restored = changes(*moved(a_led_stack(drained=(cluster,)), cluster, "restore"))
        assert {name: reverse[operation] for name, operation in drained.items()} == restored


def test_move_is_the_same_when_the_file_has_it_already() -> None:
    assert changes(*moved(a_led_stack(), "tokyo", "drain")) == changes(
        *moved(a_led_stack(drained=("tokyo",)), "tokyo", "drain")
    )


def test_all_records_of_a_host_are_looked_at_together_and_none_of_another() -> None:
    wiki = a_system_of("wiki", "latency", clusters="primary")
    stack = a_led_stack(a_system_of("shop", "latency"), wiki)
    assert set(concerned(*moved(stack, "tokyo", "drain"))) == {f"{SHOP}/seoul", f"{SHOP}/tokyo"}


def test_systems_whose_records_others_see_to_are_told() -> None:
    assert not_ours(a_led_stack(), "tokyo") == ["wiki"]
    primary_only = a_led_stack(a_system_of("shop", "latency"), a_system_of("wiki", None, "primary"))
    assert not_ours(primary_only, "tokyo") == []
    assert not_ours(primary_only, "seoul") == ["wiki"]


def test_drained_changes_nothing_of_the_other_clusters() -> None:
    stack = a_led_stack()
    after = with_drained(stack, "tokyo", drained=True)
    assert after.environment.clusters["seoul"] == stack.environment.clusters["seoul"]
    assert with_drained(after, "tokyo", drained=False) == stack


def test_region_in_traffic_can_be_drained_and_restored() -> None:
    assert refusal(a_led_stack(), "tokyo") == ""
    assert refusal(a_led_stack(), "seoul") == ""
    assert refusal(a_led_stack(drained=("tokyo",)), "tokyo", "restore") == ""


def test_unknown_cluster_is_refused_with_the_one_that_may_be_meant() -> None:
    said = refusal(a_led_stack(), "tokio")
    assert said == ('Pulumi.prod.yaml:7: config.naru:environment.clusters: no cluster "tokio"; did you mean "tokyo"?')


def test_last_region_in_traffic_is_refused_with_whose_it_is() -> None:
    said = refusal(a_led_stack(drained=("seoul",)), "tokyo")
    assert "the last region in traffic of shop and mail" in said
    assert "restore seoul first" in said


def test_system_that_runs_in_one_region_alone_keeps_none_from_being_drained() -> None:
    stack = a_led_stack(a_system_of("shop", "latency"), a_system_of("wiki", "latency", clusters="primary"))
    assert [refusal(stack, name) for name in ("seoul", "tokyo")] == ["", ""]
    assert (staying(stack, "seoul"), staying(stack, "tokyo")) == (["wiki"], [])
    assert changes(*moved(stack, "seoul", "drain")) == {f"{SHOP}/seoul": "delete"}
    assert led(with_drained(stack, "seoul", drained=True)) == [
        "shop.example.com leads to tokyo (ap-northeast-1)",
        "wiki.example.com leads to seoul (ap-northeast-2)",
    ]


def test_last_region_in_traffic_is_refused_though_no_host_would_move() -> None:
    stack = a_led_stack(a_system_of("wiki", "latency", clusters="primary"), drained=("seoul",))
    assert refusal(stack, "tokyo").endswith("clusters.tokyo: the last region in traffic; restore seoul first")
    assert refusal(stack, "seoul") == ""


def test_stack_of_one_cluster_is_refused() -> None:
    assert "the stack's only cluster" in refusal(a_stack(), "main")


@pytest.mark.parametrize(
    "stack", [a_stack(clusters=TWO_CLUSTERS), an_aws_stack()], ids=["without aws", "without traffic"]
)
def test_stack_whose_records_are_not_ours_is_refused(stack: Stack) -> None:
    assert "no record of ours leads to a region of this stack" in refusal(stack, "tokyo")
