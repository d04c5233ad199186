"""The expressions of `pulumi.com/waitFor`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.provider.conditions import ConditionError, parse

OBJ: dict[str, Any] = {
    "metadata": {"annotations": {"a.b/c": "x"}},
    "spec": {"replicas": 3},
    "status": {
        "phase": "Running",
        "ready": True,
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Failed", "status": "False"}],
        "items": [{"name": "a", "at": {"kind": "x"}}, {"name": "b"}],
        "empty": [],
    },
}


def holds(annotation: str) -> bool:
    return all(condition.holds(OBJ) for condition in parse(annotation))


@pytest.mark.parametrize(
    "expression",
    [
        "condition=Ready",
        "condition=Ready=true",
        "condition=Failed=False",
        "jsonpath={.status.phase}=Running",
        "jsonpath=.status.phase=Running",
        'jsonpath={.status.phase}="Running"',
        "jsonpath={.status.phase}",
        "jsonpath={.spec.replicas}=3",
        "jsonpath={.status.ready}=true",
        "jsonpath={.status.items[0].name}=a",
        "jsonpath={.status.items[-1].name}=b",
        "jsonpath={.status.items[*].name}=b",
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}=True',
        "jsonpath=.status.conditions[?(@.type=='Ready')].status=True",
        "jsonpath={.status.items[?(@.at.kind)].name}=a",
        r"jsonpath={.metadata.annotations.a\.b/c}=x",
        "jsonpath={.metadata.annotations['a.b/c']}=x",
    ],
)
def test_an_expression_that_is_true_of_the_object_holds(expression: str) -> None:
    assert holds(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "condition=Failed",
        "condition=Missing",
        "condition=Ready=False",
        "jsonpath={.status.phase}=running",
        "jsonpath={.status.missing}",
        "jsonpath={.status.empty[0]}",
        "jsonpath={.status.items[2].name}",
        "jsonpath={.status.phase.deeper}",
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}=False',
    ],
)
def test_an_expression_that_is_not_true_of_the_object_does_not_hold(expression: str) -> None:
    assert not holds(expression)


def test_all_expressions_of_a_list_must_hold() -> None:
    assert holds(json.dumps(["condition=Ready", "jsonpath={.status.phase}=Running"]))
    assert not holds(json.dumps(["condition=Ready", "jsonpath={.status.phase}=Failed"]))


def test_what_stands_at_the_place_can_be_told() -> None:
    assert parse("jsonpath={.status.phase}=Failed")[0].found(OBJ) == "Running"
    assert parse("jsonpath={.status.missing}")[0].found(OBJ) == "nothing"


def sealed(observed: int, *, synced: str = "True", **condition: Any) -> dict[str, Any]:
    """Return a SealedSecret in its second generation, as its controller left it."""
    conditions = [{"type": "Synced", "status": synced, **condition}]
    return {"metadata": {"generation": 2}, "status": {"observedGeneration": observed, "conditions": conditions}}


def test_a_condition_of_an_earlier_generation_does_not_hold() -> None:
    [condition] = parse("condition=Synced")
    assert condition.holds(sealed(2))
    assert not condition.holds(sealed(1))
    assert condition.found(sealed(1)) == "True (of an earlier generation)"


def test_the_generation_of_the_condition_itself_comes_first() -> None:
    [condition] = parse("condition=Synced")
    assert condition.holds(sealed(1, observedGeneration=2))
    assert not condition.holds(sealed(2, observedGeneration=1))


def test_a_rollout_is_taken_at_its_word_as_the_official_provider_does() -> None:
    """Argo Rollouts writes the generation as a text, which kubectl's rule does not read: what it said before counts."""
    [condition] = parse("condition=Available")
    rollout = {
        "metadata": {"generation": 3},
        "status": {"observedGeneration": "2", "conditions": [{"type": "Available", "status": "True"}]},
    }
    assert condition.holds(rollout)
    assert parse('jsonpath={.status.observedGeneration}="3"')[0].holds(rollout) is False


def test_the_name_of_a_condition_is_read_as_kubectl_reads_it() -> None:
    assert parse("condition=synced")[0].holds(sealed(2))


def test_a_condition_that_does_not_hold_tells_its_reason_and_message() -> None:
    [condition] = parse("condition=Synced")
    told = {"reason": "Unsealing", "message": "no key could decrypt secret (token)"}
    assert condition.found(sealed(2, synced="False", **told)) == "False: Unsealing: no key could decrypt secret (token)"
    assert condition.found({}) == "nothing"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("Ready", "neither the prefix"),
        ("condition=", "neither the prefix"),
        ("jsonpath=", "neither the prefix"),
        ("jsonpath={.status.phase}=", "no value after ="),
        ("jsonpath={.status[?(@.a>1)]}", "not understood at"),
        ("[]", "expected one expression"),
        ("[1]", "expected one expression"),
        ('["condition=Ready"', "no JSON list"),
    ],
)
def test_an_expression_that_cannot_be_read_says_why(expression: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        parse(expression)
