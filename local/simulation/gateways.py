"""What Cilium's Gateway controller would say of Gateway API objects: decisions only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

Object = Mapping[str, Any]

CLASS: Final = "cilium"
CONTROLLER: Final = "io.cilium/gateway-controller"

# Of TEST-NET-1 (RFC 5737), as all addresses here: nothing listens there, and nothing is meant to.
_ADDRESS: Final = "192.0.2.3"

_GROUP: Final = "gateway.networking.k8s.io"


def gateway_class(obj: Object, now: str) -> dict[str, Any] | None:
    """Return the status of a GatewayClass of Cilium's, None for another's and for one that has it already."""
    if obj["spec"]["controllerName"] != CONTROLLER or _current(obj, _conditions(obj), "Accepted"):
        return None
    return {"conditions": _true(["Accepted"], obj, now)}


def gateway(obj: Object, now: str) -> dict[str, Any] | None:
    """Return the status of a Gateway, None for one of another class and for one that has it for its generation."""
    if obj["spec"]["gatewayClassName"] != CLASS or _current(obj, _conditions(obj), "Programmed"):
        return None
    return {
        "addresses": [{"type": "IPAddress", "value": _ADDRESS}],
        "conditions": _true(["Accepted", "Programmed"], obj, now),
        "listeners": [
            {
                "name": listener["name"],
                "attachedRoutes": 0,
                "supportedKinds": [{"group": _GROUP, "kind": "HTTPRoute"}],
                "conditions": _true(["Accepted", "Programmed", "ResolvedRefs"], obj, now),
            }
            for listener in obj["spec"]["listeners"]
        ],
    }


def route(obj: Object, now: str) -> dict[str, Any] | None:
    """Return the status of an HTTPRoute for each of its parents, None for one that has it for its generation."""
    wanted = obj["spec"].get("parentRefs") or []
    found = (obj.get("status") or {}).get("parents") or []
    current = [one["parentRef"] for one in found if _current(obj, one.get("conditions") or [], "Accepted")]
    if current == wanted:
        return None
    conditions = _true(["Accepted", "ResolvedRefs"], obj, now)
    return {
        "parents": [
            {"controllerName": CONTROLLER, "parentRef": dict(parent), "conditions": conditions} for parent in wanted
        ]
    }


def _conditions(obj: Object) -> list[Object]:
    return (obj.get("status") or {}).get("conditions") or []


def _current(obj: Object, conditions: Iterable[Object], name: str) -> bool:
    return any(
        one["type"] == name
        and one["status"] == "True"
        and one.get("observedGeneration") == obj["metadata"]["generation"]
        for one in conditions
    )


def _true(names: Iterable[str], obj: Object, now: str) -> list[dict[str, Any]]:
    return [
        {
            "type": name,
            "status": "True",
            "reason": name,
            "message": "",
            "observedGeneration": obj["metadata"]["generation"],
            "lastTransitionTime": now,
        }
        for name in names
    ]
