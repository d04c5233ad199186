"""What Route 53 holds of regions: what keeps a drain from being done, and what is said beside."""

from typing import Any

import pytest

from manifests.aws.plan import declared
from manifests.aws.records import RecordArgs
from operations.aws import health_checks
from operations.aws.health_checks import Health
from operations.deployed import Deployed
from operations.region.checked import CHECK, look, not_known, of_drain, of_restore
from operations.region.leading import Host, checks, keeping, moved
from tests.unit.operations.region.stacks import a_led_stack

STACK = a_led_stack()
CLUSTERS = {
    **STACK.environment.clusters,
    "osaka": STACK.environment.clusters["tokyo"].model_copy(update={"region": "ap-northeast-3"}),
}
WELL = Health(16, 16)
SICK = Health(2, 16, "Connection timed out")
SILENT = Health(unknown="Route 53 does not answer")


def a_host(name: str, *clusters: str) -> Host:
    records = {
        f"global/{name}/aws/records/{name}/{one}": RecordArgs(one, one, asks_targets=True, region=CLUSTERS[one].region)
        for one in clusters
    }
    return Host(name, f"{name}.example.com", records)


SHOP = a_host("shop", "seoul", "osaka")
MAIL = a_host("mail", "seoul")
KEPT = {"seoul": [MAIL, SHOP], "osaka": [SHOP]}


def test_nothing_is_said_of_regions_that_are_healthy() -> None:
    said = of_drain("tokyo", KEPT, {"seoul": WELL, "osaka": WELL}, CLUSTERS)
    assert (said.refused, said.warned) == ([], [])


def test_region_without_which_others_keep_the_hosts_is_a_warning() -> None:
    said = of_drain("tokyo", KEPT, {"seoul": WELL, "osaka": SICK}, CLUSTERS)
    assert said.refused == []
    assert said.warned == [
        "Route 53 holds osaka (ap-northeast-3) unhealthy; others keep shop.example.com: "
        "2 of 16 checkers find it healthy (Connection timed out)"
    ]


def test_only_hosts_that_no_other_region_keeps_are_against_it() -> None:
    said = of_drain("tokyo", KEPT, {"seoul": SICK, "osaka": WELL}, CLUSTERS)
    assert said.warned == []
    (line,) = said.refused
    assert line.startswith(
        "Route 53 holds seoul (ap-northeast-2) unhealthy, which would keep mail.example.com: 2 of 16"
    )
    assert line.endswith("mend seoul first, or `--no-health-check` drains tokyo all the same")


def test_each_region_is_against_it_where_all_are_unhealthy() -> None:
    said = of_drain("tokyo", KEPT, {"seoul": SICK, "osaka": SICK}, CLUSTERS)
    assert [line.split()[3] for line in said.refused] == ["seoul", "osaka"]
    assert "which would keep mail.example.com and shop.example.com" in said.refused[0]


def test_region_that_nobody_knows_of_may_be_healthy() -> None:
    said = of_drain("tokyo", {"seoul": [SHOP], "osaka": [SHOP]}, {"seoul": SICK, "osaka": SILENT}, CLUSTERS)
    assert said.refused == []
    assert [line.split(":")[0] for line in said.warned] == [
        "Route 53 holds seoul (ap-northeast-2) unhealthy; others keep shop.example.com",
        "whether osaka (ap-northeast-3), which keeps shop.example.com, is healthy is not known",
    ]


def test_restored_region_that_nobody_knows_of_is_a_warning() -> None:
    said = of_restore("seoul", [SHOP], SILENT, CLUSTERS)
    assert said.warned == ["whether seoul (ap-northeast-2) is healthy is not known: Route 53 does not answer"]
    assert of_restore("seoul", [SHOP], WELL, CLUSTERS).warned == []


def test_reason_why_nobody_knows_is_said_once() -> None:
    known = {"seoul": SILENT, "tokyo": WELL, "osaka": SILENT}
    assert not_known(known) == ["the health of seoul and osaka is not known: Route 53 does not answer"]


@pytest.mark.parametrize(
    ("cluster", "kept"),
    [
        ("tokyo", {"seoul": ["mail.example.com", "shop.example.com"]}),
        ("seoul", {"tokyo": ["mail.example.com", "shop.example.com"]}),
    ],
)
def test_who_keeps_the_hosts_of_a_drained_region(cluster: str, kept: dict[str, list[str]]) -> None:
    found = keeping(*moved(STACK, cluster, "drain"))
    assert {name: sorted(host.host for host in hosts) for name, hosts in found.items()} == kept


def test_checks_are_called_as_they_are_declared_and_drained_regions_have_theirs() -> None:
    stack = a_led_stack(drained=("tokyo",))
    assert sorted(checks(stack).values()) == sorted(
        name for component, name, _, _ in declared(stack) if component == "HealthCheck"
    )
    assert sorted(checks(stack)) == ["seoul", "tokyo"]


def a_resource(name: str, check: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:prod::naru::naru:aws:HealthCheck${CHECK}::{name}", "type": CHECK, "id": check, **more}


def test_id_of_a_check_is_the_states(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def ask(*given: object) -> dict[str, Health]:
        asked.append(given)
        return {"seoul": SICK}

    monkeypatch.setattr(health_checks, "ask", ask)
    resources = [
        a_resource("seoul/common/aws/health-check", "old", delete=True),
        a_resource("seoul/common/aws/health-check", "new"),
        a_resource("osaka/common/aws/health-check", "gone from the file"),
    ]
    found = look(STACK, Deployed({"deployment": {"resources": resources}}), ["seoul", "tokyo"])
    assert asked == [("prod", "ap-northeast-2", {"seoul": "new"})]
    assert found["seoul"] == SICK
    assert found["tokyo"].unknown == "the state has no health check of it: `naru up` makes it"


def test_nobody_is_asked_where_the_state_has_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "ask", lambda *_: pytest.fail("Route 53 was asked"))
    assert [one.status for one in look(STACK, Deployed({}), ["seoul"]).values()] == ["unknown"]
