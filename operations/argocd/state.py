"""How Applications are, and what a system still waits for. Pure.

Source: Argo CD 3.3, `pkg/apis/application/v1alpha1/types.go`, `controller/sync.go` and `controller/appcontroller.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from manifests.placed import Part
from operations.tally import one_line

_ENDED_BADLY: Final = frozenset({"Failed", "Error"})
_WORKLOADS: Final = f"-{Part.WORKLOADS.value}"
_RUNNING: Final = frozenset({"Running", "Terminating"})
_WINDOW: Final = "blocked by sync window"
"""What `SyncAppState` says of an operation that it keeps until a window opens."""

AFTER_ITS_SYNC: Final = " is OutOfSync after its sync"
"""What is said of one that nobody moves again; it may only not have been compared again."""


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
    """The commit that operation is or was for."""
    trouble: tuple[str, ...] = ()
    """Why it cannot be compared, or why the operation failed; a line each."""
    waiting: str = ""
    """What a running operation says it waits for."""
    stale: bool = False
    """Whether it was not compared again since its last operation ended, so that `sync` is of the time before."""
    unsynced: bool = False
    """Whether it should apply other files than its last sync that went through had."""
    self_heals: bool = False
    left_over: frozenset[str] = frozenset()
    """The names of what is no longer in the branch and stays until somebody prunes it."""
    only_left_over: bool = False
    """Whether nothing else makes it OutOfSync, and it is not to be pruned."""

    @property
    def running(self) -> bool:
        """Whether an operation is under way."""
        return self.phase in _RUNNING

    @property
    def in_sync(self) -> bool:
        """Whether nothing has to be applied."""
        return self.sync == "Synced" or (self.sync == "OutOfSync" and self.only_left_over)

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


State = Literal["there", "waiting", "failed", "by hand"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a system is on its way to a commit."""

    state: State
    """`by hand`: somebody has to sync it."""
    reason: str = ""


def application(live: Mapping[str, Any], *, prunes: bool = True) -> Application:
    """Return what an object of the cluster says; `prunes` tells whether a sync of it deletes what is left over."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    operation = status.get("operationState") or {}
    phase = operation.get("phase") or ("Running" if live.get("operation") else "")
    resources = status.get("resources") or ()
    apart = [one for one in resources if one.get("status") == "OutOfSync"]
    left = frozenset(one.get("name", "") for one in resources if one.get("requiresPruning"))
    finished = operation.get("finishedAt") or ""
    return Application(
        name=live["metadata"]["name"],
        automated=_automated(spec) is not None,
        target=(spec.get("source") or {}).get("targetRevision", ""),
        sync=(status.get("sync") or {}).get("status", ""),
        revision=(status.get("sync") or {}).get("revision", ""),
        health=(status.get("health") or {}).get("status", ""),
        phase=phase,
        operated=commit_of(live),
        trouble=tuple(dict.fromkeys(_trouble(status, operation))),
        waiting=one_line(operation.get("message") or "") if phase in _RUNNING else "",
        stale=bool(finished) and phase not in _RUNNING and (status.get("reconciledAt") or "") <= finished,
        unsynced=_unsynced(spec, status),
        self_heals=bool((_automated(spec) or {}).get("selfHeal")),
        left_over=left,
        only_left_over=not prunes and bool(apart) and all(one.get("requiresPruning") for one in apart),
    )


def commit_of(live: Mapping[str, Any]) -> str:
    """Return the commit that an Application's operation is or was for; empty where it is not known yet."""
    state = (live.get("status") or {}).get("operationState") or {}
    asked = ((live.get("operation") or {}).get("sync") or {}).get("revision", "")
    return str((state.get("syncResult") or {}).get("revision") or asked)


def standing(parent: Application, children: Sequence[Application], commit: str) -> Standing:
    """Say how far a system is on its way to a commit, the parent's `children` in the order they are moved."""
    if reason := _failure(parent, children, commit):
        return Standing("failed", reason)
    if waits := _by_hand(parent, commit):
        return Standing("by hand", waits)
    behind = _behind(parent, children, commit)
    if behind:
        return Standing("waiting", behind)
    drifted = next((child for child in children if not child.in_sync), None)
    if drifted is not None:
        return Standing("by hand", f"{drifted.name} was changed by hand, and does not heal itself")
    return Standing("there")


