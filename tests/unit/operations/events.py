"""Engine events, as the engine writes them to its event log."""

from typing import Any

from pulumi.automation import EngineEvent

PREFIX = "urn:pulumi:local::naru::naru:system:System$naru:workload:WebService"


def urn(name: str, kind: str = "apps/v1:Deployment") -> str:
    return f"{PREFIX}$kubernetes:{kind}::{name}"


def event(**content: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **content})


def metadata(name: str, operation: str, kind: str = "apps/v1:Deployment", **more: Any) -> dict[str, Any]:
    step = {"op": operation, "urn": urn(name, kind), "type": f"kubernetes:{kind}", "old": None, "new": None}
    return {"metadata": {**step, "provider": "", **more}}


def begun(name: str, operation: str = "create", *, planning: bool = False, **more: Any) -> EngineEvent:
    return event(resourcePreEvent={**metadata(name, operation, **more), "planning": planning})


def finished(name: str, operation: str = "create") -> EngineEvent:
    return event(resOutputsEvent=metadata(name, operation))


def failed(name: str, operation: str = "create") -> EngineEvent:
    return event(resOpFailedEvent={**metadata(name, operation), "status": 1, "steps": 1})


def said(message: str, severity: str = "info", *, about: str = "") -> EngineEvent:
    return event(diagnosticEvent={"message": message, "severity": severity, "color": "never", "urn": about})


def summary(**changes: int) -> EngineEvent:
    return event(summaryEvent={"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": changes})
