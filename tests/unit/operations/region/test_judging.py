"""What a preview may do beyond nothing: the records that a move is about, as it is about them."""

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from operations.region.judging import RECORD, Steps, objections, targets
from tests.unit.operations.events import event

EXPECTED = {"r/tokyo": "delete", "r/seoul": "update", "r/osaka": "create"}


def step(operation: str, name: str, kind: str = RECORD) -> EngineEvent:
    urn = f"urn:pulumi:prod::naru::naru:aws:PublicRecords${kind}::{name}"
    told: dict[str, Any] = {"op": operation, "urn": urn, "type": kind, "old": None, "new": None, "provider": ""}
    return event(resourcePreEvent={"metadata": told, "planning": True})


def judged(*events: EngineEvent) -> list[str]:
    steps = Steps()
    for one in events:
        steps.take(one)
    return list(objections(steps.found.values(), EXPECTED))


def test_records_as_they_are_expected_to_change_may_pass() -> None:
    assert judged(step("delete", "r/tokyo"), step("update", "r/seoul"), step("create", "r/osaka")) == []


def test_nothing_to_do_may_pass() -> None:
    kinds = ("pulumi:pulumi:Stack", "aws:lb/loadBalancer:LoadBalancer", RECORD)
    assert judged(*(step("same", "r/other", kind) for kind in kinds)) == []


def test_record_that_is_made_anew_in_its_place_may_pass() -> None:
    words = ("replace", "create-replacement", "delete-replaced")
    assert judged(*(step(word, "r/seoul") for word in words)) == []


@pytest.mark.parametrize(
    ("operation", "name"),
    [("delete", "r/seoul"), ("delete", "r/other"), ("update", "r/other"), ("create", "r/tokyo"), ("update", "r/tokyo")],
)
def test_record_that_changes_another_way_is_objected_to(operation: str, name: str) -> None:
    assert judged(step(operation, name)) == [f"{operation} {RECORD} {name}"]


@pytest.mark.parametrize("operation", ["create", "update", "delete", "replace", "create-replacement"])
@pytest.mark.parametrize(
    "kind", ["aws:lb/loadBalancer:LoadBalancer", "kubernetes:apps/v1:Deployment", "naru:aws:Entrance"]
)
def test_anything_but_a_record_is_objected_to(operation: str, kind: str) -> None:
    (said,) = judged(step("delete", "r/tokyo"), step(operation, "tokyo/common/aws/entrance", kind))
    assert kind in said


@pytest.mark.parametrize("kind", ["pulumi:providers:aws", "pulumi:providers:kubernetes"])
def test_provider_may_be_new_or_newer_but_not_another(kind: str) -> None:
    assert judged(step("create", "one", kind), step("update", "other", kind)) == []
    for operation in ("replace", "delete"):
        assert judged(step(operation, "one", kind)) == [f"{operation} {kind} one"]


def test_targets_are_records_of_these_names_alone() -> None:
    assert targets(["global/shop/aws/records/www/tokyo"]) == [
        "**aws:route53/record:Record::global/shop/aws/records/www/tokyo"
    ]