def begun(parent: Application, children: Sequence[Application], commit: str) -> Standing:
    """Say whether a system's first workloads are applied as a commit has them, however far their pods are."""
    if reason := _failure(parent, children, commit):
        return Standing("failed", reason)
    if waits := _by_hand(parent, commit):
        return Standing("by hand", waits)
    first = next((at for at, one in enumerate(children) if one.name.endswith(_WORKLOADS)), len(children))
    for child in children[: first + 1]:
        if reason := _unapplied(child, commit):
            return Standing("waiting", f"{child.name}: {reason}")
    return Standing("there") if children else Standing("waiting", _behind(parent, (), commit) or "it has no parts yet")


def failed(child: Application, commit: str) -> str:
    """Say why a child that is pinned to a commit does not come there."""
    if child.target != commit or child.running:
        return ""
    if child.operated == commit and child.phase in _ENDED_BADLY:
        return f"{child.name}: {_first(child.trouble, 'its sync failed')}"
    # Then Argo CD could not compare it, and does not try again: manifests/argocd/pin.py.
    if child.unsynced and child.revision == commit and child.sync == "Synced":
        return f"{child.name}: {_first(child.trouble, 'no sync of what it applies went through')}"
    if child.sync == "Unknown" and child.trouble:
        return f"{child.name}: {child.trouble[0]}"
    return ""


def blocked(parent: Application) -> bool:
    """Tell whether a sync window keeps an operation, which would then begin by itself, with nobody there."""
    return parent.running and _WINDOW in parent.waiting


def _failure(parent: Application, children: Sequence[Application], commit: str) -> str:
    """Say why a system does not come to a commit; nothing while something of it is still at work."""
    if blocked(parent):
        return f"{parent.name}: a sync window of its AppProject keeps it from syncing now"
    if parent.sync == "Unknown" and parent.trouble:
        return f"{parent.name}: {parent.trouble[0]}"
    if any(child.running for child in children):
        return ""
    reason = next((found for child in children if (found := failed(child, commit))), "")
    if not reason and parent.operated == commit and parent.phase in _ENDED_BADLY:
        return f"{parent.name}: {_first(parent.trouble, 'its last sync failed')}"
    return reason


def _by_hand(parent: Application, commit: str) -> str:
    moves = parent.automated or parent.running or parent.stale or _synced(parent, commit)
    if parent.revision == commit and parent.sync == "OutOfSync" and not parent.in_sync and not moves:
        return f"{parent.name} waits for somebody to sync it"
    return ""


def _synced(parent: Application, commit: str) -> bool:
    """Tell whether it was synced to a commit: a comparison that began before that may have ended after it."""
    return parent.operated == commit and parent.phase == "Succeeded"


def _behind(parent: Application, children: Sequence[Application], commit: str) -> str:
    if parent.revision != commit:
        return f"{parent.name} is at {parent.revision[:12] or 'nothing yet'}"
    if parent.running:
        return _next(children, commit) or f"{parent.name}: {parent.waiting or 'it syncs'}"
    if not parent.in_sync and not parent.automated and not parent.stale and _synced(parent, commit):
        return f"{parent.name}{AFTER_ITS_SYNC}"
    if not parent.in_sync:
        return f"{parent.name} is {'compared again' if parent.stale else parent.sync or 'not compared yet'}"
    return _next(children, commit)


def _next(children: Sequence[Application], commit: str) -> str:
    """Say what the first child that is not there yet waits for; a change by hand that nobody puts back is no wait."""
    for child in children:
        if reason := _unapplied(child, commit):
            return f"{child.name}: {reason}"
        if not child.in_sync and (child.self_heals or child.stale):
            return f"{child.name}: it is put back to what is published"
        if child.health not in ("Healthy", "Suspended"):
            return f"{child.name} is {child.health or 'not looked at yet'}"
    return ""


def _unapplied(child: Application, commit: str) -> str:
    """Say why a child is not applied as a commit has it; what somebody changed since then is another matter."""
    if child.target != commit:
        return "it comes after what is before it"
    if child.running:
        return child.waiting or "it syncs"
    if child.operated == commit and child.phase == "Succeeded":
        return ""
    if child.revision != commit:
        return f"it is at {child.revision[:12] or 'nothing yet'}"
    return "" if child.in_sync else f"it is {child.sync or 'not compared yet'}"


def _first(lines: Sequence[str], otherwise: str) -> str:
    return lines[0] if lines else otherwise


def _unsynced(spec: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    history: Sequence[Mapping[str, Any]] = status.get("history") or ({},)
    named, last = ((of.get("source") or {}).get("name") for of in (spec, history[-1]))
    return bool(named and last) and named != last


def _automated(spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    automated: Mapping[str, Any] | None = (spec.get("syncPolicy") or {}).get("automated")
    return None if automated is None or automated.get("enabled") is False else automated


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
