"""Whose a Service's selector is while one workload takes over from another: never nobody's, never that of no pods."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from operations.api_server import ApiServer, Object
from operations.handover.plan import HASH, Labels, Move, Selection, Workload, held, idle, matches
from operations.handover.replicas import KEEPER, found
from operations.rollout.live import workload_path

_MANAGED_BY: Final = "argo-rollouts.argoproj.io/managed-by-rollouts"

Wait = Callable[[str, Callable[[], object]], None]
"""Waits for something, named in a few words, until it is true."""


def hold(server: ApiServer, move: Move, wait: Wait) -> None:
    """Keep the selectors of Services that go over to Argo Rollouts: dropped from ours, they would select nothing.

    Without what the new pods do not have; workloads that would then get traffic, and had none, lose their pods first.
    Raises ApiError and UnreachableError.
    """
    pods = next((one.labels for one in move.new if one.kind == "Rollout"), {})
    for selection in (one for one in move.selections if one.to_rollouts):
        path = service_path(selection.namespace, selection.name)
        live = found(server, path)
        selector = _selector(live)
        if live is None or not selector or HASH in selector:
            continue
        kept = held(selector, pods)
        if kept == selector:
            metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid")}
            body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": kept}}
            server.apply(path, body, KEEPER)
            continue
        for workload in idle(move, selector, kept):
            _empty(server, workload, wait)
        server.merge(path, {"spec": {"selector": dict.fromkeys(selector.keys() - kept.keys())}})


def quieten(server: ApiServer, move: Move, wait: Wait) -> None:
    """Take the pods away of old workloads that got no traffic, and would by the selector that their Service gets.

    Raises ApiError and UnreachableError.
    """
    for selection in (one for one in move.selections if one.before and one.after):
        for workload in idle(move, selection.before, selection.after):
            _empty(server, workload, wait)


def widen(server: ApiServer, move: Move) -> None:
    """Give Services that a Rollout of ours leaves their own selector beside its hash, where its pods fit that.

    Else they would have none between the Rollout's letting go and our update. Raises ApiError and UnreachableError.
    """
    pods = next((one.labels for one in move.new if one.kind == "Rollout"), {})
    for selection in _given_back(move):
        if matches(selection.after, pods) and is_managed(found(server, _path(selection))):
            server.merge(_path(selection), {"spec": {"selector": dict(selection.after)}})


def give_back(server: ApiServer, move: Move) -> None:
    """Set the selectors of Services that no Rollout writes to any more. Raises ApiError and UnreachableError."""
    for selection in _given_back(move):
        live = found(server, _path(selection))
        if live is not None:
            server.merge(_path(selection), ours(_selector(live), selection.after))


def ours(live: Labels, selector: Labels) -> dict[str, Any]:
    """Return a merge patch to exactly this selector, which takes the mark of Argo Rollouts away too."""
    gone = dict.fromkeys(live.keys() - selector.keys())
    return {"metadata": {"annotations": {_MANAGED_BY: None}}, "spec": {"selector": {**gone, **selector}}}


def is_managed(service: Mapping[str, Any] | None) -> bool:
    """Tell whether Argo Rollouts has written its hash into a live Service's selector."""
    return HASH in _selector(service)


def serves(server: ApiServer, namespace: str, name: str) -> bool:
    """Tell whether a Service has a ready endpoint. Raises ApiError and UnreachableError."""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    slices = server.items(path, labelSelector=f"kubernetes.io/service-name={name}")
    return any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for one in slices
        for endpoint in one.get("endpoints") or ()
    )


def service_path(namespace: str, name: str) -> str:
    """Return where the API server has a Service."""
    return f"/api/v1/namespaces/{namespace}/services/{name}"


def _given_back(move: Move) -> list[Selection]:
    return [one for one in move.selections if one.to_us]


def _path(selection: Selection) -> str:
    return service_path(selection.namespace, selection.name)


def _selector(service: Mapping[str, Any] | None) -> Labels:
    found: Labels = ((service or {}).get("spec") or {}).get("selector") or {}
    return found


def _empty(server: ApiServer, workload: Workload, wait: Wait) -> None:
    path = workload_path(workload.kind, workload.namespace, workload.name)
    if found(server, path) is None:
        return
    # An autoscaler leaves a workload alone that has no pods.
    server.merge(f"{path}/scale", {"spec": {"replicas": 0}})

    def is_empty() -> bool:
        live: Object = found(server, path) or {}
        return not (live.get("status") or {}).get("replicas")

    wait(f"{workload.kind} {workload.name} has no pods", is_empty)
