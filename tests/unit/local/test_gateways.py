"""What Cilium's Gateway controller would say."""

from __future__ import annotations

from typing import Any

from local.simulation import gateways


def obj(generation: int = 1, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "generation": generation}, "spec": spec}


def listening(generation: int = 1, class_: str = "cilium") -> dict[str, Any]:
    return obj(generation, gatewayClassName=class_, listeners=[{"name": "http"}, {"name": "https"}])


def types(conditions: list[dict[str, Any]]) -> set[str]:
    return {f"{one['type']}={one['status']}@{one['observedGeneration']}" for one in conditions}


def test_class_of_cilium_is_accepted_once() -> None:
    own = obj(controllerName=gateways.CONTROLLER)
    status = gateways.gateway_class(own, "now")
    assert status is not None
    assert types(status["conditions"]) == {"Accepted=True@1"}
    assert gateways.gateway_class({**own, "status": status}, "now") is None


def test_class_of_another_controller_is_left_alone() -> None:
    assert gateways.gateway_class(obj(controllerName="example.com/other"), "now") is None


def test_gateway_is_programmed_with_an_address_and_all_its_listeners() -> None:
    status = gateways.gateway(listening(), "now")
    assert status is not None
    assert status["addresses"] == [{"type": "IPAddress", "value": "192.0.2.3"}]
    assert types(status["conditions"]) == {"Accepted=True@1", "Programmed=True@1"}
    assert [listener["name"] for listener in status["listeners"]] == ["http", "https"]
    assert types(status["listeners"][0]["conditions"]) == {
        "Accepted=True@1",
        "Programmed=True@1",
        "ResolvedRefs=True@1",
    }


def test_gateway_is_programmed_again_when_it_changes() -> None:
    status = gateways.gateway(listening(), "now")
    assert gateways.gateway({**listening(), "status": status}, "now") is None
    again = gateways.gateway({**listening(2), "status": status}, "now")
    assert again is not None
    assert types(again["conditions"]) == {"Accepted=True@2", "Programmed=True@2"}


def test_gateway_that_waits_for_its_controller_is_programmed() -> None:
    conditions = [{"type": "Programmed", "status": "Unknown", "observedGeneration": 1}]
    assert gateways.gateway({**listening(), "status": {"conditions": conditions}}, "now")


def test_gateway_of_another_class_is_left_alone() -> None:
    assert gateways.gateway(listening(class_="nginx"), "now") is None


def test_route_is_accepted_by_each_of_its_parents() -> None:
    parents = [{"name": "web"}, {"name": "web", "sectionName": "https"}]
    status = gateways.route(obj(parentRefs=parents), "now")
    assert status is not None
    assert [parent["parentRef"] for parent in status["parents"]] == parents
    assert all(
        types(parent["conditions"]) == {"Accepted=True@1", "ResolvedRefs=True@1"} for parent in status["parents"]
    )


def test_route_is_accepted_again_when_it_or_its_parents_change() -> None:
    status = gateways.route(obj(parentRefs=[{"name": "web"}]), "now")
    assert gateways.route({**obj(parentRefs=[{"name": "web"}]), "status": status}, "now") is None
    assert gateways.route({**obj(2, parentRefs=[{"name": "web"}]), "status": status}, "now")
    assert gateways.route({**obj(parentRefs=[{"name": "other"}]), "status": status}, "now")


def test_route_without_parents_needs_no_status() -> None:
    assert gateways.route(obj(), "now") is None
