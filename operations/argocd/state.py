"""How Applications are, and what a system still waits for. Pure.

Source: Argo CD 3.3, `pkg/apis/application/v1alpha1/types.go` and `controller/sync.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from manifests.placed import Part
from operations.tally import one_line

_ENDED_BADLY: Final = frozenset({"Failed", "Error"})
_WORKLOADS: Final = f"-{Part.WORKLOADS.value}"
_RUNNING: Final = frozenset({"Running", "Terminating"})


@dataclass(frozen=True, slots=True)
class Application:
    """One Application as it is now; texts are empty where Argo CD has not said anything yet."""

    name: str
    automated: bool
    """Whether it syncs by itself."""
    target: str
    """The branch or commit that it should be at."""
    sync: str
    """`Synced`, `OutOfSync` or `Unknown`: compared with `revision`."""
    revision: str
    """The commit it was compared with last."""
    health: str
    phase: str
    """Of the last operation: `Running`, `Terminating`, `Succeeded`, `Failed` or `Error`."""
    operated: str
    """The commit that operation was for."""
    trouble: tuple[str, ...] = ()
    """Why it cannot be compared, or why the operation failed; a line each."""
    waiting: str = ""
    """What a running operation says it waits for."""

    @property
    def running(self) -> bool:
        """Whether an operation is under way."""
        return self.phase in _RUNNING

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "name": self.name,
            "automated": self.automated,
            "sync": self.sync,
            "revision": self.revision,
            "health": self.health,
            "phase": self.phase,
            "trouble": list(self.trouble),
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a system is on its way to a commit."""

    state: Literal["there", "waiting", "failed", "by hand"]
    """`by hand`: somebody has to sync it."""
    reason: str = ""


def application(live: Mapping[str, Any]) -> Application:
    """Return what an object of the cluster says."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    operation = status.get("operationState") or {}
    result = operation.get("syncResult") or {}
    phase = operation.get("phase") or ("Running" if live.get("operation") else "")
    return Application(
        name=live["metadata"]["name"],
        automated=_automated(spec),
        target=(spec.get("source") or {}).get("targetRevision", ""),
        sync=(status.get("sync") or {}).get("status", ""),
        revision=(status.get("sync") or {}).get("revision", ""),
        health=(status.get("health") or {}).get("status", ""),
        phase=phase,
        operated=result.get("revision", ""),
        trouble=tuple(dict.fromkeys(_trouble(status, operation))),
        waiting=one_line(operation.get("message") or "") if phase in _RUNNING else "",
    )


def standing(parent: Application, children: Sequence[Application], commit: str) -> Standing:
    """Say how far a system is on its way to a commit, the parent's `children` in the order they are moved."""
    if reason := _failure(parent, children, commit):
        return Standing("failed", reason)
    by_itself = parent.automated or parent.running
    if parent.revision == commit and parent.sync == "OutOfSync" and not by_itself:
        return Standing("by hand", f"{parent.name} waits for somebody to sync it")
    behind = _behind(parent, children, commit)
    return Standing("waiting", behind) if behind else Standing("there")


def begun(parent: Application, children: Sequence[Application], commit: str) -> Standing:
    """Say whether a system's first workloads are applied as a commit has them, however far their pods are."""
    if reason := _failure(parent, children, commit):
        return Standing("failed", reason)
    if parent.revision == commit and parent.sync == "OutOfSync" and not (parent.automated or parent.running):
        return Standing("by hand", f"{parent.name} waits for somebody to sync it")
    before = children[
        : 1 + next((at for at, one in enumerate(children) if one.name.endswith(_WORKLOADS)), len(children))
    ]
    behind = next((one for one in before if _unsynced(one, commit)), None)
    if behind is not None or not before:
        return Standing(
            "waiting", f"{behind.name}: {_unsynced(behind, commit)}" if behind else _behind(parent, (), commit)
        )
    return Standing("there")


def _unsynced(child: Application, commit: str) -> str:
    if child.target != commit:
        return "it comes after what is before it"
    if child.running:
        return child.waiting or "it syncs"
    if child.revision != commit:
        return f"it is at {child.revision[:12] or 'nothing yet'}"
    return "" if child.sync == "Synced" else f"it is {child.sync or 'not compared yet'}"


def _failure(parent: Application, children: Sequence[Application], commit: str) -> str:
    """Say why a system does not come to a commit; nothing while something of it is still at work."""
    if parent.sync == "Unknown" and parent.trouble:
        return f"{parent.name}: {parent.trouble[0]}"
    if any(child.running for child in children):
        return ""
    reason = next((found for child in children if (found := failed(child, commit))), "")
    if not reason and parent.operated == commit and parent.phase in _ENDED_BADLY:
        return f"{parent.name}: {_first(parent.trouble, 'its last sync failed')}"
    return reason


def _behind(parent: Application, children: Sequence[Application], commit: str) -> str:
    if parent.revision != commit:
        return f"{parent.name} is at {parent.revision[:12] or 'nothing yet'}"
    if parent.running:
        return _next(children, commit) or f"{parent.name}: {parent.waiting or 'it syncs'}"
    if parent.sync != "Synced":
        return f"{parent.name} is {parent.sync or 'not compared yet'}"
    return _next(children, commit)


def _next(children: Sequence[Application], commit: str) -> str:
    """Say what the first child that is not there yet waits for."""
    for child in children:
        if reason := _unsynced(child, commit):
            return f"{child.name}: {reason}"
        if child.health not in ("Healthy", "Suspended"):
            return f"{child.name} is {child.health or 'not looked at yet'}"
    return ""


def failed(child: Application, commit: str) -> str:
    """Say why a child that is pinned to a commit does not come there."""
    if child.target != commit or child.running:
        return ""
    if child.operated == commit and child.phase in _ENDED_BADLY:
        return f"{child.name}: {_first(child.trouble, 'its sync failed')}"
    if child.sync == "Unknown" and child.trouble:
        return f"{child.name}: {child.trouble[0]}"
    return ""


def _first(lines: Sequence[str], otherwise: str) -> str:
    return lines[0] if lines else otherwise


def _automated(spec: Mapping[str, Any]) -> bool:
    automated = (spec.get("syncPolicy") or {}).get("automated")
    return automated is not None and automated.get("enabled") is not False


def _trouble(status: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    if operation.get("phase") in _ENDED_BADLY:
        for resource in (operation.get("syncResult") or {}).get("resources") or ():
            if resource.get("status") == "SyncFailed" or resource.get("hookPhase") in _ENDED_BADLY:
                namespace = f"{resource['namespace']}/" if resource.get("namespace") else ""
                said = one_line(resource.get("message") or "it failed")
                yield f"{resource.get('kind')} {namespace}{resource.get('name')}: {said}"
        yield one_line(operation.get("message") or "")
    for condition in status.get("conditions") or ():
        if condition.get("type", "").endswith("Error"):
            yield one_line(condition.get("message") or condition["type"])
